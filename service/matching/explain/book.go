package explain

import (
	"cmp"
	"slices"

	"baodao/service/matching/score"
)

// Book is a whole round, as files hold it.
type Book struct {
	in    *score.Instance
	lists score.Lists
	out   *score.Outcome
	ranks []uint32
	open  bool
	first map[int32][]int32 // of each group of two friends or more its members
}

// NewBook opens a round: its lists, its outcome and the ranks of the lottery. In an open one every list goes on by score.
func NewBook(in *score.Instance, lists score.Lists, out *score.Outcome, ranks []uint32, open bool) *Book {
	b := &Book{in: in, lists: lists, out: out, ranks: ranks, open: open, first: map[int32][]int32{}}
	for s := range in.Students {
		if g := in.Students[s].Group; g != score.None {
			b.first[g] = append(b.first[g], int32(s))
		}
	}
	for g, members := range b.first {
		if len(members) < 2 {
			delete(b.first, g)
		}
	}
	return b
}

// Why answers a student. Both must be of the round.
func (b *Book) Why(student, position int32) Answer {
	q := Question{
		Round: &b.in.Round, Position: &b.in.Positions[position], Student: &b.in.Students[student],
		Closed: b.out.Closed[position], Apart: b.in.Positions[position].OfAny(b.in.Blocked[student]),
	}
	if members := b.first[q.Student.Group]; members != nil {
		q.Friends = make([]score.Student, len(members))
		for i, s := range members {
			q.Friends[i] = b.in.Students[s]
		}
		q.Apart = slices.ContainsFunc(members, func(s int32) bool { return q.Position.OfAny(b.in.Blocked[s]) })
		student = members[0]
	}
	q.Rank, q.Cutoff = b.ranks[student], b.out.CutoffOf(position, q.reserved())
	q.Wish, q.Got = b.number(student, position), b.number(student, b.out.Place[student])
	if b.open || b.agreed(student) {
		b.goOn(&q, student, position)
	}
	return Why(&q)
}

// number is which wish a position is, from 1, or 0.
func (b *Book) number(student, position int32) int {
	if len(b.lists.Wishes) == 0 {
		return 0
	}
	return 1 + slices.IndexFunc(b.lists.Of(int(student)), func(w score.Wish) bool { return w.Position() == position })
}

// goOn numbers what comes after an open student's list: a place there is one after the list, and another position comes
// before or after it by score.
func (b *Book) goOn(q *Question, student, position int32) {
	end := score.MaxList + 2
	place := b.out.Place[student]
	if q.Got == 0 && place != score.None {
		q.Got = end
	}
	switch {
	case q.Wish > 0:
	case position == place:
		q.Wish = end
	case q.Got != end || b.worth(student, position) < b.worth(student, place) || b.worth(student, position) == b.worth(student, place) && place < position:
		q.Wish = end + 1
	default:
		q.Wish = end - 1
	}
}

// friends are all who go with a student.
func (b *Book) friends(student int32) []int32 {
	if members := b.first[b.in.Students[student].Group]; members != nil {
		return members
	}
	return []int32{student}
}

// agreed says whether a list goes on because all who go with the student agreed.
func (b *Book) agreed(student int32) bool {
	return len(b.in.Open) > 0 && !slices.ContainsFunc(b.friends(student), func(s int32) bool { return !b.in.Open[s] })
}

// worth is the score of a pair, or of all friends; of one that is not eligible it does not matter.
func (b *Book) worth(student, position int32) (total int32) {
	p := &b.in.Positions[position]
	for _, f := range b.friends(student) {
		s := &b.in.Students[f]
		total += score.Of(s, p, score.Measure(s, p), b.in.Round.Radius).Total()
	}
	return total
}

// Chance is how likely the student would get a seat if all came as in the last round, in per mille; 0 for whom the rules
// do not let go there.
func (b *Book) Chance(student, position int32, last *score.Outlook) int32 {
	a := b.Why(student, position)
	if a.Misfits != 0 {
		return 0
	}
	return last.ChanceOf(position, a.Band, a.Paired)
}

// Seat is who holds a seat, and why.
type Seat struct {
	Student int32
	Band    uint8
	Lottery uint32
	Wish    int
	Metres  int32
	Overlap int
	Points  score.Points
	Paired  bool // of a branch for which seats are reserved here
}

// Team is the answer to a host's "why these".
type Team struct {
	Seats  []Seat // the first admitted first
	Listed int    // how many eligible students had it on their lists
	Better int    // of those, how many got what they ranked higher
	Below  int    // of those, how many the cut-off left out
	Cutoff uint32 // for whom no seats are reserved
	Own    uint32 // for whom they are
	Closed bool
}

// These answers a host: by the published rule and the lottery alone.
func (b *Book) These(position int32) Team {
	t := Team{Cutoff: b.out.Cutoffs[position], Own: b.out.CutoffOf(position, true), Closed: b.out.Closed[position]}
	for s, place := range b.out.Place {
		if place != position && b.number(b.friends(int32(s))[0], position) == 0 { // of friends the list of the first counts
			continue
		}
		a := b.Why(int32(s), position)
		switch a.Reason {
		case NotEligible:
			continue
		case Placed:
			t.Seats = append(t.Seats, Seat{int32(s), a.Band, a.Lottery, a.Wish, a.Metres, a.Overlap, a.Points, a.Paired})
		case GotBetter:
			t.Better++
		case BelowCutoff, TooFewTogether:
			t.Below++
		default:
		}
		t.Listed++
	}
	slices.SortStableFunc(t.Seats, func(a, b Seat) int {
		return cmp.Compare(score.Key(b.Band, b.Lottery), score.Key(a.Band, a.Lottery))
	})
	return t
}
