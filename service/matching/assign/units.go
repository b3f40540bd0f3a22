package assign

import (
	"slices"

	"baodao/service/matching/score"
)

// crew is a matching in the making where friends stay together. Deferred acceptance comes first; a group that needs
// several seats can leave seats free that others were refused before, so whoever would rather be elsewhere, and would be
// taken there, is then moved. That ends nearly always, and is cut off where it does not: what remains is published.
type crew struct {
	in      *score.Instance
	atlas   *atlas // where some are open
	units   []unit
	cap     []int32
	filled  []int32
	closed  []bool
	holds   [][]seat // by rising key
	touched []int32  // positions whose team has changed
	moves   int64
}

// seat is held by a unit; a group holds several with one key.
type seat struct {
	key  uint32
	unit int32
}

// sweeps is how often everybody is looked at for somewhere better, at most.
const sweeps = 64

func newCrew(in *score.Instance, units []unit) *crew {
	m := len(in.Positions)
	c := &crew{in: in, units: units, cap: make([]int32, m), filled: make([]int32, m), closed: make([]bool, m), holds: make([][]seat, m)}
	for p := range in.Positions {
		c.cap[p] = in.Positions[p].Cap
	}
	return c
}

func (c *crew) run(closed []bool) {
	clear(c.filled)
	clear(c.closed)
	copy(c.closed, closed)
	for p := range c.holds {
		c.holds[p] = c.holds[p][:0]
	}
	for u := range c.units {
		c.units[u].place, c.units[u].next = score.None, 0
	}
	for u := range c.units {
		c.settle(int32(u))
	}
	c.repair()
}

// settle lets a unit, and whoever is displaced on the way, go on down their lists.
func (c *crew) settle(first int32) {
	for waiting := []int32{first}; len(waiting) > 0; {
		u := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		for i := int(c.units[u].next); i < len(c.units[u].list) || c.goOn(u); i++ {
			c.units[u].next = int32(i) + 1 //nolint:gosec // bounded
			if wish := c.units[u].list[i]; c.room(u, wish) {
				waiting = c.take(u, wish, waiting)
				break
			}
		}
	}
}

// room says whether a unit fits into what is free and what those with lower keys hold.
func (c *crew) room(u int32, wish score.Wish) bool {
	p, size := wish.Position(), c.size(u)
	if c.closed[p] {
		return false
	}
	free := c.cap[p] - c.filled[p]
	if free >= size {
		return true
	}
	for _, s := range c.below(seat{c.key(u, wish), u}, p) {
		if free += c.size(s.unit); free >= size {
			return true
		}
	}
	return false
}

func (c *crew) key(u int32, wish score.Wish) uint32 {
	return uint32(wish.Band())<<24 | c.units[u].low
}

func (c *crew) size(u int32) int32 { return int32(len(c.units[u].members)) } //nolint:gosec // bounded

// take seats a unit for which there is room; who loses a seat is added to those who wait.
func (c *crew) take(u int32, wish score.Wish, waiting []int32) []int32 {
	p, s := wish.Position(), seat{c.key(u, wish), u}
	for c.cap[p]-c.filled[p] < c.size(u) {
		loser := c.below(s, p)[0].unit
		c.leave(loser)
		waiting = append(waiting, loser)
	}
	at, _ := slices.BinarySearchFunc(c.holds[p], s, byKey)
	c.holds[p] = slices.Insert(c.holds[p], at, s)
	c.filled[p] += c.size(u)
	c.units[u].place = p
	c.touched = append(c.touched, p)
	c.moves++
	return waiting
}

// leave takes a unit out of its place.
func (c *crew) leave(u int32) {
	p := c.units[u].place
	c.holds[p] = slices.DeleteFunc(c.holds[p], func(s seat) bool { return s.unit == u })
	c.filled[p] -= c.size(u)
	c.units[u].place = score.None
	c.touched = append(c.touched, p)
}

// better is the first wish before a unit's place where there is room for it.
func (c *crew) better(u int32) (wish score.Wish, ok bool) {
	for i := 0; i < len(c.units[u].list) || c.goOn(u); i++ {
		wish := c.units[u].list[i]
		if wish.Position() == c.units[u].place {
			break
		}
		if c.room(u, wish) {
			return wish, true
		}
	}
	return score.End, false
}

// repair moves units to where they would rather be and would be taken, until there are none or the sweeps are used up.
func (c *crew) repair() {
	for range sweeps {
		moved := false
		for u := range c.units {
			waiting := []int32{int32(u)}
			for most := sweeps; len(waiting) > 0; most-- {
				v := waiting[len(waiting)-1]
				waiting = waiting[:len(waiting)-1]
				wish, ok := c.better(v)
				if !ok || most < 0 {
					continue
				}
				if c.units[v].place != score.None {
					c.leave(v)
				}
				waiting = c.take(v, wish, waiting)
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

// close closes a position; its students go on.
func (c *crew) close(p int32) {
	c.closed[p] = true
	for len(c.holds[p]) > 0 {
		c.leave(c.holds[p][0].unit)
	}
	c.repair()
}

func (c *crew) state() (filled []int32, closed []bool) { return c.filled, c.closed }

func (c *crew) changed() []int32 {
	touched := c.touched
	c.touched = nil
	return touched
}

// result copies what has come of it.
func (c *crew) result(in *score.Instance) Result {
	r := Result{Proposals: c.moves, Outcome: score.Outcome{
		Place: make([]int32, len(in.Students)), Filled: slices.Clone(c.filled), Cutoffs: make([]uint32, len(c.cap)), Closed: slices.Clone(c.closed),
	}}
	would := make([]int32, len(c.cap))
	for u := range c.units {
		for _, s := range c.units[u].members {
			r.Place[s] = c.units[u].place
		}
		if _, ok := c.better(int32(u)); ok {
			r.Blocking = append(r.Blocking, c.units[u].members[0])
		}
		for _, wish := range c.units[u].list {
			if wish.Position() == c.units[u].place {
				break
			}
			if c.closed[wish.Position()] {
				would[wish.Position()] += c.size(int32(u))
			}
		}
	}
	for p, holds := range c.holds {
		if len(holds) > 0 && c.filled[p] == c.cap[p] {
			r.Cutoffs[p] = holds[0].key
		}
		c.partners(&r.Outcome, int32(p))
		if would[p] > 0 && would[p] >= in.Positions[p].Min {
			r.Wronged = append(r.Wronged, int32(p))
		}
	}
	return r
}
