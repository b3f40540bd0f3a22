package attend

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
)

// ErrPassNever is answered where the programme's policy has no pass codes.
var ErrPassNever = fault.Define(fault.Conflict, "checkin.pass_never", "本项目不允许口令签到，请扫码或按名单签到。", "The programme has no pass codes; scan codes or check in by list.")

// Opening asks for a pass code to be accepted for some minutes.
type Opening struct {
	SessionID int64
	Kind      string
	Minutes   int64
	Reason    string // why no screen will do
}

// PassCodes are what staff need to read the pass code out for the next minutes.
type PassCodes struct {
	model.PassOpening
	Now  Code
	Next []Code // the following ones, while it is open
}

// OpenPass opens the pass code of a session for a time, at most pass_code_minutes of the policy and never longer than people
// may check in or out, or keeps the one that is open for longer. Who may is who may show the code on a screen; API clients
// may not. ErrPassNever where the policy allows none, fault.ErrState when the activity is not published.
func (s *Service) OpenPass(ctx context.Context, actor access.Actor, in Opening) (PassCodes, error) {
	if err := withReason(actor, access.CheckInShow, &in.Reason); err != nil {
		return PassCodes{}, err
	}
	row, err := content.Do(ctx, s.Content, actor, func() (row model.PassOpening, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			row, err = s.openPass(tx, actor, in)
			return err
		})
		return row, err
	})
	if err != nil {
		return PassCodes{}, err
	}
	return s.passCodes(row), nil
}

func (s *Service) openPass(tx *gorm.DB, actor access.Actor, in Opening) (model.PassOpening, error) {
	now := s.Now()
	var row model.PassOpening
	var locked []int64
	if err := atomic.ForUpdate(tx).Model(&model.Session{}).Where("id = ?", in.SessionID).Pluck("id", &locked).Error; err != nil {
		return row, fmt.Errorf("lock session: %w", err)
	}
	c, err := sceneOf(tx, in.SessionID, now)
	if err != nil {
		return row, err
	}
	if err := actor.Check(access.CheckInShow, c.object); err != nil {
		return row, err
	}
	until, err := c.passUntil(in, now)
	if err != nil {
		return row, err
	}
	if err := s.Content.Reason(tx, actor, content.Activity, c.path, in.Reason); err != nil {
		return row, err
	}
	row, open, err := openingOf(tx, in.SessionID, in.Kind, now)
	switch {
	case err != nil:
		return row, err
	case !open:
		row = model.PassOpening{ID: s.NewID(), SessionID: in.SessionID, Kind: in.Kind, OpenedBy: actor.UserID, OpenedAt: now, ClosesAt: until}
		err = tx.Create(&row).Error
	case until.After(row.ClosesAt):
		row.ClosesAt = until
		err = tx.Model(&model.PassOpening{}).Where("id = ?", row.ID).Update("closes_at", until).Error
	}
	if err != nil {
		return row, fmt.Errorf("open pass code: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "check_in.open_pass", Object: row.TableName(), ObjectID: row.ID, OrgPath: c.path, To: row.Kind, Reason: in.Reason,
		Data: map[string]any{"session_id": row.SessionID, "minutes": in.Minutes},
	})
}

// passUntil says until when a pass code may be open.
func (c scene) passUntil(in Opening, now time.Time) (time.Time, error) {
	opens, closes := c.window(in.Kind)
	most := c.policy.PassCodeMinutes
	var wrong fault.Collector
	wrong.Add(in.Minutes > most && most > 0, "/minutes", "max", fmt.Sprintf("不能超过 %d 分钟", most), fmt.Sprintf("must be at most %d", most))
	switch {
	case c.activity.Status != model.ActivityPublished:
		return closes, fault.ErrState
	case most == 0:
		return closes, ErrPassNever
	case wrong.Err() != nil:
		return closes, wrong.Err()
	case now.Before(opens):
		return closes, ErrTooEarly
	case !now.Before(closes):
		return closes, ErrTooLate
	}
	return earlier(now.Add(time.Duration(in.Minutes)*time.Minute), closes), nil
}

// openingOf reads the newest opening of a session and kind, and whether it is open.
func openingOf(tx *gorm.DB, sessionID int64, kind string, now time.Time) (row model.PassOpening, open bool, err error) {
	var rows []model.PassOpening
	if err := tx.Where("session_id = ? AND kind = ?", sessionID, kind).Order("id DESC").Limit(1).Find(&rows).Error; err != nil {
		return row, false, fmt.Errorf("read pass code: %w", err)
	}
	if len(rows) == 0 {
		return row, false, nil
	}
	return rows[0], now.Before(rows[0].ClosesAt), nil
}

// CurrentPass gives the pass code that is open, and those that follow; ErrPassClosed when none is.
func (s *Service) CurrentPass(ctx context.Context, actor access.Actor, sessionID int64, kind string) (PassCodes, error) {
	if err := actor.Require(access.CheckInShow); err != nil {
		return PassCodes{}, err
	}
	if actor.UserID == 0 {
		return PassCodes{}, access.ErrDenied
	}
	db, now := s.DB.WithContext(ctx), s.Now()
	c, err := sceneOf(db, sessionID, now)
	if err == nil {
		err = actor.Check(access.CheckInShow, c.object)
	}
	if err != nil {
		return PassCodes{}, err
	}
	row, open, err := openingOf(db, sessionID, kind, now)
	if err == nil && (!open || c.activity.Status != model.ActivityPublished) {
		err = ErrPassClosed
	}
	if err != nil {
		return PassCodes{}, err
	}
	return s.passCodes(row), nil
}

// passCodes makes the pass code of this moment and those until it closes.
func (s *Service) passCodes(row model.PassOpening) PassCodes {
	at := func(step int64) Code {
		from := time.UnixMilli(step * PassStep.Milliseconds()).UTC()
		return Code{Text: passOf(s.CodeKey, row, step), ValidFrom: from, ValidUntil: earlier(from.Add(2*PassStep), row.ClosesAt)}
	}
	step := passStepOf(s.Now())
	out := PassCodes{PassOpening: row, Now: at(step)}
	for next := at(step + 1); next.ValidFrom.Before(row.ClosesAt); next = at(step + 1) {
		out.Next = append(out.Next, next)
		step++
	}
	return out
}

// Pass is a pass code as a student heard it. The nonce names the try: sending it again gets the first answer.
type Pass struct {
	SessionID int64
	Kind      string
	Code      string // eight digits
	Nonce     string
	Evidence  Evidence
}

// RedeemPass checks the student in or out with a pass code, by the same rules as Redeem; ErrPassClosed when none is open for
// the session, ErrPassTries after five wrong ones of the student or a hundred of all students together.
func (s *Service) RedeemPass(ctx context.Context, actor access.Actor, in Pass) (model.CheckIn, error) {
	if err := actor.Require(access.CheckInMake); err != nil {
		return model.CheckIn{}, err
	}
	return s.try(ctx, &ask{
		actor: actor, method: model.MethodPassCode, studentID: actor.StudentID, nonce: in.Nonce, at: s.Now(),
		sessionID: in.SessionID, kind: in.Kind, pass: in.Code, evidence: in.Evidence,
	})
}
