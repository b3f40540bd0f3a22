// Package signup gives students seats in activities and takes them back. Seats are two columns of the position that only
// conditional updates change; one live signup for each activity and student is kept by a unique index. Locks are taken in
// one order: the student, then the position, then the signup.
package signup

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/vault"
)

// Refusals of a sign-up.
var (
	ErrNotOpen      = fault.Define(fault.Conflict, "signup.not_open", "报名还没有开始，请到时间再来。", "Sign-up is not open yet; come back when it is.")
	ErrClosed       = fault.Define(fault.Conflict, "signup.closed", "报名已经结束，请看看其他活动。", "Sign-up is over; look for another activity.")
	ErrNeedsStudent = fault.Define(fault.Forbidden, "signup.needs_student", "请先绑定学生身份，再来报名。", "Bind your student profile first, then sign up.")
	ErrDuplicate    = fault.Define(fault.Conflict, "signup.duplicate", "您已经报名了这个活动，不用重复报名。", "You are signed up for this activity already.")
	ErrFull         = fault.Define(fault.Conflict, "signup.full", "这个岗位已经报满，请换一个岗位或活动。", "The position is full; choose another one.")
	ErrConflict     = fault.Define(fault.Conflict, "signup.conflict", "时间与您已报名的另一个活动重叠。", "Its time overlaps with another activity you are signed up for.")
	ErrNotEligible  = fault.Define(fault.Conflict, "signup.not_eligible", "您还不满足这个活动的报名条件。", "You do not meet what this activity requires yet.")
)

// Service gives seats and takes them back.
type Service struct {
	DB    *gorm.DB
	Now   clock.Clock
	NewID func() int64
	Audit *audit.Log
	Vault *vault.Vault

	weak weakness
}

// weakness is what a test takes away from the service to see that it would notice; in the program it is zero.
type weakness struct {
	seatRule     string // instead of seatLeft
	dontLock     bool   // the student's row
	dontLookBack bool   // for a live signup in the same activity
}

// seatLeft is the condition under which a position gives a seat.
const seatLeft = "taken < capacity"

// Create takes a seat for the student who asks and records the signup, or does neither. A repeat with the same key gets
// the first answer. The refusals are looked for in this order: ErrNeedsStudent, fault.ErrNotFound, ErrNotOpen, ErrClosed,
// ErrDuplicate, ErrFull, ErrConflict, ErrNotEligible.
func (s *Service) Create(ctx context.Context, actor access.Actor, positionID int64, note string, key idem.Key) (model.Signup, error) {
	if actor.UserID != 0 && actor.StudentID == 0 && len(actor.Grants) == 0 {
		return model.Signup{}, ErrNeedsStudent // a newcomer; staff hear access.ErrDenied
	}
	if err := actor.Require(access.SignupCreate); err != nil {
		return model.Signup{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createSignup", key, func(tx *gorm.DB) (model.Signup, error) {
		return s.create(tx, actor, positionID, note)
	})
}

func (s *Service) create(tx *gorm.DB, actor access.Actor, positionID int64, note string) (model.Signup, error) {
	now := s.Now()
	_, a, err := positionOf(tx, actor, positionID, now)
	if err == nil {
		err = open(a, now)
	}
	if err == nil && !s.weak.dontLock {
		err = LockStudents(tx, actor.StudentID)
	}
	if err == nil {
		err = s.seat(tx, actor.StudentID, positionID, a)
	}
	if err != nil {
		return model.Signup{}, err
	}
	row := model.Signup{
		ID: s.NewID(), LiveActivityID: &a.ID, StudentID: actor.StudentID, ActivityID: a.ID, PositionID: positionID,
		Status: model.SignupConfirmed, Note: note, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return model.Signup{}, ErrDuplicate
	} else if err != nil {
		return model.Signup{}, fmt.Errorf("insert signup: %w", err)
	}
	organiser, err := org.ByID(tx, a.OrgID)
	if err != nil {
		return model.Signup{}, err
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "signup.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: organiser.Path, To: row.State(),
		Data: map[string]any{"activity_id": a.ID, "position_id": positionID},
	})
}

// seat takes a seat of the position, unless a rule forbids it. The activity is looked at again after the seat is taken:
// whoever cancels it takes the positions first, so a signup never slips past a cancellation.
func (s *Service) seat(tx *gorm.DB, studentID, positionID int64, a model.Activity) error {
	if !s.weak.dontLookBack {
		if err := notTwice(tx, studentID, a.ID); err != nil {
			return err
		}
	}
	clash, err := overlaps(tx, studentID, a.ID)
	if err != nil {
		return err
	}
	if err := s.takeSeat(tx, positionID); err != nil {
		return err
	}
	if clash {
		return ErrConflict
	}
	if err := eligible(a); err != nil {
		return err
	}
	return stillPublished(tx, a.ID)
}

// takeSeat raises taken by one if a seat is left: ErrFull otherwise.
func (s *Service) takeSeat(tx *gorm.DB, positionID int64) error {
	rule := seatLeft
	if s.weak.seatRule != "" {
		rule = s.weak.seatRule
	}
	res := tx.Table("positions").Where("id = ?", positionID).Where(rule).Update("taken", gorm.Expr("taken + 1"))
	if res.Error != nil {
		return fmt.Errorf("take seat: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return ErrFull
	}
	return nil
}

// giveBack lowers taken by one.
func giveBack(tx *gorm.DB, positionID int64) error {
	res := tx.Table("positions").Where("id = ? AND taken > 0", positionID).Update("taken", gorm.Expr("taken - 1"))
	if res.Error != nil {
		return fmt.Errorf("give seat back: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fmt.Errorf("give seat back: position %d has none taken", positionID)
	}
	return nil
}
