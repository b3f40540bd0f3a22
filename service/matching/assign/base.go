package assign

import (
	"slices"

	"baodao/service/matching/score"
)

// base is how a market stood when all had their seats and nothing was closed. To run it again with some positions closed
// it is enough to go back there and close them: the order of work does not matter, so the result is that of beginning
// anew, which takes as long as the whole round where lists are complete.
type base struct {
	next   []uint8
	begun  []bool
	place  []int32
	filled []int32
	cutoff []uint32
	seats  []uint32
	wishes map[int32][]score.Wish // of those whose list was made longer since, as it was
}

// keep makes the base of a market; one with reserved seats begins anew.
func (k *market) keep() {
	if k.base != nil || slices.Contains(k.closed, true) || slices.ContainsFunc(k.reserves, func(r *reserve) bool { return r != nil }) {
		return
	}
	k.base = &base{
		next: slices.Clone(k.next), place: slices.Clone(k.place), filled: slices.Clone(k.filled),
		cutoff: slices.Clone(k.cutoff), seats: slices.Clone(k.seats), wishes: map[int32][]score.Wish{},
	}
	if k.extend != nil {
		k.base.begun = slices.Clone(k.extend.begun)
	}
}

// back goes back to the base and closes positions.
func (k *market) back(closed []bool) {
	b := k.base
	copy(k.next, b.next)
	if k.extend != nil {
		copy(k.extend.begun, b.begun)
	}
	copy(k.place, b.place)
	copy(k.filled, b.filled)
	copy(k.cutoff, b.cutoff)
	copy(k.seats, b.seats)
	clear(k.closed)
	for s, wishes := range b.wishes {
		copy(k.lists.Wishes[int(s)*k.lists.Width:], wishes)
	}
	clear(b.wishes)
	for p, is := range closed {
		if is {
			k.close(int32(p))
		}
	}
}

// remember keeps the list of a student before it is made longer for the first time since.
func (b *base) remember(s int32, list []score.Wish) {
	if b == nil {
		return
	}
	if _, ok := b.wishes[s]; !ok {
		b.wishes[s] = slices.Clone(list)
	}
}
