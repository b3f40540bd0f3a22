package verify

import (
	"slices"

	"baodao/service/matching/score"
)

// positions looks at each position: seats, smallest team, and what is published of it.
func (c *checker) positions() {
	for p := range c.in.Positions {
		id, at, held := int32(p), &c.in.Positions[p], c.held[p]
		c.Seats += int64(at.Cap)
		if c.out.Closed[p] {
			c.Closed++
		}
		if held > at.Cap {
			c.fault(Overfull, score.None, id)
		}
		if held > 0 && held < at.Min {
			c.fault(TooSmall, score.None, id)
		}
		if held != c.out.Filled[p] {
			c.fault(Miscounted, score.None, id)
		}
		own, others := c.cutoffs(id)
		if c.out.Cutoffs[p] != others || c.reserved(id) > 0 && c.own[p] != own {
			c.fault(WrongCutoff, score.None, id)
		}
	}
}

// stable looks at every wish twice: by the published cut-offs, the place must be the first wish within reach; and by who
// really holds the seats, nobody may have been passed over. Cut-offs say nothing of friends, who need several seats at
// once, and where they take part some who were passed over may be left.
func (c *checker) stable(published int64) {
	for i, place := range c.out.Place {
		s := int32(i)
		size := int32(len(c.members[s])) //nolint:gosec // at most four
		first, passed := int32(score.None), int32(score.None)
		for i := c.start[s]; i < c.start[s+1]; i++ {
			p := c.wish[i]
			if first == score.None && !c.out.Closed[p] && c.reach(s, p, c.keys[i]) {
				first = p
			}
			if p == place {
				break
			}
			if passed == score.None && !c.out.Closed[p] && c.room(s, p, c.keys[i], max(1, size)) {
				passed = p
			}
		}
		if passed != score.None {
			if c.Remaining++; c.Remaining > published || len(c.members) == 0 {
				c.fault(Blocking, s, passed)
			}
		}
		if len(c.members) == 0 && first != place {
			c.fault(Uncertified, s, place)
		}
	}
}

// wronged are the closed positions that at least their smallest team of students would rather have.
func (c *checker) wronged(place []int32, closed []bool) (positions []int32) {
	would := make([]int32, len(c.in.Positions))
	for s := range place {
		for i := c.start[s]; i < c.start[s+1] && c.wish[i] != place[s]; i++ {
			if p := c.wish[i]; closed[p] {
				would[p] += int32(max(1, len(c.members[int32(s)]))) //nolint:gosec // at most four
			}
		}
	}
	for p, n := range would {
		if n > 0 && n >= c.in.Positions[p].Min {
			positions = append(positions, int32(p))
		}
	}
	return positions
}

// best compares the lists of some students, spread evenly, with the best positions of all.
func (c *checker) best(lists score.Lists, some int) {
	if some = min(some, len(c.in.Students)); some < 1 {
		return
	}
	for i := range some {
		s := int32(i * len(c.in.Students) / some) //nolint:gosec // at most 2^24 students
		all, have := c.proposed(s), lists.Of(int(s))
		same := len(have) == len(all)
		for i := 0; same && i < len(all); i++ {
			same = have[i].Position() == all[i].id
		}
		if c.Listed++; !same {
			c.fault(NotBest, s, score.None)
		}
	}
}

// proposed are the positions of a list that nobody made: the best of all. Friends share one of what is best for any of
// them and allowed to all, by the sum of their scores.
func (c *checker) proposed(s int32) []line {
	friends := c.members[c.leader[s]]
	if friends == nil {
		return c.bestOf(s)
	}
	var all []line
	for _, friend := range friends {
		for _, l := range c.bestOf(friend) {
			if c.allowed(c.leader[s], l.id) {
				all = append(all, line{c.sum(friends, l.id), l.id})
			}
		}
	}
	slices.SortFunc(all, line.before)
	all = slices.Compact(all)
	return all[:min(len(all), c.in.Round.K)]
}

// bestOf are the K best positions for one student alone.
func (c *checker) bestOf(s int32) []line {
	var all []line
	for i := range c.in.Positions {
		if p := int32(i); c.eligible(s, p) {
			all = append(all, line{c.sum([]int32{s}, p), p})
		}
	}
	slices.SortFunc(all, line.before)
	return all[:min(len(all), c.in.Round.K)]
}
