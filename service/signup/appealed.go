package signup

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/standing"
	"baodao/service/text"
)

// Excuse makes a no-show an approved leave, which never counts, and takes its penalty back if that still stands. The caller
// has decided that the actor may do this. fault.ErrNotFound; fault.ErrState for any other signup.
func (s *Service) Excuse(tx *gorm.DB, actor access.Actor, id int64, reason string) error {
	c, err := s.behindLocks(tx, actor, id)
	if err != nil {
		return err
	}
	if c.row.Status != model.SignupNoShow {
		return fault.ErrState
	}
	err = s.Audit.Move(tx, actor, c.row, audit.Move{
		Action: "signup.excuse", To: string(model.SignupLeave), Reason: reason, OrgPath: c.event.path, Set: map[string]any{"reason": text.Cut(reason, maxReason)},
	})
	if err != nil {
		return err
	}
	var penalties []int64
	err = tx.Model(&model.ReliabilityEntry{}).Where("signup_id = ? AND kind = ?", id, model.ReliabilityNoShow).Pluck("id", &penalties).Error
	if err != nil {
		return fmt.Errorf("look for the penalty: %w", err)
	}
	for _, entry := range penalties {
		if err := s.Standing.Reverse(tx, actor, entry, reason); err != nil && !errors.Is(err, standing.ErrReversed) {
			return err
		}
	}
	return nil
}

// Readmit takes a rejection or a removal back: the student gets a seat that is free, or the next place in the waiting list,
// as anybody who signs up now, and is told. "" says that nothing could be given any more: the activity has begun or is
// called off, it is full, the student has signed up again, or a rule about the person stands in the way. The caller has
// decided that the actor may do this. fault.ErrNotFound; fault.ErrState for any other signup.
func (s *Service) Readmit(tx *gorm.DB, actor access.Actor, id int64, reason string) (model.SignupStatus, error) {
	c, err := s.behindLocks(tx, actor, id)
	if err != nil {
		return "", err
	}
	if c.row.Status != model.SignupRejected && c.row.Status != model.SignupRemoved {
		return "", fault.ErrState
	}
	if c.event.Status != model.ActivityPublished || !c.f.now.Before(c.event.StartsAt) {
		return "", nil
	}
	if err := c.f.learn(tx); err != nil {
		return "", err
	}
	if err := s.settle(tx, c.f, c.w); err != nil {
		return "", err
	}
	to := c.free()
	if to == "" {
		return "", nil
	}
	set := map[string]any{"live_activity_id": c.row.ActivityID, "reason": "", "paired": c.paired(), "queue_no": nil, "group_id": nil}
	if to == model.SignupWaitlisted {
		set["queue_no"] = c.seats.queue()
	} else {
		c.seats.take(c.paired(), false)
	}
	if err := s.Audit.Move(tx, actor, c.row, audit.Move{Action: "signup.readmit", To: string(to), Reason: reason, OrgPath: c.event.path, Set: set}); err != nil {
		return "", err
	}
	if err := c.hear(tx, to, told[to], ""); err != nil {
		return "", err
	}
	return to, s.write(tx, c.f, c.w)
}

func (s *Service) behindLocks(tx *gorm.DB, actor access.Actor, id int64) (*change, error) {
	row, err := ByID(tx, id)
	if err != nil {
		return nil, err
	}
	return s.change(tx, actor, row)
}

func (c *change) paired() bool { return c.event.pairedWith(c.f.students[c.row.StudentID]) }

// free is where the student of an ended signup could stand now: with a seat, in the waiting list, or nowhere.
func (c *change) free() model.SignupStatus {
	st := c.f.students[c.row.StudentID]
	if _, again := st.live[c.event.ID]; again || c.f.allowed(c.event, st, manner{byUnit: true}) != nil {
		return ""
	}
	switch {
	case c.seats.open(c.event, c.paired(), c.f.now) > 0:
		return model.SignupConfirmed
	case c.event.Waitlist && c.f.now.Before(c.event.cutoff()):
		return model.SignupWaitlisted
	}
	return ""
}
