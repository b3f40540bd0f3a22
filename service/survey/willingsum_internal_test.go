package survey

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var errCount = errors.New("cannot count")

// Large sums are kept for ten minutes and made once however many ask at once; small ones are always those of now.
func TestLargeSumsAreKept(t *testing.T) {
	t.Parallel()
	var k keptSums
	now := time.Date(2026, 10, 12, 0, 0, 0, 0, time.UTC)
	var made atomic.Int64
	ask := func(key, size int64) int64 {
		got, err := k.of(now, [2]int64{key, 1}, func() (*willingSum, error) { return &willingSum{all: size + made.Add(1)}, nil })
		if err != nil {
			t.Fatal(err)
		}
		return got.all - size
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if n := ask(7, keptFrom); n != 1 {
				t.Errorf("made %d times", n)
			}
		})
	}
	wg.Wait()
	if n := ask(8, keptFrom); n != 2 {
		t.Errorf("another organisation was told the same: %d", n)
	}
	for want := range int64(2) {
		if n := ask(9, 100); n != 3+want {
			t.Errorf("a small sum is old: %d", n)
		}
	}
	now = now.Add(keptFor - time.Second)
	if n := ask(7, keptFrom); n != 1 {
		t.Error("a large sum was made again too soon")
	}
	now = now.Add(time.Second)
	if n := ask(7, keptFrom); n != 5 {
		t.Error("a large sum is too old")
	}
	if _, err := k.of(now, [2]int64{10, 1}, func() (*willingSum, error) { return nil, errCount }); !errors.Is(err, errCount) {
		t.Error(err)
	}
	if n := ask(10, keptFrom); n != 6 {
		t.Error("a failure was kept")
	}
	for key := range int64(2 * keptMost) {
		ask(100+key, keptFrom)
	}
	if len(k.at) > keptMost {
		t.Errorf("%d are kept", len(k.at))
	}
}
