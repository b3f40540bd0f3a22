package org

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/vault"
)

// Refusals of binding an account to a student. ErrNoMatch is the one answer to every wrong guess.
var (
	ErrNoMatch = fault.Define(fault.Invalid, "binding.no_match", "学校、学号与姓名不一致，请核对，或用团支部的加入码申请。", "University, student number and name do not match the roster.")
	ErrTaken   = fault.Define(fault.Conflict, "binding.taken", "该学生已由其他账号认证，请联系团支部书记处理。", "This student is bound to another account.")
	ErrBound   = fault.Define(fault.Conflict, "binding.already", "您的账号已认证为另一名学生。", "Your account is bound to another student.")
)

// MaxBindTries is how often a person may try to bind in one day, in China.
const MaxBindTries = 10

// bindTry is the audit action that counts the tries.
const bindTry = "student.bind_try"

// Claim is who somebody says to be.
type Claim struct {
	StudentNo string
	Name      string
}

// settle brings both fields into their canonical form.
func (c *Claim) settle() error {
	var wrong fault.Collector
	no, ok := vault.Number(c.StudentNo)
	wrong.Add(!ok, "/student_no", "pattern", "学号由 1–32 位数字、字母或连字符组成", "must have 1–32 digits, letters or hyphens")
	name, ok := vault.Name(c.Name)
	wrong.Add(!ok, "/name", "pattern", "姓名为 1–50 个字，不能有特殊符号", "must be a name of 1–50 letters, without symbols")
	c.StudentNo, c.Name = no, name
	return wrong.Err()
}

// StudentInfo is a student with the personal fields opened. Number may be masked.
type StudentInfo struct {
	model.StudentProfile
	Name   string
	Number string
}

// BindStudent ties the signed-in person to the roster row with the university, number and name. Repeating it is harmless.
// Every wrong guess is ErrNoMatch; after MaxBindTries in one day it is fault.ErrRate.
func (s *Service) BindStudent(ctx context.Context, actor access.Actor, universityID int64, c Claim) (StudentInfo, error) {
	if err := actor.Require(access.Person); err != nil {
		return StudentInfo{}, err
	}
	if err := c.settle(); err != nil {
		return StudentInfo{}, err
	}
	if err := s.countTry(ctx, actor); err != nil {
		return StudentInfo{}, err
	}
	info := StudentInfo{Name: c.Name, Number: c.StudentNo}
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		info.StudentProfile, err = s.bind(tx, actor, universityID, c)
		return err
	})
	return info, err
}

// countTry records a try in a transaction of its own, because a refusal undoes the one it belongs to.
func (s *Service) countTry(ctx context.Context, actor access.Actor) error {
	now := s.Now().In(clock.China())
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, clock.China())
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		if err := activeUser(tx, actor.UserID); err != nil {
			return err
		}
		var tries []int64
		err := tx.Model(&model.AuditEntry{}).Where("user_id = ? AND action = ? AND at >= ?", actor.UserID, bindTry, day.UTC()).
			Limit(MaxBindTries).Pluck("id", &tries).Error
		if err != nil {
			return fmt.Errorf("count tries: %w", err)
		}
		if len(tries) >= MaxBindTries {
			return fault.ErrRate.After(day.AddDate(0, 0, 1).Sub(now))
		}
		return s.Audit.Write(tx, actor, audit.Entry{Action: bindTry, Object: "users", ObjectID: actor.UserID})
	})
}

func (s *Service) bind(tx *gorm.DB, actor access.Actor, universityID int64, c Claim) (model.StudentProfile, error) {
	var none model.StudentProfile
	found, err := s.profileByNumber(tx, universityID, c.StudentNo)
	if err != nil {
		return none, err
	}
	same, err := s.nameIs(tx, found, c.Name)
	if err != nil {
		return none, err
	}
	own, err := profileOf(tx, actor.UserID)
	switch {
	case err != nil:
		return none, err
	case !same:
		return none, ErrNoMatch
	case own.ID != 0 && own.ID == found.ID:
		return found, nil
	case found.UserID != nil:
		return none, ErrTaken
	case own.ID != 0:
		return none, ErrBound
	}
	branch, err := ByID(tx, found.BranchID)
	if err != nil {
		return none, err
	}
	if err := s.tie(tx, found, actor.UserID, c); err != nil {
		return none, err
	}
	err = s.Audit.Write(tx, actor, audit.Entry{
		Action: "student.bind", Object: "student_profiles", ObjectID: found.ID, OrgPath: branch.Path, Data: map[string]any{"user_id": actor.UserID},
	})
	if err != nil {
		return none, err
	}
	return profileOf(tx, actor.UserID)
}

// nameIs compares the name of a roster row in constant time. Without a row it does the same work and says no.
func (s *Service) nameIs(tx *gorm.DB, p model.StudentProfile, name string) (bool, error) {
	people, err := s.Vault.People(tx, p.PersonID)
	if err != nil {
		return false, err
	}
	stored, err := people[p.PersonID].Open(vault.StudentName, p.ID, p.NameEnc)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare([]byte(stored), []byte(name)) == 1, nil
}

// tie hands an unbound roster row over to a user: the fields are sealed anew under the user's key and the old key is destroyed.
func (s *Service) tie(tx *gorm.DB, p model.StudentProfile, user int64, c Claim) error {
	me, err := s.Vault.Person(tx, user)
	if err != nil {
		return err
	}
	res := tx.Model(&model.StudentProfile{}).Where("id = ? AND version = ? AND user_id IS NULL", p.ID, p.Version).Updates(map[string]any{
		"user_id": user, "person_id": user, "version": p.Version + 1, "updated_at": s.Now(),
		"student_no_enc": me.Seal(vault.StudentNo, p.ID, c.StudentNo), "name_enc": me.Seal(vault.StudentName, p.ID, c.Name),
	})
	switch {
	case errors.Is(res.Error, gorm.ErrDuplicatedKey):
		return ErrBound
	case res.Error != nil:
		return fmt.Errorf("bind student: %w", res.Error)
	case res.RowsAffected == 0:
		return fault.ErrStale
	}
	if err := s.sealBlocks(tx, p, me); err != nil {
		return err
	}
	if err := s.Vault.Destroy(tx, p.PersonID); err != nil {
		return fmt.Errorf("destroy roster key: %w", err)
	}
	return s.setUserName(tx, user, me, c.Name)
}

// sealBlocks seals anew why hosts keep a student away whom a unit signed up before the student was bound: else they could
// not read their lists any more.
func (s *Service) sealBlocks(tx *gorm.DB, p model.StudentProfile, me *vault.Person) error {
	var rows []model.MatchBlock
	if err := tx.Where("student_id = ? AND side = ?", p.ID, model.BlockByHost).Find(&rows).Error; err != nil {
		return fmt.Errorf("read blocks: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	old, err := s.Vault.Person(tx, p.PersonID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		reason, err := old.Open(vault.BlockReason, p.ID, r.ReasonEnc)
		if err != nil {
			return err
		}
		err = tx.Model(&model.MatchBlock{}).Where("student_id = ? AND org_id = ? AND side = ?", p.ID, r.OrgID, r.Side).
			UpdateColumn("reason_enc", me.Seal(vault.BlockReason, p.ID, reason)).Error
		if err != nil {
			return fmt.Errorf("seal block anew: %w", err)
		}
	}
	return nil
}

// profileByNumber locks the roster row of a student number; the zero row if there is none.
func (s *Service) profileByNumber(tx *gorm.DB, universityID int64, no string) (model.StudentProfile, error) {
	var rows []model.StudentProfile
	err := atomic.ForUpdate(tx).Where("university_id = ? AND student_no_idx = ?", universityID, s.Vault.Index(vault.StudentNo, no)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return model.StudentProfile{}, wrap("look up student", err)
	}
	return rows[0], nil
}

// profileOf reads the student that a user is bound to; the zero row if there is none.
func profileOf(tx *gorm.DB, user int64) (model.StudentProfile, error) {
	var rows []model.StudentProfile
	err := tx.Where("user_id = ?", user).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return model.StudentProfile{}, wrap("look up own student", err)
	}
	return rows[0], nil
}
