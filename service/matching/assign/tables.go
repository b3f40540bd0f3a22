package assign

import (
	"math/bits"

	"baodao/service/matching/score"
)

// two holds what counts for the student (the score, low half) and for the community (the points, high half), so that one
// addition adds both. Neither sum reaches 2^16.
type two uint32

func both(score, points int32) two { return two(score) | two(points)<<16 } //nolint:gosec // none is negative or above 10000

func (t two) score() int32  { return int32(t & 0xffff) }
func (t two) points() int32 { return int32(t >> 16) }

// tables are the weights of package score for a rule, looked up by how much there is and how much of it fits:
// there<<6 | fits.
type tables struct {
	rule                    score.Rule
	radius                  int32
	time, skill             [64 * 64]two
	served, partner, waited int32
	nearness                bool // whether it counts for the community
}

func newTables(r score.Round) *tables {
	t := &tables{rule: r.Rule, radius: r.Radius}
	t.served, t.partner, t.waited = r.Rule.Bonus()
	t.nearness = r.Rule == score.PointsV2 || r.Rule == score.PointsV3
	for there := range 64 {
		for fits := range there + 1 {
			i := there<<6 | fits
			t.time[i], t.skill[i] = two(score.Time(fits, there)), two(score.Skill(fits, there)) //nolint:gosec // at most 2000
			if t.weighs() {
				t.time[i] = both(score.Time(fits, there), r.Rule.TimePoints(fits, there))
				t.skill[i] = both(score.Skill(fits, there), r.Rule.SkillPoints(fits, there))
			}
		}
	}
	return t
}

// weighs says whether points are counted from facts; otherwise they are the score, or nothing.
func (t *tables) weighs() bool { return t.rule != score.ByScore && t.rule != score.Lottery }

// near is what a distance within the radius counts.
func (t *tables) near(dist int32) two {
	n := two(3500 * uint32(t.radius-dist) / uint32(t.radius)) //nolint:gosec // score.Near; the radius is at most 1,000 km
	if t.nearness {
		n |= n * 6 / 7 << 16
	}
	return n
}

// bar is the least points that reach a cut-off; the lottery decides within the last band.
func (t *tables) bar(cutoff uint32) int32 {
	if !t.weighs() {
		return 0
	}
	band, _ := score.OfKey(cutoff)
	return int32(band) * t.rule.BandSize()
}

// band is the class of so many points, or of the score where that is the rule.
func (t *tables) band(points, total int32) uint8 {
	switch t.rule {
	case score.ByScore:
		return uint8(total / t.rule.BandSize()) //nolint:gosec // at most 250
	case score.Lottery:
		return 0
	case score.PointsV3:
		return uint8(points / 40) //nolint:gosec // at most 250
	default:
		return uint8(points / 250) //nolint:gosec // at most 40
	}
}

func (t *tables) timeOf(nslots uint8, overlap int) two { return t.time[(int(nslots)<<6|overlap)&4095] }

func (t *tables) skillOf(nwant uint8, hits int) two { return t.skill[(int(nwant)<<6|hits)&4095] }

func ones(x uint64) uint8 { return uint8(bits.OnesCount64(x)) } //nolint:gosec // at most 64
