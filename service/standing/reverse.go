package standing

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/read"
	"baodao/service/text"
)

// ErrReversed refuses to reverse a penalty twice.
var ErrReversed = fault.Define(fault.Conflict, "reliability.reversed", "这条信誉记录已经撤销过了。", "This reliability entry has been reversed already.")

// ReverseEntry takes a penalty back for a reason: for the department or the university of the student, never one's own.
// A penalty can be reversed once (ErrReversed), a reversal not at all (fault.ErrState). The reason must not be content.ErrRisky.
func (s *Service) ReverseEntry(ctx context.Context, actor access.Actor, key idem.Key, entryID int64, reason string) (model.ReliabilityEntry, error) {
	if err := person(actor, access.ReliabilityReverse); err != nil {
		return model.ReliabilityEntry{}, err
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return model.ReliabilityEntry{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.ReliabilityEntry, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "reverseReliabilityEntry", key, func(tx *gorm.DB) (model.ReliabilityEntry, error) {
			return s.reverseFor(tx, actor, entryID, reason)
		})
	})
}

// reverseFor is ReverseEntry in its transaction.
func (s *Service) reverseFor(tx *gorm.DB, actor access.Actor, entryID int64, reason string) (model.ReliabilityEntry, error) {
	entry, err := entryByID(tx, entryID)
	if err != nil {
		return entry, err
	}
	o, err := aboutStudent(tx, entry.StudentID, access.ReliabilityRead)
	if err == nil {
		err = mayDecide(actor, access.ReliabilityReverse, o)
	}
	if err == nil {
		err = s.Content.Reason(tx, actor, content.Profile, o.Paths[0], reason)
	}
	if err != nil {
		return entry, err
	}
	return s.reverse(tx, actor, entry, o.Paths[0], reason)
}

// Reverse takes a penalty back with a second line and lifts the suspension that no longer has its reason. The caller has
// decided that the actor may do this and has had the reason looked at. ErrReversed, fault.ErrState as for ReverseEntry, fault.ErrNotFound.
func (s *Service) Reverse(tx *gorm.DB, actor access.Actor, entryID int64, reason string) error {
	entry, err := entryByID(tx, entryID)
	if err != nil {
		return err
	}
	o, err := aboutStudent(tx, entry.StudentID, access.ReliabilityRead)
	if err != nil {
		return err
	}
	_, err = s.reverse(tx, actor, entry, o.Paths[0], reason)
	return err
}

func entryByID(tx *gorm.DB, id int64) (model.ReliabilityEntry, error) {
	return read.One[model.ReliabilityEntry](tx.Where("id = ?", id), "reliability entry")
}

func (s *Service) reverse(tx *gorm.DB, actor access.Actor, entry model.ReliabilityEntry, orgPath, reason string) (model.ReliabilityEntry, error) {
	if entry.Reverses != 0 {
		return entry, fault.ErrState
	}
	if err := lockStudent(tx, entry.StudentID); err != nil {
		return entry, err
	}
	back := entry
	back.ID, back.Kind, back.Points, back.Reverses = s.NewID(), model.ReliabilityReversal, -entry.Points, entry.ID
	back.Reason, back.CreatedAt = reason, s.Now()
	if err := tx.Create(&back).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return entry, ErrReversed
	} else if err != nil {
		return entry, fmt.Errorf("reverse penalty: %w", err)
	}
	err := s.Audit.Write(tx, actor, audit.Entry{
		Action: "reliability.reverse", Object: "reliability_entries", ObjectID: entry.ID, OrgPath: orgPath, From: entry.Kind, To: back.Kind, Reason: reason,
		Data: map[string]any{"student_id": entry.StudentID, "signup_id": entry.SignupID, "points": back.Points, "line": back.ID},
	})
	if err != nil {
		return entry, err
	}
	return back, s.lift(tx, actor, entry.StudentID, orgPath, reason)
}

// lift ends the suspensions of a student that are not over and no longer have their reason.
func (s *Service) lift(tx *gorm.DB, actor access.Actor, studentID int64, orgPath, reason string) error {
	now := s.Now()
	var rows []model.SignupSuspension
	if err := tx.Where("student_id = ? AND to_at > ? AND lifted_at IS NULL", studentID, now).Find(&rows).Error; err != nil {
		return fmt.Errorf("read suspensions: %w", err)
	}
	for _, row := range rows {
		n, err := noShows(tx, studentID, row.CountsFrom, row.FromAt)
		if err != nil {
			return err
		}
		if n >= row.Needs {
			continue
		}
		if err := s.endSuspension(tx, actor, row, orgPath, reason, n); err != nil {
			return err
		}
	}
	return nil
}

// endSuspension ends a suspension now; left is how many no-shows still stand, for the audit log.
func (s *Service) endSuspension(tx *gorm.DB, actor access.Actor, row model.SignupSuspension, orgPath, reason string, left int64) error {
	set := map[string]any{"lifted_at": s.Now(), "lifted_by": actor.UserID}
	if err := tx.Model(&model.SignupSuspension{}).Where("id = ?", row.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("lift suspension: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "signup_suspension.lift", Object: "signup_suspensions", ObjectID: row.ID, OrgPath: orgPath, Reason: reason,
		Data: map[string]any{"student_id": row.StudentID, "no_shows": left},
	})
}

// lockStudent makes what follows in this transaction the only thing that happens to the student's signups and penalties.
func lockStudent(tx *gorm.DB, id int64) error {
	_, err := read.One[model.StudentProfile](atomic.ForUpdate(tx).Select("id").Where("id = ?", id), "student")
	return err
}
