package assign

import "baodao/service/matching/score"

// tables are the weights of package score, looked up by how much there is and how much of it fits: there<<6 | fits.
type tables struct {
	time, skill           [64 * 64]int16
	timePoints, skillBand [64 * 64]int16
}

func newTables(rule score.Rule) *tables {
	t := &tables{}
	for there := range 64 {
		for fits := range there + 1 {
			i := there<<6 | fits
			t.time[i] = int16(score.Time(fits, there))            //nolint:gosec // bounded
			t.skill[i] = int16(score.Skill(fits, there))          //nolint:gosec // bounded
			t.timePoints[i] = int16(rule.TimePoints(fits, there)) //nolint:gosec // bounded
			t.skillBand[i] = int16(rule.SkillPoints(fits, there)) //nolint:gosec // bounded
		}
	}
	return t
}
