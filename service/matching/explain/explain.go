// Package explain answers what people ask of a round: a student, why not that position; a host, why these students; and
// before lists close, what the chance is. It looks at what a round stores, never at the other students.
package explain

import (
	"math/bits"

	"baodao/service/matching/score"
)

// Reason is the answer to "why not".
type Reason uint8

// The reasons. Of several the first in this order is given, apart from Placed and Unexplained.
const (
	Unexplained    Reason = iota // nothing stands against it: the round is wrong, and match verify finds it too
	Placed                       // it is the student's
	NotEligible                  // the rules do not let the student go there: Misfits says which, the rest by how much
	NotListed                    // the student did not wish for it
	GotBetter                    // the student got what is higher on the list
	Declined                     // it was the student's, and the student or the community declined it, or let it lapse
	TeamTooSmall                 // it was closed, because its team would have been too small
	BelowCutoff                  // others came first: band and lottery number against those of the last who got a seat
	TooFewTogether               // friends came far enough, but not as many seats as they are were to be had at once
)

// Question is what is stored of a student, a position and a round.
type Question struct {
	Round    *score.Round
	Position *score.Position
	Student  *score.Student  // who asks
	Friends  []score.Student // all who go together, or nobody
	Wish     int             // number of the position on the list, from 1; 0: it is not on it
	Got      int             // number of the wish that was granted; 0: none
	Rank     uint32          // in the lottery; of friends that of the first
	Cutoff   uint32          // the one that holds for the student: where seats are reserved there are two
	Closed   bool
	Apart    bool // the community and the student, or one of the friends, do not want each other
	Declined bool // it was proposed, and came to nothing
}

// Answer is the reason and the figures behind it.
type Answer struct {
	Reason    Reason
	Wish, Got int

	Misfits         score.Misfit
	Missing         uint32 // required skills that are not there
	Overlap, Need   int    // blocks free and worked in, and how many it takes
	Metres          int32
	MaxDist, Radius int32

	Band       uint8 // the mean of friends
	Silent     bool  // the band is not told, for whoever sets it: the mean of friends and one's own tell of the others
	Lottery    uint32
	LastBand   uint8 // of the last who got a seat; seats were free when LastKey is 0
	LastNumber uint32
	LastKey    uint32
	Points     score.Points
	Size       int // of the group
	Min        int32
	Paired     bool  // seats are reserved for the student, and for all friends
	Reserved   int32 // seats reserved for others
}

// Why answers.
func Why(q *Question) Answer {
	a := Answer{Wish: q.Wish, Got: q.Got, Size: max(1, len(q.Friends)), Lottery: q.Rank, LastKey: q.Cutoff, Radius: q.Round.Radius, Min: q.Position.Min}
	if a.Paired = q.reserved(); !a.Paired {
		a.Reserved = q.Position.Reserve()
	}
	if q.Cutoff != 0 {
		a.LastBand, a.LastNumber = score.OfKey(q.Cutoff)
	}
	if a.measure(q); q.Apart {
		a.Misfits, a.Points = a.Misfits|score.KeptApart, score.Points{}
	}
	switch key := score.Key(a.Band, q.Rank); {
	case a.Misfits != 0:
		a.Reason = NotEligible
	case q.Wish == 0:
		a.Reason = NotListed
	case q.Wish == q.Got:
		a.Reason = Placed
	case q.Got > 0 && q.Got < q.Wish:
		a.Reason = GotBetter
	case q.Declined:
		a.Reason = Declined
	case q.Closed:
		a.Reason = TeamTooSmall
	case key < q.Cutoff:
		a.Reason = BelowCutoff
	case len(q.Friends) > 1:
		a.Reason = TooFewTogether
	}
	return a
}

// reserved says whether seats are reserved for the student, and for all friends.
func (q *Question) reserved() bool {
	for i := range q.Friends {
		if !q.Position.ReservedFor(q.Friends[i].Branch) {
			return false
		}
	}
	return q.Position.ReservedFor(q.Student.Branch)
}

// measure fills in how the student fits. Of friends of whom one does not, the figures are those of the first who does not; else
// they are the student's own: those of another would tell where the other lives.
func (a *Answer) measure(q *Question) {
	if len(q.Friends) == 0 {
		a.fit(q, q.Student)
		a.Band = uint8(a.Points.Total() / q.Round.Rule.BandSize()) //nolint:gosec // at most 250
		return
	}
	sum := 0
	for i := range q.Friends {
		if a.fit(q, &q.Friends[i]); a.Misfits != 0 {
			return
		}
		s := &q.Friends[i]
		sum += int(q.Round.Rule.Band(s, q.Position, score.Measure(s, q.Position), q.Round.Radius))
	}
	a.Band = uint8(sum / len(q.Friends)) //nolint:gosec // a mean of bands
	a.fit(q, q.Student)
}

func (a *Answer) fit(q *Question, s *score.Student) {
	p := q.Position
	fit := score.Measure(s, p)
	a.Misfits = score.Misfits(s, p, fit, q.Round.Radius)
	a.Missing, a.Overlap, a.Need = p.Req&^s.Skills, fit.Overlap, int(p.Need)
	a.Metres, a.MaxDist = fit.Dist, s.MaxDist
	if a.Misfits == 0 {
		a.Points = q.Round.Rule.PointsOf(s, p, fit, q.Round.Radius)
	} else {
		a.Points = score.Points{}
	}
}

// MissingSkills is how many required skills are not there.
func (a *Answer) MissingSkills() int { return bits.OnesCount32(a.Missing) }

// Class is what a chance is called.
type Class uint8

// The classes.
const (
	Reach  Class = iota // 冲
	Likely              // 稳
	Safe                // 保
)

// ClassOf names a chance in per mille.
func ClassOf(perMille int32) Class {
	switch {
	case perMille >= score.SafeFrom:
		return Safe
	case perMille >= score.LikelyFrom:
		return Likely
	default:
		return Reach
	}
}

// Words are the name in Chinese and in English.
func (c Class) Words() (zh, en string) {
	return [...]string{"冲", "稳", "保"}[c], [...]string{"reach", "likely", "safe"}[c]
}
