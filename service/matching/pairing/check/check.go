// Package check checks the result of a round of pairing without the code that made it: distances, scores, bands, the
// lottery and the matching are worked out anew from the published rules, slowly and plainly. Only the records are shared.
package check

import (
	"fmt"
	"sort"

	"baodao/service/matching/pairing"
)

// Result is what is said to have come of a round.
type Result struct {
	Pairs   []pairing.Match
	Filled  []int32
	Cutoffs []uint32
}

// Round names every fault of a result; none is nil.
func Round(in *pairing.Input, out Result) []string {
	r := &round{in: in, ranks: lottery(in.Seed, len(in.Branches)), renewed: set(in.Renewed), former: set(in.Former), never: set(in.Never)}
	if len(out.Filled) != len(in.Communities) || len(out.Cutoffs) != len(in.Communities) {
		return []string{"the communities of the result are not those of the round"}
	}
	r.seat(out)
	if len(r.faults) == 0 {
		r.stable(out)
		r.replay(out)
	}
	return r.faults
}

// round is a check under way.
type round struct {
	in                     *pairing.Input
	ranks                  []int64
	renewed, former, never map[pairing.Pair]bool
	has                    map[pairing.Pair]bool
	drawnOf                [][]int32 // communities drawn for a branch
	drawnAt                [][]int32 // branches drawn for a community
	free, left             []int     // places beside the renewed pairs
	faults                 []string
}

func (r *round) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// pair puts two numbers together.
func pair(branch, community int) pairing.Pair {
	return pairing.Pair{Branch: int32(branch), Community: int32(community)} //nolint:gosec // numbers of the round
}

func set(pairs []pairing.Pair) map[pairing.Pair]bool {
	all := map[pairing.Pair]bool{}
	for _, p := range pairs {
		all[p] = true
	}
	return all
}

// seat looks at every pair by itself, at the places and at the figures of the communities.
func (r *round) seat(out Result) {
	r.has = map[pairing.Pair]bool{}
	r.drawnOf, r.drawnAt = make([][]int32, len(r.in.Branches)), make([][]int32, len(r.in.Communities))
	filled := make([]int32, len(r.in.Communities))
	for _, m := range out.Pairs {
		switch {
		case r.has[m.Pair]:
			r.fault("pair %d-%d is there twice", m.Branch, m.Community)
		case m.Kept != r.renewed[m.Pair]:
			r.fault("pair %d-%d: kept and renewed do not agree", m.Branch, m.Community)
		case !m.Kept && !r.allowed(m.Pair):
			r.fault("pair %d-%d is not allowed", m.Branch, m.Community)
		}
		r.has[m.Pair] = true
		filled[m.Community]++
		if !m.Kept {
			r.drawnOf[m.Branch] = append(r.drawnOf[m.Branch], m.Community)
			r.drawnAt[m.Community] = append(r.drawnAt[m.Community], m.Branch)
		}
	}
	r.places()
	for p := range r.renewed {
		if !r.has[p] {
			r.fault("pair %d-%d was renewed and is not kept", p.Branch, p.Community)
		}
	}
	for c := range filled {
		if filled[c] != out.Filled[c] {
			r.fault("community %d has %d branches, not %d", c, filled[c], out.Filled[c])
		}
		if want := r.lowest(int32(c)); want != int64(out.Cutoffs[c]) {
			r.fault("community %d: the cut-off is %d, not %d", c, want, out.Cutoffs[c])
		}
	}
}

// places counts what is left beside the renewed pairs, and that nobody has more.
func (r *round) places() {
	r.free, r.left = make([]int, len(r.in.Branches)), make([]int, len(r.in.Communities))
	for b := range r.free {
		r.free[b] = int(r.in.Branches[b].Places)
	}
	for c := range r.left {
		r.left[c] = int(r.in.Communities[c].Places)
	}
	for p := range r.renewed {
		r.free[p.Branch]--
		r.left[p.Community]--
	}
	for b, n := range r.free {
		if len(r.drawnOf[b]) > n {
			r.fault("branch %d has more communities than places", b)
		}
	}
	for c, n := range r.left {
		if len(r.drawnAt[c]) > n {
			r.fault("community %d has more branches than places", c)
		}
	}
}

// lowest is the key of the last branch that a full community drew; 0 while it has places, or had none.
func (r *round) lowest(c int32) int64 {
	if len(r.drawnAt[c]) == 0 || len(r.drawnAt[c]) < r.left[c] {
		return 0
	}
	low := int64(1 << 62)
	for _, b := range r.drawnAt[c] {
		low = min(low, r.key(pair(int(b), int(c))))
	}
	return low
}

// stable looks for a branch and a community that would rather have each other.
func (r *round) stable(out Result) {
	for b := range r.free {
		for c := range r.left {
			p := pair(b, c)
			if r.has[p] || r.free[b] < 1 || r.left[c] < 1 || !r.allowed(p) {
				continue
			}
			if r.wants(p) && r.key(p) >= int64(out.Cutoffs[c]) {
				r.fault("branch %d and community %d would rather have each other", b, c)
			}
		}
	}
}

// wants tells whether a branch has a place for a community, or would give up another for it.
func (r *round) wants(p pairing.Pair) bool {
	if len(r.drawnOf[p.Branch]) < r.free[p.Branch] {
		return true
	}
	for _, c := range r.drawnOf[p.Branch] {
		if r.before(p, pair(int(p.Branch), int(c))) {
			return true
		}
	}
	return false
}

// before tells whether a branch would rather have the first of two pairs of its.
func (r *round) before(p, q pairing.Pair) bool {
	if x, y := r.worth(p), r.worth(q); x != y {
		return x > y
	}
	return p.Community < q.Community
}

// replay makes the round anew on the whole table of pairs, and compares.
func (r *round) replay(out Result) {
	lists := make([][]int32, len(r.free))
	for b := range lists {
		for c := range r.left {
			if p := pair(b, c); r.left[c] > 0 && r.allowed(p) {
				lists[b] = append(lists[b], int32(c))
			}
		}
		sort.Slice(lists[b], func(i, j int) bool {
			return r.before(pair(b, int(lists[b][i])), pair(b, int(lists[b][j])))
		})
	}
	holds := r.acceptance(lists)
	n := 0
	for c, held := range holds {
		n += len(held)
		for _, b := range held {
			if !r.has[pair(int(b), c)] {
				r.fault("a replay gives pair %d-%d", b, c)
			}
		}
	}
	if n+len(r.renewed) != len(out.Pairs) {
		r.fault("a replay gives %d pairs, not %d", n+len(r.renewed), len(out.Pairs))
	}
}

// acceptance is deferred acceptance in rounds.
func (r *round) acceptance(lists [][]int32) [][]int32 {
	free, holds := append([]int(nil), r.free...), make([][]int32, len(r.left))
	for again := true; again; {
		again = false
		for b := range lists {
			for free[b] > 0 && len(lists[b]) > 0 {
				c := lists[b][0]
				lists[b], holds[c], again = lists[b][1:], append(holds[c], int32(b)), true
				free[b]--
			}
		}
		for c, held := range holds {
			sort.Slice(held, func(i, j int) bool {
				return r.key(pair(int(held[i]), c)) > r.key(pair(int(held[j]), c))
			})
			for len(held) > r.left[c] {
				free[held[len(held)-1]]++
				held = held[:len(held)-1]
			}
			holds[c] = held
		}
	}
	return holds
}
