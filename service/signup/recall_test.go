package signup_test

import (
	"errors"
	"testing"

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
	if _, err := other.Create(t.Context(), all[1], b.position.ID, "", key("stranger")); !errors.Is(err, signup.ErrFull) {
		t.Fatal(err) // and the other process remembers it
	}
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
	if _, err := other.Create(t.Context(), all[1], b.position.ID, "", key("stranger")); !errors.Is(err, signup.ErrFull) {
		t.Error(err)
	}
}
