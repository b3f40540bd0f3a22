package round

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

// leaseTime is how long a replica has a round, or a replay, without renewing.
const leaseTime = 30 * time.Second

// Between tries that fail the pause grows: 30 s, a minute, two, up to an hour.
const (
	firstPause = 30 * time.Second
	lastPause  = time.Hour
)

// pause is how long nothing is tried after so many failures, one after the other.
func pause(failures int64) time.Duration {
	p := firstPause
	for n := int64(1); n < failures && p < lastPause; n++ {
		p *= 2
	}
	return min(p, lastPause)
}

// free asks for rows that nobody works on and whose pause is over at @now.
const free = "(lease_until IS NULL OR lease_until <= @now) AND (retry_at IS NULL OR retry_at <= @now)"

// busy tells whether a replica works on a round.
func busy(row *model.MatchRound, now time.Time) bool {
	return row.LeaseUntil != nil && now.Before(*row.LeaseUntil)
}

// waits tells whether a round waits for its next try.
func waits(row *model.MatchRound, now time.Time) bool {
	return row.RetryAt != nil && now.Before(*row.RetryAt) && !busy(row, now)
}

// died is noted where the replica at work ended without a word.
const died = "the replica at work ended, or did not renew its lease"

// atRest are the columns of a row on which nobody works any more and nothing has failed, and those of set.
func atRest(set map[string]any) map[string]any {
	out := map[string]any{"lease_owner": "", "lease_until": nil, "failure": "", "failures": 0, "retry_at": nil}
	maps.Copy(out, set)
	return out
}

// leased are the columns of a row that a replica takes. An owner that is still there has died at work: that counts as a
// failure, because what is too large kills whoever tries it. One may die of anything, so from the second on the next try waits.
func leased(owner, before string, failures int64, now time.Time) map[string]any {
	set := map[string]any{"lease_owner": owner, "lease_until": now.Add(leaseTime)}
	if before != "" {
		set["failures"] = failures + 1
	}
	if before != "" && failures > 0 {
		set["failure"], set["retry_at"] = died, now.Add(pause(failures+1))
	}
	return set
}

// dropped are the columns of a row that a replica lets go after a failure. Who was told to stop has not failed: the next may
// go on at once.
func dropped(ctx context.Context, failure error, failures int64, now time.Time) map[string]any {
	set := map[string]any{"lease_owner": "", "lease_until": nil}
	if ctx.Err() == nil {
		said := []rune(failure.Error())
		set["failure"], set["failures"], set["retry_at"] = string(said[:min(len(said), 450)]), failures+1, now.Add(pause(failures+1))
	}
	return set
}

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
		var rows []model.MatchRound
		err := atomic.ForUpdate(tx).Where("id = ? AND status = ? AND "+where, id, status).Where(free, sql.Named("now", now)).Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		set := leased(s.Owner, rows[0].LeaseOwner, rows[0].Failures, now)
		set["done"], set["total"] = 0, 0
		if err := tx.Model(&model.MatchRound{}).Where("id = ?", id).UpdateColumns(set).Error; err != nil {
			return err
		}
		row, err := find(tx, id)
		h = &hold{s: s, row: row}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take match round: %w", err)
	}
	return h, nil
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
	if err == nil {
		err = h.s.step(h.row.Status)
	}
	return err
}

// step is where a test ends the process.
func (s *Service) step(at model.RoundStatus) error {
	if s.interrupt == nil {
		return nil
	}
	return s.interrupt(at)
}

// while renews the lease as long as fn computes. fn is given up when the lease is lost.
func (h *hold) while(ctx context.Context, fn func(ctx context.Context) error) error {
	return keep(ctx, func(ctx context.Context) error { return h.batch(ctx, 0, 0, func(*gorm.DB) error { return nil }) }, fn)
}

// drop lets a round go after a failure, so that the next try need not wait for the lease, and notes what went wrong.
func (h *hold) drop(ctx context.Context, failure error) error {
	if errors.Is(failure, errLost) {
		return nil
	}
	set := dropped(ctx, failure, h.row.Failures, h.s.Now())
	return atomic.Do(context.WithoutCancel(ctx), h.s.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ? AND status = ? AND lease_owner = ?", h.row.ID, h.row.Status, h.s.Owner).UpdateColumns(set).Error
	})
}

// missMost is how many times in a row a lease may not be renewed: then it is over. What is written is fenced anyway.
const missMost = 3

// keep renews a lease as long as fn computes, and ends the context of fn when it is lost, or could not be renewed in time.
func keep(ctx context.Context, renew, fn func(ctx context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	group.Go(func() error {
		defer stop()
		return fn(ctx)
	})
	group.Go(func() error {
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for missed := 0; ; {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				err := renew(ctx)
				if err == nil {
					missed = 0
					continue
				}
				if missed++; ctx.Err() == nil && (missed == missMost || errors.Is(err, errLost)) {
					return err
				}
			}
		}
	})
	return group.Wait()
}
