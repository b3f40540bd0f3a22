package round

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/score"
)

// outlook is how the last round of the same programme, season and rule ended at some positions.
type outlook struct {
	students int
	ends     map[int64]finish
}

// finish is how a round ended at a position: its cut-off and, where seats are kept for partners, theirs.
type finish struct {
	cutoff, kept uint32
	closed       bool
}

// chance is in per mille.
func (f finish) chance(students int, band uint8, reserved bool) int32 {
	o := score.Outlook{Cutoffs: []uint32{f.cutoff}, Closed: []bool{f.closed}, Students: students, Partners: []score.PartnerCutoff{{Cutoff: f.kept}}}
	return o.ChanceOf(0, band, reserved)
}

// lastRound reads it; ids nil: of all its positions.
func lastRound(db *gorm.DB, r *model.MatchRound, ids []int64) (outlook, error) {
	o := outlook{ends: map[int64]finish{}}
	var last []model.MatchRound
	err := db.Select("id", "students").Where("programme_id = ? AND status IN ?", r.ProgrammeID, []model.RoundStatus{model.RoundPublished, model.RoundClosed}).
		Where("kind = ? AND season = ? AND rule = ? AND id <> ?", model.RoundPositions, r.Season, r.Rule, r.ID).Order("published_at DESC, id DESC").Limit(1).Find(&last).Error
	if err != nil {
		return o, fmt.Errorf("look for the last round: %w", err)
	}
	if len(last) == 0 || ids != nil && len(ids) == 0 {
		return o, nil
	}
	q := db.Select("ref_id", "closed", "cutoff", "kept").Where("round_id = ? AND side = ?", last[0].ID, model.SideGiving)
	if ids != nil {
		q = q.Where("ref_id IN ?", ids)
	}
	var rows []model.RoundInput
	if err := q.Find(&rows).Error; err != nil {
		return o, fmt.Errorf("read how the last round ended: %w", err)
	}
	o.students = int(last[0].Students)
	for _, e := range rows {
		o.ends[e.RefID] = finish{cutoff: uint32(e.Cutoff), kept: uint32(e.Kept), closed: e.Closed} //nolint:gosec // 32 bits
	}
	return o, nil
}
