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

// teamed is a matching whose positions can be closed.
type teamed interface {
	run(closed []bool) // matches all students from the beginning, with some positions closed
	result(in *score.Instance) Result
	state() (filled []int32, closed []bool)
	close(p int32)    // closes a position; its students go on down their lists
	changed() []int32 // positions that may have too small a team now and had none when this was last asked
}

// shut closes positions with too small a team, the worst first, until none is left.
func shut(in *score.Instance, m teamed) {
	var open weaks
	filled, closed := m.state()
	push := func(p int32) {
		if have, want := filled[p], in.Positions[p].Min; have > 0 && have < want && !closed[p] {
			heap.Push(&open, weak{p, have, want, in.Positions[p].Urgency})
		}
	}
	for p := range in.Positions {
		push(int32(p))
	}
	for m.changed(); len(open) > 0; {
		w := heap.Pop(&open).(weak) //nolint:errcheck,forcetypeassert // only weak is in it
		if closed[w.position] || filled[w.position] != w.have {
			push(w.position) // it has grown since
			continue
		}
		m.close(w.position)
		for _, p := range m.changed() {
			push(p)
		}
	}
}

// settleTeams runs a matching with the rule of the smallest teams: it closes, opens again what a whole team would rather
// have, and keeps the run that wrongs the fewest.
func settleTeams(in *score.Instance, m teamed) Result {
	round := func(closed []bool) Result {
		m.run(closed)
		shut(in, m)
		return m.result(in)
	}
	best := round(nil)
	last := best
	for try := 0; try < tries && len(best.Wronged) > 0; try++ {
		closed := slices.Clone(last.Closed)
		for _, p := range last.Wronged {
			closed[p] = false
		}
		again := round(closed)
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
