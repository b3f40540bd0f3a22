package project

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// ErrBelowTaken refuses fewer seats than are taken.
var ErrBelowTaken = fault.Define(fault.Conflict, "position.capacity_below_taken", "名额不能少于已录取的人数。", "Capacity may not go below the seats that are taken.")

// SetCapacity changes the number of seats of a position, never below those that are taken; new seats go to those who wait. version is the position's.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrState (under review, over or called off), ErrBelowTaken.
func (s *Service) SetCapacity(ctx context.Context, actor access.Actor, id, version, capacity int64) (row model.Position, seats Seats, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		activityID, err := activityOf(tx, &model.Position{}, id)
		if err != nil {
			return err
		}
		sc, err := s.openActivity(tx, activityID)
		if err != nil {
			return err
		}
		if err := narrowed(actor, access.CapacityWrite, sc.object, sc.object.Paths...); err != nil {
			return err
		}
		switch sc.row.Phase(s.Now()) {
		case model.ActivitySubmitted, model.ActivityCancelled, model.ActivityMerged, model.ActivityFinished, model.ActivityHoursConfirmed, model.ActivityClosed:
			return fault.ErrState
		default:
		}
		err = s.setCapacity(tx, actor, sc, id, version, capacity, &row)
		seats = SeatsOf(row, sc.row.PairedUntil, s.Now())
		return err
	})
	return row, seats, err
}

// setCapacity lets one conditional update decide, so that no sign-up can come in between, and reads the row back.
func (s *Service) setCapacity(tx *gorm.DB, actor access.Actor, sc activityScene, id, version, capacity int64, row *model.Position) error {
	res := tx.Model(&model.Position{}).Where("id = ? AND version = ? AND taken <= ?", id, version, capacity).
		Updates(map[string]any{"capacity": capacity, "version": version + 1, "updated_at": s.Now()})
	if res.Error != nil {
		return fmt.Errorf("set capacity: %w", res.Error)
	}
	*row = model.Position{}
	if err := tx.Where("id = ?", id).First(row).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.ErrNotFound // replaced with its draft in between
	} else if err != nil {
		return fmt.Errorf("read position: %w", err)
	}
	if res.RowsAffected == 0 && row.Version != version {
		return fault.ErrStale
	}
	if res.RowsAffected == 0 {
		return ErrBelowTaken
	}
	data := map[string]any{"position_id": strconv.FormatInt(id, 10), "capacity": capacity, "taken": row.Taken}
	err := s.Audit.Write(tx, actor, audit.Entry{Action: "position.capacity", Object: sc.row.TableName(), ObjectID: sc.row.ID, OrgPath: sc.organiser.Path, Data: data})
	if err != nil {
		return err
	}
	if err := s.Signups.Refill(tx, id); err != nil {
		return fmt.Errorf("refill seats: %w", err)
	}
	if err := tx.Where("id = ?", id).First(row).Error; err != nil {
		return fmt.Errorf("read position: %w", err)
	}
	return nil
}
