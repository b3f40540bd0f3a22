package programme

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
)

// The kinds of phases, in the order in which they follow each other.
const (
	PhasePilot      = "PILOT"
	PhaseEvaluation = "EVALUATION"
	PhaseRollout    = "ROLLOUT"
)

// Phase is one stage of a programme, both days included. EndsOn is empty for the last stage when it has no end.
type Phase struct {
	Kind             string
	StartsOn, EndsOn model.Date
}

// checkPhases notes what is wrong with the stages: each kind at most once, in their order, not overlapping.
func checkPhases(c *fault.Collector, phases []Phase) {
	order := []string{PhasePilot, PhaseEvaluation, PhaseRollout}
	last, end, open := -1, model.Date(""), false
	for i, p := range phases {
		at := fmt.Sprintf("/phases/%d", i)
		rank := slices.Index(order, p.Kind)
		c.Add(rank < 0, at+"/kind", "enum", "只能是 PILOT、EVALUATION、ROLLOUT 之一", "must be PILOT, EVALUATION or ROLLOUT")
		c.Add(rank >= 0 && rank <= last, at+"/kind", "order", "阶段须按先后排列，且各出现一次", "phases come in their order, each once")
		c.Add(!isDate(p.StartsOn), at+"/starts_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
		c.Add(p.EndsOn != "" && !isDate(p.EndsOn), at+"/ends_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
		c.Add(p.EndsOn != "" && p.EndsOn < p.StartsOn, at+"/ends_on", "order", "不能早于开始日期", "must not be before starts_on")
		c.Add(open || p.StartsOn <= end, at+"/starts_on", "order", "须晚于上一阶段的结束日期", "must be after the end of the phase before")
		last, end, open = rank, p.EndsOn, p.EndsOn == ""
	}
}

func isDate(d model.Date) bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// putPhases replaces the stages of a programme.
func (s *Service) putPhases(tx *gorm.DB, programmeID int64, phases []Phase) error {
	if err := tx.Where("programme_id = ?", programmeID).Delete(&model.Phase{}).Error; err != nil {
		return fmt.Errorf("remove phases: %w", err)
	}
	for _, p := range phases {
		row := model.Phase{ID: s.NewID(), ProgrammeID: programmeID, Kind: p.Kind, StartsOn: p.StartsOn}
		if p.EndsOn != "" {
			row.EndsOn = &p.EndsOn
		}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("add phase: %w", err)
		}
	}
	return nil
}
