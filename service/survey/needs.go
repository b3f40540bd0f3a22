package survey

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/programme"
	"baodao/service/project"
	"baodao/service/read"
)

// Needs is what a host says of a position. What is left out follows from the sessions.
type Needs struct {
	Slots    Week   // 0: the blocks that the sessions touch
	Need     *int64 // blocks that a student must have free; nil: the most that one session touches
	Required []string
	Wanted   []string // codes of the policy
	Urgency  int64
	MinTeam  int64
}

// PositionNeeds is a position with what was said of it, and what counts.
type PositionNeeds struct {
	PositionID, ActivityID int64
	Title                  string
	Said                   Needs
	Slots                  Week // that count
	Need                   int64
	MinTeam                int64
	Version                int64 // 0 when nothing was said yet
}

// NeedsOf reads the needs of a position: public once its activity is.
func (s *Service) NeedsOf(ctx context.Context, actor access.Actor, positionID int64) (PositionNeeds, error) {
	db := s.DB.WithContext(ctx)
	p, err := read.One[model.Position](db.Where("id = ?", positionID), "position")
	if err != nil {
		return PositionNeeds{}, err
	}
	a, err := s.visible(db, actor, p.ActivityID)
	if err != nil {
		return PositionNeeds{}, err
	}
	out, err := needsIn(db, a, p)
	if err != nil {
		return PositionNeeds{}, err
	}
	return out[0], nil
}

// NeedsAt reads the needs of all positions of an activity, in the order they were written.
func (s *Service) NeedsAt(ctx context.Context, actor access.Actor, activityID int64) ([]PositionNeeds, error) {
	db := s.DB.WithContext(ctx)
	a, err := s.visible(db, actor, activityID)
	if err != nil {
		return nil, err
	}
	var positions []model.Position
	if err := db.Where("activity_id = ?", activityID).Order("id").Find(&positions).Error; err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	return needsIn(db, a, positions...)
}

// visible reads an activity that the actor may see.
func (s *Service) visible(tx *gorm.DB, actor access.Actor, id int64) (model.Activity, error) {
	a, err := project.ActivityByID(tx, id)
	if err != nil || a.PublishedAt != nil {
		return a, err
	}
	object, err := project.ActivityObject(tx, a, s.Now())
	if err == nil && !project.Sees(actor, object) {
		err = fault.ErrNotFound
	}
	return a, err
}

// needsIn reads what was said of positions of one activity.
func needsIn(tx *gorm.DB, a model.Activity, positions ...model.Position) ([]PositionNeeds, error) {
	policy, err := programme.PolicyOf(tx, a.ProgrammeID)
	if err != nil {
		return nil, err
	}
	rows := make([]positionRow, len(positions))
	for i, p := range positions {
		rows[i] = positionRow{ID: p.ID, ActivityID: a.ID, Capacity: p.Capacity}
	}
	stated, sessions, err := needsOf(tx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]PositionNeeds, len(positions))
	for i, p := range positions {
		n, counts := stated[p.ID], positionOf(rows[i], stated[p.ID], sessions[a.ID])
		out[i] = PositionNeeds{
			PositionID: p.ID, ActivityID: a.ID, Title: p.Title, Slots: counts.Slots, Need: int64(counts.Need), MinTeam: counts.MinTeam, Version: n.Version,
			Said: Needs{Slots: Week(n.Slots), Need: n.Need, Required: skillCodes(policy, n.Req), Wanted: skillCodes(policy, n.Want), Urgency: n.Urgency, MinTeam: n.MinTeam}, //nolint:gosec // checked when it was written
		}
	}
	return out, nil
}

// StateNeeds writes all that is said of a position anew. version is the one the caller read, 0 for the first time.
// fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrInvalid, fault.ErrState (under review, over or called off).
func (s *Service) StateNeeds(ctx context.Context, actor access.Actor, positionID, version int64, in Needs) (out PositionNeeds, err error) {
	if err := actor.Require(access.CapacityWrite); err != nil {
		return out, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		p, err := read.One[model.Position](tx.Where("id = ?", positionID), "position")
		if err != nil {
			return err
		}
		a, err := read.One[model.Activity](atomic.ForUpdate(tx).Where("id = ?", p.ActivityID), "activity")
		if err != nil {
			return err
		}
		if p, err = read.One[model.Position](tx.Where("id = ?", positionID), "position"); err != nil {
			return err // replaced with its draft in between
		}
		if err := s.mayState(tx, actor, a); err != nil {
			return err
		}
		if err := s.putNeeds(tx, actor, a, p, version, in); err != nil {
			return err
		}
		all, err := needsIn(tx, a, p)
		if err == nil {
			out = all[0]
		}
		return err
	})
	return out, err
}

// mayState checks the right to edit a position of an activity, and that there is still something to need.
func (s *Service) mayState(tx *gorm.DB, actor access.Actor, a model.Activity) error {
	object, err := project.ActivityObject(tx, a, s.Now())
	if err != nil {
		return err
	}
	if err := actor.Check(access.CapacityWrite, object); errors.Is(err, fault.ErrNotFound) && project.Sees(actor, object) {
		return access.ErrDenied // what one may read is not unknown
	} else if err != nil {
		return err
	}
	switch a.Phase(s.Now()) {
	case model.ActivitySubmitted, model.ActivityCancelled, model.ActivityMerged, model.ActivityFinished, model.ActivityHoursConfirmed, model.ActivityClosed:
		return fault.ErrState
	default:
		return nil
	}
}

func (s *Service) putNeeds(tx *gorm.DB, actor access.Actor, a model.Activity, p model.Position, version int64, in Needs) error {
	row, err := in.row(tx, a, p)
	if err != nil {
		return err
	}
	row.PositionID, row.Version, row.UpdatedBy, row.UpdatedAt = p.ID, version+1, actor.UserID, s.Now()
	if version == 0 {
		row.CreatedAt = row.UpdatedAt
		err = inserted(tx.Create(&row).Error)
	} else {
		err = replaced(tx.Model(&model.PositionNeeds{}).Where("position_id = ? AND version = ?", p.ID, version).
			Select("slots", "need", "req", "want", "urgency", "min_team", "version", "updated_by", "updated_at").Updates(&row))
	}
	if err != nil {
		return err
	}
	organiser, err := pathOf(tx, a.OrgID)
	if err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "position.needs", Object: row.TableName(), ObjectID: p.ID, OrgPath: organiser,
		Data: map[string]any{"activity_id": a.ID, "version": row.Version, "urgency": row.Urgency, "min_team": row.MinTeam},
	})
}

// row checks what is said of a position and turns it into columns.
func (in Needs) row(tx *gorm.DB, a model.Activity, p model.Position) (model.PositionNeeds, error) {
	policy, err := programme.PolicyOf(tx, a.ProgrammeID)
	if err != nil {
		return model.PositionNeeds{}, err
	}
	var c fault.Collector
	row := model.PositionNeeds{Slots: int64(in.Slots), Need: in.Need, Urgency: in.Urgency, MinTeam: in.MinTeam} //nolint:gosec // 42 bits
	row.Req = skillBits(&c, "/required_skills", policy, in.Required)
	row.Want = skillBits(&c, "/wanted_skills", policy, in.Wanted)
	c.Add(in.MinTeam > p.Capacity, "/min_team", "max", "不能多于名额", "may not be more than capacity")
	c.Add(in.Slots != 0 && in.Need != nil && *in.Need > int64(in.Slots.Len()), "/need_blocks", "max", "不能多于所选时段", "may not be more than there are blocks")
	return row, c.Err()
}

// pathOf is the path of an organisation.
func pathOf(tx *gorm.DB, orgID int64) (string, error) {
	o, err := read.One[model.Org](tx.Select("id", "path").Where("id = ?", orgID), "organisation")
	return o.Path, err
}
