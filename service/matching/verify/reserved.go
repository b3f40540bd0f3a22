package verify

import (
	"cmp"
	"slices"

	"baodao/service/matching/score"
)

// reserved is how many of a position's seats go to students of paired branches first.
func (c *checker) reserved(p int32) int32 {
	return min(c.in.Positions[p].Reserved, c.in.Positions[p].Cap)
}

// partner says whether a community is paired with a student's branch.
func partner(s *score.Student, p *score.Position) bool {
	return s.Branch >= 0 && (s.Branch == p.Partner || slices.Contains(p.Partners, s.Branch))
}

// paired says whether all who go with a student are of branches with which the community is paired.
func (c *checker) paired(leader, p int32) bool {
	for _, s := range c.with(leader) {
		if !partner(&c.in.Students[s], &c.in.Positions[p]) {
			return false
		}
	}
	return true
}

// holder is who holds seats of a position.
type holder struct {
	key    uint32
	size   int32
	paired bool
}

// holders are those of a position, the highest key first, worked out when they are first asked for.
func (c *checker) holders(p int32) []holder {
	if c.who == nil {
		c.who = make([][]holder, len(c.in.Positions))
		for i, p := range c.out.Place {
			if s := int32(i); p != score.None && c.leader[s] == s {
				c.who[p] = append(c.who[p], holder{c.key(s, p), int32(len(c.with(s))), c.reserved(p) > 0 && c.paired(s, p)}) //nolint:gosec // at most four
			}
		}
		for _, all := range c.who {
			slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.key, a.key) })
		}
	}
	return c.who[p]
}

// beside are those who do not have a reserved seat: these belong to the best of the paired branches, one after the other,
// as long as there are enough.
func (c *checker) beside(p int32, all []holder) (rest []holder) {
	taken := int32(0)
	for _, h := range all {
		if h.paired {
			if taken += h.size; taken <= c.reserved(p) {
				continue
			}
		}
		rest = append(rest, h)
	}
	return rest
}

// room says whether as many seats are free, or held by those who come after.
func (c *checker) room(leader, p int32, key uint32, size int32) bool {
	free := c.in.Positions[p].Cap - c.held[p]
	if size == 1 && c.reserved(p) == 0 {
		return free > 0 || key > c.lowest[p]
	}
	me := holder{key, size, c.reserved(p) > 0 && c.paired(leader, p)}
	all := append(slices.Clone(c.holders(p)), me)
	slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.key, a.key) })
	rest := c.beside(p, all)
	seated := !slices.Contains(rest, me) // on a reserved seat
	for _, h := range rest {
		if seated || h.key < key {
			free += h.size
		}
	}
	return free >= size
}

// cutoffs are what must be published of a position: of the paired branches, and of everybody else.
func (c *checker) cutoffs(p int32) (own, others uint32) {
	if c.held[p] == 0 || c.held[p] != c.in.Positions[p].Cap {
		return 0, 0
	}
	if c.reserved(p) == 0 {
		return c.lowest[p], c.lowest[p]
	}
	taken := int32(0)
	for _, h := range c.holders(p) {
		if h.paired {
			taken += h.size
		}
	}
	if taken >= c.reserved(p) {
		own = c.lowest[p]
	}
	rest := c.beside(p, c.holders(p))
	if len(rest) == 0 {
		return own, 1<<32 - 1 // nobody can have any of them
	}
	return own, rest[len(rest)-1].key
}

// published reads the cut-offs of the paired branches: of every position with reserved seats, in their order.
func (c *checker) published() bool {
	c.own = slices.Clone(c.out.Cutoffs)
	next := 0
	for i := range c.in.Positions {
		p := int32(i)
		if c.reserved(p) == 0 {
			continue
		}
		if next == len(c.out.Partners) || c.out.Partners[next].Position != p {
			return false
		}
		c.own[p] = c.out.Partners[next].Cutoff
		next++
	}
	return next == len(c.out.Partners)
}

// reach says whether a key comes up to the published cut-off.
func (c *checker) reach(s, p int32, key uint32) bool {
	if c.reserved(p) > 0 && c.paired(s, p) {
		return key >= c.own[p]
	}
	return key >= c.out.Cutoffs[p]
}

// choose keeps the best of those who ask, given the best first: of the paired branches on the reserved seats, then of
// all who are left.
func (t *table) choose(p int32, all []uint64) (kept, refused []uint64) {
	seats, left := int(t.in.Positions[p].Cap), t.reserved(p)
	if left == 0 || len(all) <= seats {
		n := min(seats, len(all))
		return all[:n], all[n:]
	}
	var rest []uint64
	for _, who := range all {
		if left > 0 && t.paired(int32(who&(1<<32-1)), p) { //nolint:gosec // a student
			kept = append(kept, who)
			left--
		} else {
			rest = append(rest, who)
		}
	}
	n := seats - len(kept)
	return append(kept, rest[:n]...), rest[n:]
}
