package verify

import (
	"slices"

	"baodao/service/matching/score"
)

// table is the textbook's matching under way: in each round everybody without a seat asks at the next position of the
// list, and each position keeps the best of those it has and those who ask.
type table struct {
	*checker
	next    []int      // of each student the wish to ask for next
	seats   [][]uint64 // of each position who holds seats: key, then student; the best first
	closed  []bool
	asking  [][]uint64 // of each position who asks in this round
	changed []int32    // positions at which somebody came or left
}

// replay makes the matching anew, with the rule of the smallest teams, and compares.
func (c *checker) replay() {
	t := &table{
		checker: c, next: slices.Clone(c.start[:len(c.in.Students)]), seats: make([][]uint64, len(c.in.Positions)),
		closed: make([]bool, len(c.in.Positions)), asking: make([][]uint64, len(c.in.Positions)),
	}
	everybody := make([]int32, len(c.in.Students))
	for s := range everybody {
		everybody[s] = int32(s)
	}
	t.rounds(everybody)
	best := t.teams()
	place := best.places()
	for s, p := range c.out.Place {
		if p != place[s] {
			c.fault(Unrepeatable, int32(s), p)
		}
	}
	for p, closed := range c.out.Closed {
		if closed != best.closed[p] {
			c.fault(WrongClosing, score.None, int32(p))
		}
	}
}

// rounds goes on until nobody asks any more.
func (t *table) rounds(asking []int32) {
	for len(asking) > 0 {
		var asked []int32
		for _, s := range asking {
			if p := t.ask(s); p != score.None && len(t.asking[p]) == 1 {
				asked = append(asked, p)
			}
		}
		asking = asking[:0]
		for _, p := range asked {
			t.seats[p] = append(t.seats[p], t.asking[p]...)
			all := t.seats[p]
			slices.SortFunc(all, func(a, b uint64) int {
				if a > b {
					return -1
				}
				return 1 // no two keys of a position are equal
			})
			kept, refused := t.choose(p, all)
			for _, who := range refused {
				asking = append(asking, int32(who&(1<<32-1))) //nolint:gosec // a student
			}
			t.seats[p], t.asking[p] = kept, t.asking[p][:0]
		}
		t.changed = append(t.changed, asked...)
	}
}

// ask lets a student ask at the next position that is open; who would be the last of a full one need not ask.
func (t *table) ask(s int32) int32 {
	for i := t.next[s]; i < t.start[s+1]; i++ {
		p, who := t.wish[i], uint64(t.keys[i])<<32|uint64(s) //nolint:gosec // a student
		seats := t.seats[p]
		if t.closed[p] || t.reserved(p) == 0 && len(seats) == int(t.in.Positions[p].Cap) && seats[len(seats)-1] > who {
			continue
		}
		t.next[s] = i + 1
		t.asking[p] = append(t.asking[p], who)
		return p
	}
	t.next[s] = t.start[s+1]
	return score.None
}

// teams closes positions with too small a team. Then it opens again those that a whole team would rather have and does it
// anew, at most six times; the run that leaves the fewest such teams counts, the first of them.
func (t *table) teams() *table {
	now := t.clone()
	now.shut(nil)
	best, wronged := now, now.wronged(now.places(), now.closed)
	fewest := len(wronged)
	for try := 0; try < 6 && fewest > 0; try++ {
		before := now.closed
		var closed []int32
		for p, is := range before {
			if is && !slices.Contains(wronged, int32(p)) {
				closed = append(closed, int32(p))
			}
		}
		now = t.clone()
		now.shut(closed)
		if wronged = now.wronged(now.places(), now.closed); len(wronged) < fewest {
			best, fewest = now, len(wronged)
		}
		if slices.Equal(before, now.closed) {
			break
		}
	}
	return best
}

// clone copies what changes. Whoever a position refuses before it closes it would refuse after, so that every run can
// begin where nothing is closed yet.
func (t *table) clone() *table {
	c := &table{checker: t.checker, next: slices.Clone(t.next), closed: slices.Clone(t.closed), seats: make([][]uint64, len(t.seats)), asking: make([][]uint64, len(t.seats))}
	for p, seats := range t.seats {
		c.seats[p] = slices.Clone(seats)
	}
	return c
}

// shut closes what is given, and then the worst of the teams that are too small until there is none.
func (t *table) shut(given []int32) {
	for _, p := range given {
		t.closed[p] = true
	}
	for _, p := range given {
		t.empty(p)
	}
	var small []int32
	for p := range t.seats {
		if t.small(int32(p)) {
			small = append(small, int32(p))
		}
	}
	for {
		small = slices.DeleteFunc(small, func(p int32) bool { return !t.small(p) })
		if len(small) == 0 {
			return
		}
		worst := slices.MaxFunc(small, t.worse)
		t.changed = t.changed[:0]
		t.closed[worst] = true
		t.empty(worst)
		for _, p := range t.changed {
			if t.small(p) && !slices.Contains(small, p) {
				small = append(small, p)
			}
		}
	}
}

// small says that a position has a team, but too small a one.
func (t *table) small(p int32) bool {
	n := len(t.seats[p])
	return n > 0 && n < int(t.in.Positions[p].Min)
}

// worse compares two teams: the smaller part of its smallest, then the lower urgency, then the higher position.
func (t *table) worse(a, b int32) int {
	p, q := &t.in.Positions[a], &t.in.Positions[b]
	if x, y := len(t.seats[a])*int(q.Min), len(t.seats[b])*int(p.Min); x != y {
		return y - x
	}
	if p.Urgency != q.Urgency {
		return int(q.Urgency) - int(p.Urgency)
	}
	return int(a) - int(b)
}

// empty sends the students of a position on down their lists.
func (t *table) empty(p int32) {
	var leaving []int32
	for _, who := range t.seats[p] {
		leaving = append(leaving, int32(who&(1<<32-1))) //nolint:gosec // a student
	}
	t.seats[p] = nil
	t.rounds(leaving)
}

func (t *table) places() []int32 {
	place := make([]int32, len(t.in.Students))
	for s := range place {
		place[s] = score.None
	}
	for p, seats := range t.seats {
		for _, who := range seats {
			place[who&(1<<32-1)] = int32(p)
		}
	}
	return place
}
