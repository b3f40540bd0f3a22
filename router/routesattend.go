package router

import (
	"baodao/api"
	"baodao/service/access"
)

func attendRoutes(a *api.AttendAPI) []Route {
	checks := []string{"checkin.no_signup", "checkin.too_early", "checkin.too_late", "checkin.already_in", "checkin.not_checked_in", "checkin.already_out", "checkin.nonce_used"}
	return []Route{
		Get("/sessions/:id/check-in-code", access.CheckInShow, "getCheckInCode", api.Handle(200, a.Code), "check-ins", "The rotating code of a session, now and for the next minute", "checkin.too_late", "state.conflict"),
		Get("/sessions/:id/check-in-code.png", access.CheckInShow, "getCheckInCodePicture", api.Raw("image/png", a.Picture), "check-ins", "The present code as a QR picture", "checkin.too_late", "state.conflict"),
		Get("/sessions/:id/check-in-code.svg", access.CheckInShow, "getCheckInCodeVector", api.Raw("image/svg+xml", a.Vector), "check-ins", "The present code as a QR picture in SVG", "checkin.too_late", "state.conflict"),
		Get("/me/sessions/:id/check-in-code", access.CheckInMake, "getMyCheckInCode", api.Handle(200, a.OwnCode), "check-ins", "My own rotating code for a session, to show to staff, now and for the next minute", "checkin.no_signup", "checkin.too_late", "state.conflict"),
		Get("/me/sessions/:id/check-in-code.png", access.CheckInMake, "getMyCheckInCodePicture", api.Raw("image/png", a.OwnPicture), "check-ins", "My present code as a QR picture", "checkin.no_signup", "checkin.too_late", "state.conflict"),
		Get("/me/sessions/:id/check-in-code.svg", access.CheckInMake, "getMyCheckInCodeVector", api.Raw("image/svg+xml", a.OwnVector), "check-ins", "My present code as a QR picture in SVG", "checkin.no_signup", "checkin.too_late", "state.conflict"),
		Post("/sessions/:id/scans", access.CheckInShow, "scanStudentCode", api.Handle(200, a.Scan), "check-ins", "Check a student in or out by the code that they show; the nonce makes a repeat harmless", append(checks, "access.own_interest", "checkin.code_invalid", "checkin.code_expired")...),
		Post("/sessions/:id/pass-code", access.CheckInShow, "openPassCode", api.Handle(200, a.OpenPass), "check-ins", "Let a spoken pass code be accepted for some minutes", "access.reason_required", "checkin.pass_never", "checkin.too_early", "checkin.too_late", "state.conflict", "content.risky"),
		Get("/sessions/:id/pass-code", access.CheckInShow, "getPassCode", api.Handle(200, a.Pass), "check-ins", "The pass code that is open, to be read out", "checkin.pass_closed"),
		Post("/check-ins/redeem-pass", access.CheckInMake, "redeemPassCode", api.Handle(200, a.RedeemPass), "check-ins", "Check in or out with a spoken pass code; the nonce makes a repeat harmless", append(checks, "checkin.pass_wrong", "checkin.pass_closed", "checkin.pass_tries", "rate.limited")...).Limited(LimitCheckIn),
		Post("/sessions/:id/corrections", access.CheckInShow, "correctAttendance", api.Handle(201, a.Correct), "check-ins", "Set when somebody came and went, with a reason; their claim is computed anew", "access.own_interest", "access.reason_required", "checkin.no_signup", "checkin.correct_too_late", "state.conflict", "content.risky"),
		Post("/check-ins/redeem", access.CheckInMake, "redeemCheckInCode", api.Handle(200, a.Redeem), "check-ins", "Check in or out with a scanned code; the nonce makes a repeat harmless", append(checks, "checkin.code_invalid", "checkin.code_expired", "rate.limited")...).Limited(LimitCheckIn),
		Post("/sessions/:id/confirmations", access.CheckInShow, "confirmCheckIns", api.Handle(201, a.Confirm), "check-ins", "Check people in or out by list, all or none", append(checks, "access.own_interest", "access.reason_required", "content.risky")...),
		Post("/check-ins/:id/annul", access.Person, "annulCheckIn", api.Handle(200, a.Annul), "check-ins", "Take a check-in or check-out back within annul_minutes of the policy: whoever made it", "access.reason_required", "checkin.annul_too_late", "checkin.annul_order", "checkin.annul_in_review", "state.conflict", "content.risky"),
		Get("/sessions/:id/offline-list", access.CheckInOffline, "getOfflineList", api.Handle(200, a.OfflineList), "check-ins", "The list of a session to take along to where there is no network", "state.conflict"),
		Post("/sessions/:id/offline-batches", access.CheckInOffline, "uploadOfflineBatch", api.Handle(200, a.UploadOffline), "check-ins", "Send in what was recorded without a network; every row is answered by itself, and a repeat gets its first answer").Limited(LimitCheckIn),
		Get("/sessions/:id/attendance", access.CheckInRead, "listAttendance", api.Handle(200, a.ListOfSession), "check-ins", "Everybody with a seat in a session, and when they came and went"),
		Get("/me/check-ins", access.Person, "listMyCheckIns", api.Handle(200, a.ListMine), "check-ins", "My check-ins and failed tries, newest first"),
	}
}

func hoursRoutes(a *api.HoursAPI) []Route {
	return []Route{
		Post("/sessions/:id/hours-proposals", access.HoursPropose, "proposeHours", api.Handle(201, a.Propose), "hours", "Propose hours that no check-in shows, with a proof", "hours.propose_early", "hours.propose_late", "hours.claimed", "hours.nothing", "state.conflict", "upload.in_use", "content.risky"),
		Post("/sessions/:id/work-log", access.CheckInMake, "logWork", api.Handle(201, a.LogWork), "hours", "Log remote work in place of a check-in and a check-out", "hours.on_site", "hours.log_late", "hours.claimed", "checkin.no_signup", "hours.log_early", "checkin.already_in", "state.conflict", "upload.in_use", "content.risky"),
		Get("/hours-claims/:id/statement", access.HoursRead, "getHoursStatement", api.Handle(200, a.Statement), "hours", "What stands behind a proposed or remote claim, for those who read it"),
		Get("/hours-claims/:id/files/:file_id", access.HoursRead, "getHoursFile", api.Raw("image/jpeg", a.StatementFile), "hours", "A picture that stands behind a claim, once it has passed"),
		Get("/activities/:id/hours-claims", access.HoursRead, "listHoursClaims", api.Handle(200, a.ListOfActivity), "hours", "Claims of an activity that I may read, oldest first"),
		Post("/activities/:id/hours-claims/lead-confirm", access.HoursLead, "leadConfirmHours", api.Handle(200, a.LeadConfirm), "hours", "Confirm for the team that people were there, all or none; fewer minutes with a reason", "access.own_interest", "hours.needs_advisor", "hours.more_minutes", "state.conflict", "content.risky"),
		Post("/activities/:id/hours-claims/host-confirm", access.HoursHost, "hostConfirmHours", api.Handle(200, a.HostConfirm), "hours", "Confirm for the host that the work was done, all or none; fewer minutes with a reason", "access.own_interest", "hours.more_minutes", "state.conflict", "content.risky"),
		Post("/activities/:id/hours-claims/second-confirm", access.HoursHost, "secondConfirmHours", api.Handle(200, a.SecondConfirm), "hours", "Confirm proposed hours for the host once more, as a second person, all or none", "access.own_interest", "state.conflict"),
		Post("/activities/:id/hours-claims/recognise", access.HoursRecognise, "recogniseHours", api.Handle(200, a.Recognise), "hours", "Recognise for the school and post to the ledger, all or none", "access.own_interest", "state.conflict"),
		Post("/hours-claims/:id/dispute", access.Person, "disputeHours", api.Handle(200, a.Dispute), "hours", "Say that a claim is wrong: its student, team or host", "access.reason_required", "state.conflict", "content.risky"),
		Post("/hours-claims/:id/reject", access.HoursRecognise, "rejectHours", api.Handle(200, a.Reject), "hours", "End a claim for the school", "access.own_interest", "access.reason_required", "state.conflict", "content.risky"),
		Post("/hours-claims/:id/reopen", access.HoursRecognise, "reopenHours", api.Handle(200, a.Reopen), "hours", "Take a disputed claim back to the beginning", "access.own_interest", "access.reason_required", "state.conflict", "content.risky"),
		Post("/hours-entries/:id/reverse", access.HoursRecognise, "reverseHours", api.Handle(201, a.Reverse), "hours", "Take a ledger line back with a second one", "access.own_interest", "access.reason_required", "hours.reversed", "state.conflict", "content.risky"),
		Get("/orgs/:id/overdue-hours", access.HoursHost, "listOverdueHours", api.Handle(200, a.ListOverdue), "hours", "Claims that hosts of an organisation have left waiting for too long, names masked: those above may confirm them"),
		Get("/orgs/:id/hours-notices", access.HoursNotice, "listHoursNotices", api.Handle(200, a.ListNotices), "hours", "Hours that are publicised before they are posted, names masked; whoever reads them may dispute them"),
		Get("/orgs/:id/hours-totals", access.HoursTotals, "getOrgHoursTotals", api.Handle(200, a.OfOrg), "hours", "Totals of an organisation and all below it, now or at any past moment"),
		Get("/projects/:id/hours-totals", access.HoursTotals, "getProjectHoursTotals", api.Handle(200, a.OfProject), "hours", "Totals of what a team served, now or at any past moment"),
		Get("/students/:id/record", access.HoursRead, "getRecord", api.Handle(200, a.RecordOf), "hours", "Totals of a student, now or at any past moment"),
		Get("/me/hours", access.Person, "listMyHours", api.Handle(200, a.ListMine), "hours", "My lines of the ledger, newest first"),
		Get("/me/record", access.Person, "getMyRecord", api.Handle(200, a.Record), "hours", "My totals as sums of the ledger, now or at any past moment"),
	}
}

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
