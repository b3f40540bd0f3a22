package score

import (
	"fmt"
	"math/bits"
)

// Rule is how a community's priority among students follows from facts. It is published before anyone makes a list.
type Rule uint8

// The rules. PointsV2 is the recommended one.
const (
	PointsV1 Rule = iota // skill, time, served, partner, waited; no distance
	PointsV2             // skill, time, nearness, a little for served, partner, waited
	PointsV3             // as PointsV2, in bands of 40 points
	ByScore              // the student's score, in bands of 40 points: best total, but it rewards a false interest
	Lottery              // nothing but the lottery
)

// Rules are all rules by their names.
func Rules() []string { return []string{"points-v1", "points-v2", "points-v3", "score", "lottery"} }

// ParseRule finds a rule by its name.
func ParseRule(name string) (Rule, error) {
	for i, n := range Rules() {
		if n == name {
			return Rule(i), nil
		}
	}
	return 0, fmt.Errorf("rule %q: want one of %v", name, Rules())
}

// String is the name.
func (r Rule) String() string { return Rules()[r] }

// BandSize is how many points make one band.
func (r Rule) BandSize() int32 {
	if r == PointsV3 || r == ByScore {
		return 40
	}
	return 250
}

// Points are the terms of the priority, in the community's eyes. Declared interests are none of them: a student could buy
// priority by declaring.
type Points struct{ Skill, Time, Near, Served, Partner, Waited, Score int32 }

// Total is 0 to 10000.
func (p Points) Total() int32 {
	return p.Skill + p.Time + p.Near + p.Served + p.Partner + p.Waited + p.Score
}

// PointsOf weighs an eligible pair.
func (r Rule) PointsOf(s *Student, p *Position, f Fit, radius int32) Points {
	if r == Lottery {
		return Points{}
	}
	if r == ByScore {
		return Points{Score: Of(s, p, f, radius).Total()}
	}
	points := Points{
		Skill: r.SkillPoints(f.Hits, bits.OnesCount32(p.Want)),
		Time:  r.TimePoints(f.Overlap, bits.OnesCount64(p.Slots)),
		Near:  r.NearPoints(f.Dist, radius),
	}
	served, partner, waited := r.Bonus()
	if s.Served != None && s.Served == p.Community {
		points.Served = served
	}
	if p.PairedWith(s.Branch) {
		points.Partner = partner
	}
	points.Waited = waited * int32(min(s.Waited, MaxWaited))
	return points
}

// Bonus is what counts for having served in the community, for its partner branch, and for each earlier round without a
// place.
func (r Rule) Bonus() (served, partner, waited int32) {
	switch r {
	case PointsV1:
		return 3000, 2000, 500
	case PointsV2, PointsV3:
		return 1000, 500, 250
	default:
		return 0, 0, 0
	}
}

// SkillPoints are 2500 for all wanted skills, 1250 where none are wanted; six fifths of that from PointsV2 on.
func (r Rule) SkillPoints(hits, want int) int32 {
	points := int32(1250)
	if want > 0 {
		points = int32(2500 * hits / want) //nolint:gosec // bounded
	}
	if r == PointsV1 {
		return points
	}
	return points * 6 / 5
}

// TimePoints are 1500 for all blocks; four thirds of that from PointsV2 on.
func (r Rule) TimePoints(overlap, slots int) int32 {
	if slots == 0 {
		return 0
	}
	points := int32(1500 * overlap / slots) //nolint:gosec // bounded
	if r == PointsV1 {
		return points
	}
	return points * 4 / 3
}

// NearPoints are six sevenths of what nearness scores, none in PointsV1.
func (r Rule) NearPoints(dist, radius int32) int32 {
	if r == PointsV1 {
		return 0
	}
	return Near(dist, radius) * 6 / 7
}

// Band is the priority class of an eligible pair: 0 to 40, or to 250 in the finer rules.
func (r Rule) Band(s *Student, p *Position, f Fit, radius int32) uint8 {
	return uint8(r.PointsOf(s, p, f, radius).Total() / r.BandSize()) //nolint:gosec // bounded
}

// MaxStudents is how many students a round can hold: the lottery rank has 24 bits of the key.
const MaxStudents = 1 << 24

// Key orders the students of one position: the higher band first, then the lower lottery rank. No two are equal.
func Key(band uint8, rank uint32) uint32 { return uint32(band)<<24 | (MaxStudents - 1 - rank) }

// OfKey takes a key apart.
func OfKey(key uint32) (band uint8, rank uint32) {
	return uint8(key >> 24), MaxStudents - 1 - key&(MaxStudents-1)
}
