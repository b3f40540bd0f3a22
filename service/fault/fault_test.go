package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baodao/service/fault"
)

func TestCopiesMatchTheirSentinel(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fmt.Errorf("wrapped: %w", fault.ErrState.Because(cause).Saying("a", "b").After(time.Second))
	if !errors.Is(err, fault.ErrState) || !errors.Is(err, cause) || errors.Is(err, fault.ErrStale) {
		t.Fatal("errors.Is compares by code and finds the cause")
	}
	if fault.ErrState.ZH == "a" || fault.ErrState.RetryAfter != 0 {
		t.Fatal("a copy changed its sentinel")
	}
}

func TestACollectorReportsEveryField(t *testing.T) {
	t.Parallel()
	var c fault.Collector
	if c.Err() != nil {
		t.Fatal("nothing is wrong yet")
	}
	c.Add(true, "/a", "min", "太小", "too small")
	c.Add(false, "/b", "min", "太小", "too small")
	c.Add(true, "/c", "max", "太大", "too large")
	var f *fault.Fault
	if err := c.Err(); !errors.As(err, &f) || len(f.Fields) != 2 || !errors.Is(err, fault.ErrInvalid) {
		t.Fatal(err)
	}
}
