package signup

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/project"
	"baodao/service/standing"
	"baodao/service/text"
)

// ErrDecision refuses a decision about several signups, naming each one that does not allow it. Nothing is decided then.
var ErrDecision = fault.Define(fault.Conflict, "signup.decision_misfit", "有的报名现在不能这样处理，请看明细；这次没有处理任何一个。", "Some of the signups do not allow this now; see which. None was decided.")

// Decision is what an organiser decides about signups.
type Decision string

// The decisions.
const (
	Approve Decision = "APPROVE" // of the review: a seat, or the waiting list when there is none
	Reject  Decision = "REJECT"  // of the review
	Remove  Decision = "REMOVE"  // out of a seat or the waiting list, before the activity begins
	Leave   Decision = "LEAVE"   // the student is excused
	NoShow  Decision = "NO_SHOW" // the student had a seat and did not come; takes points off, unless the seat came with a merged activity
)

// decideMost is how many signups one decision is about.
const decideMost = 200

// Decide decides about signups of one activity, about all of them or about none. A reason is needed for REJECT and REMOVE.
// Freed seats go to the waiting list in the same transaction, and everybody is told. Nobody decides about themselves.
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, fault.ErrInvalid, content.ErrRisky, ErrDecision.
func (s *Service) Decide(ctx context.Context, actor access.Actor, activityID int64, d Decision, ids []int64, reason string) ([]model.Signup, error) {
	if err := actor.Require(access.SignupDecide); err != nil {
		return nil, err
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/reason", In: &reason, Max: maxReason, Optional: d != Reject && d != Remove})
	wrong.Add(len(ids) == 0 || len(ids) > decideMost, "/signup_ids", "items", "须为 1–200 个报名", "must be 1 to 200 signups")
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return content.Do(ctx, s.Content, actor, func() ([]model.Signup, error) { return s.tryDecide(ctx, actor, activityID, d, ids, reason) })
}

func (s *Service) tryDecide(ctx context.Context, actor access.Actor, activityID int64, d Decision, ids []int64, reason string) ([]model.Signup, error) {
	var out []model.Signup
	var f *facts
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		rows, path, err := s.mine(tx, actor, activityID, ids)
		if err != nil {
			return err
		}
		if err := s.Content.Reason(tx, actor, content.Activity, path, reason); err != nil {
			return err
		}
		if f, err = s.decide(tx, actor, d, ids, rows, reason); err != nil {
			return err
		}
		out = nil
		if err := tx.Where("id IN ?", ids).Order("id").Find(&out).Error; err != nil {
			return fmt.Errorf("read signups: %w", err)
		}
		return s.screen(tx, actor, pointers(out)...)
	})
	if err != nil {
		return nil, err
	}
	s.full.drop(f)
	return out, nil
}

// mine reads the signups of an activity that the actor may decide about, and the path of its organiser.
func (s *Service) mine(tx *gorm.DB, actor access.Actor, activityID int64, ids []int64) ([]model.Signup, string, error) {
	a, err := project.ActivityByID(tx, activityID)
	if err != nil {
		return nil, "", err
	}
	o, err := project.ActivityObject(tx, a, s.Now())
	if err != nil {
		return nil, "", err
	}
	if err := actor.Check(access.SignupDecide, o); err != nil {
		return nil, "", err
	}
	organiser, err := org.ByID(tx, a.OrgID)
	if err != nil {
		return nil, "", err
	}
	var rows []model.Signup
	if err := tx.Where("id IN ? AND activity_id = ?", ids, activityID).Order("id").Find(&rows).Error; err != nil {
		return nil, "", fmt.Errorf("read signups: %w", err)
	}
	var wrong fault.Collector
	students := make([]int64, len(rows))
	for i, r := range rows {
		students[i] = r.StudentID
	}
	for i, id := range ids {
		found := slices.ContainsFunc(rows, func(r model.Signup) bool { return r.ID == id })
		wrong.Add(!found, fmt.Sprintf("/signup_ids/%d", i), "not_found", "这个活动没有这个报名", "is no signup of this activity")
	}
	if err := wrong.Err(); err != nil {
		return nil, "", err
	}
	return rows, organiser.Path, actor.NotOwn(students, nil)
}

// decide locks everything and makes the moves in the order of the ids. Faults name a signup by its place among ids as asked.
func (s *Service) decide(tx *gorm.DB, actor access.Actor, d Decision, ids []int64, rows []model.Signup, reason string) (*facts, error) {
	students, positions := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		students[i], positions[i] = r.StudentID, r.PositionID
	}
	f, err := s.lock(tx, students, positions)
	if err != nil {
		return nil, err
	}
	w := &writes{}
	if err := s.settle(tx, f, w); err != nil {
		return nil, err
	}
	var misfits []fault.Field
	for _, r := range rows {
		row, err := ByID(tx, r.ID)
		if err != nil {
			return nil, err
		}
		c := &change{s: s, actor: actor, f: f, w: w, row: &row, seats: f.positions[row.PositionID], event: f.activities[row.ActivityID]}
		why, err := c.decided(tx, d, reason)
		if err != nil {
			return nil, err
		}
		if why != nil {
			misfits = append(misfits, fault.Field{Pointer: fmt.Sprintf("/signup_ids/%d", slices.Index(ids, r.ID)), Code: "conflict", ZH: why.ZH, EN: why.EN})
		}
	}
	if len(misfits) > 0 {
		return nil, ErrDecision.With(misfits...)
	}
	return f, s.write(tx, f, w)
}

// decided makes one move; why not, when the signup does not allow it now.
func (c *change) decided(tx *gorm.DB, d Decision, reason string) (why *fault.Fault, err error) {
	switch d {
	case Approve:
		return c.approve(tx)
	case Reject:
		if c.row.Status != model.SignupPendingReview {
			return fault.ErrState, nil
		}
		return nil, c.part(tx, "signup.reject", model.SignupRejected, reason)
	case Remove:
		if !c.row.Status.Live() || c.row.Status == model.SignupCompleted {
			return fault.ErrState, nil
		}
		if !c.f.now.Before(c.event.StartsAt) {
			return ErrStarted, nil
		}
		return nil, c.part(tx, "signup.remove", model.SignupRemoved, reason)
	case Leave:
		if c.row.Status != model.SignupConfirmed {
			return fault.ErrState, nil
		}
		return nil, c.part(tx, "signup.leave", model.SignupLeave, reason)
	case NoShow:
		return c.noShow(tx, reason)
	default:
		return nil, fmt.Errorf("no decision %q", d)
	}
}

// approve gives a reviewed student a seat, or the next place in the waiting list.
func (c *change) approve(tx *gorm.DB) (why *fault.Fault, err error) {
	if c.row.Status != model.SignupPendingReview {
		return fault.ErrState, nil
	}
	if !c.f.now.Before(c.event.StartsAt) {
		return ErrStarted, nil
	}
	move := audit.Move{Action: "signup.approve", To: string(model.SignupConfirmed), OrgPath: c.event.path}
	switch {
	case c.seats.open(c.event, c.row.Paired, c.f.now) > 0:
		c.seats.take(c.row.Paired, false)
	case c.event.Waitlist && c.f.now.Before(c.event.cutoff()):
		move.To, move.Set = string(model.SignupWaitlisted), map[string]any{"queue_no": c.seats.queue()}
	default:
		return ErrFull, nil
	}
	if err := c.s.Audit.Move(tx, c.actor, c.row, move); err != nil {
		return nil, err
	}
	return nil, c.hear(tx, model.SignupStatus(move.To), told[model.SignupStatus(move.To)], "")
}

// part ends a signup by the organiser's decision and tells the student.
func (c *change) part(tx *gorm.DB, action string, to model.SignupStatus, reason string) error {
	if err := c.exit(tx, audit.Move{Action: action, To: string(to), Reason: reason}); err != nil {
		return err
	}
	kind, ok := told[to]
	if !ok {
		return nil
	}
	return c.hear(tx, to, kind, reason)
}

// hear tells the student of what the signup has become.
func (c *change) hear(tx *gorm.DB, to model.SignupStatus, kind notify.Kind, reason string) error {
	users, err := usersOf(tx, []*model.Signup{c.row})
	if err != nil {
		return err
	}
	now := *c.row
	now.Status, now.Version = to, c.row.Version+1
	c.w.tell(c.event, users[c.row.StudentID], now, kind, reason)
	return nil
}

// noShow ends a seat that nobody used, takes the policy's points off and tells the student, who may appeal. Whoever has
// checked in was there.
func (c *change) noShow(tx *gorm.DB, reason string) (why *fault.Fault, err error) {
	if c.row.Status != model.SignupConfirmed || c.f.now.Before(c.event.EndsAt) {
		return fault.ErrState, nil
	}
	var there []int64
	err = tx.Model(&model.Attendance{}).Where("signup_id = ?", c.row.ID).Limit(1).Pluck("signup_id", &there).Error
	if err != nil {
		return nil, fmt.Errorf("look for attendance of signup %s: %w", strconv.FormatInt(c.row.ID, 10), err)
	}
	if len(there) > 0 {
		return fault.ErrState, nil
	}
	if err := c.exit(tx, audit.Move{Action: "signup.no_show", To: string(model.SignupNoShow), Reason: reason}); err != nil {
		return nil, err
	}
	if err := c.hear(tx, model.SignupNoShow, notify.SignupAbsent, reason); err != nil {
		return nil, err
	}
	if c.s.Standing == nil || c.row.MergedFrom != nil {
		return nil, nil //nolint:nilnil // done; nobody is punished for missing what they did not ask for
	}
	return nil, c.s.Standing.Penalise(tx, c.actor, standing.Penalty{
		StudentID: c.row.StudentID, SignupID: c.row.ID, ProgrammeID: c.event.ProgrammeID, Kind: model.ReliabilityNoShow, OrgPath: c.event.path,
	})
}
