package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// BootstrapLife is how long a bootstrap code can be redeemed.
const BootstrapLife = 24 * time.Hour

// Refusals of the bootstrap.
var (
	ErrBootstrapDone = fault.Define(fault.Conflict, "bootstrap.done", "已经有安全管理员了。", "There is a security administrator already.")
	ErrOtherRoles    = fault.Define(fault.Conflict, "bootstrap.other_roles", "安全管理员不能兼任其他角色，请换一个账号。", "A security administrator holds no other role; use another account.")
	ErrBootstrapCode = fault.Define(fault.Invalid, "bootstrap.code_invalid", "引导码不正确、已使用或已过期。", "The code is wrong, used or expired.")
)

// crockford is an alphabet without letters that look like digits.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // a constant

// NewBootstrapCode makes the code whose redeemer becomes the first security administrator. Codes made before are good no
// longer. It is ErrBootstrapDone when there is a security administrator.
func (s *Service) NewBootstrapCode(ctx context.Context) (string, error) {
	raw := make([]byte, 16)
	rand.Read(raw) // never returns an error
	code := crockford.EncodeToString(raw)
	now := s.Now()
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := s.liveCodes(tx); err != nil {
			return err
		}
		if err := s.refuseSecond(tx); err != nil {
			return err
		}
		if err := s.expireCodes(tx); err != nil {
			return err
		}
		row := model.BootstrapCode{ID: s.NewID(), CodeHash: hashOf(code), ExpiresAt: now.Add(BootstrapLife), CreatedAt: now}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("make bootstrap code: %w", err)
		}
		return s.Audit.Write(tx, access.System("bootstrap"), audit.Entry{Action: "bootstrap.code", Object: "bootstrap_codes", ObjectID: row.ID})
	})
	if err != nil {
		return "", err
	}
	return grouped(code), nil
}

// RedeemBootstrap makes the caller the first security administrator, once. Errors: ErrBootstrapCode, ErrBootstrapDone,
// ErrOtherRoles.
func (s *Service) RedeemBootstrap(ctx context.Context, actor access.Actor, code string) (model.RoleGrant, error) {
	var grant model.RoleGrant
	if err := actor.Require(access.Person); err != nil {
		return grant, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := s.codeRow(tx, code)
		if err != nil {
			return err
		}
		if err := s.refuseSecond(tx); err != nil {
			return err
		}
		if err := s.refuseOtherRoles(tx, actor.UserID); err != nil {
			return err
		}
		now, live := s.Now(), true
		used := map[string]any{"used_by": actor.UserID, "used_at": now}
		if err := tx.Model(&model.BootstrapCode{}).Where("id = ? AND used_at IS NULL", row.ID).Updates(used).Error; err != nil {
			return fmt.Errorf("use bootstrap code: %w", err)
		}
		if err := s.expireCodes(tx); err != nil {
			return err
		}
		grant = model.RoleGrant{ID: s.NewID(), UserID: actor.UserID, Role: string(access.SecurityAdmin), FromAt: now, Live: &live, CreatedAt: now}
		if err := tx.Create(&grant).Error; err != nil {
			return fmt.Errorf("grant security administration: %w", err)
		}
		return s.Audit.Write(tx, actor, audit.Entry{
			Action: "bootstrap.redeem", Object: "role_grants", ObjectID: grant.ID, To: grant.Role, Data: map[string]any{"code_id": row.ID},
		})
	})
	return grant, err
}

// refuseOtherRoles keeps system roles on people without any other; grants that ran out are taken out of the way.
func (s *Service) refuseOtherRoles(tx *gorm.DB, user int64) error {
	err := tx.Model(&model.RoleGrant{}).Where("user_id = ? AND live = ? AND to_at <= ?", user, true, s.Now()).Update("live", nil).Error
	if err != nil {
		return fmt.Errorf("close ended grants: %w", err)
	}
	var held []int64
	if err := tx.Model(&model.RoleGrant{}).Where("user_id = ? AND live = ?", user, true).Limit(1).Pluck("id", &held).Error; err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	if len(held) > 0 {
		return ErrOtherRoles
	}
	return nil
}

// codeRow finds a code among the live ones, all of which stay locked, so that of two redeemers one waits for the other.
func (s *Service) codeRow(tx *gorm.DB, code string) (model.BootstrapCode, error) {
	rows, err := s.liveCodes(tx)
	if err != nil {
		return model.BootstrapCode{}, err
	}
	hash := hashOf(canonicalCode(code))
	for _, r := range rows {
		if bytes.Equal(r.CodeHash, hash) {
			return r, nil
		}
	}
	return model.BootstrapCode{}, ErrBootstrapCode
}

func (s *Service) liveCodes(tx *gorm.DB) ([]model.BootstrapCode, error) {
	var rows []model.BootstrapCode
	if err := atomic.ForUpdate(tx).Where("used_at IS NULL AND expires_at > ?", s.Now()).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read bootstrap codes: %w", err)
	}
	return rows, nil
}

func (s *Service) expireCodes(tx *gorm.DB) error {
	now := s.Now()
	err := tx.Model(&model.BootstrapCode{}).Where("used_at IS NULL AND expires_at > ?", now).Update("expires_at", now).Error
	if err != nil {
		return fmt.Errorf("end bootstrap codes: %w", err)
	}
	return nil
}

// refuseSecond is ErrBootstrapDone when somebody with an active account is security administrator.
func (s *Service) refuseSecond(tx *gorm.DB) error {
	var grant model.RoleGrant
	now := s.Now()
	err := tx.Joins("JOIN users u ON u.id = role_grants.user_id AND u.status = ?", model.UserActive).
		Where("role_grants.role = ? AND role_grants.revoked_at IS NULL AND role_grants.from_at <= ?", string(access.SecurityAdmin), access.Begun(now)).
		Where("role_grants.to_at IS NULL OR role_grants.to_at > ?", now).First(&grant).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a security administrator: %w", err)
	}
	return ErrBootstrapDone
}

// grouped writes a code in groups of four, for people to copy.
func grouped(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), "-")
}

// canonicalCode undoes what copying by hand does to a code: spaces, hyphens, small letters, O for 0, I and L for 1.
func canonicalCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}
