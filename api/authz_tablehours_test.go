package api_test

import (
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/project"
)

// authzHoursRules are the rules of hours that no check-in shows.
var authzHoursRules = []authzRule{
	{op: "proposeHours", on: "session of missed activity", is: "hours to propose", at: "community", by: perms(access.HoursPropose), body: proposedBody, want: 422, but: theirProof},
	{op: "logWork", on: "session of remote activity", is: "published", by: perms(access.CheckInMake), body: workLogBody, but: loggers},
	{op: "secondConfirmHours", on: "past activity", is: "published", at: "community", by: perms(access.HoursHost), body: claimsBody("proposed claim")},
	{op: "getHoursStatement", on: "proposed claim", is: "claim", by: perms(access.HoursRead)},
	{op: "getHoursFile", on: "proposed claim, proof of hours", is: "claim", by: perms(access.HoursRead)},
}

var (
	theirProof = except(0, "the picture is theirs", "student")
	loggers    = except(0, "has a seat", "student").and(except(409, "has no seat", "lead, mate, foreign student, foreign lead, foreign mate"))
)

func proposedBody(w *twins, r *realm) any {
	at := func(ago time.Duration) string { return w.Clock.Now().Add(-ago).Format(time.RFC3339) }
	return object{"student_id": r.id("student"), "starts_at": at(48 * time.Hour), "ends_at": at(46 * time.Hour), "text": "手机没电", "file_ids": []string{r.id("new proof")}}
}

func workLogBody(*twins, *realm) any { return object{"minutes": 100, "text": "整理了记录"} }

// proposals gives the student of a realm a claim that waits for a second person of the host, with words and a picture.
func (w *twins) proposals(r *realm) {
	w.claim(r, "proposed claim", model.ClaimHostFirst)
	third, fourth := int64(3), int64(4)
	w.set(&model.HoursClaim{}, r.ids["proposed claim"], object{"basis": model.BasisManual, "lead_by": third, "host_by": fourth, "proposed_by": r.ids["user student"]})
	w.Insert(&model.HoursStatement{ClaimID: r.ids["proposed claim"], UserID: r.ids["user student"], Minutes: 120, Text: r.mark, CreatedAt: w.Clock.Now()})
	now := w.Clock.Now()
	begins := func(from time.Time, mode string) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, s *model.Session) {
			a.StartsAt, a.EndsAt, a.Mode = from, from.Add(2*time.Hour), mode
			s.StartsAt, s.EndsAt = a.StartsAt, a.EndsAt
			a.SignupOpensAt, a.SignupClosesAt, a.CancelUntil = now.AddDate(0, 0, -5), from, from
		}
	}
	w.activity(r, "missed activity", begins(now.AddDate(0, 0, -2), project.ModeOnsite))
	w.activity(r, "remote activity", begins(now.Add(-2*time.Hour), project.ModeRemote))
	w.seat(r, "missed seat", "missed activity", "student")
	w.seat(r, "remote seat", "remote activity", "student")
	w.picture(r, "new proof", r.ids["user student"], r.orgs["branch"].Path, model.CheckPassed)
	w.picture(r, "proof of hours", r.ids["user student"], r.orgs["branch"].Path, model.CheckPassed)
	w.set(&model.Upload{}, r.ids["proof of hours"], object{"object": model.HoursClaim{}.TableName(), "object_id": r.ids["proposed claim"], "expires_at": nil})
}
