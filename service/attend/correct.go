package attend

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// ErrCorrectLate is answered when the policy's correction_days are over.
var ErrCorrectLate = fault.Define(fault.Conflict, "checkin.correct_too_late", "更正期限已过，请走补录流程。", "The time for corrections is over; propose the hours instead.")

// Correction says when somebody really came and went; what is nil stays as it is.
type Correction struct {
	SessionID, SignupID int64
	InAt, OutAt         *time.Time
	Reason              string
}

// Correct sets when somebody with a seat came and went. Who may is who may check people in by list, never for themselves.
// What was recorded before is annulled and stays, the new rows have the method MANUAL, and the claim is computed anew on that
// basis, so that everybody confirms it again. Once it is recognised or rejected it stands (fault.ErrState): posted hours
// are reversed instead. ErrCorrectLate after correction_days of the policy.
func (s *Service) Correct(ctx context.Context, actor access.Actor, in Correction, key idem.Key) ([]model.CheckIn, error) {
	if err := withReason(actor, access.CheckInShow, &in.Reason); err != nil {
		return nil, err
	}
	return content.Do(ctx, s.Content, actor, func() ([]model.CheckIn, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "correctAttendance", key, func(tx *gorm.DB) ([]model.CheckIn, error) {
			return s.correct(tx, actor, in)
		})
	})
}

func (s *Service) correct(tx *gorm.DB, actor access.Actor, in Correction) ([]model.CheckIn, error) {
	now := s.Now()
	c, err := sceneOf(tx, in.SessionID, now)
	if err != nil {
		return nil, err
	}
	if err := actor.Check(access.CheckInShow, c.object); err != nil {
		return nil, err
	}
	students, err := studentsOf(tx, c.activity.ID, []int64{in.SignupID})
	if err != nil {
		return nil, err
	}
	if err := actor.NotOwn(students, nil); err != nil {
		return nil, err
	}
	if now.Sub(c.session.EndsAt) > c.policy.Correction() {
		return nil, ErrCorrectLate
	}
	if err := s.Content.Reason(tx, actor, content.Activity, c.path, in.Reason); err != nil {
		return nil, err
	}
	t, err := s.correctable(tx, c, in, students[0])
	if err != nil {
		return nil, err
	}
	if err := in.check(t, now); err != nil {
		return nil, err
	}
	return s.rewrite(tx, actor, t, in)
}

// correctable locks the student and reads what is known of the pair.
func (s *Service) correctable(tx *gorm.DB, c scene, in Correction, student int64) (attempt, error) {
	t := attempt{scene: c}
	if c.activity.Status != model.ActivityPublished {
		return t, fault.ErrState
	}
	if err := signup.LockStudents(tx, student); err != nil {
		return t, err
	}
	seats, err := seatsOf(tx, c.activity.ID, student)
	if err != nil {
		return t, err
	}
	if t.signup = seats[student]; t.signup.ID != in.SignupID {
		return t, ErrNoSignup
	}
	known, err := attendanceOf(tx, in.SessionID, in.SignupID)
	t.attendance = known[in.SignupID]
	return t, err
}

// check demands that the corrected pair lies within the session's windows and in the past, and ends after it begins.
func (in Correction) check(t attempt, now time.Time) error {
	from, out := in.InAt, in.OutAt
	var wrong fault.Collector
	wrong.Add(from == nil && out == nil, "/in_at", "required", "请填写签到或签退时间", "state when they came or went")
	opens, ends := t.scene.window(model.KindIn)
	_, closes := t.scene.window(model.KindOut)
	if from != nil {
		wrong.Add(from.Before(opens) || !from.Before(ends), "/in_at", "outside_session", "不在本场次的签到时间内", "is not within the session's time for checking in")
		wrong.Add(from.After(now), "/in_at", "future", "不能晚于现在", "must not be in the future")
	} else {
		from = t.attendance.InAt
		wrong.Add(from == nil, "/in_at", "required", "还没有签到记录，请填写签到时间", "nobody knows when they came: state it")
	}
	if out != nil {
		wrong.Add(!out.Before(closes), "/out_at", "outside_session", "不在本场次的签退时间内", "is not within the session's time for checking out")
		wrong.Add(out.After(now), "/out_at", "future", "不能晚于现在", "must not be in the future")
	} else {
		out = t.attendance.OutAt
	}
	wrong.Add(from != nil && out != nil && !from.Before(*out), "/out_at", "order", "须晚于签到时间", "must be after the check-in")
	return wrong.Err()
}

// rewrite annuls what is replaced, writes the new rows and pair, and computes the claim anew.
func (s *Service) rewrite(tx *gorm.DB, actor access.Actor, t attempt, in Correction) ([]model.CheckIn, error) {
	if err := s.withdraw(tx, actor, t); err != nil {
		return nil, err
	}
	var rows []model.CheckIn
	for _, half := range []struct {
		kind string
		at   *time.Time
		old  *int64
	}{{model.KindIn, in.InAt, t.attendance.InID}, {model.KindOut, in.OutAt, t.attendance.OutID}} {
		if half.at == nil {
			continue
		}
		if half.old != nil {
			if err := s.replace(tx, actor, t.scene, *half.old, in.Reason); err != nil {
				return nil, err
			}
		}
		id := s.NewID()
		row := model.CheckIn{
			ID: id, StudentID: t.signup.StudentID, Nonce: "fix:" + strconv.FormatInt(id, 10), SignupID: t.signup.ID, SessionID: in.SessionID, Kind: half.kind,
			Method: model.MethodManual, LogicalAt: half.at.UTC().Truncate(time.Millisecond), ReceivedAt: s.Now(), Verdict: model.VerdictOK, OperatorID: actor.UserID,
		}
		t = t.with(&row)
		rows = append(rows, row)
	}
	if err := tx.Create(&rows).Error; err != nil {
		return nil, fmt.Errorf("store correction: %w", err)
	}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&t.attendance).Error; err != nil {
		return nil, fmt.Errorf("correct pair: %w", err)
	}
	var acts []audit.Entry
	for _, row := range rows {
		acts = append(acts, audit.Entry{
			Action: "check_in.correct", Object: "check_ins", ObjectID: row.ID, OrgPath: t.scene.path, To: row.Kind, Reason: in.Reason,
			Data: map[string]any{"session_id": row.SessionID, "signup_id": row.SignupID},
		})
	}
	if err := s.Audit.WriteAll(tx, actor, acts); err != nil {
		return nil, err
	}
	if t.attendance.OutID == nil {
		return rows, nil
	}
	return rows, s.credit(tx, []good{{actor: actor, try: t, row: &rows[len(rows)-1], reason: in.Reason, corrected: true}})
}

// withdraw takes the claim of a pair back until it is computed anew; fault.ErrState when what was decided about it stands.
func (s *Service) withdraw(tx *gorm.DB, actor access.Actor, t attempt) error {
	claim, err := claimOf(tx, t.signup.ID, t.scene.session.ID)
	if err != nil || claim == nil || claim.Status == model.ClaimDisputed {
		return err
	}
	return s.Audit.Move(tx, actor, claim, audit.Move{
		Action: "hours.withdraw", To: string(model.ClaimDisputed), Reason: reasonAnnulled, OrgPath: t.scene.path,
		Set: map[string]any{"minutes": 0, "ends_at": claim.StartsAt, "reason": reasonAnnulled, "lead_by": nil, "host_by": nil},
	})
}

// replace adds the row that annuls one which a correction replaces.
func (s *Service) replace(tx *gorm.DB, actor access.Actor, c scene, id int64, reason string) error {
	var row model.CheckIn
	if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
		return fmt.Errorf("read check-in: %w", err)
	}
	now := s.Now()
	row.ID, row.AnnulsID, row.Nonce = s.NewID(), &id, "annul:"+strconv.FormatInt(id, 10)
	row.LogicalAt, row.ReceivedAt, row.Verdict, row.Reason, row.Distance, row.Doubts = now, now, model.VerdictAnnulled, "corrected", "", ""
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("annul check-in: %w", err)
	}
	return s.lapse(tx, actor, c, id, reason)
}
