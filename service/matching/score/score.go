// Package score is the one place of the weights by which students and positions are matched: who may go where, in which
// order recommendations stand, and who comes first when seats are short. Whole numbers only; division rounds down at
// every single term, so that an independent program gets the same figures.
package score

import (
	"math/bits"
	"slices"

	"baodao/service/matching/geo"
)

// None stands for "no community, branch, group or category".
const None = -1

// Limits of the bitmaps and of the records.
const (
	Slots      = 42 // seven days of six blocks of two hours
	Skills     = 32
	Categories = 12
	MaxUrgency = 7
	MaxWaited  = 2 // earlier rounds without a place that count
	MaxTotal   = 10000
)

// Student is what matching knows of a student: no name, no contact.
type Student struct {
	Slots     uint64 // free blocks of the week
	At        geo.XYZ
	LatE6     int32
	LonE6     int32
	Skills    uint32
	MaxDist   int32 // own limit in metres
	Campus    int32
	Served    int32 // community served in before, or None
	Branch    int32
	Group     int32 // friends who want the same position, or None
	Interests [3]int8
	Waited    uint8
}

// Position is what matching knows of a position.
type Position struct {
	Slots     uint64  // blocks of the week in which there is work
	Partners  []int32 // more branches paired with the community
	At        geo.XYZ
	LatE6     int32
	LonE6     int32
	Req       uint32 // skills without which nobody can come
	Want      uint32 // skills that would help
	Community int32
	Partner   int32 // branch paired with the community, or None
	Cap       int32
	Min       int32 // smallest team; 0 and 1 are none
	Reserved  int32 // seats for students of the paired branches first; what they leave is everybody's
	Category  int8
	Need      uint8 // blocks that a student must have free
	Urgency   uint8 // 0 to 7
}

// PairedWith says whether the community is paired with a branch.
func (p *Position) PairedWith(branch int32) bool {
	return branch != None && (branch == p.Partner || slices.Contains(p.Partners, branch))
}

// ReservedFor says whether seats are reserved for students of a branch.
func (p *Position) ReservedFor(branch int32) bool { return p.Reserved > 0 && p.PairedWith(branch) }

// Reserve is how many of the seats are reserved.
func (p *Position) Reserve() int32 { return min(p.Reserved, p.Cap) }

// OfAny says whether the position is of one of these communities.
func (p *Position) OfAny(communities []int32) bool {
	return len(communities) > 0 && p.Community != None && slices.Contains(communities, p.Community)
}

// Fit is what a pair has in common. Everything else follows from it and the two records.
type Fit struct {
	Dist    int32 // metres
	Overlap int   // blocks in which the student is free and there is work
	Hits    int   // skills wanted and had
}

// Measure compares the two.
func Measure(s *Student, p *Position) Fit {
	return Fit{
		Dist:    geo.Chord(s.At, p.At),
		Overlap: bits.OnesCount64(s.Slots & p.Slots),
		Hits:    bits.OnesCount32(s.Skills & p.Want),
	}
}

// Misfit says why a pair is not eligible; 0 is eligible. Several may hold at once.
type Misfit uint8

// The reasons, in the order in which they are told.
const (
	MissingSkill Misfit = 1 << iota
	TooLittleTime
	TooFarForStudent
	OutOfRadius
	NoSeats
	KeptApart // one of the two does not want the other; who of them is not told
)

// Misfits judges a pair within the round's radius in metres, but for KeptApart, which the two do not say of themselves.
func Misfits(s *Student, p *Position, f Fit, radius int32) Misfit {
	var m Misfit
	if p.Req&^s.Skills != 0 {
		m |= MissingSkill
	}
	if f.Overlap < int(p.Need) {
		m |= TooLittleTime
	}
	if f.Dist > s.MaxDist {
		m |= TooFarForStudent
	}
	if f.Dist > radius {
		m |= OutOfRadius
	}
	if p.Cap < 1 {
		m |= NoSeats
	}
	return m
}

// Parts are the terms of the score, in the student's eyes. Their sum is 0 to 10000.
type Parts struct{ Near, Time, Skill, Interest, Urgency, Served int32 }

// Total is the score.
func (p Parts) Total() int32 { return p.Near + p.Time + p.Skill + p.Interest + p.Urgency + p.Served }

// Of scores an eligible pair. The default order of recommendations is by score, ties by lower position.
func Of(s *Student, p *Position, f Fit, radius int32) Parts {
	parts := Parts{
		Near:     Near(f.Dist, radius),
		Time:     Time(f.Overlap, bits.OnesCount64(p.Slots)),
		Skill:    Skill(f.Hits, bits.OnesCount32(p.Want)),
		Interest: Interest(s, p.Category),
		Urgency:  Urgency(p),
	}
	if s.Served != None && s.Served == p.Community {
		parts.Served = Served
	}
	return parts
}

// Near is 3500 at the door and 0 at the radius; without a radius nothing counts.
func Near(dist, radius int32) int32 {
	if radius < 1 {
		return 0
	}
	return int32(3500 * int64(radius-dist) / int64(radius)) //nolint:gosec // bounded
}

// Time is 2000 for who is free in all blocks of the position.
func Time(overlap, slots int) int32 {
	if slots == 0 {
		return 0
	}
	return int32(2000 * overlap / slots) //nolint:gosec // bounded
}

// Skill is 2000 for who has all wanted skills, 1000 where none are wanted.
func Skill(hits, want int) int32 {
	if want == 0 {
		return 1000
	}
	return int32(2000 * hits / want) //nolint:gosec // bounded
}

// Interest is 1500, 1000 or 500 for a category that the student named first, second or third.
func Interest(s *Student, category int8) int32 {
	for i, c := range s.Interests {
		if c == category && c != None {
			return int32(1500 - 500*i)
		}
	}
	return 0
}

// Urgency is 100 for each step.
func Urgency(p *Position) int32 { return 100 * int32(p.Urgency) }

// Served is what counts for having served in the community before.
const Served = 300
