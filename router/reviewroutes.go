package router

import (
	"baodao/api"
	"baodao/service/access"
)

// reviewRoutes are the evidence of check-ins and what a person decides about the doubtful ones.
func reviewRoutes(a *api.AttendAPI) []Route {
	reasons := []string{"access.own_interest", "access.reason_required", "state.conflict", "content.risky"}
	return []Route{
		Get("/check-ins/:id/evidence", access.Person, "getCheckInEvidence", api.Handle(200, a.EvidenceOf), "check-ins", "What is kept about a check-in of my own: doubts, their review, the position"),
		Get("/check-in-reviews", access.CheckInReview, "listCheckInReviews", api.Handle(200, a.ListReviews), "check-ins", "Doubtful check-ins in my scope, the oldest first"),
		Get("/check-in-reviews/:id", access.CheckInReview, "getCheckInReview", api.Handle(200, a.Review), "check-ins", "One doubtful check-in with its doubts; the audit log keeps who read it"),
		Post("/check-in-reviews/:id/position", access.CheckInReview, "readCheckInPosition", api.Handle(200, a.ReviewPosition), "check-ins", "Where a check-in that waits was made, for a reason that the audit log keeps; never one's own", reasons...),
		Post("/check-in-reviews/:id/accept", access.CheckInReview, "acceptCheckIn", api.Handle(200, a.AcceptCheckIn), "check-ins", "Believe a doubtful check-in; never one's own", append(reasons, "version.mismatch")...),
		Post("/check-in-reviews/:id/refuse", access.CheckInReview, "refuseCheckIn", api.Handle(200, a.RefuseCheckIn), "check-ins", "Do not believe it: its hours are rejected with the reason; never one's own", append(reasons, "version.mismatch")...),
	}
}
