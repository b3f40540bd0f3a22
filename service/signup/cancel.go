package signup

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/project"
)

// ErrStarted refuses to cancel once the first session has begun.
var ErrStarted = fault.Define(fault.Conflict, "signup.started", "活动已经开始，不能再取消，请联系组织者。", "The activity has begun and cannot be cancelled any more; talk to the organiser.")

// maxReason is how many characters of a reason a signup keeps.
const maxReason = 200

// Cancel gives the student's own seat back: CANCELLED_BY_USER before cancel_until, LATE_CANCEL from then until the first
// session begins, ErrStarted after that. Cancelling again gets the same answer. fault.ErrNotFound for a signup that the
// actor may not see, access.ErrDenied for one that is somebody else's, fault.ErrState when it is no longer live.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id int64) (model.Signup, error) {
	if err := actor.Require(access.SignupCreate); err != nil {
		return model.Signup{}, err
	}
	var row model.Signup
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		row, err = s.cancel(tx, actor, id)
		return err
	})
	return row, err
}

func (s *Service) cancel(tx *gorm.DB, actor access.Actor, id int64) (model.Signup, error) {
	now := s.Now()
	row, err := lockOwn(tx, actor, id, now)
	if err != nil || row.Status == model.SignupCancelled || row.Status == model.SignupLateCancel {
		return row, err
	}
	a, err := project.ActivityByID(tx, row.ActivityID)
	if err != nil {
		return model.Signup{}, err
	}
	to, err := exit(row, a, now)
	if err != nil {
		return model.Signup{}, err
	}
	return s.leave(tx, actor, row, a, to)
}

// lockOwn locks the student and the position and then reads the student's signup, so that nothing happens to it meanwhile.
func lockOwn(tx *gorm.DB, actor access.Actor, id int64, now time.Time) (model.Signup, error) {
	if err := LockStudents(tx, actor.StudentID); err != nil {
		return model.Signup{}, err
	}
	row, err := ByID(tx, id)
	if err == nil && row.StudentID != actor.StudentID {
		err = foreign(tx, actor, row, now)
	}
	if err != nil {
		return model.Signup{}, err
	}
	var position int64
	err = atomic.ForUpdate(tx.Model(&model.Position{})).Where("id = ?", row.PositionID).Select("id").Scan(&position).Error
	if err != nil {
		return model.Signup{}, fmt.Errorf("lock position: %w", err)
	}
	return ByID(tx, id)
}

// foreign is the refusal to touch somebody else's signup.
func foreign(tx *gorm.DB, actor access.Actor, row model.Signup, now time.Time) error {
	o, err := personal(tx, row, now)
	if err != nil {
		return err
	}
	return actor.Check(access.SignupCreate, o)
}

// exit says what a cancelled signup becomes at an instant.
func exit(row model.Signup, a model.Activity, now time.Time) (model.SignupStatus, error) {
	switch {
	case !row.Status.Live():
		return "", fault.ErrState
	case !now.Before(a.StartsAt):
		return "", ErrStarted
	case now.Before(a.CancelUntil):
		return model.SignupCancelled, nil
	default:
		return model.SignupLateCancel, nil
	}
}

// leave frees the seat and then moves the signup, in the order of the locks.
func (s *Service) leave(tx *gorm.DB, actor access.Actor, row model.Signup, a model.Activity, to model.SignupStatus) (model.Signup, error) {
	organiser, err := org.ByID(tx, a.OrgID)
	if err != nil {
		return model.Signup{}, err
	}
	if err := giveBack(tx, row.PositionID); err != nil {
		return model.Signup{}, err
	}
	err = s.Audit.Move(tx, actor, &row, audit.Move{
		Action: "signup.cancel", To: string(to), OrgPath: organiser.Path, Set: map[string]any{"live_activity_id": nil},
	})
	if err != nil {
		return model.Signup{}, err
	}
	return ByID(tx, row.ID)
}

// ReleaseActivity frees everybody when an activity is cancelled: every live signup becomes REMOVED with the reason, every
// seat is given back. The caller has moved the activity in the same transaction and checked that it may.
func (s *Service) ReleaseActivity(tx *gorm.DB, actor access.Actor, a model.Activity, reason string) error {
	live, err := lockLive(tx, a.ID)
	if err != nil {
		return err
	}
	organiser, err := org.ByID(tx, a.OrgID)
	if err != nil {
		return err
	}
	err = audit.MoveAll(tx, s.Audit, actor, live, audit.Move{
		Action: "signup.remove", To: string(model.SignupRemoved), Reason: reason, OrgPath: organiser.Path,
		Set: map[string]any{"live_activity_id": nil, "reason": clip(reason)},
	})
	if err != nil {
		return err
	}
	if err := tx.Table("positions").Where("activity_id = ?", a.ID).Update("taken", 0).Error; err != nil {
		return fmt.Errorf("free seats: %w", err)
	}
	return nil
}

// lockLive locks the positions of an activity, so that nobody takes a seat any more, and then its live signups.
func lockLive(tx *gorm.DB, activityID int64) ([]*model.Signup, error) {
	var positions []int64
	if err := atomic.ForUpdate(tx.Model(&model.Position{})).Where("activity_id = ?", activityID).Order("id").Pluck("id", &positions).Error; err != nil {
		return nil, fmt.Errorf("lock positions: %w", err)
	}
	var live []*model.Signup
	if err := atomic.ForUpdate(tx).Where("live_activity_id = ?", activityID).Order("id").Find(&live).Error; err != nil {
		return nil, fmt.Errorf("lock signups: %w", err)
	}
	return live, nil
}

// clip keeps the beginning of a reason.
func clip(reason string) string {
	r := []rune(reason)
	return string(r[:min(len(r), maxReason)])
}
