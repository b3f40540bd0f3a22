package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

const (
	attemptsMost = 8
	oddMost      = 3 // attempts after an errcode that nobody knows
)

var errGone = errors.New("notify: the lease was lost")

// change is what an outcome does to a message and to the ledger.
type change struct {
	state, why string
	next       time.Time
	counts     bool // as a failed attempt
	back       bool // the unit is given back
	exhaust    bool // the balance is 0
}

// settle notes the outcomes of a batch in one transaction.
func (w *Worker) settle(ctx context.Context, results []result) error {
	err := atomic.Do(ctx, w.DB, func(tx *gorm.DB) error {
		rest, err := w.settleAccepted(tx, results)
		if err != nil {
			return err
		}
		closed := map[string]bool{}
		for _, r := range rest {
			if err := w.settleOne(tx, r, closed); err != nil {
				return err
			}
		}
		if w.streak.Load() >= unknownMost {
			if err := w.pause(tx, lane{name: laneApp, until: w.Now().Add(unreachWait), reason: reasonUnreachable}); err != nil {
				return err
			}
		}
		return w.at("settling")
	})
	if err != nil {
		return fmt.Errorf("settle notices: %w", err)
	}
	for _, r := range results {
		if !r.unsent {
			c, code := w.outcome(r), 0
			if r.fail != nil {
				code = r.fail.Code
			}
			w.observe(c.state, c.why, code, 1)
		}
	}
	return nil
}

func (w *Worker) settleOne(tx *gorm.DB, r result, closed map[string]bool) error {
	c := w.outcome(r)
	err := w.apply(tx, r, c)
	if errors.Is(err, errGone) {
		return nil // somebody else knows more about it by now
	}
	if err != nil || r.fail == nil {
		return err
	}
	if l, closes := laneOf(r.Template, r.fail, w.Now()); closes && !closed[l.name] {
		closed[l.name] = true
		return w.pause(tx, l)
	}
	return w.aftermath(tx, r)
}

// apply changes the message, if it is still this lease's, and the ledger with it.
func (w *Worker) apply(tx *gorm.DB, r result, c change) error {
	now := w.Now()
	set := map[string]any{
		"state": c.state, "why": c.why, "next_at": c.next, "busy_user_id": nil, "lease_until": nil, "updated_at": now,
	}
	if r.fail != nil {
		set["last_code"], set["last_rid"] = r.fail.Code, cut(r.fail.RID, 64)
	}
	if r.msgID != "" {
		set["msg_id"] = cut(r.msgID, 32)
	}
	if c.counts {
		set["attempts"] = gorm.Expr("attempts + 1")
	}
	if c.back {
		set["reserved"] = false
	}
	if c.state == model.NoticeUnconfirmed && r.Resent && (c.counts || r.unsent) {
		set["resent"] = false // it was not sent this time, so the one repetition is still to come
	}
	res := tx.Model(&model.Notice{}).Where("id = ? AND lease_owner = ? AND state IN ?", r.ID, r.LeaseOwner, []string{model.NoticeSending, model.NoticeUnconfirmed}).Updates(set)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return errGone
	}
	if r.msgID != "" {
		if err := tx.Model(&model.SubscribeEvent{}).Where("msg_id = ? AND notice_id = ?", cut(r.msgID, 32), 0).Update("notice_id", r.ID).Error; err != nil {
			return err
		}
	}
	if c.exhaust {
		return exhaust(tx, r.Notice, now)
	}
	if c.back && r.Reserved {
		return giveBack(tx, r.Notice, now)
	}
	return nil
}

// aftermath is what some refusals mean beyond the message.
func (w *Worker) aftermath(tx *gorm.DB, r result) error {
	now := w.Now()
	switch r.fail.Code {
	case codeStalePerson, codeOtherPerson:
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&model.StaleBinding{UserID: r.UserID, CreatedAt: now}).Error
	case codeNoTemplate:
		w.Log.Error("WeChat does not know a notice template", "template", r.Template)
		return tx.Model(&model.NoticeTemplate{}).Where("app_id = ? AND template_id = ? AND disabled_at IS NULL", w.AppID, r.Template).Update("disabled_at", now).Error
	}
	if r.fail.Kind == Invalid {
		w.Log.Error("WeChat refuses a notice as wrong", "notice", r.ID, "kind", r.Kind, "code", r.fail.Code, "rid", r.fail.RID)
	}
	return nil
}

// outcome is the table of what becomes of a message.
func (w *Worker) outcome(r result) change {
	now := w.Now()
	switch {
	case r.unsent:
		return w.wait(r, change{why: "unsent", next: now})
	case r.fail == nil:
		return change{state: model.NoticeSent, why: "accepted", next: now}
	}
	if l, closes := laneOf(r.Template, r.fail, now); closes {
		return w.wait(r, change{why: l.reason, next: l.until})
	}
	switch why := string(r.fail.Kind); r.fail.Kind {
	case Gone:
		if r.Resent { // the first attempt used it up
			return change{state: model.NoticeSent, why: why, next: now, exhaust: true}
		}
		return change{state: model.NoticeParked, why: why, next: now, back: true, exhaust: true}
	case Refused, Invalid:
		return change{state: model.NoticeDropped, why: why, next: now, back: true}
	case Busy:
		return w.retry(r, attemptsMost)
	default:
		if r.fail.Code != 0 {
			return w.retry(r, oddMost)
		}
		return change{state: model.NoticeUnconfirmed, why: why, next: now.Add(confirmWait)}
	}
}

// retry tries again later, up to most times.
func (w *Worker) retry(r result, most int) change {
	if r.Attempts+1 >= most {
		return change{state: model.NoticeDropped, why: string(r.fail.Kind), next: w.Now(), counts: true, back: true}
	}
	next := w.Now().Add(backoff(r.Attempts))
	if at := r.fail.RetryAt; at.After(next) || at.After(w.Now()) && r.fail.Code == codeTwoAtOnce {
		next = at.UTC()
	}
	return w.wait(r, change{why: string(r.fail.Kind), next: next, counts: true})
}

// wait puts a message that was not sent back to where it was. The unit of a repetition stays reserved: its first attempt
// may have used it.
func (w *Worker) wait(r result, c change) change {
	c.state, c.back = model.NoticePending, true
	if r.Resent {
		c.state, c.back = model.NoticeUnconfirmed, false
		c.counts = c.counts || r.fail != nil
	}
	return c
}

// backoff is the wait after so many failed attempts, 20 % more or less.
func backoff(attempts int) time.Duration {
	steps := [...]time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute}
	step := steps[min(max(attempts, 0), len(steps)-1)]
	return step*4/5 + rand.N(step*2/5) //nolint:gosec // spreads load, guards nothing
}

func cut(s string, most int) string { return s[:min(len(s), most)] }
