package attend

import (
	"context"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

// Refusals of a check-in. The try is stored all the same.
var (
	ErrCodeInvalid  = fault.Define(fault.Invalid, "checkin.code_invalid", "这不是有效的签到码，请重新扫码。", "This is not a code of ours; scan again.")
	ErrCodeExpired  = fault.Define(fault.Invalid, "checkin.code_expired", "签到码已经过期，请扫描现场屏幕上的新码。", "The code has run out; scan the one on the screen now.")
	ErrNoSignup     = fault.Define(fault.Conflict, "checkin.no_signup", "您没有报上这个活动，请联系现场工作人员。", "You have no seat in this activity; talk to the staff.")
	ErrTooEarly     = fault.Define(fault.Conflict, "checkin.too_early", "还没到时间，请稍后再来。", "It is too early; come back later.")
	ErrTooLate      = fault.Define(fault.Conflict, "checkin.too_late", "签到或签退时间已过，请联系现场工作人员。", "It is too late; talk to the staff.")
	ErrAlreadyIn    = fault.Define(fault.Conflict, "checkin.already_in", "已经签到过了，不用重复签到。", "Checked in already.")
	ErrNotCheckedIn = fault.Define(fault.Conflict, "checkin.not_checked_in", "还没有签到，请先签到再签退。", "Not checked in; check in first.")
	ErrNonceUsed    = fault.Define(fault.Invalid, "checkin.nonce_used", "这个 nonce 已用于另一次签到或签退，请换一个新的。", "The nonce belongs to another check-in or check-out; make a new one.")
	ErrAlreadyOut   = fault.Define(fault.Conflict, "checkin.already_out", "已经签退过了。", "Checked out already.")

	ErrPassWrong  = fault.Define(fault.Invalid, "checkin.pass_wrong", "口令不对，请听清后再输入。", "The pass code is wrong; listen again.")
	ErrPassClosed = fault.Define(fault.Conflict, "checkin.pass_closed", "现在没有开放口令签到，请扫码或联系现场工作人员。", "No pass code is open; scan the code or talk to the staff.")
	ErrPassTries  = fault.Define(fault.Conflict, "checkin.pass_tries", "口令错误次数太多，请扫码或联系现场工作人员。", "Too many wrong pass codes; scan the code or talk to the staff.")
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
	passWrong   = "pass_wrong"
	passClosed  = "pass_closed"
	passTries   = "pass_tries"
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
	case passWrong:
		return ErrPassWrong
	case passClosed:
		return ErrPassClosed
	case passTries:
		return ErrPassTries
	default:
		return ErrCodeInvalid
	}
}

// A student may send wrongCodes wrong or expired codes within wrongCodesIn; the next try must wait.
const (
	wrongCodes   = 10
	wrongCodesIn = time.Minute
)

// wrongReasons are the reasons that may be guesses.
var wrongReasons = []string{codeInvalid, codeExpired, passWrong} //nolint:gochecknoglobals // a table

// Try is a code as it was scanned. The nonce names the try: sending it again gets the first answer and adds nothing.
type Try struct {
	Code     string
	Nonce    string
	Evidence Evidence
}

// Redeem checks the student in or out with a code from the screen. A failed try is stored and answered with its reason; ten
// wrong codes within a minute are fault.ErrRate.
func (s *Service) Redeem(ctx context.Context, actor access.Actor, in Try) (model.CheckIn, error) {
	if err := actor.Require(access.CheckInMake); err != nil {
		return model.CheckIn{}, err
	}
	a := ask{actor: actor, method: model.MethodSelfScan, studentID: actor.StudentID, nonce: in.Nonce, at: s.Now(), evidence: in.Evidence}
	a.scanned(s.CodeKey, in.Code)
	return s.try(ctx, &a)
}

// scanned reads a session's code.
func (a *ask) scanned(key []byte, code string) {
	session, kind, step, ok := readCode(key, code)
	if !ok {
		a.reason = codeInvalid
		return
	}
	a.sessionID, a.kind = session, kind
	if !lives(step, a.at) {
		a.reason = codeExpired
	}
}

// try brings a try into the next transaction and answers it.
func (s *Service) try(ctx context.Context, a *ask) (model.CheckIn, error) {
	err := s.queueOf(a.studentID).Do(ctx, a)
	if err == nil {
		err = a.err
	}
	if err != nil {
		return model.CheckIn{}, err
	}
	if a.row.Verdict == model.VerdictFailed {
		return model.CheckIn{}, refusal(a.row.Reason)
	}
	return *a.row, nil
}

// attempt is one check-in or check-out with what decides about it; reason is empty when it is good.
type attempt struct {
	scene      scene
	signup     model.Signup
	attendance model.Attendance
	reason     string
}

// decide says why a check-in or check-out at an instant is refused, or "".
func (t attempt) decide(kind string, now time.Time) string {
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
	case kind == model.KindIn && now.Before(opens), kind == model.KindOut && now.Before(t.scene.session.StartsAt):
		return tooEarly
	case late:
		return tooLate
	}
	return ""
}
