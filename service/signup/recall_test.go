package signup_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/service/idem"
	"baodao/service/signup"
)

// A student gets a seat from one process, which dies before it answers; the repeat comes to another, which remembers from a
// moment ago that the position is full. It must not say so.
func TestARepeatAtAnotherProcessGetsItsSeat(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	w := b.World
	other := &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault}
	all := b.students(3)
	held := b.must(all[0], b.position.ID)
	other.RememberFull(b.activity, b.position.ID, time.Minute, 0)
	if _, err := b.s.Cancel(t.Context(), all[0], held.ID); err != nil {
		t.Fatal(err)
	}
	mine, err := b.s.Create(t.Context(), all[2], b.position.ID, "", key("mine"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := other.Create(t.Context(), all[2], b.position.ID, "", key("mine"))
	if err != nil || again.ID != mine.ID {
		t.Errorf("the repeat got %v, %v", again.ID, err)
	}
	for i := range 5 { // and strangers with it, in looks of every size
		errs := testkit.Together(1+i, func(i int) error {
			_, err := other.Create(t.Context(), all[1], b.position.ID, "", key(fmt.Sprint("stranger", i)))
			return err
		})
		if _, full, wrong := sift(errs, signup.ErrFull); full != 1+i || wrong != nil {
			t.Error(full, wrong)
		}
	}
	if _, err := other.Create(t.Context(), all[2], b.position.ID, "", idem.Key{Value: "mine", Hash: []byte("another")}); !errors.Is(err, idem.ErrMismatch) {
		t.Error(err)
	}
}

// A stampede that goes on renews what is remembered with its first refusal; a quiet position is looked up.
func TestWhatIsRememberedOfAFullPosition(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil)
	all := b.students(2)
	b.must(all[0], b.position.ID)
	renewed := func(ended time.Duration, told int64) bool {
		b.s.RememberFull(b.activity, b.position.ID, -ended, told)
		if err := b.tries(all[1]); !errors.Is(err, signup.ErrFull) {
			t.Fatal(err)
		}
		return b.s.Remembers(b.position.ID)
	}
	if renewed(5*time.Millisecond, 15) || renewed(time.Hour, 1000) {
		t.Error("renewed for few, or after an hour")
	}
	for try := 1; !renewed(5*time.Millisecond, 16); try++ {
		if try == 50 { // what is remembered lasts 300 ms by the system's clock, and the machine may be slow
			t.Fatal("not renewed for many")
		}
	}
}
