package round

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

// hold is a round that this replica works on. It is the row as it was when the lease was taken.
type hold struct {
	s   *Service
	row model.MatchRound
}

// take gets the lease of a round that is to be worked on, when nobody else has it. where says what is still missing.
func (s *Service) take(ctx context.Context, id int64, status model.RoundStatus, where string) (h *hold, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		h = nil
		now := s.Now()
		res := tx.Model(&model.MatchRound{}).
			Where("id = ? AND status = ? AND "+where+" AND (lease_until IS NULL OR lease_until <= ? OR lease_owner = ?)", id, status, now, s.Owner).
			UpdateColumns(map[string]any{"lease_owner": s.Owner, "lease_until": now.Add(leaseTime), "done": 0, "total": 0})
		if res.Error != nil {
			return fmt.Errorf("take match round: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil
		}
		row, err := find(tx, id)
		h = &hold{s: s, row: row}
		return err
	})
	return h, err
}

// batch runs fn in a transaction that first renews the lease and notes the progress: errLost, and nothing is written, when
// the lease is somebody else's by now or the round was cancelled.
func (h *hold) batch(ctx context.Context, done, total int, fn func(tx *gorm.DB) error) error {
	err := atomic.Do(ctx, h.s.DB, func(tx *gorm.DB) error {
		res := tx.Model(&model.MatchRound{}).
			Where("id = ? AND status = ? AND lease_owner = ?", h.row.ID, h.row.Status, h.s.Owner).
			UpdateColumns(map[string]any{"lease_until": h.s.Now().Add(leaseTime), "done": done, "total": total})
		if res.Error != nil {
			return fmt.Errorf("renew lease of match round: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return errLost
		}
		return fn(tx)
	})
	if err == nil && h.s.interrupt != nil {
		err = h.s.interrupt(h.row.Status)
	}
	return err
}

// while renews the lease as long as fn computes. fn is given up when the lease is lost.
func (h *hold) while(ctx context.Context, fn func() error) error {
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	group.Go(func() error {
		defer stop()
		return fn()
	})
	group.Go(func() error {
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				err := h.batch(ctx, 0, 0, func(*gorm.DB) error { return nil })
				if err != nil && ctx.Err() == nil {
					return err
				}
			}
		}
	})
	return group.Wait()
}

// drop lets a round go after a failure, so that the next try need not wait, and notes what went wrong.
func (h *hold) drop(ctx context.Context, failure error) error {
	if errors.Is(failure, errLost) {
		return nil
	}
	said := []rune(failure.Error())
	return atomic.Do(context.WithoutCancel(ctx), h.s.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ? AND status = ? AND lease_owner = ?", h.row.ID, h.row.Status, h.s.Owner).
			UpdateColumns(map[string]any{"lease_owner": "", "lease_until": nil, "failure": string(said[:min(len(said), 450)])}).Error
	})
}
