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
	"baodao/service/idem"
	"baodao/service/signup"
)

// sift counts successes and refusals that are want; anything else is in other.
func sift(errs []error, want error) (ok, refused int, other error) {
	for _, err := range errs {
		switch {
		case err == nil:
			ok++
		case errors.Is(err, want):
			refused++
		default:
			other = errors.Join(other, err)
		}
	}
	return ok, refused, other
}

// stampede sends n students after seats at once and says what is wrong with the outcome.
func stampede(b *bench, n int) error {
	all := b.students(n)
	errs := testkit.Together(n, func(i int) error {
		_, err := b.s.Create(b.TB.Context(), all[i], b.position.ID, "", key(fmt.Sprint(i)))
		return err
	})
	ok, full, other := sift(errs, signup.ErrFull)
	seats := int(b.position.Capacity)
	taken, live := b.taken(b.position.ID), b.live(b.position.ID)
	if ok != seats || full != n-seats || taken != live || live != int64(seats) || other != nil {
		return fmt.Errorf("%d confirmed, %d full, taken %d, rows %d, other: %w", ok, full, taken, live, other)
	}
	return nil
}

func TestHundredStudentsForTenSeats(t *testing.T) {
	t.Parallel()
	if err := stampede(newBench(t, 10, nil), 100); err != nil {
		t.Error(err)
	}
}

func TestStampedeNoticesAMissingSeatCondition(t *testing.T) {
	t.Parallel()
	b := newBench(t, 10, nil)
	b.s.WithoutSeatCondition()
	if stampede(b, 20) == nil {
		t.Error("the test would not notice that taken < capacity is gone")
	}
}

// insistent sends the same student n times at once and says what is wrong with the outcome.
func insistent(b *bench, n int) error {
	me := b.Student("急性子", b.Branch)
	errs := testkit.Together(n, func(i int) error {
		_, err := b.s.Create(b.TB.Context(), me, b.position.ID, "", key(fmt.Sprint(i)))
		return err
	})
	ok, twice, other := sift(errs, signup.ErrDuplicate)
	if taken, live := b.taken(b.position.ID), b.live(b.position.ID); ok != 1 || twice != n-1 || taken != 1 || live != 1 || other != nil {
		return fmt.Errorf("%d confirmed, %d duplicates, taken %d, rows %d, other: %w", ok, twice, taken, live, other)
	}
	return nil
}

func TestOneStudentTwentyTimes(t *testing.T) {
	t.Parallel()
	if err := insistent(newBench(t, 100, nil), 20); err != nil {
		t.Error(err)
	}
}

// The index alone is enough: neither the lock nor the look-up is what keeps the promise.
func TestUniqueIndexAloneKeepsDoublesOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, 100, nil)
	b.s.WithoutLookingBack().WithoutStudentLock()
	if err := insistent(b, 20); err != nil {
		t.Error(err)
	}
}

func TestInsistentNoticesAMissingIndex(t *testing.T) {
	t.Parallel()
	b := newBench(t, 100, nil)
	b.s.WithoutLookingBack().WithoutStudentLock()
	drop := "DROP INDEX uq_live_signup"
	if testkit.OnMySQL() {
		drop += " ON signups"
	}
	if err := b.DB.Connection(func(tx *gorm.DB) error { return tx.Exec(drop).Error }); err != nil {
		t.Fatal(err)
	}
	if insistent(b, 20) == nil {
		t.Error("the test would not notice that the unique index is gone")
	}
}

// errUndone ends a transaction that was only there to be in the way.
var errUndone = errors.New("undone")

// stalled runs first, whose request has the key "slow", up to its last statements, then second, and only then lets first
// end. On MySQL only: SQLite writes one transaction at a time.
func stalled(b *bench, by access.Actor, first, second func() error) []error {
	held := make(chan struct{})
	return testkit.Together(3, func(i int) error {
		switch i {
		case 0:
			<-held
			return first()
		case 1:
			<-held
			pause(150 * time.Millisecond)
			return second()
		default: // whoever writes the same key waits for this
			return b.DB.Transaction(func(tx *gorm.DB) error {
				defer pause(500 * time.Millisecond)
				defer close(held)
				record := model.IdempotencyRecord{Caller: idem.Caller(by), Operation: "createSignup", Key: "slow", Hash: key("slow").Hash, CreatedAt: b.Clock.Now()}
				if err := tx.Create(&record).Error; err != nil {
					return err
				}
				return errUndone
			})
		}
	})[:2]
}

func pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// twoAtOnce signs one student up for two overlapping activities at once and says what is wrong with the outcome.
func twoAtOnce(b *bench, name string) error {
	me := b.Student(name, b.Branch)
	_, _, other := b.Activity(b.project, 100, nil)
	try := func(position int64) func() error {
		return func() error {
			_, err := b.s.Create(b.TB.Context(), me, position, "", key("slow"))
			return err
		}
	}
	var errs []error
	if testkit.OnMySQL() {
		errs = stalled(b, me, try(b.position.ID), func() error {
			_, err := b.s.Create(b.TB.Context(), me, other.ID, "", key("quick"))
			return err
		})
	} else {
		errs = testkit.Together(2, func(i int) error {
			_, err := b.s.Create(b.TB.Context(), me, []int64{b.position.ID, other.ID}[i], "", idem.Key{})
			return err
		})
	}
	if ok, clash, wrong := sift(errs, signup.ErrConflict); ok != 1 || clash != 1 {
		return fmt.Errorf("%d confirmed, %d conflicts, other: %w", ok, clash, wrong)
	}
	return nil
}

func TestTwoOverlappingActivitiesAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 100, nil)
	for i := range 5 {
		if err := twoAtOnce(b, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoAtOnceNoticesAMissingLock(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		t.Skip("SQLite writes one transaction at a time: there is no lock to miss")
	}
	b := newBench(t, 1000, nil)
	b.s.WithoutStudentLock()
	for i := range 60 { // one is enough unless the machine is very slow
		if twoAtOnce(b, fmt.Sprint(i)) != nil {
			return
		}
	}
	t.Error("60 tries without the lock and nothing went wrong: the test proves nothing")
}

// lastSeat sends two students after the last seat, each through another replica, and says what is wrong with the outcome.
func lastSeat(b *bench, change func(*signup.Service) *signup.Service) error {
	one, two, s := change(b.replica()), change(b.replica()), b.students(2)
	_, _, p := b.Activity(b.project, 1, nil)
	errs := stalled(b, s[0], func() error {
		_, err := one.Create(b.TB.Context(), s[0], p.ID, "", key("slow"))
		return err
	}, func() error {
		_, err := two.Create(b.TB.Context(), s[1], p.ID, "", key("quick"))
		return err
	})
	if ok, full, wrong := sift(errs, signup.ErrFull); ok != 1 || full != 1 || b.taken(p.ID) != 1 {
		return fmt.Errorf("%d confirmed, %d full, other: %w", ok, full, wrong)
	}
	return nil
}

func TestReplicasShareTheLastSeat(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		t.Skip("SQLite writes one transaction at a time: there is no lock to miss")
	}
	if err := lastSeat(newBench(t, 1, nil), func(s *signup.Service) *signup.Service { return s }); err != nil {
		t.Error(err)
	}
	b := newBench(t, 1, nil)
	for range 60 {
		if err := lastSeat(b, (*signup.Service).WithoutSeatLock); err != nil {
			if b.counts(); !strings.Contains(err.Error(), "without its lock") {
				t.Error(err) // the lock is missed, and the condition of the update still saves the seat
			}
			return
		}
	}
	t.Error("60 tries without the lock of the seats and nothing went wrong: the test proves nothing")
}
