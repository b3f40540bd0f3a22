package signup_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	at := func(change func(*model.Activity)) func(*model.Activity, *model.Session) {
		return func(a *model.Activity, _ *model.Session) { change(a) }
	}
	tests := map[string]struct {
		seats  int64
		change func(*model.Activity, *model.Session)
		before func(b *bench, me access.Actor)
		as     func(b *bench, me access.Actor) access.Actor
		want   *fault.Fault
	}{
		"takes the last seat":                       {seats: 1},
		"takes the first millisecond of the window": {seats: 1, change: at(func(a *model.Activity) { a.SignupOpensAt = a.CreatedAt })},
		"not open yet":                              {seats: 1, want: signup.ErrNotOpen, change: at(func(a *model.Activity) { a.SignupOpensAt = a.CreatedAt.Add(time.Millisecond) })},
		"closed this millisecond":                   {seats: 1, want: signup.ErrClosed, change: at(func(a *model.Activity) { a.SignupClosesAt = a.CreatedAt })},
		"cancelled activity":                        {seats: 1, want: signup.ErrClosed, change: at(func(a *model.Activity) { a.Status = model.ActivityCancelled })},
		"draft is not there for students":           {seats: 1, want: fault.ErrNotFound, change: at(func(a *model.Activity) { a.Status, a.PublishedAt = model.ActivityDraft, nil })},
		"needs insurance":                           {seats: 1, want: signup.ErrNeedsInsurance, change: at(func(a *model.Activity) { a.InsuranceRequired = true })},
		"no seat left": {seats: 1, want: signup.ErrFull, before: func(b *bench, _ access.Actor) {
			b.must(b.Student("别人", b.Branch), b.position.ID)
		}},
		"asks twice":           {seats: 2, want: signup.ErrDuplicate, before: func(b *bench, me access.Actor) { b.must(me, b.position.ID) }},
		"asks twice when full": {seats: 1, want: signup.ErrDuplicate, before: func(b *bench, me access.Actor) { b.must(me, b.position.ID) }},
		"asks for another position of the same activity": {seats: 1, want: signup.ErrDuplicate, before: func(b *bench, me access.Actor) {
			other := model.Position{ID: b.NewID(), ActivityID: b.activity.ID, Title: "记录员", Capacity: 1, Version: 1, CreatedAt: b.Clock.Now(), UpdatedAt: b.Clock.Now()}
			b.Insert(&other)
			b.must(me, other.ID)
		}},
		"signs up again after a cancel": {seats: 1, before: func(b *bench, me access.Actor) {
			if _, err := b.s.Cancel(b.TB.Context(), me, b.must(me, b.position.ID).ID); err != nil {
				b.TB.Fatal(err)
			}
		}},
		"overlaps by a millisecond": {seats: 1, want: signup.ErrConflict, before: func(b *bench, me access.Actor) {
			_, _, p := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) {
				s.StartsAt, s.EndsAt = b.session.EndsAt.Add(-time.Millisecond), b.session.EndsAt.Add(hour)
			})
			b.must(me, p.ID)
		}},
		"full and overlapping is full": {seats: 1, want: signup.ErrFull, before: func(b *bench, me access.Actor) {
			_, _, p := b.Activity(b.project, 1, nil)
			b.must(me, p.ID)
			b.must(b.Student("别人", b.Branch), b.position.ID)
		}},
		"back to back": {seats: 1, before: func(b *bench, me access.Actor) {
			for _, start := range []time.Time{b.session.EndsAt, b.session.StartsAt.Add(-2 * hour)} {
				_, _, p := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) { s.StartsAt, s.EndsAt = start, start.Add(2*hour) })
				b.must(me, p.ID)
			}
		}},
		"overlaps only with a signup that was cancelled": {seats: 1, before: func(b *bench, me access.Actor) {
			_, _, p := b.Activity(b.project, 1, nil)
			if _, err := b.s.Cancel(b.TB.Context(), me, b.must(me, p.ID).ID); err != nil {
				b.TB.Fatal(err)
			}
		}},
		"nobody": {seats: 1, want: access.ErrRequired, as: func(*bench, access.Actor) access.Actor { return access.Actor{} }},
		"person without a profile": {seats: 1, want: signup.ErrNeedsStudent, as: func(b *bench, _ access.Actor) access.Actor {
			return access.Actor{UserID: b.User("新人").ID}
		}},
		"clerk of the host": {seats: 1, want: access.ErrDenied, as: func(b *bench, _ access.Actor) access.Actor {
			return b.Staff("干事", access.HostStaff, b.Community)
		}},
		"API client": {seats: 1, want: access.ErrDenied, as: func(*bench, access.Actor) access.Actor {
			return access.Actor{ClientID: 7, Scopes: []access.Permission{access.SignupCreate}}
		}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.seats, c.change)
			me := b.Student("我", b.Branch)
			if c.before != nil {
				c.before(b, me)
			}
			if c.as != nil {
				me = c.as(b, me)
			}
			rows, taken := b.rows(), b.taken(b.position.ID)
			row, err := b.s.Create(t.Context(), me, b.position.ID, "想参加", idem.Key{Value: "k", Hash: make([]byte, 32)})
			is(t, err, c.want)
			if b.taken(b.position.ID) != b.live(b.position.ID) {
				t.Errorf("taken %d, live signups %d", b.taken(b.position.ID), b.live(b.position.ID))
			}
			if c.want != nil {
				if b.rows() != rows || b.taken(b.position.ID) != taken {
					t.Error("a refusal left something behind")
				}
				return
			}
			if b.rows() != rows+3 || row.Status != model.SignupConfirmed || *row.LiveActivityID != b.activity.ID || row.Note != "想参加" {
				t.Errorf("row %+v; %d rows written", row, b.rows()-rows)
			}
		})
	}
}

func TestCreateUnknownPosition(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	_, err := b.s.Create(t.Context(), b.Student("我", b.Branch), 99, "", idem.Key{})
	is(t, err, fault.ErrNotFound)
}

func TestCreateOfDraftIsNotOpenForItsStaffWhoStudy(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, func(a *model.Activity, _ *model.Session) { a.Status, a.PublishedAt = model.ActivityDraft, nil })
	me := b.Grant(b.Student("支书", b.Branch), access.BranchSecretary, b.Branch)
	_, err := b.s.Create(t.Context(), me, b.position.ID, "", idem.Key{})
	is(t, err, signup.ErrNotOpen)
}

func TestRepeatWithTheSameKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	me := b.Student("我", b.Branch)
	one, err := b.s.Create(t.Context(), me, b.position.ID, "好", key("a"))
	is(t, err, nil)
	b.Clock.Add(hour)
	two, err := b.s.Create(t.Context(), me, b.position.ID, "好", key("a"))
	is(t, err, nil)
	if one.ID != two.ID || !one.CreatedAt.Equal(two.CreatedAt) || b.taken(b.position.ID) != 1 {
		t.Errorf("first %+v, repeat %+v, taken %d", one, two, b.taken(b.position.ID))
	}
	_, err = b.s.Create(t.Context(), me, b.position.ID, "好", idem.Key{Value: "a", Hash: make([]byte, 32)})
	is(t, err, idem.ErrMismatch)
	_, err = b.s.Create(t.Context(), me, b.position.ID, "好", key("b"))
	is(t, err, signup.ErrDuplicate)
}
