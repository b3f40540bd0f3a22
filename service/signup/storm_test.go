package signup_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// A storm of signing up and cancelling: at every look taken is within the seats, at the end it is the number of rows.
func TestStormOfSignupsAndCancels(t *testing.T) {
	t.Parallel()
	const workers, rounds = 24, 12
	b := newBench(t, 5, nil)
	all := b.students(workers)
	errs := testkit.Together(workers+1, func(i int) error {
		if i == workers {
			return watch(b, workers*rounds)
		}
		return restless(b, all[i], rounds)
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if taken, live := b.taken(b.position.ID), b.live(b.position.ID); taken != live || taken > 5 {
		t.Errorf("taken %d, live rows %d", taken, live)
	}
}

// restless signs up and, half of the time, cancels again.
func restless(b *bench, me access.Actor, rounds int) error {
	for range rounds {
		row, err := b.s.Create(b.TB.Context(), me, b.position.ID, "", idem.Key{})
		if err != nil && !errors.Is(err, signup.ErrFull) && !errors.Is(err, signup.ErrDuplicate) {
			return err
		}
		if err != nil || rand.IntN(2) == 0 {
			continue
		}
		if _, err := b.s.Cancel(b.TB.Context(), me, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// watch looks at the counter many times.
func watch(b *bench, times int) error {
	for range times {
		var p model.Position
		if err := b.DB.Where("id = ?", b.position.ID).First(&p).Error; err != nil {
			return err
		}
		if p.Taken < 0 || p.Taken > p.Capacity {
			return fmt.Errorf("taken %d of %d", p.Taken, p.Capacity)
		}
	}
	return nil
}

// Nobody slips into an activity that is being cancelled.
func TestCancellationAgainstStampede(t *testing.T) {
	t.Parallel()
	for range 3 {
		b := newBench(t, 50, nil)
		clerk, all := b.Staff("干事", access.HostStaff, b.Community), b.students(31)
		errs := testkit.Together(31, func(i int) error {
			if i == 15 {
				return cancelActivity(b, clerk)
			}
			_, err := b.s.Create(b.TB.Context(), all[i], b.position.ID, "", key(fmt.Sprint(i)))
			if errors.Is(err, signup.ErrClosed) {
				return nil
			}
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if taken, live := b.taken(b.position.ID), b.live(b.position.ID); taken != 0 || live != 0 {
			t.Errorf("after the cancellation taken %d, live %d", taken, live)
		}
	}
}

// Everybody cancels while the activity is being cancelled: whoever comes late hears that it is over, nothing else.
func TestCancellationAgainstCancels(t *testing.T) {
	t.Parallel()
	for range 3 {
		b := newBench(t, 50, nil)
		clerk, all := b.Staff("干事", access.HostStaff, b.Community), b.students(31)
		seats := make([]model.Signup, len(all))
		for i, me := range all {
			seats[i] = b.must(me, b.position.ID)
		}
		errs := testkit.Together(len(all), func(i int) error {
			if i == 15 {
				return cancelActivity(b, clerk)
			}
			_, err := b.s.Cancel(b.TB.Context(), all[i], seats[i].ID)
			return err
		})
		if _, _, other := sift(errs, fault.ErrState); other != nil {
			t.Error(other)
		}
		if taken, live := b.taken(b.position.ID), b.live(b.position.ID); taken != 0 || live != 0 {
			t.Errorf("taken %d, live %d", taken, live)
		}
	}
}

// Everything at once: two replicas, a waiting list with offers, groups, decisions, capacities, the clock's job, and at last
// the end of the activity. Nothing but refusals is heard, and at every rest the columns say what the rows say.
func TestStormOverAWaitingList(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4, waits).whole()
	b.policy(func(p *model.Policy) { p.OfferMinutes = 30 })
	replicas := []*signup.Service{b.replica(), b.replica()}
	s, by, clerk := b.students(12), b.secretary(), b.Staff("干事", access.HostStaff, b.Community)
	for round := range 3 {
		errs := testkit.Together(16, func(i int) error {
			one := *b
			one.s = replicas[i%2]
			for range 6 {
				if err := one.anything(i, round == 2 && i == 15, s, by, clerk); err != nil {
					return fmt.Errorf("worker %d: %w", i, err)
				}
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		b.counts()
	}
	if p := b.seats(); p.Taken+p.Waiting+p.Held != 0 || b.live(p.ID) != 0 {
		t.Errorf("after the end: %+v", p)
	}
}

// anything does something; refusals are fine.
func (b *bench) anything(i int, end bool, s []access.Actor, by, clerk access.Actor) error {
	ctx := b.TB.Context()
	var row model.Signup
	err := b.DB.Where("live_activity_id = ?", b.activity.ID).Order("version").Limit(1).Find(&row).Error
	switch {
	case err != nil:
	case end:
		err = cancelActivity(b, clerk)
	case i == 15:
		err = b.DB.Transaction(func(tx *gorm.DB) error {
			if err := tx.Table("positions").Where("id = ?", b.position.ID).Update("capacity", gorm.Expr("taken + ?", rand.IntN(3))).Error; err != nil {
				return err
			}
			return b.s.Refill(tx, b.position.ID)
		})
	case i == 14:
		b.Clock.Add(10 * time.Minute)
		_, err = b.s.Sweep(ctx, 10)
	case i == 13:
		_, err = b.s.CreateGroup(ctx, by, b.party(true, s[rand.IntN(6)], s[6+rand.IntN(6)]), idem.Key{})
	case i == 12 && row.ID != 0:
		_, err = b.s.Decide(ctx, clerk, b.activity.ID, signup.Remove, []int64{row.ID}, "调整")
	case i < 12 && rand.IntN(2) == 0:
		_, err = b.s.Create(ctx, s[i], b.position.ID, "", idem.Key{})
	case i < 12:
		if err = b.DB.Where("live_activity_id = ? AND student_id = ?", b.activity.ID, s[i].StudentID).Limit(1).Find(&row).Error; err != nil || row.StudentID != s[i].StudentID {
			break
		}
		if row.Status == model.SignupOffered {
			_, err = b.s.Accept(ctx, s[i], row.ID)
		} else {
			_, err = b.s.Cancel(ctx, s[i], row.ID)
		}
	}
	if f, refused := errors.AsType[*fault.Fault](err); refused && f.Code != fault.ErrBusy.Code {
		return nil
	}
	if atomic.Retryable(err) {
		return nil // a transaction of this test, not of the service
	}
	return err
}
