package survey

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
)

// Pair is a student and a host who are kept apart.
type Pair struct{ StudentID, HostOrgID int64 }

// BlocksOf reads from whom students are kept apart, whichever side wanted it, by rising student and host, each pair once.
func BlocksOf(tx *gorm.DB, studentIDs ...int64) ([]Pair, error) {
	var out []Pair
	for part := range slices.Chunk(sorted(studentIDs), chunk) {
		var rows []model.MatchBlock
		err := tx.Select("student_id", "org_id").Where("student_id IN ?", part).Order("student_id, org_id").Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read blocks: %w", err)
		}
		for _, r := range rows {
			out = append(out, Pair{StudentID: r.StudentID, HostOrgID: r.OrgID})
		}
	}
	return slices.Compact(out), nil
}

// Choosy is the column that tells of a row of activities whether its host keeps anybody away: most do not, and then nobody
// need ask about whom.
const Choosy = "EXISTS (SELECT 1 FROM match_blocks AS b WHERE b.org_id = activities.host_org_id AND b.side = '" + model.BlockByHost + "') AS choosy"

// KeptAway tells which students which hosts do not want: the judge of sign-ups asks. What students have set does not count.
func KeptAway(tx *gorm.DB, studentIDs, hostOrgIDs []int64) (map[Pair]bool, error) {
	var rows []model.MatchBlock
	err := tx.Select("student_id", "org_id").Where("student_id IN ? AND org_id IN ? AND side = ?", studentIDs, hostOrgIDs, model.BlockByHost).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read blocks: %w", err)
	}
	out := make(map[Pair]bool, len(rows))
	for _, r := range rows {
		out[Pair{StudentID: r.StudentID, HostOrgID: r.OrgID}] = true
	}
	return out, nil
}
