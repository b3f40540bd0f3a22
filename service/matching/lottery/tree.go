package lottery

import "math/bits"

// tree holds the weights of the entries that are left, as a Fenwick tree: node i (from 1) is the sum of the weights of
// the lowbit(i) entries that end with entry i. Finding and taking out cost O(log n) each.
type tree struct {
	sums    []uint64
	weights []uint64
	total   uint64
}

// newTree holds the entries in the order given.
func newTree(entries []Entry) *tree {
	t := &tree{sums: make([]uint64, len(entries)+1), weights: make([]uint64, len(entries))}
	for i, e := range entries {
		t.weights[i] = uint64(e.Weight) //nolint:gosec // 1 to 1000
		t.total += t.weights[i]
		t.sums[i+1] += t.weights[i]
		if up := parent(i + 1); up < len(t.sums) {
			t.sums[up] += t.sums[i+1]
		}
	}
	return t
}

// parent is the next node that counts what node i counts.
func parent(i int) int { return i + i&-i }

// take finds the entry that r falls on when the weights left are laid end to end, takes it out and returns its index.
// r is below the total.
func (t *tree) take(r uint64) int {
	at := 0
	for step := 1 << bits.Len(uint(len(t.weights))); step > 0; step >>= 1 {
		if next := at + step; next < len(t.sums) && t.sums[next] <= r {
			at, r = next, r-t.sums[next]
		}
	}
	for i := at + 1; i < len(t.sums); i = parent(i) {
		t.sums[i] -= t.weights[at]
	}
	t.total -= t.weights[at]
	return at
}
