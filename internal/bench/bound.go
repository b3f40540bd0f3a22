package main

import (
	"baodao/service/matching/score"
)

// auction gives positions prices for which students bid, and returns the total that no assignment of any kind can exceed:
// for any prices that is what all seats cost plus what each student has left after buying the best. The prices only
// decide how near the bound is to the optimum; that it is a bound needs no trust in them.
type auction struct {
	in      *score.Instance
	around  *surroundings
	choices []choice // of each student, those that were worth most when they were last looked for
	above   []int32  // of each student: whatever is not among the choices was worth no more than this, and prices only rise
	price   []int32
	bids    [][]bid // of the seats taken, the lowest first
	work    []int32 // students without a seat
	step    int32
	worth   [shortlist]int64 // while choices are looked for
}

// choice is an eligible position and its score, packed; 0 is none.
type choice uint32

// Choices of a student are few, since a million have a thousand eligible positions each.
const (
	scoreBits = 14
	shortlist = 40
)

func newChoice(position, total int32) choice { return choice(position)<<scoreBits | choice(total) } //nolint:gosec // none is negative

func (c choice) position() int32 { return int32(c >> scoreBits) }
func (c choice) score() int32    { return int32(c & (1<<scoreBits - 1)) }

type bid struct {
	amount  int32
	student int32
}

// step is by how much a bid is higher than it need be: the optimum is at most that much for each seat below the bound. A
// million students bid with steps of four, 0.05 % of a score, a quarter as often.
func step(students int) int32 { return int32(1 + students/300_000) } //nolint:gosec // small

func newAuction(in *score.Instance) *auction {
	a := &auction{
		in: in, step: step(len(in.Students)), around: newSurroundings(in), choices: make([]choice, len(in.Students)*shortlist), above: make([]int32, len(in.Students)),
		price: make([]int32, len(in.Positions)), bids: make([][]bid, len(in.Positions)),
	}
	for s := range in.Students {
		a.look(int32(s))
		a.work = append(a.work, int32(s))
	}
	return a
}

// bound runs the auction and returns the bound, and the assignment that it ends with.
func (a *auction) bound() (most int64, place []int32) {
	for len(a.work) > 0 {
		s := a.work[len(a.work)-1]
		a.work = a.work[:len(a.work)-1]
		best, value, second := a.best(s)
		if value < a.above[s] {
			a.look(s)
			best, value, second = a.best(s)
		}
		if best != score.None {
			a.take(best, bid{a.price[best] + value - max(second, a.above[s]) + a.step, s})
		}
	}
	for p, price := range a.price {
		most += int64(price) * int64(a.in.Positions[p].Cap)
	}
	for s := range a.in.Students {
		most += int64(a.left(int32(s)))
	}
	return most, a.places()
}

// best is the choice that is worth most, what it is worth, and what the next best is worth.
func (a *auction) best(s int32) (best, value, second int32) {
	best = score.None
	for _, c := range a.choices[int(s)*shortlist:][:shortlist] {
		if c == 0 {
			break
		}
		switch v := c.score() - a.price[c.position()]; {
		case v > value:
			best, second, value = c.position(), value, v
		case v > second:
			second = v
		}
	}
	return best, value, second
}

// look finds the choices of a student anew.
func (a *auction) look(s int32) {
	student, best := &a.in.Students[s], &a.worth
	clear(best[:])
	spots := a.around.of(student.At)
	for i := range spots {
		p := &spots[i]
		total := a.around.score(student, p)
		v := int64(total-a.price[p.id])<<32 | int64(newChoice(p.id, max(0, total)))
		if total < 0 || v <= best[shortlist-1] || v>>32 <= 0 {
			continue
		}
		k := shortlist - 1
		for ; k > 0 && best[k-1] < v; k-- {
			best[k] = best[k-1]
		}
		best[k] = v
	}
	a.above[s] = int32(best[shortlist-1] >> 32) //nolint:gosec // a score
	for k, v := range best {
		a.choices[int(s)*shortlist+k] = choice(v & (1<<32 - 1))
	}
}

// left is what a student has left after buying the best of all.
func (a *auction) left(s int32) (left int32) {
	student := &a.in.Students[s]
	spots := a.around.of(student.At)
	for i := range spots {
		if p := &spots[i]; p.part > left+a.price[p.id]-mostBeside {
			left = max(left, a.around.score(student, p)-a.price[p.id])
		}
	}
	return left
}

// mostBeside is more than anything scores beside nearness and urgency.
const mostBeside = 6000

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

// places is the assignment that the auction ends with.
func (a *auction) places() []int32 {
	place := make([]int32, len(a.in.Students))
	for s := range place {
		place[s] = score.None
	}
	for p, held := range a.bids {
		for _, b := range held {
			place[b.student] = int32(p)
		}
	}
	return place
}
