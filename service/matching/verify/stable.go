package verify

import (
	"cmp"
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
	type line struct {
		total int64
		id    int32
	}
	for i := range some {
		s := i * len(c.in.Students) / some
		student := &c.in.Students[s]
		var all []line
		for id := range c.in.Positions {
			if p := &c.in.Positions[id]; c.eligible(int32(s), int32(id)) { //nolint:gosec // at most 2^24 students
				all = append(all, line{c.worth(student, p), int32(id)})
			}
		}
		slices.SortFunc(all, func(a, b line) int { return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.id, b.id)) })
		all = all[:min(len(all), c.in.Round.K)]
		have := lists.Of(s)
		same := len(have) == len(all)
		for i := 0; same && i < len(all); i++ {
			same = have[i].Position() == all[i].id
		}
		if c.Listed++; !same {
			c.fault(NotBest, int32(s), score.None) //nolint:gosec // at most 2^24 students
		}
	}
}
