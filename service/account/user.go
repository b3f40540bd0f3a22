package account

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/read"
)

// SuspendUser stops an account and ends its sessions at once. Nobody suspends themselves; a reason is required.
func (s *Service) SuspendUser(ctx context.Context, actor access.Actor, id int64, reason string) (model.User, error) {
	return s.moveUser(ctx, actor, id, audit.Move{Action: "user.suspend", To: model.UserSuspended, Reason: reason})
}

// ReinstateUser lets a suspended person log in again. A reason is required.
func (s *Service) ReinstateUser(ctx context.Context, actor access.Actor, id int64, reason string) (model.User, error) {
	return s.moveUser(ctx, actor, id, audit.Move{Action: "user.reinstate", To: model.UserActive, Reason: reason})
}

// moveUser changes the state of an account. Errors: the access refusals, access.ErrReason, fault.ErrNotFound, fault.ErrState.
func (s *Service) moveUser(ctx context.Context, actor access.Actor, id int64, m audit.Move) (model.User, error) {
	var user model.User
	if err := actor.Check(access.UserBan, access.Object{}); err != nil {
		return user, err
	}
	if err := actor.NotOwn(nil, []int64{id}); err != nil {
		return user, err
	}
	if m.Reason = strings.TrimSpace(m.Reason); m.Reason == "" {
		return user, access.ErrReason
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		if user, err = lockUser(tx, id); err != nil {
			return err
		}
		if err := s.Audit.Move(tx, actor, &user, m); err != nil {
			return err
		}
		if m.To == model.UserSuspended {
			if err := s.end(tx.Where("user_id = ?", id), endedByBan); err != nil {
				return err
			}
		}
		user, err = lockUser(tx, id)
		return err
	})
	return user, err
}

// lockUser reads and locks an account; fault.ErrNotFound if there is none.
func lockUser(tx *gorm.DB, id int64) (model.User, error) {
	return read.One[model.User](atomic.ForUpdate(tx).Where("id = ?", id), "account")
}
