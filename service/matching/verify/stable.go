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
		want := uint32(0)
		if held > 0 && held == at.Cap {
			want = c.lowest[p]
		}
		if c.out.Cutoffs[p] != want {
			c.fault(WrongCutoff, score.None, id)
		}
	}
}

// stable looks at every wish twice: by the published cut-offs, the place must be the first wish within reach; and by who
// really holds the seats, nobody may have been passed over.
func (c *checker) stable() {
	for s, place := range c.out.Place {
		first, passed := int32(score.None), false
		for i := c.start[s]; i < c.start[s+1]; i++ {
			p := c.wish[i]
			open := !c.out.Closed[p]
			if first == score.None && open && c.keys[i] >= c.out.Cutoffs[p] {
				first = p
			}
			passed = passed || p == place
			if !passed && open && (c.held[p] < c.in.Positions[p].Cap || c.keys[i] > c.lowest[p]) {
				c.fault(Blocking, int32(s), p)
			}
		}
		if first != place {
			c.fault(Uncertified, int32(s), place)
		}
	}
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
			if p := &c.in.Positions[id]; c.eligible(student, p) {
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
