package signup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/signup"
)

// rounds makes an activity one whose places come from match rounds.
func rounds(a *model.Activity) { a.SignupMode = model.SignupMatched }

// match confirms a proposal for each of these students, in this order, in one transaction.
func (b *bench) match(students ...access.Actor) ([]signup.Picked, error) {
	picks := make([]signup.Pick, len(students))
	for i, st := range students {
		picks[i] = signup.Pick{ProposalID: int64(i + 1), StudentID: st.StudentID, PositionID: b.position.ID}
	}
	var out []signup.Picked
	err := atomic.Do(b.TB.Context(), b.DB, func(tx *gorm.DB) (err error) {
		out, err = b.s.Match(tx, access.System("test"), picks...)
		return err
	})
	return out, err
}

// became is a word for each of the picks.
func became(all []signup.Picked) string {
	words := make([]string, len(all))
	for i, p := range all {
		if words[i] = string(p.Signup.Status); p.Refusal != nil {
			words[i] = p.Refusal.Code
		}
	}
	return strings.Join(words, " ")
}

func TestPlacesOfRoundsComeFromRoundsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, at(rounds)).whole()
	s := b.students(3)
	is(t, b.tries(s[0]), signup.ErrMatched)
	got, err := b.match(s...)
	if err != nil || became(got) != "CONFIRMED CONFIRMED signup.full" {
		t.Fatal(became(got), err)
	}
	if b.heard(s[0]) != "SIGNUP_CONFIRMED" || b.heard(s[2]) != "" {
		t.Error("heard:", b.heard(s[0]), "and", b.heard(s[2]))
	}
	is(t, b.tries(s[1]), signup.ErrDuplicate)
	again, err := b.match(s[0])
	if err != nil || became(again) != signup.ErrDuplicate.Code {
		t.Error(became(again), err)
	}
	var entry model.AuditEntry
	if err := b.DB.Where("object_id = ? AND action = 'signup.create'", got[0].Signup.ID).First(&entry).Error; err != nil || !strings.Contains(fmt.Sprint(entry.Data), "proposal_id") {
		t.Errorf("%v %v", entry.Data, err)
	}
	b.counts()
}

// A round need not end within the window of a sign-up, but every other rule holds.
func TestMatchesAreJudged(t *testing.T) {
	t.Parallel()
	stage := newBench(t, 1, nil).whole()
	tests := map[string]struct {
		change func(*model.Activity)
		before func(b *bench, me access.Actor)
		want   *fault.Fault
	}{
		"before the window": {change: func(a *model.Activity) { a.SignupOpensAt = a.SignupClosesAt.Add(-time.Minute) }},
		"after the window":  {change: func(a *model.Activity) { a.SignupClosesAt = a.SignupOpensAt.Add(time.Minute) }},
		"a last moment":     {before: func(b *bench, _ access.Actor) { b.Clock.Set(b.activity.StartsAt.Add(-time.Millisecond)) }},
		"has begun":         {before: func(b *bench, _ access.Actor) { b.Clock.Set(b.activity.StartsAt) }, want: signup.ErrClosed},
		"called off": {before: func(b *bench, _ access.Actor) {
			b.put("activities", b.activity.ID, map[string]any{"status": "CANCELLED"})
		}, want: signup.ErrClosed},
		"a draft": {before: func(b *bench, _ access.Actor) {
			b.put("activities", b.activity.ID, map[string]any{"published_at": nil, "status": "DRAFT"})
		}, want: signup.ErrClosed},
		"not meant":         {change: func(a *model.Activity) { a.Audience = &model.Audience{Grades: []string{"1999"}} }, want: signup.ErrNotEligible},
		"suspended":         {before: suspension(-hour, hour, false), want: signup.ErrSuspended},
		"no training":       {change: func(a *model.Activity) { a.TrainingRequired = true }, want: signup.ErrNeedsTraining},
		"no consent":        {before: func(b *bench, _ access.Actor) { b.policy(func(p *model.Policy) { p.SignupConsent = "v2" }) }, want: signup.ErrNeedsConsent},
		"the week is full":  {before: func(b *bench, _ access.Actor) { b.policy(func(p *model.Policy) { p.WeekMaxMinutes = 60 }) }, want: signup.ErrLoadCap},
		"the seat is gone":  {before: func(b *bench, _ access.Actor) { b.put("positions", b.position.ID, map[string]any{"taken": 5}) }, want: signup.ErrFull},
		"kept for partners": {change: func(a *model.Activity) { a.PairedUntil = &a.SignupClosesAt }, before: func(b *bench, _ access.Actor) { b.put("positions", b.position.ID, map[string]any{"reserved": 5}) }},
		"somewhere else now": {before: func(b *bench, me access.Actor) {
			b.must(me, b.another(b.activity.StartsAt, b.activity.EndsAt, 36650000))
		}, want: signup.ErrConflict},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			from := stage.Clock.Now()
			defer stage.Clock.Set(from)
			b := stage.afresh(t, at(func(a *model.Activity) {
				rounds(a)
				if c.change != nil {
					c.change(a)
				}
			}))
			me := b.strangers(1)[0]
			if c.before != nil {
				c.before(b, me)
			}
			want := "CONFIRMED"
			if c.want != nil {
				want = c.want.Code
			}
			may := b.mayMatch(me)
			got, err := b.match(me)
			if err != nil || became(got) != want {
				t.Errorf("%s %v", became(got), err)
			}
			if (may == nil) != (c.want == nil) || may != nil && may.Code != want {
				t.Errorf("was told before: %v", may)
			}
		})
	}
}

// mayMatch asks beforehand, and sees that nothing was written.
func (b *bench) mayMatch(me access.Actor) (why *fault.Fault) {
	b.TB.Helper()
	rows := b.rows()
	b.tx(func(tx *gorm.DB) (err error) {
		why, err = b.s.MayMatch(tx, signup.Pick{StudentID: me.StudentID, PositionID: b.position.ID})
		return err
	})
	if b.rows() != rows {
		b.TB.Error("asking wrote something")
	}
	return why
}

// Two proposals that cannot both be: whoever confirms second hears so, within one transaction too.
func TestAStudentMatchedTwiceAtOneTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, at(rounds)).whole()
	_, _, other := b.Activity(b.project, 2, at(rounds))
	me := b.Student("我", b.Branch)
	var got []signup.Picked
	b.tx(func(tx *gorm.DB) (err error) {
		got, err = b.s.Match(tx, access.System("test"), signup.Pick{StudentID: me.StudentID, PositionID: b.position.ID}, signup.Pick{StudentID: me.StudentID, PositionID: other.ID}, signup.Pick{StudentID: 99, PositionID: other.ID})
		return err
	})
	if became(got) != "CONFIRMED signup.conflict signup.closed" {
		t.Error(became(got))
	}
}

// Who comes from a round keeps the place when two such activities become one; nobody else gets in that way.
func TestMergedPlacesOfRounds(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil).whole()
	p := b.pair(t, 2, rounds, rounds)
	me := p.Student("我", p.Branch)
	if got, err := p.match(me); err != nil || became(got) != "CONFIRMED" {
		t.Fatal(became(got), err)
	}
	p.merge()
	if p.now(me) != "CONFIRMED" {
		t.Error(p.now(me))
	}
	p = b.pair(t, 2, nil, rounds)
	me = p.Student("我", p.Branch)
	p.must(me, p.position.ID)
	p.merge()
	if p.now(me) != "-" {
		t.Error(p.now(me))
	}
	p.tells(me, signup.ErrMatched.ZH)
}

// Many confirm at once, some of them several times: as many seats are given as there are, and none twice.
func TestManyMatchesAtOnce(t *testing.T) {
	t.Parallel()
	const seats, students = 10, 30
	b := newBench(t, seats, at(rounds))
	if err := crowd(b, b.students(students)); err != nil {
		t.Error(err)
	}
	if taken, live := b.taken(b.position.ID), b.live(b.position.ID); taken != seats || live != seats {
		t.Errorf("taken %d, live %d", taken, live)
	}
	b.counts()
}

// crowd has every student confirmed twice at once, in pairs with the next.
func crowd(b *bench, all []access.Actor) error {
	return errors.Join(testkit.Together(2*len(all), func(i int) error {
		i %= len(all)
		got, err := b.match(all[i], all[(i+1)%len(all)])
		if err != nil {
			return err
		}
		for _, p := range got {
			if p.Refusal != nil && !errors.Is(p.Refusal, signup.ErrFull) && !errors.Is(p.Refusal, signup.ErrDuplicate) {
				return p.Refusal
			}
		}
		return nil
	})...)
}

func TestMatchesNoticeAMissingSeatCondition(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, at(rounds))
	b.s.WithoutSeatCondition()
	if crowd(b, b.students(6)) == nil && b.live(b.position.ID) == 2 {
		t.Error("the test would not notice that taken < capacity is gone")
	}
}
