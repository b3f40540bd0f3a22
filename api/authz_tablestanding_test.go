package api_test

import (
	"baodao/model"
	"baodao/service/access"
)

// authzStandingRules are the rules of proofs, consents and reliability.
var authzStandingRules = []authzRule{
	{op: "recordProof", on: "student", is: "proof", by: perms(access.ProofWrite), body: proofBody},
	{op: "recordProofs", on: "branch", by: perms(access.ProofWrite), body: proofsBody},
	{op: "recordProofs", on: "department", by: perms(access.ProofWrite), body: proofsBody},
	{op: "revokeProof", on: "proof", by: perms(access.ProofWrite), body: reasonBody},
	{op: "listProofs", on: "student", is: "proof", by: perms(access.ProofRead), shows: map[string]string{"proof": "proof"}},
	{op: "listMyProofs", by: people, reads: access.StudentRead, shows: map[string]string{"proof": "own record"}},

	{op: "listMyConsents", by: people, shows: map[string]string{"consent": "own record"}, reads: access.StudentRead},
	{op: "putMyConsent", on: "SIGNUP_SHARE", is: "system", by: people, body: fieldBody("text_version", "2026-09")},
	{op: "withdrawMyConsent", on: "SIGNUP_SHARE", is: "system", by: people},

	{op: "getMyReliability", by: people, shows: map[string]string{"penalty": "own record"}, reads: access.StudentRead},
	{op: "getReliability", on: "student", is: "penalty", by: perms(access.ReliabilityRead), shows: map[string]string{"penalty": "penalty"}},
	{op: "reverseReliabilityEntry", on: "penalty", by: perms(access.ReliabilityReverse), body: reasonBody},
}

func proofBody(*twins, *realm) any {
	return object{"kind": "INSURANCE", "from_on": "2026-09-01", "to_on": "2027-09-01", "note": "保单 17"}
}

func proofsBody(w *twins, r *realm) any {
	return with(proofBody(w, r).(object), object{"student_ids": []string{r.id("student"), r.id("lead")}})
}

// standing gives the student of a realm a proof, a consent, a penalty and a suspension.
func (w *twins) standing(r *realm) {
	now, live := w.Clock.Now(), true
	proof := model.StudentProof{ID: w.NewID(), StudentID: r.ids["student"], Kind: model.ProofTraining, FromOn: "2026-09-01", Note: r.mark, RecordedBy: 1, Version: 1, CreatedAt: now}
	consent := model.Consent{ID: w.NewID(), UserID: r.ids["user student"], Purpose: model.ConsentSignupShare, TextVersion: "2026-01", GrantedAt: now, Live: &live}
	penalty := model.ReliabilityEntry{
		ID: w.NewID(), StudentID: r.ids["student"], Kind: model.ReliabilityNoShow, Points: -3, SignupID: w.NewID(), ProgrammeID: r.ids["programme"],
		ExpiresAt: now.AddDate(0, 6, 0), CreatedAt: now,
	}
	suspension := model.SignupSuspension{
		ID: w.NewID(), StudentID: r.ids["lead"], FromAt: now, ToAt: now.AddDate(0, 0, 7), EntryID: penalty.ID, Needs: 1, CountsFrom: now.AddDate(0, -6, 0),
		Reason: model.SuspendedForNoShows, CreatedAt: now,
	}
	w.Insert(&proof, &consent, &penalty, &suspension)
	r.ids["proof"], r.ids["consent"], r.ids["penalty"] = proof.ID, consent.ID, penalty.ID
}
