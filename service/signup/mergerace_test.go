package signup_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// After a merger the clock has nothing more to do for the activity.
func TestAMergedActivityIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := newPair(t, 5, func(a *model.Activity) {
		a.SignupMode, a.SignupClosesAt, a.MinTurnout, a.Waitlist = model.SignupLottery, a.StartsAt.Add(-30*hour), 3, true
	}, nil)
	p.tx(func(tx *gorm.DB) error { return p.s.Announce(tx, p.activity) })
	s := p.students(2)
	p.all(s...)
	p.merge()
	rows := p.rows()
	p.Clock.Set(p.activity.EndsAt.Add(100 * hour))
	p.draw()
	p.sweep()
	if n, err := p.s.MarkAbsent(t.Context(), 10); err != nil || n != 0 || p.rows() != rows {
		t.Error(n, err, p.rows()-rows, "rows")
	}
	_, err := p.s.Decide(t.Context(), p.clerk, p.activity.ID, signup.Approve, []int64{firstOf(p.bench, s[0])}, "")
	is(t, err, signup.ErrDecision)
}

// Students sign up for both activities and cancel while the one is merged into the other, over two replicas: whoever got a
// seat is in the other one or was told why not; no seat is given twice, none is lost.
func TestAMergerAgainstAStampede(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil).whole()
	for range 3 {
		p := b.pair(t, 20, func(a *model.Activity) { a.MinTurnout = 100 }, func(a *model.Activity) { a.Waitlist = true })
		p.put("positions", p.position.ID, map[string]any{"capacity": 100})
		s := p.students(40)
		replicas := []*signup.Service{p.replica(), p.replica()}
		got := make([]model.Signup, len(s))
		errs := testkit.Together(len(s)+1, func(i int) (err error) {
			switch {
			case i == len(s):
				return p.merges()
			case i < 10: // change their minds
				if got[i], err = replicas[i%2].Create(t.Context(), s[i], p.position.ID, "", idem.Key{}); err == nil {
					got[i], err = replicas[(i+1)%2].Cancel(t.Context(), s[i], got[i].ID)
				}
			case i < 30:
				got[i], err = replicas[i%2].Create(t.Context(), s[i], p.position.ID, "", idem.Key{})
			default:
				_, err = replicas[i%2].Create(t.Context(), s[i], p.into.position.ID, "", idem.Key{})
			}
			if errors.Is(err, signup.ErrClosed) || errors.Is(err, fault.ErrState) {
				return nil
			}
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		p.counts()
		if p.live(p.position.ID) != 0 {
			t.Error("somebody is left in the merged activity")
		}
		for i, row := range got {
			if row.ID != 0 && row.Status == model.SignupConfirmed && p.now(s[i]) == "-" && i >= 10 {
				t.Errorf("student %d had a seat and is nowhere", i)
			}
		}
	}
}
