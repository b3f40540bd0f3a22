package org

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/text"
)

// Update edits an organisation below the actor's own. version is the one the caller has read; another one is fault.ErrStale.
// ErrNameTaken as for Create.
func (s *Service) Update(ctx context.Context, actor access.Actor, id, version int64, in Details) (model.Org, error) {
	return content.Do(ctx, s.Content, actor, func() (model.Org, error) { return s.update(ctx, actor, id, version, in) })
}

func (s *Service) update(ctx context.Context, actor access.Actor, id, version int64, in Details) (model.Org, error) {
	var row model.Org
	if err := actor.Require(access.OrgWrite); err != nil {
		return row, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		old, err := belowActor(tx, actor, id)
		if err != nil {
			return err
		}
		if old.Status == model.OrgDissolved {
			return ErrNotActive
		}
		columns, err := in.settle(tx)
		if err != nil {
			return err
		}
		if old.Version != version {
			return fault.ErrStale
		}
		if in.Name != old.Name {
			if err := s.Content.Passed(tx, actor, content.Org, old.Path, in.texts()); err != nil {
				return err
			}
		}
		move := audit.Move{Action: "org.update", OrgPath: old.Path, Set: columns}
		if err := s.Audit.Edit(tx, actor, &old, version, move); errors.Is(err, gorm.ErrDuplicatedKey) {
			return ErrNameTaken
		} else if err != nil {
			return err
		}
		row, err = ByID(tx, id)
		return err
	})
	return row, err
}

// Dissolution ends an organisation. The successor, if any, keeps the right to certify for it.
type Dissolution struct {
	Reason      string
	SuccessorID int64 // 0: none
}

// Dissolve ends an organisation below the actor's own. It is ErrInUse while an organisation stands below it or a pairing
// of it lives. The reason must not be content.ErrRisky.
func (s *Service) Dissolve(ctx context.Context, actor access.Actor, id int64, in Dissolution) (model.Org, error) {
	if err := actor.Require(access.OrgWrite); err != nil {
		return model.Org{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (row model.Org, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			old, err := belowActor(tx, actor, id)
			if err != nil {
				return err
			}
			if err := s.dissolve(tx, actor, old, in); err != nil {
				return err
			}
			row, err = ByID(tx, id)
			return err
		})
		return row, err
	})
}

func (s *Service) dissolve(tx *gorm.DB, actor access.Actor, o model.Org, in Dissolution) error {
	reason, err := text.Reason(in.Reason)
	if err != nil {
		return err
	}
	if o.Status == model.OrgDissolved {
		return fault.ErrState
	}
	set := map[string]any{"live_name": nil}
	if in.SuccessorID != 0 {
		if err := checkSuccessor(tx, actor, o, in.SuccessorID); err != nil {
			return err
		}
		set["successor_id"] = in.SuccessorID
	}
	used, err := inUse(tx, o.ID)
	if err != nil {
		return err
	}
	if used {
		return ErrInUse
	}
	if err := s.Content.Reason(tx, actor, content.Org, o.Path, reason); err != nil {
		return err
	}
	return s.Audit.Move(tx, actor, &o, audit.Move{
		Action: "org.dissolve", To: string(model.OrgDissolved), Reason: reason, OrgPath: o.Path, Set: set, Data: map[string]any{"successor_id": in.SuccessorID},
	})
}

// belowActor locks an organisation and checks that the actor may write on the one above it: nobody edits their own node.
func belowActor(tx *gorm.DB, actor access.Actor, id int64) (model.Org, error) {
	o, err := ByID(atomic.ForUpdate(tx), id)
	if err != nil {
		return o, err
	}
	return o, checkAbove(actor, o)
}

func checkAbove(actor access.Actor, o model.Org) error {
	object := access.Object{Read: access.OrgRead}
	if o.ParentID != 0 {
		object.Paths = []string{parentPath(o)}
	}
	return actor.Check(access.OrgWrite, object)
}

// checkSuccessor wants another active organisation of the same kind, which the actor may write on too.
func checkSuccessor(tx *gorm.DB, actor access.Actor, o model.Org, id int64) error {
	found, err := ByIDs(atomic.ForUpdate(tx), id)
	if err != nil {
		return err
	}
	next, ok := found[id]
	if !ok || id == o.ID || next.Kind != o.Kind || next.Status != model.OrgActive {
		return ErrSuccessor
	}
	return checkAbove(actor, next)
}

// inUse tells whether an organisation has others below it or a live pairing.
func inUse(tx *gorm.DB, id int64) (bool, error) {
	var ids []int64
	err := tx.Model(&model.Org{}).Where("parent_id = ? AND status <> ?", id, model.OrgDissolved).Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) > 0 {
		return true, wrap("look for organisations below", err)
	}
	err = tx.Model(&model.Pairing{}).Where("(campus_org_id = ? OR local_org_id = ?) AND live_programme_id IS NOT NULL", id, id).
		Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, wrap("look for live pairings", err)
}

// wrap says what was attempted; nil stays nil.
func wrap(attempt string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", attempt, err)
}
