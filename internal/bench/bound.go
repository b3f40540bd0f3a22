package main

import (
	"baodao/service/matching/score"
)

// auction gives positions prices for which students bid, and returns the total that no assignment of any kind can exceed:
// for any prices that is what all seats cost plus what each student has left after buying the best. The prices only
// decide how near the bound is to the optimum; that it is a bound needs no trust in them.
type auction struct {
	in      *score.Instance
	choices [][]choice // of each student, every eligible position
	price   []int32
	bids    [][]bid // of the seats taken, the lowest first (a heap)
	work    []int32 // students without a seat
}

// choice is an eligible position and its score, packed: a million students have a thousand each.
type choice uint32

const scoreBits = 14

func newChoice(position, total int32) choice { return choice(position)<<scoreBits | choice(total) } //nolint:gosec // none is negative

func (c choice) position() int32 { return int32(c >> scoreBits) }
func (c choice) score() int32    { return int32(c & (1<<scoreBits - 1)) }

type bid struct {
	amount  int32
	student int32
}

// increment is by how much a bid is higher than it need be: 0.1 % of a score.
const increment = 8

func newAuction(in *score.Instance) *auction {
	a := &auction{in: in, choices: make([][]choice, len(in.Students)), price: make([]int32, len(in.Positions)), bids: make([][]bid, len(in.Positions))}
	around := newSurroundings(in)
	var all []choice
	for s := range in.Students {
		student := &in.Students[s]
		all = all[:0]
		for _, p := range around.of(student.At) {
			position := &in.Positions[p.id]
			fit := score.Measure(student, position)
			if score.Misfits(student, position, fit, in.Round.Radius) == 0 {
				all = append(all, newChoice(p.id, score.Of(student, position, fit, in.Round.Radius).Total()))
			}
		}
		a.choices[s] = append(make([]choice, 0, len(all)), all...)
		a.work = append(a.work, int32(s))
	}
	return a
}

// bound runs the auction and returns the bound.
func (a *auction) bound() (total int64) {
	for len(a.work) > 0 {
		s := a.work[len(a.work)-1]
		a.work = a.work[:len(a.work)-1]
		best, value, second := int32(score.None), int32(0), int32(0)
		for _, c := range a.choices[s] {
			switch v := c.score() - a.price[c.position()]; {
			case v > value:
				best, second, value = c.position(), value, v
			case v > second:
				second = v
			}
		}
		if best != score.None {
			a.take(best, bid{a.price[best] + value - second + increment, s})
		}
	}
	for p, price := range a.price {
		total += int64(price) * int64(a.in.Positions[p].Cap)
	}
	for _, choices := range a.choices {
		left := int32(0)
		for _, c := range choices {
			left = max(left, c.score()-a.price[c.position()])
		}
		total += int64(left)
	}
	return total
}

// take gives a seat for a bid; who loses one bids again. A position costs nothing until it is full.
func (a *auction) take(p int32, b bid) {
	held := a.bids[p]
	if len(held) == int(a.in.Positions[p].Cap) {
		a.work = append(a.work, held[0].student)
		copy(held, held[1:])
		held = held[:len(held)-1]
	}
	i := len(held)
	held = append(held, b)
	for ; i > 0 && held[i-1].amount > b.amount; i-- {
		held[i] = held[i-1]
	}
	held[i] = b
	a.bids[p] = held
	if len(held) == int(a.in.Positions[p].Cap) {
		a.price[p] = held[0].amount
	}
}
