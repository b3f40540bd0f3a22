package attend

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/read"
	"baodao/service/signup"
	"baodao/service/text"
)

// Refusals of an annulment.
var (
	ErrAnnulLate  = fault.Define(fault.Conflict, "checkin.annul_too_late", "时间已过，不能再撤销，请联系现场工作人员更正。", "It is too long ago to be annulled; staff can correct it.")
	ErrAnnulDoubt = fault.Define(fault.Conflict, "checkin.annul_in_review", "这次签到正在核实，核实之前不能撤销；点错了请告诉现场工作人员。", "The check-in is being looked at and cannot be annulled before that; tell the staff if it was a mistake.")
	ErrAnnulOrder = fault.Define(fault.Conflict, "checkin.annul_order", "请先撤销签退，再撤销签到。", "Annul the check-out before the check-in.")
)

// Annul takes a check-in or check-out back within annul_minutes of the policy: whoever made it may, the student for a scan, the operator
// for a confirmation. It adds a row that names the annulled one; a second time it returns that row. An annulled
// check-out makes its claim DISPUTED until the next check-out computes it anew; once a claim is disputed or recognised,
// its check-out stands (fault.ErrState). The reason must not be content.ErrRisky.
func (s *Service) Annul(ctx context.Context, actor access.Actor, checkInID int64, reason string) (model.CheckIn, error) {
	if err := actor.Require(access.Person); err != nil {
		return model.CheckIn{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return model.CheckIn{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (out model.CheckIn, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			out, err = s.annul(tx, actor, checkInID, reason)
			return err
		})
		return out, err
	})
}

func (s *Service) annul(tx *gorm.DB, actor access.Actor, id int64, reason string) (model.CheckIn, error) {
	now := s.Now()
	row, c, err := annullable(tx, actor, id, now)
	if err != nil {
		return row, err
	}
	if err := signup.LockStudents(tx, row.StudentID); err != nil {
		return row, err
	}
	var before []model.CheckIn
	if err := tx.Where("annuls_id = ?", row.ID).Limit(1).Find(&before).Error; err != nil {
		return row, fmt.Errorf("look for annulment: %w", err)
	}
	if len(before) > 0 {
		return before[0], nil
	}
	if now.Sub(row.ReceivedAt) > c.policy.Annul() {
		return row, ErrAnnulLate
	}
	if err := undoubted(tx, row); err != nil {
		return row, err
	}
	if err := s.Content.Reason(tx, actor, content.Activity, c.path, reason); err != nil {
		return row, err
	}
	if err := s.undo(tx, actor, c, row); err != nil {
		return row, err
	}
	if err := s.lapse(tx, actor, c, row.ID, reason); err != nil {
		return row, err
	}
	out := row
	out.ID, out.AnnulsID, out.Nonce = s.NewID(), &row.ID, "annul:"+strconv.FormatInt(row.ID, 10)
	out.LogicalAt, out.ReceivedAt, out.Verdict, out.Reason, out.Distance, out.Doubts = now, now, model.VerdictAnnulled, "annulled", "", ""
	if err := tx.Create(&out).Error; err != nil {
		return out, fmt.Errorf("store annulment: %w", err)
	}
	return out, s.Audit.Write(tx, actor, audit.Entry{
		Action: "check_in.annul", Object: "check_ins", ObjectID: row.ID, OrgPath: c.path, From: row.Verdict, To: out.Verdict, Reason: reason,
	})
}

// annullable reads a good check-in that the actor made: fault.ErrNotFound if they may not even see it, access.ErrDenied if
// somebody else made it, fault.ErrState if it never counted.
func annullable(tx *gorm.DB, actor access.Actor, id int64, now time.Time) (model.CheckIn, scene, error) {
	row, err := read.One[model.CheckIn](tx.Where("id = ?", id), "check-in")
	if err != nil {
		return row, scene{}, err
	}
	own := actor.StudentID != 0 && row.StudentID == actor.StudentID
	if row.SessionID == 0 || row.Verdict == model.VerdictFailed {
		if own {
			return row, scene{}, fault.ErrState
		}
		return row, scene{}, fault.ErrNotFound
	}
	c, err := sceneOf(tx, row.SessionID, now)
	if err != nil {
		return row, c, err
	}
	if own && row.OperatorID == 0 {
		return row, c, state(row)
	}
	o := c.object
	o.Public, o.Read, o.StudentIDs = false, access.CheckInRead, []int64{row.StudentID}
	if row.OperatorID != actor.UserID {
		if actor.Sees(o) {
			return row, c, access.ErrDenied
		}
		return row, c, fault.ErrNotFound
	}
	may := access.CheckInShow
	if row.Method == model.MethodOffline {
		may = access.CheckInOffline
	}
	if err := actor.Check(may, o); err != nil {
		return row, c, err
	}
	return row, c, state(row)
}

// undoubted is ErrAnnulDoubt for a scan of the student's own about which a reviewer has still to decide: whoever could take
// it back would do it again without what made it doubtful.
func undoubted(tx *gorm.DB, row model.CheckIn) error {
	if row.OperatorID != 0 || row.Verdict != model.VerdictReview {
		return nil
	}
	var waiting []int64
	err := tx.Model(&model.CheckInReview{}).Where("id = ? AND status = ?", row.ID, model.ReviewWaiting).Pluck("id", &waiting).Error
	if err != nil {
		return fmt.Errorf("look for a review: %w", err)
	}
	if len(waiting) > 0 {
		return ErrAnnulDoubt
	}
	return nil
}

// state refuses rows that are annulments themselves.
func state(row model.CheckIn) error {
	if row.Verdict != model.VerdictOK && row.Verdict != model.VerdictReview {
		return fault.ErrState
	}
	return nil
}

// undo takes one half of the pair back, and what followed from it.
func (s *Service) undo(tx *gorm.DB, actor access.Actor, c scene, row model.CheckIn) error {
	if row.Kind == model.KindIn {
		res := tx.Where("in_id = ? AND signup_id = ? AND session_id = ? AND out_at IS NULL", row.ID, row.SignupID, row.SessionID).Delete(&model.Attendance{})
		if res.Error != nil {
			return fmt.Errorf("undo check-in: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return ErrAnnulOrder
		}
		return nil
	}
	claim, err := claimOf(tx, row.SignupID, row.SessionID)
	if err != nil {
		return err
	}
	if claim != nil && claim.Status != model.ClaimRejected {
		err := s.Audit.Move(tx, actor, claim, audit.Move{
			Action: "hours.withdraw", To: string(model.ClaimDisputed), Reason: reasonAnnulled, OrgPath: c.path,
			Set: map[string]any{"minutes": 0, "ends_at": claim.StartsAt, "reason": reasonAnnulled, "lead_by": nil, "host_by": nil},
		})
		if err != nil {
			return err
		}
	}
	res := tx.Model(&model.Attendance{}).Where("out_id = ? AND signup_id = ? AND session_id = ?", row.ID, row.SignupID, row.SessionID).
		Updates(map[string]any{"out_id": nil, "out_at": nil})
	if res.Error != nil {
		return fmt.Errorf("undo check-out: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return fault.ErrState
	}
	return s.reopen(tx, actor, c, row.SignupID)
}

// reopen takes a completed signup back to confirmed.
func (s *Service) reopen(tx *gorm.DB, actor access.Actor, c scene, signupID int64) error {
	row, err := signup.ByID(tx, signupID)
	if err != nil || row.Status != model.SignupCompleted {
		return err
	}
	return s.Audit.Move(tx, actor, &row, audit.Move{Action: "signup.reopen", To: string(model.SignupConfirmed), OrgPath: c.path})
}
