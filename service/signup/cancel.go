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
	"baodao/service/standing"
	"baodao/service/text"
)

// Refusals of changing one's own signup.
var (
	ErrStarted   = fault.Define(fault.Conflict, "signup.started", "活动已经开始，不能再取消，请联系组织者。", "The activity has begun and cannot be cancelled any more; talk to the organiser.")
	ErrOfferOver = fault.Define(fault.Conflict, "signup.offer_over", "确认时间已过，名额已给了下一位同学。", "The time to accept is over; the seat went to the next student.")
)

// maxReason is how many characters of a reason a signup keeps.
const maxReason = 200

// Cancel takes the student's own signup back: a seat, an offer, a place in the waiting list or before the organiser. A seat
// becomes CANCELLED_BY_USER before cancel_until, LATE_CANCEL (with its points) from then until the first session begins,
// ErrStarted after that; everything else is always free, and so is a seat that came with a merged activity. Whoever waits gets the seat in the same transaction. Cancelling
// again gets the same answer. fault.ErrNotFound for a signup that the actor may not see, access.ErrDenied for one that is
// somebody else's, fault.ErrState when it is no longer live.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id int64) (model.Signup, error) {
	return s.own(ctx, actor, id, func(tx *gorm.DB, c *change) error {
		row := c.row
		if row.Status == model.SignupCancelled || row.Status == model.SignupLateCancel {
			return nil
		}
		to, err := leaving(row, c.event.Activity, c.f.now)
		if err != nil {
			return err
		}
		if err := c.exit(tx, audit.Move{Action: "signup.cancel", To: string(to)}); err != nil || to != model.SignupLateCancel || s.Standing == nil {
			return err
		}
		return s.Standing.Penalise(tx, actor, standing.Penalty{
			StudentID: row.StudentID, SignupID: row.ID, ProgrammeID: c.event.ProgrammeID, Kind: model.ReliabilityLateCancel, OrgPath: c.event.path,
		})
	})
}

// leaving says what a cancelled signup becomes at an instant.
func leaving(row *model.Signup, a model.Activity, now time.Time) (model.SignupStatus, error) {
	switch {
	case !row.Status.Live():
		return "", fault.ErrState
	case !now.Before(a.StartsAt):
		return "", ErrStarted
	case row.Status != model.SignupConfirmed || now.Before(a.CancelUntil) || row.MergedFrom != nil:
		return model.SignupCancelled, nil
	default:
		return model.SignupLateCancel, nil
	}
}

// Accept takes the seat that the waiting list offered to the student. Accepting again gets the same answer.
// Errors: those of Cancel, and ErrOfferOver when the offer has lapsed.
func (s *Service) Accept(ctx context.Context, actor access.Actor, id int64) (model.Signup, error) {
	return s.own(ctx, actor, id, func(tx *gorm.DB, c *change) error {
		switch {
		case c.row.Status == model.SignupConfirmed:
			return nil
		case c.row.Status == model.SignupOfferExpired:
			return ErrOfferOver
		case c.row.Status != model.SignupOffered:
			return fault.ErrState
		case c.row.OfferedUntil != nil && !c.f.now.Before(*c.row.OfferedUntil):
			return ErrOfferOver
		}
		c.seats.Held--
		return s.Audit.Move(tx, actor, c.row, audit.Move{
			Action: "signup.accept", To: string(model.SignupConfirmed), OrgPath: c.event.path, Set: map[string]any{"offered_until": nil},
		})
	})
}

// AskLeave notes why a student with a seat cannot come; the organiser decides, and reads the reason once it has passed the
// checks. It changes nothing else.
func (s *Service) AskLeave(ctx context.Context, actor access.Actor, id int64, reason string) (model.Signup, error) {
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/reason", In: &reason, Max: maxReason})
	if err := wrong.Err(); err != nil {
		return model.Signup{}, err
	}
	return s.own(ctx, actor, id, func(tx *gorm.DB, c *change) error {
		if c.row.Status != model.SignupConfirmed {
			return fault.ErrState
		}
		c.w.look(actor, c.event, leaveOf(reason))
		return s.Audit.Edit(tx, actor, c.row, c.row.Version, audit.Move{
			Action: "signup.ask_leave", OrgPath: c.event.path, Set: map[string]any{"leave_reason": reason},
		})
	})
}

// change is one signup behind the locks of its student and position.
type change struct {
	s     *Service
	actor access.Actor
	f     *facts
	w     *writes
	row   *model.Signup
	seats *seats
	event *event
}

// own runs do on the student's own signup and answers with the signup as it is then.
func (s *Service) own(ctx context.Context, actor access.Actor, id int64, do func(*gorm.DB, *change) error) (model.Signup, error) {
	if err := actor.Require(access.SignupCreate); err != nil {
		return model.Signup{}, err
	}
	var out model.Signup
	var f *facts
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := ByID(tx, id)
		if err == nil && row.StudentID != actor.StudentID {
			err = foreign(tx, actor, row, s.Now())
		}
		if err != nil {
			return err
		}
		c, err := s.change(tx, actor, row)
		if err != nil {
			return err
		}
		f = c.f
		if err := do(tx, c); err != nil {
			return err
		}
		if err := s.write(tx, c.f, c.w); err != nil {
			return err
		}
		if out, err = ByID(tx, id); err != nil {
			return err
		}
		return s.screen(tx, actor, &out)
	})
	if err != nil {
		return model.Signup{}, err
	}
	s.full.drop(f)
	return out, nil
}

// change locks the student and the position of a signup and then reads it again, so that nothing happens to it meanwhile.
func (s *Service) change(tx *gorm.DB, actor access.Actor, row model.Signup) (*change, error) {
	f, err := s.lock(tx, []int64{row.StudentID}, []int64{row.PositionID})
	if err != nil {
		return nil, err
	}
	if row, err = ByID(tx, row.ID); err != nil {
		return nil, err
	}
	return &change{s: s, actor: actor, f: f, w: &writes{}, row: &row, seats: f.positions[row.PositionID], event: f.activities[row.ActivityID]}, nil
}

// exit ends a signup: what it held becomes free.
func (c *change) exit(tx *gorm.DB, m audit.Move) error {
	c.seats.let(c.row)
	m.OrgPath, m.Set = c.event.path, gone(m.Reason)
	return c.s.Audit.Move(tx, c.actor, c.row, m)
}

// let frees what a live signup holds: a seat, or a place in the waiting list.
func (p *seats) let(row *model.Signup) {
	switch {
	case row.Status.Seated():
		p.giveBack(row)
	case row.Status == model.SignupWaitlisted:
		p.Waiting--
	}
}

// gone are the columns of a signup that ends.
func gone(reason string) map[string]any {
	return map[string]any{"live_activity_id": nil, "queue_no": nil, "offered_until": nil, "reason": text.Cut(reason, maxReason)}
}

// foreign is the refusal to touch somebody else's signup.
func foreign(tx *gorm.DB, actor access.Actor, row model.Signup, now time.Time) error {
	o, err := personal(tx, row, now)
	if err != nil {
		return err
	}
	return actor.Check(access.SignupCreate, o)
}

// ReleaseActivity frees everybody when an activity is cancelled: every live signup becomes REMOVED with the reason, every
// seat is given back. The caller has moved the activity in the same transaction, checked that it may, and tells everybody.
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
		Action: "signup.remove", To: string(model.SignupRemoved), Reason: reason, OrgPath: organiser.Path, Set: gone(reason),
	})
	if err != nil {
		return err
	}
	none := map[string]any{"taken": 0, "paired_taken": 0, "held": 0, "waiting": 0}
	if err := tx.Table("positions").Where("activity_id = ?", a.ID).Updates(none).Error; err != nil {
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
