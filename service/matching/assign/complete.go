package assign

import (
	"cmp"
	"math/bits"
	"slices"

	"baodao/service/matching/draw"
	"baodao/service/matching/score"
)

// RunComplete matches as if every student had listed every eligible position by score: what who checks "also propose
// others that suit me" agreed to. The lists, a thousand times as long as those people read, are never made: each student
// has the next few positions whose cut-offs are still in reach. Cut-offs only rise, so nothing that is left out could
// have been had, and the order of work does not matter: the result is that of the complete lists.
func RunComplete(in *score.Instance, workers int) (Result, error) {
	if err := in.Check(); err != nil {
		return Result{}, err
	}
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), workers)
	if err != nil {
		return Result{}, err
	}
	w := newWorld(in)
	e := &extender{world: w, workers: workers, crowdOf: make([]int32, len(in.Students))}
	for i, c := range w.crowds {
		for _, s := range c.students {
			e.crowdOf[s] = int32(i)
		}
	}
	e.market = newMarket(in, score.Lists{Width: block, Wishes: make([]score.Wish, len(in.Students)*block)}, ranks)
	e.market.extend = e
	return e.market.settleTeams(in), nil
}

// block is how many positions a student gets at once.
const block = 16

// extender makes lists longer when a student has come to their end.
type extender struct {
	*world
	market  *market
	workers int
	crowdOf []int32
}

// begin gives everybody the first block.
func (e *extender) begin() {
	e.share(len(e.crowds), func(i int) (crowd, []int32) { return e.crowds[i], e.crowds[i].students }, func(int32) candidate { return everything })
}

// more gives the next block to those who have come to the end of one. Whose last block was not full has seen everything.
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
	e.share(len(groups), func(i int) (crowd, []int32) {
		return crowd{students: groups[i], exact: e.crowds[e.crowdOf[groups[i][0]]].exact}, groups[i]
	}, e.last)
}

// last is the end of a student's list so far.
func (e *extender) last(student int32) candidate {
	wish := e.market.lists.Wishes[int(student)*block+block-1]
	s, p := &e.in.Students[student], &e.in.Positions[wish.Position()]
	return newCandidate(score.Of(s, p, score.Measure(s, p), e.in.Round.Radius).Total(), wish.Position(), wish.Band())
}

// portion is how many crowds are served before the cut-offs are looked at again.
const portion = 64

// share gives blocks to crowds, a portion of them at a time, and lets their students propose.
func (e *extender) share(n int, of func(i int) (crowd, []int32), after func(int32) candidate) {
	k := e.market
	size := max(e.workers, min(portion, n/portion))
	for from := 0; from < n; from += size {
		to := min(n, from+size)
		e.each(e.workers, to-from, func(f *finder, i int) {
			c, students := of(from + i)
			f.enter(c, k.cutoff)
			for _, s := range students {
				list := k.lists.Wishes[int(s)*block:][:block]
				f.find(&e.in.Students[s], k.low[s], after(s), list)
			}
		})
		for i := from; i < to; i++ {
			_, students := of(i)
			for _, s := range students {
				k.next[s] = 0
				k.propose(s)
			}
		}
	}
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
		s := &e.in.Students[id]
		have := e.value(s, k.place[id])
		a.around(s.LatE6, s.LonE6, int64(min(s.MaxDist, radius)), func(i int32) {
			p := &shut[i]
			if p.Req&^s.Skills != 0 || bits.OnesCount64(p.Slots&s.Slots) < int(p.Need) {
				return
			}
			fit := score.Measure(s, p)
			if score.Misfits(s, p, fit, radius) == 0 && newCandidate(score.Of(s, p, fit, radius).Total(), closed[i], 0) > have {
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

// value is what a place is to a student, comparable with candidates of band 0.
func (e *extender) value(s *score.Student, place int32) candidate {
	if place == score.None {
		return 0
	}
	p := &e.in.Positions[place]
	return newCandidate(score.Of(s, p, score.Measure(s, p), e.in.Round.Radius).Total(), place, 0)
}
