package verify

import (
	"cmp"
	"slices"

	"baodao/service/matching/score"
)

// mostFriends is how many can ask for the same position.
const mostFriends = 4

// friends finds the groups of two or more. The first member speaks for all: the list, the place in the lottery.
func (c *checker) friends() {
	c.leader, c.members = make([]int32, len(c.in.Students)), map[int32][]int32{}
	first := map[int32]int32{}
	for i := range c.in.Students {
		s, group := int32(i), c.in.Students[i].Group
		c.leader[s] = s
		if group < 0 {
			continue
		}
		leader, ok := first[group]
		if !ok {
			first[group] = s
			continue
		}
		c.leader[s] = leader
		if len(c.members[leader]) == 0 {
			c.members[leader] = []int32{leader}
		}
		if c.members[leader] = append(c.members[leader], s); len(c.members[leader]) > mostFriends {
			c.fault(Unknown, s, score.None)
		}
	}
}

// with are all who get a place together with this student.
func (c *checker) with(leader int32) []int32 {
	if members, ok := c.members[leader]; ok {
		return members
	}
	return []int32{leader}
}

// allowed says whether the rules let all of them go there.
func (c *checker) allowed(leader, p int32) bool {
	if c.members[leader] == nil {
		return c.eligible(leader, p)
	}
	return !slices.ContainsFunc(c.members[leader], func(s int32) bool { return !c.eligible(s, p) })
}

// key orders those who ask at a position: the higher is admitted first. Friends have the mean of their bands.
func (c *checker) key(leader, p int32) uint32 {
	members, band := c.members[leader], uint32(0)
	if members == nil {
		band = c.band(&c.in.Students[leader], &c.in.Positions[p])
	}
	for _, s := range members {
		band += c.band(&c.in.Students[s], &c.in.Positions[p])
	}
	return band/uint32(max(1, len(members)))<<24 | (1<<24 - 1 - c.rank[leader]) //nolint:gosec // at most four
}

// agreed says whether a list goes on: all who go together agreed to that.
func (c *checker) agreed(leader int32) bool {
	return len(c.in.Open) > 0 && !slices.ContainsFunc(c.with(leader), func(s int32) bool { return !c.in.Open[s] })
}

// line is a position and the sum of the scores of those who could go there together.
type line struct {
	total int64
	id    int32
}

// before orders lines: the higher sum first, then the lower position.
func (l line) before(m line) int {
	return cmp.Or(cmp.Compare(m.total, l.total), cmp.Compare(l.id, m.id))
}

func (c *checker) sum(together []int32, p int32) (total int64) {
	for _, s := range together {
		total += c.worth(&c.in.Students[s], &c.in.Positions[p])
	}
	return total
}

// goOn puts behind a list every other position that all of them could go to, by the sum of their scores: who is open
// agreed to it.
func (c *checker) goOn(s int32) {
	var all []line
	own := c.wish[c.start[s]:]
	for i := range c.in.Positions {
		if p := int32(i); c.allowed(s, p) && !slices.Contains(own, p) {
			all = append(all, line{c.sum(c.with(s), p), p})
		}
	}
	slices.SortFunc(all, line.before)
	for _, l := range all {
		c.wish, c.keys = append(c.wish, l.id), append(c.keys, c.key(s, l.id))
	}
}
