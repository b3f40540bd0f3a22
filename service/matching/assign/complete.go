package assign

import (
	"cmp"
	"math/bits"
	"slices"

	"baodao/service/matching/score"
)

// openMarket is a market in which the lists of those who are open go on with every eligible position that they did not
// list, by score. Those lists, a thousand times as long as what people read, are never made: a student has the next few
// positions whose cut-offs are still in reach. Cut-offs only rise, so nothing that is left out could have been had, and the
// order of work does not matter: the result is that of the complete lists. Lists without wishes are empty.
func openMarket(in *score.Instance, lists score.Lists, open []bool, ranks []uint32, workers int) *market {
	w := newWorld(in)
	e := &extender{world: w, own: lists, open: open, workers: workers, width: max(block, lists.Width)}
	e.crowdOf, e.begun = make([]int32, len(in.Students)), make([]bool, len(in.Students))
	for i, c := range w.crowds {
		for _, s := range c.students {
			e.crowdOf[s] = int32(i)
		}
	}
	e.market = newMarket(in, score.Lists{Width: e.width, Wishes: make([]score.Wish, len(in.Students)*e.width)}, ranks)
	e.market.extend = e
	return e.market
}

// block is how many positions a student gets at once, or more where lists are longer.
const block = 16

// extender makes lists longer when a student has come to their end.
type extender struct {
	*world
	market  *market
	own     score.Lists
	open    []bool
	begun   []bool // whose own list has ended
	workers int
	width   int
	crowdOf []int32
}

// begin lays out the students' own lists.
func (e *extender) begin() {
	clear(e.begun)
	wishes := e.market.lists.Wishes
	for i := range wishes {
		wishes[i] = score.End
	}
	for s := range len(e.own.Wishes) / max(1, e.own.Width) {
		copy(wishes[s*e.width:], e.own.Of(s))
	}
}

// goesOn says whether more can be had by a student who has come to the end of a list.
func (e *extender) goesOn(s int32, list []score.Wish) bool {
	return e.open[s] && (!e.begun[s] || list[len(list)-1] != score.End)
}

// more gives the next positions to those who have come to the end.
func (e *extender) more(hungry []int32) {
	slices.SortFunc(hungry, func(a, b int32) int { return cmp.Or(cmp.Compare(e.crowdOf[a], e.crowdOf[b]), cmp.Compare(a, b)) })
	var groups [][]int32
	for i := 0; i < len(hungry); {
		j := i
		for j < len(hungry) && e.crowdOf[hungry[j]] == e.crowdOf[hungry[i]] {
			j++
		}
		groups = append(groups, hungry[i:j])
		i = j
	}
	size := max(e.workers, min(portion, len(groups)/portion))
	for part := range slices.Chunk(groups, size) {
		e.share(part)
	}
}

// portion is how many crowds are served before the cut-offs are looked at again.
const portion = 64

// share gives the next positions to the hungry of some crowds, and lets them propose.
func (e *extender) share(groups [][]int32) {
	k := e.market
	for _, students := range groups {
		for _, s := range students {
			k.base.remember(s, k.lists.Wishes[int(s)*e.width:][:e.width])
		}
	}
	e.each(e.workers, len(groups), func(f *finder, i int) {
		students := groups[i]
		f.enter(crowd{students: students, exact: e.crowds[e.crowdOf[students[0]]].exact}, k.cutoff)
		for _, s := range students {
			f.find(f.turn(s), k.low[s], e.last(s), k.lists.Wishes[int(s)*e.width:][:e.width])
		}
	})
	for _, students := range groups {
		for _, s := range students {
			e.begun[s], k.next[s] = true, 0
			k.propose(s)
		}
	}
}

// last is what a student's next positions come after.
func (e *extender) last(student int32) candidate {
	if !e.begun[student] {
		return everything
	}
	wish := e.market.lists.Wishes[int(student)*e.width+e.width-1]
	return e.candidate(&e.in.Students[student], wish.Position())
}

// candidate is a position as a student would find it, with band 0.
func (e *extender) candidate(s *score.Student, p int32) candidate {
	position := &e.in.Positions[p]
	return newCandidate(score.Of(s, position, score.Measure(s, position), e.in.Round.Radius).Total(), p, 0)
}

// wronged are the closed positions that a whole team would rather have than what they got.
func (e *extender) wronged() (positions []int32) {
	k := e.market
	var closed []int32
	for p, is := range k.closed {
		if is {
			closed = append(closed, int32(p))
		}
	}
	if len(closed) == 0 {
		return nil
	}
	shut := make([]score.Position, len(closed))
	for i, p := range closed {
		shut[i] = e.in.Positions[p]
	}
	a, would, radius := newAtlas(shut), make([]int32, len(closed)), e.in.Round.Radius
	for id := range e.in.Students {
		s, own := &e.in.Students[id], e.wishes(id)
		have := e.value(s, own, k.place[id])
		a.around(s.LatE6, s.LonE6, int64(min(s.MaxDist, radius)), func(i int32, p *score.Position) {
			if p.Req&^s.Skills != 0 || bits.OnesCount64(p.Slots&s.Slots) < int(p.Need) || e.in.Misfits(int32(id), p, score.Measure(s, p)) != 0 { //nolint:gosec // a student
				return
			}
			if (e.open[id] || listed(own, closed[i]) >= 0) && e.value(s, own, closed[i]) > have {
				would[i]++
			}
		})
	}
	for i, n := range would {
		if n > 0 && n >= shut[i].Min {
			positions = append(positions, closed[i])
		}
	}
	return positions
}

// wishes is the list that a student handed in.
func (e *extender) wishes(student int) []score.Wish {
	if len(e.own.Wishes) == 0 {
		return nil
	}
	return e.own.Of(student)
}

func listed(own []score.Wish, p int32) int {
	return slices.IndexFunc(own, func(w score.Wish) bool { return w.Position() == p })
}

// value is what a place is to a student: more than any score when it is on the list, nothing when there is none.
func (e *extender) value(s *score.Student, own []score.Wish, place int32) candidate {
	if place == score.None {
		return 0
	}
	if i := listed(own, place); i >= 0 {
		return everything - candidate(i)
	}
	return e.candidate(s, place)
}
