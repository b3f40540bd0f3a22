package signup_test

import (
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/signup"
)

// Whoever had, or hoped for, anything in a cancelled activity is let go, without a penalty, and told once.
func TestReleaseOfEveryStatus(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, waits).whole()
	b.policy(func(p *model.Policy) { p.OfferMinutes = 600 })
	s := b.students(7)
	r := b.all(s[:5]...) // two seats, three wait
	b.cancel(s[0], r[0]) // the first who waits has an offer
	for i, status := range []model.SignupStatus{model.SignupPendingReview, model.SignupInLottery} {
		row := model.Signup{
			ID: b.NewID(), LiveActivityID: &b.activity.ID, ActivityID: b.activity.ID, PositionID: b.position.ID, StudentID: s[5+i].StudentID,
			Status: status, Version: 1, CreatedAt: b.Clock.Now(), UpdatedAt: b.Clock.Now(),
		}
		b.Insert(&row)
		r = append(r, row)
	}
	if got := b.states(r...); got != "CANCELLED_BY_USER CONFIRMED OFFERED WAITLISTED WAITLISTED PENDING_REVIEW IN_LOTTERY" {
		t.Fatal(got)
	}
	b.Clock.Set(b.activity.CancelUntil.Add(hour)) // late for the students, not for the organiser
	if err := cancelActivity(b, b.Staff("干事", access.HostStaff, b.Community)); err != nil {
		t.Fatal(err)
	}
	b.sweep()
	if got := b.states(r...); got != "CANCELLED_BY_USER REMOVED REMOVED REMOVED REMOVED REMOVED REMOVED" {
		t.Error(got)
	}
	for i, want := range []string{
		"SIGNUP_CONFIRMED", "SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED WAITLIST_OFFER",
		"SIGNUP_WAITLISTED", "SIGNUP_WAITLISTED", "", "",
	} {
		if got := b.heard(s[i]); got != want {
			t.Errorf("student %d heard %q, want %q", i, got, want)
		}
		if n, _ := b.points(s[i]); n != 0 {
			t.Error("somebody was punished for a cancelled activity")
		}
	}
	row, err := signup.ByID(b.DB, r[3].ID)
	is(t, err, nil)
	if p := b.seats(); row.Reason != "台风" || p.Taken+p.Held+p.Waiting+p.PairedTaken != 0 {
		t.Errorf("%+v %+v", row, p)
	}
	b.counts()
}
