package lottery

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers hands out what it is given.
func numbers(list ...uint64) func() uint64 {
	return func() uint64 {
		x := list[0]
		list = list[1:]
		return x
	}
}

// TestNoRemainderIsLikelierThanAnother holds the edge that no count of real draws could find: 2^64 mod total numbers are
// too many, and go.
func TestNoRemainderIsLikelierThanAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		total uint64
		give  []uint64
		want  uint64
	}{
		{10, []uint64{5, 0, 6}, 6}, // 2^64 mod 10 is 6: 0 to 5 go
		{10, []uint64{math.MaxUint64}, 5},
		{8, []uint64{0}, 0}, // a power of two has nothing too many
		{1, []uint64{7}, 0},
		{3 << 62, []uint64{1<<62 - 1, 1 << 62}, 1 << 62}, // a quarter goes
	} {
		if got := below(c.total, numbers(c.give...)); got != c.want {
			t.Errorf("below(%d) of %v: %d, want %d", c.total, c.give, got, c.want)
		}
	}
}

// TestATotalThatBarelyFitsIsDrawnEvenly would see two fourths instead of a third in one part if nothing were thrown away.
func TestATotalThatBarelyFitsIsDrawnEvenly(t *testing.T) {
	t.Parallel()
	s := newStream([32]byte{1}, [32]byte{2})
	var parts [3]int
	for range 30_000 {
		parts[below(3<<62, s.next)>>62]++
	}
	for _, n := range parts {
		if n < 9_500 || n > 10_500 { // six times what chance does
			t.Errorf("parts of 30000: %v", parts)
		}
	}
}

func TestTheNumbersAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	seed, digest := [32]byte{1}, [32]byte{2}
	effective := sha256.Sum256(slices.Concat([]byte("baodao-lottery-1 order\n"), seed[:], digest[:]))
	s := newStream(seed, digest)
	for counter := range uint64(3) {
		hash := sha256.Sum256(binary.BigEndian.AppendUint64(effective[:], counter))
		for i := range 4 {
			if got, want := s.next(), binary.BigEndian.Uint64(hash[8*i:]); got != want {
				t.Fatalf("hash %d, number %d: %x, want %x", counter, i, got, want)
			}
		}
	}
}

// TestTheTreeFindsWhatAWalkFinds takes entries out at random places and walks along those left to compare.
func TestTheTreeFindsWhatAWalkFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(1, MaxWeight), 1, 70).Draw(t, "weights")
		entries := make([]Entry, len(weights))
		for i, w := range weights {
			entries[i].Weight = w
		}
		tree := newTree(entries)
		for range entries {
			r := rapid.Uint64Range(0, tree.total-1).Draw(t, "r")
			want, rest := 0, int64(r)
			for rest >= weights[want] {
				rest -= weights[want]
				want++
			}
			if got := tree.take(r); got != want {
				t.Fatalf("%d falls on %d, want %d", r, got, want)
			}
			weights[want] = 0
		}
		if tree.total != 0 {
			t.Fatalf("%d is left", tree.total)
		}
	})
}
