package appeal

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/programme"
	"baodao/service/text"
)

// Decision is what a reviewer decides.
type Decision struct {
	Uphold  bool
	Reason  string // the student reads it
	Minutes int64  // that are right, when a line of the ledger has too few
}

// Take says that the actor looks at an appeal, so that others need not; anybody who may decide can take it over, and
// decide about it even so. Errors: fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, fault.ErrState.
func (s *Service) Take(ctx context.Context, actor access.Actor, id int64) (Shown, error) {
	if err := person(actor); err != nil {
		return Shown{}, err
	}
	return s.locked(ctx, id, func(tx *gorm.DB, row *model.Appeal) error {
		if err := mayDecide(actor, *row); err != nil {
			return err
		}
		return s.take(tx, actor, row)
	})
}

func (s *Service) take(tx *gorm.DB, actor access.Actor, row *model.Appeal) error {
	move := audit.Move{Action: "appeal.take", To: string(model.AppealInReview), OrgPath: row.OrgPath, Set: map[string]any{"reviewer_id": actor.UserID}}
	switch {
	case !row.Open():
		return fault.ErrState
	case row.ReviewerID != nil && *row.ReviewerID == actor.UserID:
		return nil
	case row.Status == model.AppealFiled:
		return s.Audit.Move(tx, actor, row, move)
	}
	return s.Audit.Edit(tx, actor, row, row.Version, move)
}

// Decide upholds or denies an appeal: somebody in the organisation with which it lies, who is neither the student nor has
// decided about it before. What follows happens in the same transaction, and the student is told. The first instance ends
// UPHELD or DENIED, which the student may take further; one that came from below ends FINAL. Errors: those of Take,
// access.ErrReason, fault.ErrInvalid, content.ErrRisky, and ErrNothing when upholding it could change nothing any more.
func (s *Service) Decide(ctx context.Context, actor access.Actor, id int64, in Decision) (Shown, error) {
	if err := person(actor); err != nil {
		return Shown{}, err
	}
	var err error
	if in.Reason, err = text.Reason(in.Reason); err != nil {
		return Shown{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Shown, error) {
		return s.locked(ctx, id, func(tx *gorm.DB, row *model.Appeal) error { return s.decide(tx, actor, row, in) })
	})
}

func (s *Service) decide(tx *gorm.DB, actor access.Actor, row *model.Appeal, in Decision) error {
	if err := mayDecide(actor, *row); err != nil {
		return err
	}
	if !row.Open() {
		return fault.ErrState
	}
	if err := s.Content.Reason(tx, actor, content.Appeal, row.OrgPath, in.Reason); err != nil {
		return err
	}
	if row.Status == model.AppealFiled {
		if err := s.take(tx, actor, row); err != nil {
			return err
		}
		taken, err := byID(tx, row.ID)
		if err != nil {
			return err
		}
		*row = taken
	}
	to, outcome, effect := model.AppealDenied, model.OutcomeDenied, ""
	if in.Uphold {
		var err error
		to, outcome = model.AppealUpheld, model.OutcomeUpheld
		if effect, err = s.uphold(tx, actor, *row, in); err != nil {
			return err
		}
	}
	return s.end(tx, actor, row, to, outcome, effect, in.Reason)
}

// uphold takes the decision back.
func (s *Service) uphold(tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (effect string, err error) {
	sub, err := s.find(tx, row.SubjectKind, row.SubjectID)
	if err != nil {
		return "", err
	}
	switch {
	case sub.settled:
		return "", ErrNothing
	case sub.proposer == actor.UserID:
		return "", errSamePerson
	}
	return kinds()[row.SubjectKind].uphold(s, tx, actor, row, in)
}

// end writes what was decided and tells the student.
func (s *Service) end(tx *gorm.DB, actor access.Actor, row *model.Appeal, to model.AppealStatus, outcome, effect, reason string) error {
	now := s.Now()
	set := map[string]any{"outcome": outcome, "effect": effect, "decided_by": actor.UserID, "decided_at": now, "reason": reason, "due_at": nil, "reviewer_id": actor.UserID}
	switch {
	case row.Status == model.AppealEscalated:
		to = model.AppealFinal
	case to == model.AppealDenied:
		policy, err := programme.PolicyOf(tx, row.ProgrammeID)
		if err != nil {
			return err
		}
		set["due_at"] = endOfDay(now, policy.AppealWindow())
	}
	move := audit.Move{
		Action: "appeal.decide", To: string(to), OrgPath: row.OrgPath, Reason: reason, Set: set,
		Data: map[string]any{"outcome": outcome, "effect": effect, "subject": row.SubjectKind, "subject_id": row.SubjectID},
	}
	if err := s.Audit.Move(tx, actor, row, move); err != nil {
		return err
	}
	return s.tellDecided(tx, *row, reason)
}

// person is Require for those who decide: API clients decide about nobody.
func person(actor access.Actor) error {
	if err := actor.Require(access.AppealDecide); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied
	}
	return nil
}

// mayDecide lets those through with whose organisation the appeal lies: not the student, nor who has decided before.
func mayDecide(actor access.Actor, row model.Appeal) error {
	if err := actor.Check(access.AppealDecide, object(row)); errors.Is(err, access.ErrDenied) {
		return errElsewhere
	} else if err != nil {
		return err
	}
	if err := actor.NotOwn([]int64{row.StudentID}, []int64{row.UserID}); err != nil {
		return err
	}
	if actor.UserID == row.FirstBy || row.DecidedBy != nil && *row.DecidedBy == actor.UserID {
		return errSamePerson
	}
	return nil
}

// Sweep goes on with up to n appeals whose time is over, and tells how many: one that nobody decided goes to the organisation
// above, and one that was denied and not taken further becomes FINAL. It may run late, twice and in two places.
func (s *Service) Sweep(ctx context.Context, n int) (int, error) {
	var due []int64
	err := s.DB.WithContext(ctx).Model(&model.Appeal{}).Where("due_at <= ?", s.Now()).Order("due_at, id").Limit(n).Pluck("id", &due).Error
	if err != nil {
		return 0, err
	}
	actor := access.System("appeals")
	for i, id := range due {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err := lock(tx, id)
			if err != nil || row.DueAt == nil || s.Now().Before(*row.DueAt) {
				return err
			}
			if row.Status == model.AppealDenied {
				return s.Audit.Move(tx, actor, &row, audit.Move{Action: "appeal.end", To: string(model.AppealFinal), OrgPath: row.OrgPath, Set: map[string]any{"due_at": nil}})
			}
			return s.up(tx, actor, &row, "appeal.overdue")
		})
		if err != nil {
			return i, err
		}
	}
	return len(due), nil
}
