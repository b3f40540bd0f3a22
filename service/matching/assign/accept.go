package assign

import (
	"slices"

	"baodao/service/matching/score"
)

// market is a matching in the making: who holds which seat.
type market struct {
	in        *score.Instance
	lists     score.Lists
	low       []uint32 // of each student the low bits of every key: later in the lottery is less
	student   []int32  // by those low bits
	next      []uint8  // of each student how many wishes were refused or are held
	place     []int32
	first     []int32 // of each position its part of seats
	filled    []int32
	cutoff    []uint32 // 0 while seats are free, the most there is when closed
	closed    []bool
	seats     []uint32 // the keys that hold the seats of a position: a heap, the least first
	begun     []int32  // positions that got their first student, since it was last emptied
	reserves  []*reserve
	hungry    []int32 // who came to the end of a full list while longer ones can be had
	fed       []int32 // where the next hungry are put down
	extend    *extender
	base      *base
	proposals int64
}

func newMarket(in *score.Instance, lists score.Lists, ranks []uint32) *market {
	n, m := len(in.Students), len(in.Positions)
	k := &market{
		in: in, reserves: reserves(in), lists: lists, low: make([]uint32, n), student: make([]int32, n), next: make([]uint8, n), place: make([]int32, n),
		first: make([]int32, m+1), filled: make([]int32, m), cutoff: make([]uint32, m), closed: make([]bool, m),
	}
	for s, rank := range ranks {
		k.low[s] = score.Key(0, rank)
		k.student[rank] = int32(s)
	}
	for p := range in.Positions {
		k.first[p+1] = k.first[p] + min(in.Positions[p].Cap, int32(n)) //nolint:gosec // bounded
	}
	k.seats = make([]uint32, k.first[m])
	return k
}

func (k *market) run(closed []bool) {
	if k.base != nil {
		k.back(closed)
		return
	}
	clear(k.next)
	clear(k.filled)
	clear(k.cutoff)
	clear(k.closed)
	copy(k.closed, closed)
	for _, r := range k.reserves {
		if r != nil {
			r.empty()
		}
	}
	for p := range k.cutoff {
		if k.closed[p] || k.first[p] == k.first[p+1] {
			k.cutoff[p] = full
		}
	}
	k.begun, k.hungry = k.begun[:0], k.hungry[:0]
	if k.extend != nil {
		k.extend.begin()
	}
	for s := range k.place {
		k.propose(int32(s))
	}
	k.feed()
	k.keep()
}

// feed makes lists longer until nobody who could have a longer one is without a seat.
func (k *market) feed() {
	for len(k.hungry) > 0 {
		hungry := k.hungry
		k.hungry = k.fed[:0]
		k.extend.more(hungry)
		k.fed = hungry
	}
}

// full is the cut-off that nobody reaches: band 255 is never given.
const full = 1<<32 - 1

// propose lets a student, and whoever is displaced on the way, go down the list until all of them hold a seat or have
// come to the end of their lists.
func (k *market) propose(s int32) {
	for s != score.None {
		s = k.seek(s)
	}
}

// seek finds a seat for a student and returns who lost it.
func (k *market) seek(s int32) (displaced int32) {
	width := k.lists.Width
	list := k.lists.Wishes[int(s)*width : (int(s)+1)*width]
	low := k.low[s]
	for i := int(k.next[s]); i < len(list) && list[i] != score.End; i++ {
		p := list[i].Position()
		key := uint32(list[i].Band())<<24 | low
		if key < k.cutoff[p] {
			continue
		}
		k.proposals += int64(i) - int64(k.next[s]) + 1
		k.next[s] = uint8(i + 1) //nolint:gosec // bounded
		k.place[s] = p
		return k.take(p, key)
	}
	k.next[s] = uint8(len(list)) //nolint:gosec // bounded
	k.place[s] = score.None
	if k.extend != nil && k.extend.goesOn(s, list) {
		k.hungry = append(k.hungry, s)
	}
	return score.None
}

// take gives a seat to a key that reaches the cut-off and returns who lost it.
func (k *market) take(p int32, key uint32) (displaced int32) {
	if r := k.reserve(p); r != nil {
		return k.ask(r, p, key)
	}
	seats := k.seats[k.first[p]:k.first[p+1]]
	n := k.filled[p]
	if int(n) < len(seats) {
		if n == 0 {
			k.begun = append(k.begun, p)
		}
		up(seats[:n+1], key)
		k.filled[p]++
		if int(n)+1 == len(seats) {
			k.cutoff[p] = seats[0]
		}
		return score.None
	}
	_, rank := score.OfKey(seats[0])
	down(seats, key)
	k.cutoff[p] = seats[0]
	return k.student[rank]
}

// up adds a key to a heap whose last place is free.
func up(heap []uint32, key uint32) {
	i := len(heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if heap[parent] <= key {
			break
		}
		heap[i] = heap[parent]
		i = parent
	}
	heap[i] = key
}

// down replaces the least key of a heap.
func down(heap []uint32, key uint32) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if heap[child] >= key {
			break
		}
		heap[i] = heap[child]
		i = child
	}
	heap[i] = key
}

// result copies what has come of it.
func (k *market) result(in *score.Instance) Result {
	out := score.Outcome{Place: slices.Clone(k.place), Filled: slices.Clone(k.filled), Cutoffs: slices.Clone(k.cutoff), Closed: slices.Clone(k.closed)}
	for p, cutoff := range out.Cutoffs {
		if cutoff == full || out.Filled[p] < in.Positions[p].Cap { // also where there are fewer students than seats
			out.Cutoffs[p] = 0
		}
	}
	k.partners(&out)
	return Result{Outcome: out, Proposals: k.proposals, Wronged: k.wronged(in)}
}

func (k *market) state() (filled []int32, closed []bool) { return k.filled, k.closed }

func (k *market) changed() []int32 {
	begun := k.begun
	k.begun = nil
	return begun
}

func (k *market) close(p int32) {
	held := slices.Clone(k.seats[k.first[p]:][:k.filled[p]])
	if r := k.reserve(p); r != nil {
		held = slices.Concat(r.paired, r.others)
		r.empty()
	}
	k.closed[p], k.cutoff[p], k.filled[p] = true, full, 0
	for _, key := range held {
		_, rank := score.OfKey(key)
		k.propose(k.student[rank])
	}
	k.feed()
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
