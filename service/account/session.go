package account

import (
	"context"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// Why a session was ended before its time.
const (
	endedByLogout   = "LOGOUT"
	endedByReuse    = "REUSE"
	endedByBan      = "BAN"
	endedByRotation = "ROTATION" // there were too many
)

// open begins a session of a person. The caller holds the lock on the user's row.
func (s *Service) open(tx *gorm.DB, user model.User, requestID string) (Tokens, error) {
	ended, err := s.makeRoom(tx, user.ID)
	if err != nil {
		return Tokens{}, err
	}
	now := s.Now()
	row := model.LoginSession{
		ID: s.NewID(), UserID: user.ID, Counter: 1, RotatedAt: now, LoggedInAt: now,
		ExpiresAt: now.Add(RefreshLife), EndsAt: now.Add(SessionLife),
	}
	if err := tx.Create(&row).Error; err != nil {
		return Tokens{}, fmt.Errorf("open session: %w", err)
	}
	actor := access.Actor{UserID: user.ID, SessionID: row.ID, RequestID: requestID}
	entry := audit.Entry{Action: "auth.login", Object: "login_sessions", ObjectID: row.ID}
	if len(ended) > 0 {
		entry.Data = map[string]any{"ended_sessions": ended}
	}
	if err := s.Audit.Write(tx, actor, entry); err != nil {
		return Tokens{}, err
	}
	return s.tokens(user, row)
}

// makeRoom ends the oldest live sessions so that one more is allowed, and returns their ids.
func (s *Service) makeRoom(tx *gorm.DB, user int64) ([]int64, error) {
	var live []int64
	now := s.Now()
	err := tx.Model(&model.LoginSession{}).
		Where("user_id = ? AND revoked_at IS NULL AND expires_at > ? AND ends_at > ?", user, now, now).
		Order("logged_in_at, id").Pluck("id", &live).Error
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	if len(live) < MaxSessions {
		return nil, nil
	}
	ended := live[:len(live)-MaxSessions+1]
	return ended, s.end(tx.Where("id IN ?", ended), endedByRotation)
}

// end revokes the sessions that scope selects and that are not revoked yet.
func (s *Service) end(scope *gorm.DB, why string) error {
	err := scope.Model(&model.LoginSession{}).Where("revoked_at IS NULL").
		Updates(map[string]any{"revoked_at": s.Now(), "revoked_why": why}).Error
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// tokens makes the pair that belongs to the present counter of a session.
func (s *Service) tokens(user model.User, row model.LoginSession) (Tokens, error) {
	until := earlier(s.Now().Add(AccessLife), row.EndsAt)
	token, err := s.Keys.sign(claims{Session: strconv.FormatInt(row.ID, 10)}, user.ID, until)
	return Tokens{
		AccessToken: token, AccessExpiresAt: until,
		RefreshToken: s.Keys.refreshToken(row.ID, row.Counter), RefreshExpiresAt: row.ExpiresAt, User: user,
	}, err
}

// Logout ends the session of the caller; its tokens are refused from then on.
func (s *Service) Logout(ctx context.Context, actor access.Actor) error {
	return s.logout(ctx, actor, "auth.logout", func(tx *gorm.DB) *gorm.DB { return tx.Where("id = ? AND user_id = ?", actor.SessionID, actor.UserID) })
}

// LogoutAll ends every session of the caller, on all devices.
func (s *Service) LogoutAll(ctx context.Context, actor access.Actor) error {
	return s.logout(ctx, actor, "auth.logout_all", func(tx *gorm.DB) *gorm.DB { return tx.Where("user_id = ?", actor.UserID) })
}

func (s *Service) logout(ctx context.Context, actor access.Actor, action string, which func(tx *gorm.DB) *gorm.DB) error {
	if err := actor.Require(access.Person); err != nil {
		return err
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if err := s.end(which(tx), endedByLogout); err != nil {
			return err
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: action, Object: "login_sessions", ObjectID: actor.SessionID})
	})
}
