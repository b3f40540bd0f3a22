package programme

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/text"
)

// Refusals about milestones.
var (
	ErrMilestoneExists = fault.Define(fault.Conflict, "programme.milestone_exists", "同一类型、同一日期的节点已经有了。", "There is a milestone of this kind on this day.")
	ErrMilestonesFull  = fault.Define(fault.Conflict, "programme.milestones_full", "一个计划最多 100 个节点。", "A programme has at most 100 milestones.")
)

// maxMilestones is how many milestones a programme may have.
const maxMilestones = 100

// The kinds of milestones.
const (
	MilestonePairing = "PAIRING"
	MilestoneKickoff = "KICKOFF"
	MilestoneCases   = "CASES"
	MilestoneSummary = "SUMMARY"
	MilestoneOther   = "OTHER"
)

// NewMilestone is a due day to be added.
type NewMilestone struct {
	Kind, Name string
	DueOn      model.Date
}

// AddMilestone adds a due day: ErrMilestoneExists, ErrMilestonesFull, ErrClosed; content.ErrRisky and content.ErrInReview of
// its name in a programme that is no draft.
func (s *Service) AddMilestone(ctx context.Context, actor access.Actor, key idem.Key, programmeID int64, in NewMilestone) (model.Milestone, error) {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return model.Milestone{}, err
	}
	var c fault.Collector
	kinds := []string{MilestonePairing, MilestoneKickoff, MilestoneCases, MilestoneSummary, MilestoneOther}
	c.Add(!slices.Contains(kinds, in.Kind), "/kind", "enum", "没有这种节点", "is not a kind of milestone")
	text.Settle(&c, text.Field{At: "/name", In: &in.Name, Max: 60})
	c.Add(!isDate(in.DueOn), "/due_on", "format", "须为 YYYY-MM-DD", "must be YYYY-MM-DD")
	if err := c.Err(); err != nil {
		return model.Milestone{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.Milestone, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "addMilestone", key, func(tx *gorm.DB) (model.Milestone, error) {
			row, owner, err := s.lockOpen(tx, actor, programmeID)
			if err == nil {
				err = s.passed(tx, actor, row, owner, content.Text{At: "/name", Text: in.Name})
			}
			if err != nil {
				return model.Milestone{}, err
			}
			return s.insertMilestone(tx, actor, row, owner, in)
		})
	})
}

// DeriveMilestones adds the due days that the policy sets for the programme year that begins in the calendar year, as far
// as they are missing, and returns those of that year. A policy without due days gives none.
func (s *Service) DeriveMilestones(ctx context.Context, actor access.Actor, programmeID int64, year int) (out []model.Milestone, err error) {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return nil, err
	}
	var c fault.Collector
	c.Add(year < 2000 || year > 2099, "/year", "format", "须在 2000–2099 年之间", "must be within 2000–2099")
	if err := c.Err(); err != nil {
		return nil, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		out = []model.Milestone{}
		row, owner, err := s.lockOpen(tx, actor, programmeID)
		if err != nil {
			return err
		}
		policy, err := PolicyOf(tx, row.ID)
		if err != nil {
			return err
		}
		for _, due := range dueDays(policy, year) {
			m, err := s.ensureMilestone(tx, actor, row, owner, due)
			if err != nil {
				return err
			}
			out = append(out, m)
		}
		return nil
	})
	return out, err
}

// dueDays are the policy's due days in the programme year that begins in year.
func dueDays(p model.Policy, year int) []NewMilestone {
	from := model.Date(fmt.Sprintf("%04d-%s", year, p.YearStarts))
	var out []NewMilestone
	for _, due := range []NewMilestone{
		{MilestonePairing, "组织结对截止", model.Date(p.PairingDue)},
		{MilestoneKickoff, "首次开展活动截止", model.Date(p.KickoffDue)},
	} {
		if due.DueOn == "" {
			continue
		}
		day := model.Date(fmt.Sprintf("%04d-%s", year, due.DueOn))
		if day < from {
			day = model.Date(fmt.Sprintf("%04d-%s", year+1, due.DueOn))
		}
		due.DueOn = day
		out = append(out, due)
	}
	return out
}

// RemoveMilestone takes a due day away; fault.ErrNotFound if the programme has no such milestone, ErrClosed.
func (s *Service) RemoveMilestone(ctx context.Context, actor access.Actor, programmeID, milestoneID int64) error {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, owner, err := s.lockOpen(tx, actor, programmeID)
		if err != nil {
			return err
		}
		res := tx.Where("id = ? AND programme_id = ?", milestoneID, row.ID).Delete(&model.Milestone{})
		if res.Error != nil {
			return fmt.Errorf("remove milestone: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return fault.ErrNotFound
		}
		return s.noteMilestone(tx, actor, "programme.milestone_remove", row, owner, milestoneID)
	})
}

// Milestones pages through the due days of a programme, earliest first; fault.ErrNotFound as for Get.
func (s *Service) Milestones(ctx context.Context, actor access.Actor, programmeID int64, req page.Request) (page.Result[model.Milestone], error) {
	db := s.DB.WithContext(ctx)
	row, owner, err := withOwner(db, programmeID)
	if err != nil {
		return page.Result[model.Milestone]{}, err
	}
	if !visible(actor, row, owner) {
		return page.Result[model.Milestone]{}, fault.ErrNotFound
	}
	keys, more, err := req.Key("milestones", 2)
	if err != nil {
		return page.Result[model.Milestone]{}, err
	}
	q := db.Where("programme_id = ?", row.ID)
	if more {
		due := dateOf(keys[0])
		q = q.Where("due_on > ? OR (due_on = ? AND id > ?)", due, due, keys[1])
	}
	var rows []model.Milestone
	if err := q.Order("due_on, id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[model.Milestone]{}, fmt.Errorf("list milestones: %w", err)
	}
	return page.Cut(rows, req.Size(), "milestones", func(m model.Milestone) []int64 { return []int64{digits(m.DueOn), m.ID} }), nil
}

// digits writes 2026-11-15 as 20261115, dateOf reads it back.
func digits(d model.Date) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(string(d), "-", ""), 10, 64)
	if err != nil {
		panic(err) // due_on is checked when it is written
	}
	return n
}

func dateOf(n int64) model.Date {
	return model.Date(fmt.Sprintf("%04d-%02d-%02d", n/10000, n/100%100, n%100))
}

func (s *Service) lockOpen(tx *gorm.DB, actor access.Actor, id int64) (model.Programme, model.Org, error) {
	row, owner, err := s.lock(tx, actor, id)
	if err == nil && row.Status == model.ProgrammeClosed {
		err = ErrClosed
	}
	return row, owner, err
}

func (s *Service) ensureMilestone(tx *gorm.DB, actor access.Actor, p model.Programme, owner model.Org, in NewMilestone) (model.Milestone, error) {
	var found []model.Milestone
	if err := tx.Where("programme_id = ? AND kind = ? AND due_on = ?", p.ID, in.Kind, in.DueOn).Find(&found).Error; err != nil {
		return model.Milestone{}, fmt.Errorf("look for milestone: %w", err)
	}
	if len(found) > 0 {
		return found[0], nil
	}
	return s.insertMilestone(tx, actor, p, owner, in)
}

func (s *Service) insertMilestone(tx *gorm.DB, actor access.Actor, p model.Programme, owner model.Org, in NewMilestone) (model.Milestone, error) {
	row := model.Milestone{ID: s.NewID(), ProgrammeID: p.ID, Kind: in.Kind, Name: in.Name, DueOn: in.DueOn, CreatedAt: s.Now()}
	var n int64
	if err := tx.Model(&model.Milestone{}).Where("programme_id = ?", p.ID).Count(&n).Error; err != nil {
		return row, fmt.Errorf("count milestones: %w", err)
	}
	if n >= maxMilestones {
		return row, ErrMilestonesFull
	}
	err := tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return row, ErrMilestoneExists
	}
	if err != nil {
		return row, fmt.Errorf("add milestone: %w", err)
	}
	return row, s.noteMilestone(tx, actor, "programme.milestone_add", p, owner, row.ID)
}

func (s *Service) noteMilestone(tx *gorm.DB, actor access.Actor, action string, p model.Programme, owner model.Org, milestoneID int64) error {
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: action, Object: p.TableName(), ObjectID: p.ID, OrgPath: owner.Path,
		From: p.State(), To: p.State(), Data: map[string]any{"milestone_id": milestoneID},
	})
}
