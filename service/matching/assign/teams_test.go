package assign_test

import (
	"slices"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/score"
)

// The rule of smallest teams, as it is written: close the worst, run all again from the beginning, until none is too small.
func (o *oracle) shut(lists [][]int, closed []bool) (place []int) {
	for {
		place = o.match(lists, closed)
		have := make([]int, len(closed))
		for _, p := range place {
			if p >= 0 {
				have[p]++
			}
		}
		worst := -1
		for p, n := range have {
			at := &o.in.Positions[p]
			if n == 0 || n >= int(at.Min) {
				continue
			}
			if worst < 0 {
				worst = p
				continue
			}
			w := &o.in.Positions[worst]
			mine, its := n*int(w.Min), have[worst]*int(at.Min)
			if mine < its || (mine == its && at.Urgency <= w.Urgency) {
				worst = p
			}
		}
		if worst < 0 {
			return place
		}
		closed[worst] = true
	}
}

func (o *oracle) wronged(lists [][]int, place []int, closed []bool) (positions []int32) {
	would := make([]int32, len(closed))
	for s, list := range lists {
		for _, p := range list {
			if p == place[s] {
				break
			}
			if closed[p] {
				would[p]++
			}
		}
	}
	for p, n := range would {
		if closed[p] && n >= o.in.Positions[p].Min {
			positions = append(positions, int32(p))
		}
	}
	return positions
}

// settle is the whole rule: close, open again what a team would rather have and begin anew, keep the best.
func (o *oracle) settle(lists [][]int) (best []int, bestClosed []bool, bestWronged []int32) {
	closed := make([]bool, len(o.in.Positions))
	place := o.shut(lists, closed)
	wronged := o.wronged(lists, place, closed)
	best, bestClosed, bestWronged = place, closed, wronged
	for try := 0; try < 6 && len(bestWronged) > 0; try++ {
		before := slices.Clone(closed)
		closed = slices.Clone(closed)
		for _, p := range wronged {
			closed[p] = false
		}
		place = o.shut(lists, closed)
		if wronged = o.wronged(lists, place, closed); len(wronged) < len(bestWronged) {
			best, bestClosed, bestWronged = place, slices.Clone(closed), wronged
		}
		if slices.Equal(before, closed) {
			break
		}
	}
	return best, bestClosed, bestWronged
}

// opensAgain is 1 when the first closing wrongs a team, so that what follows is tested.
func (o *oracle) opensAgain(lists [][]int) int {
	closed := make([]bool, len(o.in.Positions))
	return min(1, len(o.wronged(lists, o.shut(lists, closed), closed)))
}

// largeTeams makes smallest teams so large that some close.
func largeTeams(in *score.Instance, seed uint64) {
	for p := range in.Positions {
		if at := &in.Positions[p]; p%2 == 0 {
			at.Min = min(at.Cap, 2+int32(seed%6))
		}
	}
}

func TestSmallestTeams(t *testing.T) {
	t.Parallel()
	closedOnce, wrongedOnce := false, false
	for seed := range uint64(60) {
		in := odd(invent(t, options(seed)), seed)
		largeTeams(in, seed)
		lists, o := assign.Lists(in, 1), newOracle(in)
		got, err := assign.Run(in, lists, 1)
		if err != nil {
			t.Fatal(err)
		}
		all := ofLists(lists, len(in.Students))
		best, bestClosed, bestWronged := o.settle(all)
		for s, p := range best {
			if int(got.Place[s]) != p {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, got.Place[s], p)
			}
		}
		if !slices.Equal(got.Closed, bestClosed) || !slices.Equal(got.Wronged, bestWronged) {
			t.Fatalf("seed %d: closed %v, want %v; wronged %v, want %v", seed, got.Closed, bestClosed, got.Wronged, bestWronged)
		}
		for p, n := range got.Filled {
			if n > 0 && n < in.Positions[p].Min {
				t.Fatalf("seed %d: position %d has %d of at least %d", seed, p, n, in.Positions[p].Min)
			}
		}
		o.certify(t, lists, got.Outcome)
		closedOnce, wrongedOnce = closedOnce || slices.Contains(got.Closed, true), wrongedOnce || len(got.Wronged) > 0
	}
	if !closedOnce || !wrongedOnce {
		t.Error("no round of these closed anything, or wronged a team: they prove nothing")
	}
}
