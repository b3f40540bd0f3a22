package pairing

import (
	"math/bits"
	"slices"

	"baodao/service/matching/score"
)

// full is the cut-off that nobody reaches.
const full = 1<<32 - 1

// market is a round in the making.
type market struct {
	in     *Input
	finder *finder
	low    []uint32 // of each branch the low bits of its keys
	branch []int32  // by lottery rank
	free   []int32  // places that a branch still wants filled
	lists  []list
	left   []int32    // places of a community beside the renewed pairs
	holds  [][]uint32 // keys that hold them: a heap, the least first
}

// propose fills the free places of a branch, and of those who lose one on the way.
func (m *market) propose(b int32) {
	waiting := []int32{b}
	for len(waiting) > 0 {
		b, waiting = waiting[len(waiting)-1], waiting[:len(waiting)-1]
		for m.free[b] > 0 {
			c, ok := m.next(b)
			if !ok {
				break
			}
			key := uint32(c.band())<<24 | m.low[b]
			if key < m.finder.cutoffs[c.community()] {
				continue
			}
			m.free[b]--
			if loser := m.take(c.community(), key); loser != score.None {
				m.free[loser]++
				waiting = append(waiting, loser)
			}
		}
	}
}

// list is what a branch has still before it.
type list struct {
	next  []candidate // best first
	after candidate   // the last that was ever in it
	done  bool        // nothing comes after that
}

// next takes the next community off the list of a branch and makes the list longer when it has ended.
func (m *market) next(b int32) (candidate, bool) {
	l := &m.lists[b]
	if len(l.next) == 0 && !l.done {
		l.next = m.finder.find(b, m.low[b], l.after)
		if l.done = len(l.next) < block; len(l.next) > 0 {
			l.after = l.next[len(l.next)-1]
		}
	}
	if len(l.next) == 0 {
		return 0, false
	}
	c := l.next[0]
	l.next = l.next[1:]
	return c, true
}

// take gives a place to a key that reaches the cut-off and returns who lost it.
func (m *market) take(c int32, key uint32) (loser int32) {
	holds := m.holds[c]
	at, _ := slices.BinarySearch(holds, key)
	loser = score.None
	if len(holds) == int(m.left[c]) {
		_, rank := score.OfKey(holds[0])
		loser = m.branch[rank]
		copy(holds, holds[1:at])
		holds[at-1] = key
	} else {
		holds = slices.Insert(holds, at, key)
	}
	m.holds[c] = holds
	if len(holds) == int(m.left[c]) {
		m.finder.cutoffs[c] = holds[0]
	}
	return loser
}

// result lists the pairs.
func (m *market) result() Result {
	r := Result{Cutoffs: m.finder.cutoffs, Pairs: make([]Match, 0, len(m.in.Renewed))}
	for _, p := range m.in.Renewed {
		r.Pairs = append(r.Pairs, Match{Pair: p, Kept: true})
	}
	for c, holds := range m.holds {
		for _, key := range holds {
			_, rank := score.OfKey(key)
			r.Pairs = append(r.Pairs, Match{Pair: Pair{Branch: m.branch[rank], Community: int32(c)}})
		}
	}
	slices.SortFunc(r.Pairs, func(a, b Match) int { return byPair(a.Pair, b.Pair) })
	for c, cutoff := range r.Cutoffs {
		if cutoff == full {
			r.Cutoffs[c] = 0
		}
	}
	return r
}

func ones(x uint32) int { return bits.OnesCount32(x) }
