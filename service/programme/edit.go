package programme

import (
	"context"
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

// Edit is what may be changed of a programme beside its policy. Nil Phases leaves them.
type Edit struct {
	Name   string
	Phases []Phase
}

// Update changes name and phases. version is the one the caller read: fault.ErrStale if it is not the newest. A CLOSED
// programme is ErrClosed. The new name of one that is no draft must have passed: content.ErrRisky, content.ErrInReview.
func (s *Service) Update(ctx context.Context, actor access.Actor, id, version int64, in Edit) (Detail, error) {
	var c fault.Collector
	text.Settle(&c, text.Field{At: "/name", In: &in.Name, Max: maxName})
	checkPhases(&c, in.Phases)
	if err := c.Err(); err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, id, version, func(tx *gorm.DB, row model.Programme, owner model.Org) (audit.Move, error) {
		m := audit.Move{Action: "programme.update", Set: map[string]any{"name": in.Name}}
		if in.Name != row.Name {
			if err := s.passed(tx, actor, row, owner, content.Text{At: "/name", Text: in.Name}); err != nil {
				return m, err
			}
		}
		if in.Phases == nil {
			return m, nil
		}
		return m, s.putPhases(tx, row.ID, in.Phases)
	})
}

// PutPolicy adds a version of the policy, which counts from now on; the old versions stay. version is the programme's
// that the caller read: fault.ErrStale if it is not the newest. Every wrong rule is named. A CLOSED programme is ErrClosed.
// New names in one that is no draft must have passed: content.ErrRisky, content.ErrInReview.
func (s *Service) PutPolicy(ctx context.Context, actor access.Actor, id, version int64, policy model.Policy) (Detail, error) {
	var c fault.Collector
	checkPolicy(&c, "", &policy)
	if err := c.Err(); err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, id, version, func(tx *gorm.DB, row model.Programme, owner model.Org) (audit.Move, error) {
		fresh, err := newNames(tx, row.ID, policy)
		if err == nil && row.Status != model.ProgrammeDraft {
			err = keepsSkills(tx, row.ID, policy)
		}
		if err == nil {
			err = s.passed(tx, actor, row, owner, fresh...)
		}
		if err != nil {
			return audit.Move{}, err
		}
		next := row.PolicyVersion + 1
		m := audit.Move{
			Action: "programme.policy", Set: map[string]any{"policy_version": next},
			Data: map[string]any{"policy_version": next},
		}
		return m, s.addPolicy(tx, actor, row.ID, next, policy)
	})
}

// keepsSkills notes skills that would lose their place: what students and hosts have said is stored by it.
func keepsSkills(tx *gorm.DB, programmeID int64, policy model.Policy) error {
	present, err := PolicyOf(tx, programmeID)
	if err != nil {
		return err
	}
	var c fault.Collector
	for i, was := range present.SkillItems() {
		now := policy.SkillItems()
		c.Add(i >= len(now) || now[i].Code != was.Code, fmt.Sprintf("/skills/%d/code", i), "kept", "已公布的技能须保留位置："+was.Code, "must stay "+was.Code+": skills keep their places")
	}
	return c.Err()
}

// change edits a programme under its version. fn does what does not stand in the row itself and says what is to be
// written there; when the version turns out to be stale, all of it is undone.
func (s *Service) change(ctx context.Context, actor access.Actor, id, version int64, fn edit) (Detail, error) {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return Detail{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.tryChange(ctx, actor, id, version, fn) })
}

// edit does what does not stand in the row and says what is to be written there.
type edit func(tx *gorm.DB, row model.Programme, owner model.Org) (audit.Move, error)

func (s *Service) tryChange(ctx context.Context, actor access.Actor, id, version int64, fn edit) (out Detail, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, owner, err := s.lock(tx, actor, id)
		if err != nil {
			return err
		}
		if row.Version != version {
			return fault.ErrStale
		}
		if row.Status == model.ProgrammeClosed {
			return ErrClosed
		}
		m, err := fn(tx, row, owner)
		if err != nil {
			return err
		}
		m.OrgPath = owner.Path
		if err := s.Audit.Edit(tx, actor, &row, version, m); err != nil {
			return err
		}
		out, err = reread(tx, id)
		return err
	})
	return out, err
}

// Activate opens a DRAFT programme to everybody; fault.ErrState otherwise. Its texts must have passed: content.ErrRisky,
// content.ErrInReview.
func (s *Service) Activate(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.move(ctx, actor, id, "programme.activate", model.ProgrammeActive)
}

// Close ends a programme: nothing can be paired or changed in it any more, what is there stays readable.
// fault.ErrState when it is closed already.
func (s *Service) Close(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.move(ctx, actor, id, "programme.close", model.ProgrammeClosed)
}

func (s *Service) move(ctx context.Context, actor access.Actor, id int64, action string, to model.ProgrammeStatus) (Detail, error) {
	if err := actor.Require(access.ProgrammeWrite); err != nil {
		return Detail{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.tryMove(ctx, actor, id, action, to) })
}

func (s *Service) tryMove(ctx context.Context, actor access.Actor, id int64, action string, to model.ProgrammeStatus) (out Detail, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, owner, err := s.lock(tx, actor, id)
		if err != nil {
			return err
		}
		if to == model.ProgrammeActive && row.MayBecome(string(to)) { // else it is refused as such
			if err := s.allPassed(tx, actor, row, owner); err != nil {
				return err
			}
		}
		if err := s.Audit.Move(tx, actor, &row, audit.Move{Action: action, To: string(to), OrgPath: owner.Path}); err != nil {
			return err
		}
		out, err = reread(tx, id)
		return err
	})
	return out, err
}

func reread(tx *gorm.DB, id int64) (Detail, error) {
	row, owner, err := withOwner(tx, id)
	if err != nil {
		return Detail{}, err
	}
	return detail(tx, row, owner)
}
