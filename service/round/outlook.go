package round

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/score"
	"baodao/service/org"
)

// outlook is how the last round ended at some positions, and by which rules: recommendations tell their chances by the same.
type outlook struct {
	round    score.Round
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

// lastRound reads the newest of the same programme and season whose scope holds all of this one's.
func lastRound(db *gorm.DB, r *model.MatchRound, ids []int64) (outlook, error) {
	o := outlook{ends: map[int64]finish{}}
	var scopes []string
	for path := r.ScopePath; path != ""; path = org.PathAbove(path) {
		scopes = append(scopes, path)
	}
	var last []model.MatchRound
	err := db.Select("id", "students", "rule", "radius_m", "k").Where("programme_id = ? AND status IN ?", r.ProgrammeID, []model.RoundStatus{model.RoundPublished, model.RoundClosed}).
		Where("kind = ? AND season = ? AND scope_path IN ? AND id <> ?", model.RoundPositions, r.Season, scopes, r.ID).Order("published_at DESC, id DESC").Limit(1).Find(&last).Error
	if err != nil {
		return o, fmt.Errorf("look for the last round: %w", err)
	}
	if len(last) == 0 {
		return o, nil
	}
	if o.round, err = ruleOf(&last[0]); err != nil || len(ids) == 0 {
		return o, err
	}
	var rows []model.RoundInput
	err = db.Select("ref_id", "closed", "cutoff", "kept").Where("round_id = ? AND side = ? AND ref_id IN ?", last[0].ID, model.SideGiving, ids).Find(&rows).Error
	if err != nil {
		return o, fmt.Errorf("read how the last round ended: %w", err)
	}
	o.students = int(last[0].Students)
	for _, e := range rows {
		o.ends[e.RefID] = finish{cutoff: uint32(e.Cutoff), kept: uint32(e.Kept), closed: e.Closed} //nolint:gosec // 32 bits
	}
	return o, nil
}
