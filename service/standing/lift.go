package standing

import (
	"errors"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/read"
)

// Lift ends a suspension: the no-show that began it is taken back, unless it has been already, and the suspension with it,
// even when as many others stand. The caller has decided that the actor may do this. fault.ErrNotFound, fault.ErrState when
// it is over or lifted.
func (s *Service) Lift(tx *gorm.DB, actor access.Actor, suspensionID int64, reason string) error {
	row, err := suspensionByID(tx, suspensionID)
	if err != nil {
		return err
	}
	if err := lockStudent(tx, row.StudentID); err != nil {
		return err
	}
	if row, err = suspensionByID(tx, suspensionID); err != nil {
		return err
	}
	if over(row, s.Now()) {
		return fault.ErrState
	}
	o, err := aboutStudent(tx, row.StudentID, access.ReliabilityRead)
	if err != nil {
		return err
	}
	entry, err := entryByID(tx, row.EntryID)
	if err != nil {
		return err
	}
	if _, err := s.reverse(tx, actor, entry, o.Paths[0], reason); err != nil && !errors.Is(err, ErrReversed) {
		return err
	}
	if row, err = suspensionByID(tx, suspensionID); err != nil || over(row, s.Now()) {
		return err
	}
	left, err := noShows(tx, row.StudentID, row.CountsFrom, row.FromAt)
	if err != nil {
		return err
	}
	return s.endSuspension(tx, actor, row, o.Paths[0], reason, left)
}

func suspensionByID(tx *gorm.DB, id int64) (model.SignupSuspension, error) {
	return read.One[model.SignupSuspension](tx.Where("id = ?", id), "suspension")
}

func over(row model.SignupSuspension, now time.Time) bool {
	return row.LiftedAt != nil || !now.Before(row.ToAt)
}
