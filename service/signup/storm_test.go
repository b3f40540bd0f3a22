package signup_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"baodao/model"
	"baodao/service/access"
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
	errs := together(workers+1, func(i int) error {
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
		errs := together(31, func(i int) error {
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
		errs := together(len(all), func(i int) error {
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
