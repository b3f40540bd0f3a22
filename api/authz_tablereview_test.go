package api_test

import (
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/vault"
)

// authzReviewRules are the rules of doubtful check-ins.
var authzReviewRules = []authzRule{
	{op: "listCheckInReviews", by: everybody, reads: access.CheckInReview, shows: map[string]string{"doubtful check-in": "doubtful check-in"}},
	{op: "getCheckInReview", on: "doubtful check-in", by: perms(access.CheckInReview)},
	{op: "readCheckInPosition", on: "doubtful check-in", by: perms(access.CheckInReview), body: reasonBody},
	{op: "acceptCheckIn", on: "doubtful check-in", by: perms(access.CheckInReview), body: reasonBody},
	{op: "refuseCheckIn", on: "doubtful check-in", by: perms(access.CheckInReview), body: reasonBody},
	{op: "getCheckInEvidence", on: "doubtful check-in", is: "user", by: nil, but: except(0, "it is about them", "student")},
}

// doubts puts a check-in of the student's from far away that waits for a reviewer.
func (w *twins) doubts(r *realm) {
	in := w.Clock.Now().Add(-5 * time.Minute)
	row := model.CheckIn{
		ID: w.NewID(), StudentID: r.ids["student"], Nonce: "from-afar", SignupID: r.ids["past seat"], SessionID: r.ids["session of past activity"],
		Kind: model.KindIn, Method: model.MethodSelfScan, LogicalAt: in, ReceivedAt: in, Verdict: model.VerdictReview, Reason: "outside_fence", Doubts: "outside_fence", Distance: model.DistanceFar,
	}
	person, err := w.Vault.Person(w.DB, r.ids["user student"])
	if err != nil {
		w.TB.Fatal(err)
	}
	w.Insert(&row,
		&model.CheckInEvidence{
			CheckInID: row.ID, StudentID: row.StudentID, SignupID: row.SignupID, SessionID: row.SessionID, At: in,
			FixEnc: person.Seal(vault.CheckInFix, row.ID, `{"lat":36.123456,"lng":117.123456,"datum":"WGS84","accuracy_m":20}`),
		},
		&model.CheckInReview{
			ID: row.ID, StudentID: row.StudentID, SignupID: row.SignupID, SessionID: row.SessionID, ActivityID: r.ids["past activity"], BranchID: r.ids["branch"],
			Status: model.ReviewWaiting, Version: 1, CreatedAt: in, UpdatedAt: in,
		},
	)
	r.ids["doubtful check-in"] = row.ID
}
