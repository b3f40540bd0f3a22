package assign

import (
	"cmp"
	"slices"

	"baodao/service/matching/score"
)

// reserve holds the seats of a position of which some are reserved: the best students of the paired branches have those,
// what they leave is everybody's. So the least key goes when there is one too many, but none of the paired branches while
// they have no more than the reserved seats. It gives every student the best that a stable matching can: who was refused
// once is refused for good, whatever the order in which they come.
type reserve struct {
	seats  int
	kept   int
	paired []uint32 // heaps, the least first
	others []uint32
}

// reserves are those of a round, by position; nil when there is none.
func reserves(in *score.Instance) []*reserve {
	var all []*reserve
	for p := range in.Positions {
		if at := &in.Positions[p]; at.Reserve() > 0 {
			if all == nil {
				all = make([]*reserve, len(in.Positions))
			}
			all[p] = &reserve{seats: int(at.Cap), kept: int(at.Reserve())}
		}
	}
	return all
}

// reserve is that of a position, or nil.
func (k *market) reserve(p int32) *reserve {
	if k.reserves == nil {
		return nil
	}
	return k.reserves[p]
}

// empty gives all seats back.
func (r *reserve) empty() { r.paired, r.others = r.paired[:0], r.others[:0] }

func (r *reserve) taken() int { return len(r.paired) + len(r.others) }

// take gives a seat to a key. What comes back lost it, perhaps the key itself.
func (r *reserve) take(key uint32, paired bool) (lost uint32, full bool) {
	if paired {
		r.paired = pushed(r.paired, key)
	} else {
		r.others = pushed(r.others, key)
	}
	if r.taken() <= r.seats {
		return 0, false
	}
	from := &r.others
	if len(r.paired) > r.kept && (len(r.others) == 0 || r.paired[0] < r.others[0]) {
		from = &r.paired
	}
	lost = (*from)[0]
	last := len(*from) - 1
	least := (*from)[last]
	*from = (*from)[:last]
	if last > 0 {
		down(*from, least)
	}
	return lost, true
}

func pushed(heap []uint32, key uint32) []uint32 {
	heap = append(heap, 0)
	up(heap, key)
	return heap
}

// cutoffs are the least keys that hold a seat for which those of the paired branches can ask, and everybody else.
func (r *reserve) cutoffs() (paired, others uint32) {
	if r.taken() < r.seats {
		return 0, 0
	}
	others = score.Nobody
	if len(r.others) > 0 {
		others = r.others[0]
	}
	if len(r.paired) < r.kept {
		return 0, others
	}
	all := min(others, r.paired[0])
	if len(r.paired) > r.kept {
		others = all
	}
	return all, others
}

// ask is take of the market at a position with reserved seats. The cut-off that the market knows is the lower of the two,
// so that it can come to a refusal here.
func (k *market) ask(r *reserve, p int32, key uint32) (displaced int32) {
	if r.taken() == 0 {
		k.begun = append(k.begun, p)
	}
	_, rank := score.OfKey(key)
	lost, full := r.take(key, k.in.Positions[p].PairedWith(k.in.Students[k.student[rank]].Branch))
	k.cutoff[p], _ = r.cutoffs()
	k.filled[p] = int32(r.taken()) //nolint:gosec // at most the seats
	if !full {
		return score.None
	}
	_, rank = score.OfKey(lost)
	return k.student[rank]
}

// partners are the cut-offs for students of the paired branches; those of everybody else are put right in out.
func (k *market) partners(out *score.Outcome) {
	for p, r := range k.reserves {
		if r == nil {
			continue
		}
		own := score.PartnerCutoff{Position: int32(p)}
		own.Cutoff, out.Cutoffs[p] = r.cutoffs()
		out.Partners = append(out.Partners, own)
	}
}

func byKey(a, b seat) int { return cmp.Compare(a.key, b.key) }

// below are the seats of a position that a newcomer would come before, the first to leave first.
func (c *crew) below(s seat, p int32) []seat {
	holds := c.holds[p]
	at, _ := slices.BinarySearchFunc(holds, s, byKey)
	if c.in.Positions[p].Reserve() == 0 {
		return holds[:at]
	}
	loose := c.loose(p, slices.Insert(slices.Clone(holds), at, s))
	if at, ok := slices.BinarySearchFunc(loose, s, byKey); ok {
		return loose[:at]
	}
	return loose
}

// loose are those of some seats that are not reserved ones, by rising key. The reserved ones are those of the best units of
// paired branches, as long as all of them together need no more than there are.
func (c *crew) loose(p int32, holds []seat) (all []seat) {
	left := c.in.Positions[p].Reserve()
	for _, s := range slices.Backward(holds) {
		if c.paired(s.unit, p) {
			if left -= c.size(s.unit); left >= 0 {
				continue
			}
		}
		all = append(all, s)
	}
	slices.Reverse(all)
	return all
}

// paired says whether all of a unit are of branches with which a position is paired.
func (c *crew) paired(u, p int32) bool {
	return !slices.ContainsFunc(c.units[u].members, func(s int32) bool { return !c.in.Positions[p].PairedWith(c.in.Students[s].Branch) })
}

// partners adds the cut-offs of a position with reserved seats.
func (c *crew) partners(out *score.Outcome, p int32) {
	if c.in.Positions[p].Reserve() == 0 {
		return
	}
	own, holds, left := score.PartnerCutoff{Position: p}, c.holds[p], c.in.Positions[p].Reserve()
	if out.Cutoffs[p] > 0 {
		for _, s := range holds {
			if c.paired(s.unit, p) {
				left -= c.size(s.unit)
			}
		}
		if left <= 0 {
			own.Cutoff = holds[0].key
		}
		out.Cutoffs[p] = score.Nobody
		if loose := c.loose(p, holds); len(loose) > 0 {
			out.Cutoffs[p] = loose[0].key
		}
	}
	out.Partners = append(out.Partners, own)
}
