package assign

import (
	"cmp"
	"container/heap"
	"slices"

	"baodao/service/matching/score"
)

// tries is how often closed positions are opened again at most.
const tries = 6

// weak is a position whose team is smaller than its smallest.
type weak struct {
	position   int32
	have, want int32
	urgency    uint8
}

// weaks is a heap: the worst first, that is the least have/want, then the lower urgency, then the higher position.
type weaks []weak

func (w weaks) Len() int { return len(w) }

// Less orders the heap.
func (w weaks) Less(i, j int) bool {
	a, b := w[i], w[j]
	return cmp.Or(
		cmp.Compare(int64(a.have)*int64(b.want), int64(b.have)*int64(a.want)),
		cmp.Compare(a.urgency, b.urgency),
		cmp.Compare(b.position, a.position),
	) < 0
}
func (w weaks) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

// Push adds one.
func (w *weaks) Push(x any) { *w = append(*w, x.(weak)) } //nolint:errcheck,forcetypeassert // only weak comes here

// Pop takes the last away.
func (w *weaks) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}

// shut closes positions with too small a team, the worst first, until none is left; the students of each go on down their
// lists.
func (k *market) shut(in *score.Instance) {
	var open weaks
	push := func(p int32) {
		if have, want := k.filled[p], in.Positions[p].Min; have > 0 && have < want && !k.closed[p] {
			heap.Push(&open, weak{p, have, want, in.Positions[p].Urgency})
		}
	}
	for p := range in.Positions {
		push(int32(p))
	}
	for k.begun = k.begun[:0]; len(open) > 0; k.begun = k.begun[:0] {
		w := heap.Pop(&open).(weak) //nolint:errcheck,forcetypeassert // only weak is in it
		if k.closed[w.position] || k.filled[w.position] != w.have {
			push(w.position) // it has grown since
			continue
		}
		for _, s := range k.shutOne(w.position) {
			k.propose(s)
		}
		k.feed()
		for _, p := range k.begun {
			push(p)
		}
	}
}

// shutOne closes a position and returns who held its seats.
func (k *market) shutOne(p int32) (students []int32) {
	for _, key := range k.seats[k.first[p]:][:k.filled[p]] {
		_, rank := score.OfKey(key)
		students = append(students, k.student[rank])
	}
	k.closed[p], k.cutoff[p], k.filled[p] = true, full, 0
	return students
}

// wronged are the closed positions that a whole team would rather have than what they got.
func (k *market) wronged(in *score.Instance) (positions []int32) {
	if k.extend != nil {
		return k.extend.wronged()
	}
	if !slices.Contains(k.closed, true) {
		return nil
	}
	would := make([]int32, len(in.Positions))
	for s := range k.place {
		list := k.lists.Wishes[s*k.lists.Width:][:k.next[s]]
		for _, wish := range list {
			if wish == score.End || wish.Position() == k.place[s] {
				break
			}
			if k.closed[wish.Position()] {
				would[wish.Position()]++
			}
		}
	}
	for p, n := range would {
		if n > 0 && n >= in.Positions[p].Min {
			positions = append(positions, int32(p))
		}
	}
	return positions
}

// settleTeams runs the market with the rule of the smallest teams: it closes, opens again what a whole team would rather
// have, and keeps the run that wrongs the fewest.
func (k *market) settleTeams(in *score.Instance) Result {
	k.run(in, nil)
	best := k.result(in)
	last := best
	for try := 0; try < tries && len(best.Wronged) > 0; try++ {
		closed := slices.Clone(last.Closed)
		for _, p := range last.Wronged {
			closed[p] = false
		}
		k.run(in, closed)
		again := k.result(in)
		if len(again.Wronged) < len(best.Wronged) {
			best = again
		}
		if slices.Equal(again.Closed, last.Closed) {
			break
		}
		last = again
	}
	return best
}
