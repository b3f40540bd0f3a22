package signup_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/signup"
)

func (b *bench) cancel(a access.Actor, row model.Signup) {
	b.TB.Helper()
	if _, err := b.s.Cancel(b.TB.Context(), a, row.ID); err != nil {
		b.TB.Fatal(err)
	}
}

// raise changes the capacity as service/project does.
func (b *bench) raise(capacity int64) {
	b.TB.Helper()
	b.tx(func(tx *gorm.DB) error {
		if err := tx.Table("positions").Where("id = ?", b.position.ID).Update("capacity", capacity).Error; err != nil {
			return err
		}
		return b.s.Refill(tx, b.position.ID)
	})
}

func (b *bench) turn(a access.Actor, row model.Signup) int64 {
	b.TB.Helper()
	got, err := b.s.Get(b.TB.Context(), a, row.ID)
	if err != nil {
		b.TB.Fatal(err)
	}
	return got.Turn
}

func TestTheLineMovesInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, waits).whole()
	s := b.students(6)
	r := b.all(s...)
	if got := b.states(r...); got != "CONFIRMED CONFIRMED WAITLISTED WAITLISTED WAITLISTED WAITLISTED" {
		t.Fatal(got)
	}
	b.cancel(s[4], r[4]) // leaves the line
	if a, z := b.turn(s[2], r[2]), b.turn(s[5], r[5]); a != 1 || z != 3 || b.turn(s[0], r[0]) != 0 {
		t.Errorf("turns %d and %d", a, z)
	}
	b.cancel(s[1], r[1])
	if got := b.states(r...); got != "CONFIRMED CANCELLED_BY_USER CONFIRMED WAITLISTED CANCELLED_BY_USER WAITLISTED" {
		t.Fatal(got)
	}
	r[4] = b.must(s[4], b.position.ID) // comes again: at the end
	b.raise(3)
	if got := b.states(r...); got != "CONFIRMED CANCELLED_BY_USER CONFIRMED CONFIRMED WAITLISTED WAITLISTED" {
		t.Fatal(got)
	}
	clerk := b.Staff("干事", access.HostStaff, b.Community)
	_, err := b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Remove, []int64{r[0].ID, r[2].ID, r[5].ID}, "名单调整")
	is(t, err, nil)
	if got := b.states(r...); got != "REMOVED CANCELLED_BY_USER REMOVED CONFIRMED CONFIRMED REMOVED" {
		t.Fatal(got)
	}
	b.counts()
	for i, want := range []string{"SIGNUP_CONFIRMED SIGNUP_DECLINED", "SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED SIGNUP_CONFIRMED SIGNUP_DECLINED", "SIGNUP_WAITLISTED SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED SIGNUP_WAITLISTED SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED SIGNUP_DECLINED"} {
		if got := b.heard(s[i]); got != want {
			t.Errorf("student %d heard %q, want %q", i, got, want)
		}
	}
}

// Two seats become free by the clock before anybody looks: the line has them, and who comes then is told the truth at once.
func TestNobodyOvertakesWhileSeatsAreFree(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil, a.Waitlist = &until, true
	}))
	b.put("positions", b.position.ID, map[string]any{"reserved": 3})
	far := b.strangers(6)
	r := b.all(far[:2]...)
	paired := b.Student("结对", b.Branch)
	if row := b.must(paired, b.position.ID); row.Status != model.SignupConfirmed {
		t.Errorf("seats are kept for paired branches and nobody of them waits, but got %s", row.Status)
	}
	b.Clock.Add(hour)
	last := b.must(far[2], b.position.ID)
	if got := b.states(append(r, last)...); got != "CONFIRMED CONFIRMED WAITLISTED" || last.Status != model.SignupWaitlisted {
		t.Errorf("%s; the newcomer heard %s", got, last.Status)
	}
	b.raise(5) // one for the newcomer, one for nobody yet
	if row := b.must(far[3], b.position.ID); row.Status != model.SignupConfirmed || b.state(last.ID) != model.SignupConfirmed {
		t.Error(row.Status, b.state(last.ID))
	}
	b.counts()
}

// The answer of who comes when the line has just moved is what the database says.
func TestTheAnswerIsWhatIsStored(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil, a.Waitlist = &until, true
	})).whole()
	b.put("positions", b.position.ID, map[string]any{"reserved": 5})
	far := b.strangers(2)
	one := b.must(far[0], b.position.ID)
	b.Clock.Add(hour)
	two := b.must(far[1], b.position.ID)
	if b.state(one.ID) != model.SignupConfirmed || two.Status != model.SignupConfirmed || b.state(two.ID) != two.Status {
		t.Errorf("first %s; second was told %s and is %s", b.state(one.ID), two.Status, b.state(two.ID))
	}
	if b.heard(far[1]) != "SIGNUP_CONFIRMED" {
		t.Error(b.heard(far[1]))
	}
}

func TestReservedSeatsGoToTheFirstPairedOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil, a.Waitlist = &until, true
	}))
	b.put("positions", b.position.ID, map[string]any{"reserved": 1})
	far, near := b.strangers(2), b.students(3)
	r := b.all(far[0], near[0], far[1], near[1], near[2])
	b.cancel(near[0], r[1]) // a reserved seat
	if got := b.states(r...); got != "CONFIRMED CANCELLED_BY_USER WAITLISTED CONFIRMED WAITLISTED" {
		t.Fatal(got)
	}
	b.cancel(far[0], r[0]) // an open seat
	if got := b.states(r...); got != "CANCELLED_BY_USER CANCELLED_BY_USER CONFIRMED CONFIRMED WAITLISTED" {
		t.Fatal(got)
	}
	b.counts()
}

func TestTheLineEndsAtTheCutOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, func(a *model.Activity, _ *model.Session) { a.Waitlist, a.SignupClosesAt = true, a.StartsAt }).whole()
	s := b.students(5)
	r := b.all(s[:3]...)
	b.Clock.Set(b.activity.StartsAt.Add(-2*hour - time.Millisecond))
	b.sweep()
	b.cancel(s[0], r[0])
	if got := b.states(r...); got != "LATE_CANCEL CONFIRMED WAITLISTED" {
		t.Fatal(got)
	}
	b.Clock.Add(time.Millisecond)
	b.cancel(s[1], r[1])
	if got := b.states(r[1:]...); got != "LATE_CANCEL WAITLISTED" {
		t.Fatal(got)
	}
	late := b.must(s[3], b.position.ID) // the line is over, though nobody has swept it: the seat is free
	if late.Status != model.SignupConfirmed {
		t.Error(late.Status)
	}
	is(t, b.tries(s[4]), signup.ErrFull)
	b.sweep()
	b.sweep()
	if b.state(r[2].ID) != model.SignupRemoved || b.heard(s[2]) != "SIGNUP_WAITLISTED SIGNUP_DECLINED" {
		t.Error(b.state(r[2].ID), b.heard(s[2]))
	}
	b.counts()
}

func TestOffers(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, waits).whole()
	b.policy(func(p *model.Policy) { p.OfferMinutes = 30 })
	s := b.students(5)
	r := b.all(s...)
	b.cancel(s[0], r[0])
	if got := b.states(r...); got != "CANCELLED_BY_USER OFFERED WAITLISTED WAITLISTED WAITLISTED" || b.seats().Held != 1 {
		t.Fatal(got)
	}
	_, err := b.s.Accept(t.Context(), s[2], r[1].ID)
	is(t, err, fault.ErrNotFound)
	_, err = b.s.Accept(t.Context(), s[2], r[2].ID)
	is(t, err, fault.ErrState)
	b.cancel(s[1], r[1]) // declines
	b.Clock.Add(30*time.Minute - time.Millisecond)
	if b.sweep(); b.state(r[2].ID) != model.SignupOffered {
		t.Fatal(b.states(r...))
	}
	b.Clock.Add(time.Millisecond)
	_, err = b.s.Accept(t.Context(), s[2], r[2].ID)
	is(t, err, signup.ErrOfferOver)
	b.sweep()
	if got := b.states(r[1:]...); got != "CANCELLED_BY_USER OFFER_EXPIRED OFFERED WAITLISTED" {
		t.Fatal(got)
	}
	_, err = b.s.Accept(t.Context(), s[2], r[2].ID)
	is(t, err, signup.ErrOfferOver)
	for range 2 { // accepting again gets the same answer
		got, err := b.s.Accept(t.Context(), s[3], r[3].ID)
		is(t, err, nil)
		if got.Status != model.SignupConfirmed || got.OfferedUntil != nil || got.Version != 3 {
			t.Errorf("%+v", got)
		}
	}
	b.counts()
	for i, want := range []string{"SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED WAITLIST_OFFER", "SIGNUP_WAITLISTED WAITLIST_OFFER SIGNUP_DECLINED", "SIGNUP_WAITLISTED WAITLIST_OFFER", "SIGNUP_WAITLISTED"} {
		if got := b.heard(s[i]); got != want {
			t.Errorf("student %d heard %q, want %q", i, got, want)
		}
	}
}

// An offer is never good past the cut-off; who let one lapse may come again, at the end.
func TestOfferEndsAtTheCutOffAndMayBeMissed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, waits)
	b.policy(func(p *model.Policy) { p.OfferMinutes = 600 })
	s := b.students(3)
	r := b.all(s...)
	b.cancel(s[0], r[0])
	b.Clock.Add(600 * time.Minute)
	again := b.must(s[1], b.position.ID) // before anybody has swept
	if got := b.states(r[1], r[2], again); got != "OFFER_EXPIRED OFFERED WAITLISTED" {
		t.Fatal(got)
	}
	b.Clock.Set(b.activity.StartsAt.Add(-3 * hour))
	b.sweep()
	row, err := signup.ByID(b.DB, again.ID)
	is(t, err, nil)
	if row.Status != model.SignupOffered || !row.OfferedUntil.Equal(b.activity.StartsAt.Add(-2*hour)) {
		t.Errorf("%+v", row)
	}
	b.counts()
}
