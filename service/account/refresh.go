package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// Refresh exchanges a refresh token for a new pair. Each token is good once; the same token again within RetryWindow gets
// the same successor (the answer may have been lost), later use ends the whole login: ErrTokenReused. A token that is
// forged, unknown or of an ended login is ErrTokenInvalid, one past its time ErrTokenExpired.
func (s *Service) Refresh(ctx context.Context, token, requestID string) (Tokens, error) {
	family, counter, ok := s.Keys.openRefresh(token)
	if !ok {
		return Tokens{}, ErrTokenInvalid
	}
	var out Tokens
	var refused error // told after the commit: ending a login must not be undone by telling so
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		out, refused = Tokens{}, nil
		row, user, err := s.lockSession(tx, family)
		if err != nil {
			return err
		}
		switch step := s.judge(row, counter); {
		case step == stepRefuse:
			return s.refusal(row)
		case user.Status != model.UserActive:
			return ErrSuspended
		case step == stepReused:
			refused = ErrTokenReused
			return s.endReused(tx, row, counter, requestID)
		case step == stepRotate:
			if err := s.rotate(tx, &row); err != nil {
				return err
			}
		}
		out, err = s.tokens(user, row)
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// step is what a refresh token leads to.
type step int

const (
	stepRefuse step = iota // the session is over
	stepRotate             // the newest token: the next one is made
	stepRepeat             // the one before, just now: the newest one again
	stepReused             // an older one: somebody has a copy
)

// judge compares a genuine token with its session.
func (s *Service) judge(row model.LoginSession, counter int64) step {
	now := s.Now()
	switch {
	case row.RevokedAt != nil || !now.Before(row.ExpiresAt) || !now.Before(row.EndsAt) || counter > row.Counter:
		return stepRefuse
	case counter == row.Counter:
		return stepRotate
	case counter == row.Counter-1 && now.Sub(row.RotatedAt) <= RetryWindow:
		return stepRepeat
	default:
		return stepReused
	}
}

// refusal words stepRefuse.
func (s *Service) refusal(row model.LoginSession) error {
	switch {
	case row.RevokedAt != nil && row.RevokedWhy == endedByReuse:
		return ErrTokenReused
	case row.RevokedAt == nil && (!s.Now().Before(row.ExpiresAt) || !s.Now().Before(row.EndsAt)):
		return ErrTokenExpired
	default:
		return ErrTokenInvalid
	}
}

// rotate moves a session to its next token.
func (s *Service) rotate(tx *gorm.DB, row *model.LoginSession) error {
	now := s.Now()
	expires := earlier(now.Add(RefreshLife), row.EndsAt)
	res := tx.Model(&model.LoginSession{}).Where("id = ? AND counter = ? AND revoked_at IS NULL", row.ID, row.Counter).
		Updates(map[string]any{"counter": row.Counter + 1, "rotated_at": now, "expires_at": expires})
	if res.Error != nil {
		return fmt.Errorf("rotate refresh token: %w", res.Error)
	}
	if res.RowsAffected != 1 {
		return fmt.Errorf("rotate refresh token: session %d moved under its lock", row.ID)
	}
	row.Counter, row.RotatedAt, row.ExpiresAt = row.Counter+1, now, expires
	return nil
}

func (s *Service) endReused(tx *gorm.DB, row model.LoginSession, counter int64, requestID string) error {
	if err := s.end(tx.Where("id = ?", row.ID), endedByReuse); err != nil {
		return err
	}
	return s.Audit.Write(tx, access.Actor{UserID: row.UserID, SessionID: row.ID, RequestID: requestID}, audit.Entry{
		Action: "auth.token_reused", Object: "login_sessions", ObjectID: row.ID,
		Data: map[string]any{"counter": counter, "newest": row.Counter, "age_seconds": int64(s.Now().Sub(row.RotatedAt) / time.Second)},
	})
}

// lockSession reads and locks a session, and reads its user.
func (s *Service) lockSession(tx *gorm.DB, id int64) (model.LoginSession, model.User, error) {
	var row model.LoginSession
	var user model.User
	err := atomic.ForUpdate(tx).Where("id = ?", id).First(&row).Error
	if err == nil {
		err = tx.Where("id = ?", row.UserID).First(&user).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, user, ErrTokenInvalid
	}
	if err != nil {
		return row, user, fmt.Errorf("read session: %w", err)
	}
	return row, user, nil
}
