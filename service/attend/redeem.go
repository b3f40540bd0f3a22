package attend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/signup"
)

// Refusals of a check-in. The try is stored all the same.
var (
	ErrCodeInvalid  = fault.Define(fault.Invalid, "checkin.code_invalid", "这不是有效的签到码，请重新扫码。", "This is not a code of ours; scan again.")
	ErrCodeExpired  = fault.Define(fault.Invalid, "checkin.code_expired", "签到码已经过期，请扫描现场屏幕上的新码。", "The code has run out; scan the one on the screen now.")
	ErrNoSignup     = fault.Define(fault.Conflict, "checkin.no_signup", "您没有报上这个活动，请联系现场工作人员。", "You have no seat in this activity; talk to the staff.")
	ErrTooEarly     = fault.Define(fault.Conflict, "checkin.too_early", "还没到签到时间，请稍后再来。", "It is too early; come back when check-in opens.")
	ErrTooLate      = fault.Define(fault.Conflict, "checkin.too_late", "签到或签退时间已过，请联系现场工作人员。", "It is too late; talk to the staff.")
	ErrAlreadyIn    = fault.Define(fault.Conflict, "checkin.already_in", "已经签到过了，不用重复签到。", "Checked in already.")
	ErrNotCheckedIn = fault.Define(fault.Conflict, "checkin.not_checked_in", "还没有签到，请先签到再签退。", "Not checked in; check in first.")
	ErrAlreadyOut   = fault.Define(fault.Conflict, "checkin.already_out", "已经签退过了。", "Checked out already.")
)

// Reasons of failed tries, as stored in check_ins.
const (
	codeInvalid = "code_invalid"
	codeExpired = "code_expired"
	noSignup    = "no_signup"
	tooEarly    = "too_early"
	tooLate     = "too_late"
	alreadyIn   = "already_in"
	notIn       = "not_in"
	alreadyOut  = "already_out"
)

// refusal is what a stored reason is answered with.
func refusal(reason string) *fault.Fault {
	switch reason {
	case codeExpired:
		return ErrCodeExpired
	case noSignup:
		return ErrNoSignup
	case tooEarly:
		return ErrTooEarly
	case tooLate:
		return ErrTooLate
	case alreadyIn:
		return ErrAlreadyIn
	case notIn:
		return ErrNotCheckedIn
	case alreadyOut:
		return ErrAlreadyOut
	default:
		return ErrCodeInvalid
	}
}

// A student may send wrongCodes wrong or expired codes within wrongCodesIn; the next try must wait.
const (
	wrongCodes   = 10
	wrongCodesIn = time.Minute
)

// Redeem checks the student in or out with a code. The nonce names the try: sending it again gets the first answer and
// adds nothing. A failed try is stored and answered with its reason; ten wrong codes within a minute are fault.ErrRate.
func (s *Service) Redeem(ctx context.Context, actor access.Actor, code, nonce string) (model.CheckIn, error) {
	if err := actor.Require(access.CheckInMake); err != nil {
		return model.CheckIn{}, err
	}
	now := s.Now()
	var row model.CheckIn
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
		row, err = s.redeem(tx, actor, code, nonce, now)
		return err
	})
	if err == nil && row.Verdict == model.VerdictFailed {
		return model.CheckIn{}, refusal(row.Reason)
	}
	return row, err
}

func (s *Service) redeem(tx *gorm.DB, actor access.Actor, code, nonce string, now time.Time) (model.CheckIn, error) {
	if err := signup.LockStudents(tx, actor.StudentID); err != nil {
		return model.CheckIn{}, err
	}
	if row, found, err := byNonce(tx, actor.StudentID, nonce); found || err != nil {
		return row, err
	}
	if err := limit(tx, actor.StudentID, now); err != nil {
		return model.CheckIn{}, err
	}
	row := model.CheckIn{
		ID: s.NewID(), StudentID: actor.StudentID, Nonce: nonce, Method: model.MethodSelfScan,
		LogicalAt: now, ReceivedAt: now, Verdict: model.VerdictOK,
	}
	t, err := s.judge(tx, &row, code)
	if err != nil {
		return row, err
	}
	if t.reason != "" {
		row.Verdict, row.Reason = model.VerdictFailed, t.reason
	}
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("store check-in: %w", err)
	}
	if row.Verdict == model.VerdictFailed {
		return row, nil
	}
	return row, s.apply(tx, actor, t, row, "")
}

// limit refuses a student who has sent too many wrong codes.
func limit(tx *gorm.DB, studentID int64, now time.Time) error {
	at, err := lastWrongCodes(tx, studentID, wrongCodes)
	if err != nil || len(at) < wrongCodes {
		return err
	}
	if wait := at[wrongCodes-1].Add(wrongCodesIn).Sub(now); wait > 0 {
		return fault.ErrRate.After(wait)
	}
	return nil
}

// try is one check-in or check-out with what decides about it; reason is empty when it is good.
type try struct {
	scene      scene
	signup     model.Signup
	attendance model.Attendance
	reason     string
}

// judge reads the code, fills in what it says and decides.
func (s *Service) judge(tx *gorm.DB, row *model.CheckIn, code string) (try, error) {
	session, kind, step, ok := readCode(s.CodeKey, code)
	if !ok {
		return try{reason: codeInvalid}, nil
	}
	row.SessionID, row.Kind = session, kind
	if age := stepOf(row.ReceivedAt) - step; age != 0 && age != 1 {
		return try{reason: codeExpired}, nil
	}
	c, err := sceneOf(tx, session, row.ReceivedAt)
	if errors.Is(err, fault.ErrNotFound) {
		return try{reason: codeInvalid}, nil // the session was taken away after its code was shown
	}
	if err != nil {
		return try{}, err
	}
	seats, err := seatsOf(tx, c.activity.ID, row.StudentID)
	if err != nil {
		return try{}, err
	}
	t := try{scene: c, signup: seats[row.StudentID]}
	row.SignupID = t.signup.ID
	known, err := attendanceOf(tx, session, t.signup.ID)
	t.attendance = known[t.signup.ID]
	t.reason = t.decide(kind, row.ReceivedAt)
	return t, err
}

// decide says why a check-in or check-out at an instant is refused, or "".
func (t try) decide(kind string, now time.Time) string {
	opens, closes := t.scene.window(kind)
	late := !now.Before(closes) || t.scene.activity.Status != model.ActivityPublished
	switch {
	case t.signup.ID == 0:
		return noSignup
	case kind == model.KindOut && t.attendance.InAt == nil:
		return notIn
	case kind == model.KindOut && t.attendance.OutAt != nil:
		return alreadyOut
	case kind == model.KindIn && t.attendance.InAt != nil:
		return alreadyIn
	case kind == model.KindIn && now.Before(opens):
		return tooEarly
	case late:
		return tooLate
	}
	return ""
}

// apply makes a good try count: the attendance row decides that each half of the pair happens once.
func (s *Service) apply(tx *gorm.DB, actor access.Actor, t try, row model.CheckIn, reason string) error {
	err := s.Audit.Write(tx, actor, audit.Entry{
		Action: "check_in.make", Object: "check_ins", ObjectID: row.ID, OrgPath: t.scene.path, To: row.Kind, Reason: reason,
		Data: map[string]any{"session_id": row.SessionID, "signup_id": row.SignupID},
	})
	if err != nil {
		return err
	}
	if row.Kind == model.KindIn {
		return openPair(tx, row)
	}
	if err := endPair(tx, row); err != nil {
		return err
	}
	t.attendance.OutID, t.attendance.OutAt = &row.ID, &row.LogicalAt
	return s.credit(tx, actor, t)
}

func openPair(tx *gorm.DB, row model.CheckIn) error {
	err := tx.Create(&model.Attendance{SignupID: row.SignupID, SessionID: row.SessionID, StudentID: row.StudentID, InID: &row.ID, InAt: &row.LogicalAt}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrAlreadyIn
	}
	if err != nil {
		return fmt.Errorf("open pair: %w", err)
	}
	return nil
}

func endPair(tx *gorm.DB, row model.CheckIn) error {
	res := tx.Model(&model.Attendance{}).Where("signup_id = ? AND session_id = ? AND in_at IS NOT NULL AND out_at IS NULL", row.SignupID, row.SessionID).
		Updates(map[string]any{"out_id": row.ID, "out_at": row.LogicalAt})
	if res.Error != nil {
		return fmt.Errorf("close pair: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return ErrAlreadyOut
	}
	return nil
}
