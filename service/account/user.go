package account

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/read"
	"baodao/service/text"
)

// errHoldsRole keeps accounts that hold a role for the security administrator: rank against rank is not theirs to judge.
var errHoldsRole = access.ErrDenied.Saying("此人担任职务，只能由安全管理员办理。", "This person holds a role: only a security administrator may do this.")

// SuspendUser stops an account and ends its sessions at once. The security administrator may for everybody, a department or
// university for the students of its branches who hold no role. Nobody suspends themselves; a reason is required.
func (s *Service) SuspendUser(ctx context.Context, actor access.Actor, id int64, reason string) (model.User, error) {
	return s.moveUser(ctx, actor, id, audit.Move{Action: "user.suspend", To: model.UserSuspended, Reason: reason})
}

// ReinstateUser lets a suspended person log in again. A reason is required.
func (s *Service) ReinstateUser(ctx context.Context, actor access.Actor, id int64, reason string) (model.User, error) {
	return s.moveUser(ctx, actor, id, audit.Move{Action: "user.reinstate", To: model.UserActive, Reason: reason})
}

// moveUser changes the state of an account; fault.ErrNotFound is out of sight, too. Errors: the access refusals, access.ErrReason, fault.ErrInvalid,
// content.ErrRisky, fault.ErrNotFound, fault.ErrState.
func (s *Service) moveUser(ctx context.Context, actor access.Actor, id int64, m audit.Move) (model.User, error) {
	var user model.User
	if err := actor.Require(access.UserBan); err != nil {
		return user, err
	}
	if err := actor.NotOwn(nil, []int64{id}); err != nil {
		return user, err
	}
	var err error
	if m.Reason, err = text.Reason(m.Reason); err != nil {
		return user, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.User, error) { return s.tryMove(ctx, actor, id, m) })
}

func (s *Service) tryMove(ctx context.Context, actor access.Actor, id int64, m audit.Move) (user model.User, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		if user, err = lockUser(tx, id); err != nil {
			return err
		}
		if err := s.mayMove(tx, actor, id); err != nil {
			return err
		}
		if user.MayBecome(m.To) { // else it is refused as such
			if err := s.Content.Reason(tx, actor, content.Profile, homeOf(actor), m.Reason); err != nil {
				return err
			}
		}
		if err := s.Audit.Move(tx, actor, &user, m); err != nil {
			return err
		}
		if m.To == model.UserSuspended {
			if err := s.suspended(tx, actor, id); err != nil {
				return err
			}
		}
		user, err = lockUser(tx, id)
		return err
	})
	return user, err
}

// suspended ends what a suspended account must not go on with.
func (s *Service) suspended(tx *gorm.DB, actor access.Actor, id int64) error {
	if err := s.end(tx.Where("user_id = ?", id), endedByBan); err != nil {
		return err
	}
	if s.Suspended == nil {
		return nil
	}
	return s.Suspended(tx, actor, id)
}

// mayMove checks the actor's scope against the branch of the student whose account it is, and that no role is held. Who
// may move any account at all is held by neither.
func (s *Service) mayMove(tx *gorm.DB, actor access.Actor, id int64) error {
	if actor.Check(access.UserBan, access.Object{}) == nil {
		return nil
	}
	var paths []string
	err := tx.Table("student_profiles AS p").Joins("JOIN orgs AS b ON b.id = p.branch_id").Where("p.user_id = ?", id).Pluck("b.path", &paths).Error
	if err != nil {
		return fmt.Errorf("read branch: %w", err)
	}
	if err := actor.Check(access.UserBan, access.Object{Paths: paths}); err != nil {
		return err
	}
	var roles []string
	err = tx.Model(&model.RoleGrant{}).Where("user_id = ? AND revoked_at IS NULL AND (to_at IS NULL OR to_at > ?)", id, s.Now()).Limit(1).Pluck("role", &roles).Error
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	if len(roles) > 0 {
		return errHoldsRole
	}
	return nil
}

// lockUser reads and locks an account; fault.ErrNotFound if there is none.
func lockUser(tx *gorm.DB, id int64) (model.User, error) {
	return read.One[model.User](atomic.ForUpdate(tx).Where("id = ?", id), "account")
}
