package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/internal/id"
	"baodao/internal/jobs"
	"baodao/internal/testkit"
)

func TestOneProcessRunsAJobPerPeriod(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	var runs atomic.Int64
	job := jobs.Job{Name: "count", Every: time.Minute, Do: func(context.Context) error { runs.Add(1); return nil }}
	round := func() {
		var wg sync.WaitGroup
		for range 5 {
			r := jobs.Runner{DB: db, Now: clock.Now, Owner: jobs.Name(), Log: slog.New(slog.DiscardHandler)}
			wg.Go(func() {
				if err := r.Once(t.Context(), job); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	round()
	if runs.Load() != 1 {
		t.Fatalf("first period: %d runs", runs.Load())
	}
	clock.Add(time.Minute - 20*time.Millisecond) // a ticker may be a little early
	round()
	if runs.Load() != 2 {
		t.Fatalf("second period: %d runs", runs.Load())
	}
}

func TestAFailedRunIsNotedAndTriedAgain(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	r := jobs.Runner{DB: testkit.DB(t, clock), Now: clock.Now, Owner: "a", Log: slog.New(slog.DiscardHandler)}
	boom := errors.New("boom")
	job := jobs.Job{Name: "fails", Every: time.Minute, Do: func(context.Context) error { return boom }}
	if err := r.Once(t.Context(), job); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	var text string
	if err := r.DB.Raw("SELECT last_err FROM leases WHERE name = 'fails'").Scan(&text).Error; err != nil || text != "boom" {
		t.Fatal(text, err)
	}
}

func TestNodeNumbersAreNeverShared(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	var mu sync.Mutex
	seen := map[int64]int{}
	var wg sync.WaitGroup
	for range 20 {
		n := jobs.Node{DB: db, Now: clock.Now, Owner: jobs.Name()}
		wg.Go(func() {
			if err := n.Take(t.Context()); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[n.Number]++
		})
	}
	wg.Wait()
	if len(seen) != 20 {
		t.Fatalf("20 processes got %d numbers: %v", len(seen), seen)
	}
	for range id.Nodes - 20 {
		n := jobs.Node{DB: db, Now: clock.Now, Owner: jobs.Name()}
		if err := n.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	last := jobs.Node{DB: db, Now: clock.Now, Owner: "late", Log: slog.New(slog.DiscardHandler)}
	waiting := make(chan error, 1)
	go func() { waiting <- last.Take(t.Context()) }()
	select {
	case err := <-waiting:
		t.Fatalf("the 65th process did not wait: %v", err)
	case <-time.NewTimer(200 * time.Millisecond).C:
	}
	clock.Add(31 * time.Second) // every lease has run out
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
}

// TestANumberGivenBackRests: the next process may not make ids in a second in which the last one made some.
func TestANumberGivenBackRests(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	take := func() jobs.Node {
		n := jobs.Node{DB: db, Now: clock.Now, Owner: jobs.Name(), Log: slog.New(slog.DiscardHandler)}
		if err := n.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		return n
	}
	first := take()
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if second := take(); second.Number == first.Number {
		t.Fatal("the number was taken again in the same second")
	}
	clock.Add(6 * time.Second)
	if third := take(); third.Number != first.Number {
		t.Fatalf("number %d, the rested one is %d", third.Number, first.Number)
	}
}
