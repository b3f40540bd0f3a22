package org

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
)

// Refusals about join codes.
var (
	ErrNotBranch = fault.Define(fault.Invalid, "org.not_branch", "该组织不是团支部。", "The organisation is not a league branch.")
	ErrJoinCode  = fault.Define(fault.Invalid, "join_code.invalid", "加入码无效或已失效，请向团支部书记核实。", "The code is wrong, revoked or expired.")
)

// How long a join code is good, in days.
const (
	JoinCodeDays    = 14
	MaxJoinCodeDays = 90
)

// JoinCodeInfo is a join code as the branch hands it out. Code is there only in the answer to its creation.
type JoinCodeInfo struct {
	model.JoinCode
	Code string
}

// CreateJoinCode makes a code by which students ask to join a branch, good for so many days (0: JoinCodeDays).
func (s *Service) CreateJoinCode(ctx context.Context, actor access.Actor, key idem.Key, branchID int64, days int) (JoinCodeInfo, error) {
	if err := actor.Require(access.JoinCode); err != nil {
		return JoinCodeInfo{}, err
	}
	row, err := idem.Run(ctx, s.DB, s.Now(), actor, "createJoinCode", key, func(tx *gorm.DB) (model.JoinCode, error) {
		return s.createJoinCode(tx, actor, branchID, days)
	})
	if err != nil {
		return JoinCodeInfo{}, err
	}
	code, err := s.code("join", row.ID)
	return JoinCodeInfo{JoinCode: row, Code: code}, err
}

func (s *Service) createJoinCode(tx *gorm.DB, actor access.Actor, branchID int64, days int) (model.JoinCode, error) {
	var row model.JoinCode
	o, err := ByID(atomic.ForUpdate(tx), branchID)
	if err != nil {
		return row, err
	}
	if err := actor.Check(access.JoinCode, access.Object{Paths: []string{o.Path}, Read: access.OrgRead}); err != nil {
		return row, err
	}
	days, ok := daysOr(days, JoinCodeDays, MaxJoinCodeDays)
	var wrong fault.Collector
	wrong.Add(!ok, "/days", "max", "须在 1 与 90 之间", "must be between 1 and 90")
	if err := wrong.Err(); err != nil {
		return row, err
	}
	switch {
	case !isBranch(o):
		return row, ErrNotBranch
	case o.Status != model.OrgActive:
		return row, ErrNotActive
	}
	now := s.Now()
	row = model.JoinCode{ID: s.NewID(), BranchID: o.ID, ExpiresAt: now.AddDate(0, 0, days), CreatedBy: actor.UserID, CreatedAt: now}
	code, err := s.code("join", row.ID)
	if err != nil {
		return row, err
	}
	row.CodeHash = hashCode(code)
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("insert join code: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{Action: "join_code.create", Object: "join_codes", ObjectID: row.ID, OrgPath: o.Path})
}

// RevokeJoinCode makes a code useless; requests made with it stay.
func (s *Service) RevokeJoinCode(ctx context.Context, actor access.Actor, id int64) (JoinCodeInfo, error) {
	var row model.JoinCode
	if err := actor.Require(access.JoinCode); err != nil {
		return JoinCodeInfo{}, err
	}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		if row, err = lockedBy[model.JoinCode](tx, "id = ?", id, fault.ErrNotFound); err != nil {
			return err
		}
		o, err := ByID(tx, row.BranchID)
		if err != nil {
			return err
		}
		if err := actor.Check(access.JoinCode, access.Object{Paths: []string{o.Path}}); err != nil {
			return err
		}
		if row.RevokedAt != nil {
			return fault.ErrState
		}
		now := s.Now()
		row.RevokedAt = &now
		if err := tx.Model(&model.JoinCode{}).Where("id = ?", id).Update("revoked_at", now).Error; err != nil {
			return fmt.Errorf("revoke join code: %w", err)
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: "join_code.revoke", Object: "join_codes", ObjectID: id, OrgPath: o.Path})
	})
	return JoinCodeInfo{JoinCode: row}, err
}

// openBranch finds the branch that a join code opens; ErrJoinCode when it opens none.
func (s *Service) openBranch(tx *gorm.DB, code string) (model.Org, error) {
	row, err := lockedBy[model.JoinCode](tx, "code_hash = ?", hashCode(code), ErrJoinCode)
	if err != nil {
		return model.Org{}, err
	}
	o, err := ByID(tx, row.BranchID)
	if err != nil {
		return o, err
	}
	if row.RevokedAt != nil || !row.ExpiresAt.After(s.Now()) || o.Status != model.OrgActive {
		return o, ErrJoinCode
	}
	return o, nil
}
