package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// corrects sets when somebody came and went, in minutes from the start of the session; below -60 leaves it.
func (b *bench) corrects(by access.Actor, seat model.Signup, in, out int) ([]model.CheckIn, error) {
	b.TB.Helper()
	c := attend.Correction{SessionID: b.session.ID, SignupID: seat.ID, Reason: "忘记签退，现场核对"}
	if in > -60 {
		c.InAt = new(b.session.StartsAt.Add(time.Duration(in) * minute))
	}
	if out > -60 {
		c.OutAt = new(b.session.StartsAt.Add(time.Duration(out) * minute))
	}
	return b.s.Correct(b.TB.Context(), by, c, idem.Key{})
}

const same = -99

func TestCorrections(t *testing.T) {
	t.Parallel()
	type world struct {
		*bench
		me   access.Actor
		seat model.Signup
	}
	in := func(w world, at int) {
		w.Clock.Set(w.session.StartsAt.Add(time.Duration(at) * minute))
		if _, err := w.scan(w.me, w.session.ID, model.KindIn); err != nil {
			w.TB.Fatal(err)
		}
	}
	tests := map[string]struct {
		before  func(w world)
		in, out int
		minutes int64 // -1: no claim
		annuls  int64
	}{
		"a forgotten check-out":          {before: func(w world) { in(w, 0) }, in: same, out: 110, minutes: 110},
		"nothing was recorded":           {in: 0, out: 120, minutes: 120},
		"only that they came":            {in: 0, out: same, minutes: -1},
		"a late scan":                    {before: func(w world) { in(w, 60) }, in: 5, out: same, minutes: -1, annuls: 1},
		"a closed pair, its end":         {before: func(w world) { w.serve(w.me, w.session, 0, 20) }, in: same, out: 120, minutes: 120, annuls: 1},
		"a closed pair, both":            {before: func(w world) { w.serve(w.me, w.session, 0, 120) }, in: 10, out: 100, minutes: 90, annuls: 2},
		"too short after all":            {before: func(w world) { w.serve(w.me, w.session, 0, 120) }, in: same, out: 30, minutes: 0, annuls: 1},
		"an annulled check-out, done by": {before: func(w world) { w.serve(w.me, w.session, 0, 20); w.annulsLast(w.me) }, in: same, out: 120, minutes: 120, annuls: 1},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			me, seat := b.member("我")
			w := world{b, me, seat}
			if c.before != nil {
				c.before(w)
			}
			b.Clock.Set(b.session.EndsAt.Add(24 * time.Hour))
			rows, err := b.corrects(b.clerk, seat, c.in, c.out)
			is(t, err, nil)
			for _, r := range rows {
				if r.Method != model.MethodManual || r.OperatorID != b.clerk.UserID || !r.ReceivedAt.Equal(b.Clock.Now()) || r.LogicalAt.Equal(r.ReceivedAt) {
					t.Errorf("%+v", r)
				}
			}
			if n := b.count("check_ins", "verdict = ?", model.VerdictAnnulled); n != c.annuls {
				t.Errorf("%d rows are annulled", n)
			}
			if c.minutes < 0 {
				if n := b.count("hours_claims"); n != 0 {
					t.Errorf("%d claims", n)
				}
				return
			}
			got := b.claim(me)
			if got.Minutes != c.minutes || got.Status != model.ClaimComputed || got.Basis != "MANUAL" {
				t.Errorf("%+v", got)
			}
			if b.count("signups", "id = ? AND status = ?", seat.ID, model.SignupCompleted) != 1 || b.count("attendances", "out_at IS NOT NULL") != 1 {
				t.Error("the pair is not closed")
			}
		})
	}
}

func (b *bench) annulsLast(me access.Actor) {
	b.TB.Helper()
	if _, err := b.s.Annul(b.TB.Context(), me, b.lastCheckIn(me).ID, "误点签退"); err != nil {
		b.TB.Fatal(err)
	}
}

func TestWhatACorrectionMayNotSay(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, seat := b.member("我")
	b.Clock.Set(b.session.EndsAt.Add(10 * minute))
	for name, c := range map[string]struct{ in, out int }{
		"nothing": {same, same}, "only the end": {same, 60}, "before it opens": {-31, 60}, "after it ended": {120, 125},
		"backwards": {60, 60}, "in the future": {0, 131}, "after it closed": {0, 180},
	} {
		if _, err := b.corrects(b.clerk, seat, c.in, c.out); err == nil {
			t.Errorf("%s: allowed", name)
		} else {
			is(t, err, fault.ErrInvalid)
		}
	}
	if b.count("check_ins") != 0 || b.count("audit_log", "action = ?", "check_in.correct") != 0 {
		t.Error("a refusal wrote something")
	}
}

func TestWhoCorrectsAndUntilWhen(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	self := b.Grant(me, access.HostStaff, b.Community)
	b.serve(me, b.session, 0, 60)
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"the earner": {self, access.ErrOwnInterest}, "a lead": {b.lead, access.ErrDenied}, "another host": {b.Staff("外面", access.HostStaff, b.Town), access.ErrDenied},
		"an API client": {access.Actor{ClientID: 1, Scopes: []access.Permission{access.CheckInShow}}, access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.corrects(c.as, seat, 0, 50)
			is(t, err, c.want)
		})
	}
	_, err := b.corrects(b.clerk, model.Signup{ID: 99}, 0, 50)
	is(t, err, fault.ErrNotFound)
	_, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(b.claim(me)))
	is(t, err, nil)
	_, err = b.corrects(b.clerk, seat, same, 59)
	is(t, err, nil)
	if c := b.claim(me); c.Status != model.ClaimComputed || c.LeadBy != nil || c.Minutes != 0 {
		t.Errorf("what was confirmed is confirmed anew: %+v", c)
	}
	if err := b.exec("UPDATE hours_claims SET status = ?", model.ClaimPosted); err != nil {
		t.Fatal(err)
	}
	before := b.everything()
	_, err = b.corrects(b.clerk, seat, same, 50)
	is(t, err, fault.ErrState)
	b.Clock.Set(b.session.EndsAt.AddDate(0, 0, 7).Add(time.Millisecond))
	_, err = b.corrects(b.clerk, seat, same, 50)
	is(t, err, attend.ErrCorrectLate)
	if b.everything() != before {
		t.Error("a refusal wrote something")
	}
}
