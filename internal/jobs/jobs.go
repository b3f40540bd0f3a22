// Package jobs runs periodic work on exactly one of several processes: a lease row in the database decides which.
package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

// Job is work that is done every so often by one process. Do must be able to stop anywhere and start again.
type Job struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
}

// Runner runs jobs.
type Runner struct {
	DB    *gorm.DB
	Now   func() time.Time
	Owner string // see Name
	Log   *slog.Logger
}

// Name makes up a name for this process.
func Name() string { return rand.Text()[:16] }

// Run runs all jobs until ctx ends. A failed run is logged and tried again at the next tick.
func (r *Runner) Run(ctx context.Context, all ...Job) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, job := range all {
		group.Go(func() error { return r.loop(ctx, job) })
	}
	return group.Wait()
}

func (r *Runner) loop(ctx context.Context, job Job) error {
	tick := time.NewTicker(job.Every)
	defer tick.Stop()
	for {
		if err := r.Once(ctx, job); err != nil && ctx.Err() == nil {
			r.Log.Error("job failed", "job", job.Name, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once runs the job now if its lease is free, and keeps others away until the next tick is due.
func (r *Runner) Once(ctx context.Context, job Job) error {
	got, err := r.take(ctx, job)
	if err != nil || !got {
		return err
	}
	failure := job.Do(ctx)
	return errors.Join(failure, r.note(context.WithoutCancel(ctx), job, failure))
}

// take gets the lease for nine tenths of a period, so that a tick that comes a little early does not miss its turn. A process
// that dies in the middle loses it by itself.
func (r *Runner) take(ctx context.Context, job Job) (got bool, err error) {
	err = atomic.Do(ctx, r.DB, func(tx *gorm.DB) error {
		now := r.Now()
		row := model.Lease{Name: job.Name, Owner: r.Owner, Until: now}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return err
		}
		res := tx.Model(&model.Lease{}).Where("name = ? AND until <= ?", job.Name, now).
			Updates(map[string]any{"owner": r.Owner, "until": now.Add(job.Every - job.Every/10)})
		got = res.RowsAffected == 1
		return res.Error
	})
	if err != nil {
		return false, fmt.Errorf("take lease of %s: %w", job.Name, err)
	}
	return got, nil
}

func (r *Runner) note(ctx context.Context, job Job, failure error) error {
	set := map[string]any{"last_err": ""}
	if failure == nil {
		set["last_run"] = r.Now()
	} else {
		text := []rune(failure.Error())
		set["last_err"] = string(text[:min(len(text), 200)])
	}
	return atomic.Do(ctx, r.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.Lease{}).Where("name = ? AND owner = ?", job.Name, r.Owner).Updates(set).Error
	})
}
