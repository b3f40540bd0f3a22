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
	"baodao/service/vault"
)

// ApproveJoin takes the person into the branch: as the student of the roster with the same number and name, or as a new one.
func (s *Service) ApproveJoin(ctx context.Context, actor access.Actor, id int64) (JoinInfo, error) {
	return s.decideJoin(ctx, actor, id, func(tx *gorm.DB, info JoinInfo, branch model.Org) (audit.Move, error) {
		student, err := s.admit(tx, info, branch)
		if err != nil {
			return audit.Move{}, err
		}
		return audit.Move{
			Action: "join_request.approve", To: string(model.JoinApproved),
			Data: map[string]any{"user_id": info.UserID, "student_id": student.ID, "from_branch_id": student.BranchID},
		}, nil
	})
}

// RejectJoin refuses the request with a reason, which the person can read and which must not be content.ErrRisky.
func (s *Service) RejectJoin(ctx context.Context, actor access.Actor, id int64, reason string) (JoinInfo, error) {
	return s.decideJoin(ctx, actor, id, func(_ *gorm.DB, _ JoinInfo, _ model.Org) (audit.Move, error) {
		reason, err := text.Reason(reason)
		return audit.Move{Action: "join_request.reject", To: string(model.JoinRejected), Reason: reason}, err
	})
}

type decision func(tx *gorm.DB, info JoinInfo, branch model.Org) (audit.Move, error)

func (s *Service) decideJoin(ctx context.Context, actor access.Actor, id int64, decide decision) (JoinInfo, error) {
	if err := actor.Require(access.JoinApprove); err != nil {
		return JoinInfo{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (JoinInfo, error) { return s.tryJoin(ctx, actor, id, decide) })
}

func (s *Service) tryJoin(ctx context.Context, actor access.Actor, id int64, decide decision) (JoinInfo, error) {
	var info JoinInfo
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, branch, err := joinRequest(tx, actor, id)
		if err != nil {
			return err
		}
		if row.Status != model.JoinPending {
			return fault.ErrState
		}
		opened, err := s.openJoins(tx, []model.JoinRequest{row})
		if err != nil {
			return err
		}
		info = opened[0]
		move, err := decide(tx, info, branch)
		if err != nil {
			return err
		}
		move.OrgPath = branch.Path
		if err := s.Content.Reason(tx, actor, content.Org, branch.Path, move.Reason); err != nil {
			return err
		}
		move.Set = map[string]any{"pending_user": nil, "decided_by": actor.UserID, "decided_at": s.Now(), "reason": move.Reason}
		if err := s.Audit.Move(tx, actor, &row, move); err != nil {
			return err
		}
		return wrap("read join request", tx.Where("id = ?", id).First(&info.JoinRequest).Error)
	})
	return info, err
}

// admit makes the person a student of the branch and returns the student as it was before it moved there.
func (s *Service) admit(tx *gorm.DB, info JoinInfo, branch model.Org) (model.StudentProfile, error) {
	var none model.StudentProfile
	university, err := universityOf(atomic.ForUpdate(tx), branch) // waits for an import that may bring the same number
	if err != nil {
		return none, err
	}
	if branch.Status != model.OrgActive {
		return none, ErrNotActive
	}
	own, err := profileOf(tx, info.UserID)
	if err != nil {
		return none, err
	}
	if own.ID != 0 {
		return none, ErrBound.Saying("申请人的账号已认证为学生。", "The account is bound to a student already.")
	}
	found, err := s.profileByNumber(tx, university.ID, info.Number)
	if err != nil {
		return none, err
	}
	if found.ID == 0 {
		return s.enrol(tx, info, branch, university.ID)
	}
	same, err := s.nameIs(tx, found, info.Name)
	if err != nil {
		return none, err
	}
	if !same || found.UserID != nil {
		return none, ErrNumberTaken
	}
	if err := s.tie(tx, found, info.UserID, Claim{StudentNo: info.Number, Name: info.Name}); err != nil {
		return none, err
	}
	return found, s.moveTo(tx, found.ID, found.BranchID, branch.ID)
}

// enrol writes a student who was not on the roster.
func (s *Service) enrol(tx *gorm.DB, info JoinInfo, branch model.Org, universityID int64) (model.StudentProfile, error) {
	me, err := s.Vault.Person(tx, info.UserID)
	if err != nil {
		return model.StudentProfile{}, err
	}
	now := s.Now()
	p := model.StudentProfile{
		ID: s.NewID(), PersonID: info.UserID, UserID: &info.UserID, UniversityID: universityID, BranchID: branch.ID,
		Tags: []string{}, Version: 1, CreatedAt: now, UpdatedAt: now,
		StudentNoIdx: s.Vault.Index(vault.StudentNo, info.Number), NameIdx: s.Vault.Index(vault.StudentName, info.Name),
	}
	p.StudentNoEnc, p.NameEnc = me.Seal(vault.StudentNo, p.ID, info.Number), me.Seal(vault.StudentName, p.ID, info.Name)
	err = tx.Create(&p).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return p, ErrNumberTaken
	}
	if err != nil {
		return p, fmt.Errorf("insert student: %w", err)
	}
	member := model.Membership{ID: s.NewID(), StudentID: p.ID, OrgID: branch.ID, FromOn: s.today(), CreatedAt: now}
	if err := tx.Create(&member).Error; err != nil {
		return p, fmt.Errorf("insert membership: %w", err)
	}
	return p, s.setUserName(tx, info.UserID, me, info.Name)
}

// moveTo ends the membership of one branch and begins that of another one, today.
func (s *Service) moveTo(tx *gorm.DB, student, from, to int64) error {
	if from == to {
		return nil
	}
	today := s.today()
	err := tx.Model(&model.Membership{}).Where("student_id = ? AND org_id = ? AND to_on IS NULL", student, from).Update("to_on", today).Error
	if err != nil {
		return fmt.Errorf("end membership: %w", err)
	}
	row := model.Membership{ID: s.NewID(), StudentID: student, OrgID: to, FromOn: today, CreatedAt: s.Now()}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("begin membership: %w", err)
	}
	err = tx.Model(&model.StudentProfile{}).Where("id = ?", student).Update("branch_id", to).Error
	return wrap("move student", err)
}
