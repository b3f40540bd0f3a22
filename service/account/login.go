package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/vault"
)

// Tokens are what a login or a refresh gives.
type Tokens struct {
	AccessToken      string
	AccessExpiresAt  time.Time
	RefreshToken     string
	RefreshExpiresAt time.Time
	User             model.User
}

// errRegistered says that another login made the account in the same moment.
var errRegistered = errors.New("account was made in the same moment")

// Login exchanges the code of wx.login for tokens. The first login of a person makes their account; a sixth live login
// ends the oldest. A suspended or closed account is ErrSuspended; what WeChat refuses is told as the gateway tells it.
func (s *Service) Login(ctx context.Context, code, requestID string) (Tokens, error) {
	openID, unionID, err := s.WeChat.Login(ctx, code)
	if err != nil {
		return Tokens{}, fmt.Errorf("log in with WeChat: %w", err)
	}
	out, err := s.enter(ctx, openID, unionID, requestID)
	if errors.Is(err, errRegistered) {
		out, err = s.enter(ctx, openID, unionID, requestID)
	}
	return out, err
}

// enter finds or makes the account and opens a session.
func (s *Service) enter(ctx context.Context, openID, unionID, requestID string) (Tokens, error) {
	var out Tokens
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		user, found, err := s.byOpenID(tx, openID)
		if err == nil && !found {
			user, err = s.register(tx, openID, requestID)
		}
		if err != nil {
			return err
		}
		if user.Status != model.UserActive {
			return ErrSuspended
		}
		if err := s.noteUnionID(tx, &user, unionID); err != nil {
			return err
		}
		out, err = s.open(tx, user, requestID)
		return err
	})
	return out, err
}

// byOpenID finds and locks an account by the blind index of its openid.
func (s *Service) byOpenID(tx *gorm.DB, openID string) (user model.User, found bool, err error) {
	var rows []model.User
	if err := atomic.ForUpdate(tx).Where("openid_idx = ?", s.Vault.Index(vault.OpenID, openID)).Limit(1).Find(&rows).Error; err != nil {
		return user, false, fmt.Errorf("find account: %w", err)
	}
	if len(rows) == 0 {
		return user, false, nil
	}
	return rows[0], true, nil
}

// register makes an account; errRegistered when the unique index of openids says that there is one.
func (s *Service) register(tx *gorm.DB, openID, requestID string) (model.User, error) {
	now := s.Now()
	user := model.User{ID: s.NewID(), Status: model.UserActive, Version: 1, CreatedAt: now, UpdatedAt: now}
	people, err := s.Vault.NewPeople(tx, user.ID)
	if err != nil {
		return user, err
	}
	user.OpenIDEnc = people[user.ID].Seal(vault.OpenID, user.ID, openID)
	user.OpenIDIdx = s.Vault.Index(vault.OpenID, openID)
	if err := tx.Create(&user).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return user, errRegistered
	} else if err != nil {
		return user, fmt.Errorf("make account: %w", err)
	}
	actor := access.Actor{UserID: user.ID, RequestID: requestID}
	return user, s.Audit.Write(tx, actor, audit.Entry{Action: "auth.register", Object: "users", ObjectID: user.ID, To: user.Status})
}

// noteUnionID stores the unionid, which WeChat may begin to tell long after the first login.
func (s *Service) noteUnionID(tx *gorm.DB, user *model.User, unionID string) error {
	idx := s.Vault.Index(vault.UnionID, unionID)
	if unionID == "" || bytes.Equal(user.UnionIDIdx, idx) {
		return nil
	}
	person, err := s.Vault.Person(tx, user.ID)
	if err != nil {
		return fmt.Errorf("note unionid: %w", err)
	}
	set := map[string]any{"unionid_enc": person.Seal(vault.UnionID, user.ID, unionID), "unionid_idx": idx}
	if err := tx.Model(&model.User{}).Where("id = ?", user.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("note unionid: %w", err)
	}
	return nil
}
