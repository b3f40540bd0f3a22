package id_test

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"baodao/internal/id"
)

var start = time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC)

func TestIDsGrowWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := start
		n := id.NewNode(rapid.Int64Range(0, id.Nodes-1).Draw(t, "node"), func() time.Time { return now })
		var last int64
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(-5000, 5000).Draw(t, "ms")) * time.Millisecond)
			next := n.New()
			if next <= last || next >= 1<<53 {
				t.Fatalf("%d after %d", next, last)
			}
			last = next
		}
	})
}

func TestNodesNeverMakeTheSameID(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for node := range int64(4) {
		n := id.NewNode(node, func() time.Time { return start })
		wg.Go(func() {
			ids := make([]int64, 5000)
			for i := range ids {
				ids[i] = n.New()
			}
			mu.Lock()
			defer mu.Unlock()
			for _, v := range ids {
				if seen[v] {
					t.Errorf("%d twice", v)
				}
				seen[v] = true
			}
		})
	}
	wg.Wait()
}

func TestAFullSecondRunsOnIntoTheNext(t *testing.T) {
	t.Parallel()
	n := id.NewNode(3, func() time.Time { return start })
	var last int64
	for range 1<<16 + 10 {
		last = n.New()
	}
	if got := id.Time(last); !got.Equal(start.Add(time.Second)) {
		t.Fatalf("made at %s", got)
	}
}
