package notify

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	tx "baodao/service/atomic"
	"baodao/service/vault"
)

const (
	batchUsual    = 512
	batchesMost   = 3 // under way at once
	parallelUsual = 32
	sendTimeout   = 10 * time.Second
	lease         = 60 * time.Second // what has not begun sendTimeout before its end is not begun any more
	idle          = time.Second      // between two looks into an empty outbox
	confirmWait   = 2 * time.Minute  // for the event that proves an unknown sending
	personGap     = 1200 * time.Millisecond
	unknownMost   = 3 // unknown outcomes in a row that close the lane
	unreachWait   = 30 * time.Second
	occupiedMost  = 100 // people asked about at once: of more than 200 MariaDB no longer looks them up, but reads the whole outbox
)

// Worker sends the outbox. Any number of workers may run over one database: a message is sent by the one that
// locked and leased it, and each person has one message in flight at a time.
type Worker struct {
	DB      *gorm.DB
	Now     clock.Clock
	Vault   *vault.Vault
	Sender  Sender
	AppID   string
	Log     *slog.Logger
	Observe func(state, why string, code int) // told of every outcome; may be nil
	Recheck Recheck                           // asked before a message is sent; may be nil
	Paused  func(lane, reason string)         // told of every pause; may be nil

	Batch    int     // messages leased at once, 0: 512
	Parallel int     // messages in flight, 0: 32
	Rate     float64 // messages a second, 0: without a limit

	streak atomic.Int32       // unknown outcomes in a row
	step   func(string) error // tests die here
}

// Run sends what is due until ctx ends; what is under way then is brought to its end. A failure is logged and tried again.
// While one batch is being sent the next one is leased, and the one before is settled.
func (w *Worker) Run(ctx context.Context) error {
	tick := time.NewTicker(idle)
	defer tick.Stop()
	out := w.newSending()
	under := make(chan struct{}, batchesMost)
	var group errgroup.Group
	for ctx.Err() == nil {
		under <- struct{}{}
		n, batch, err := w.next(ctx)
		if len(batch) == 0 {
			<-under
		} else {
			group.Go(func() error {
				defer func() { <-under }()
				if err := w.finish(ctx, batch, out); err != nil {
					w.Log.Error("outbox", "err", err)
				}
				return nil
			})
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Error("outbox", "err", err)
		}
		if err == nil && n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return group.Wait()
}

// Once takes one batch through: lease, send, note the outcomes. It tells how many messages it took up.
func (w *Worker) Once(ctx context.Context) (int, error) {
	n, batch, err := w.next(ctx)
	if err != nil || len(batch) == 0 {
		return n, err
	}
	return n, w.finish(ctx, batch, w.newSending())
}

// next leases a batch, and tells how many messages it looked at.
func (w *Worker) next(ctx context.Context) (int, []job, error) {
	if err := w.recover(ctx); err != nil {
		return 0, nil, err
	}
	closed, err := w.closedLanes(ctx)
	if err != nil || closed.all {
		return 0, nil, err
	}
	due, err := w.due(ctx, closed)
	if err != nil || len(due) == 0 {
		return 0, nil, err
	}
	if err := w.at("due"); err != nil {
		return 0, nil, err
	}
	batch, err := w.claim(ctx, due)
	if err != nil {
		return 0, nil, err
	}
	return len(due), batch, w.at("claimed")
}

// finish sends a batch and notes the outcomes.
func (w *Worker) finish(ctx context.Context, batch []job, out *sending) error {
	results, err := w.sendAll(ctx, batch, out)
	if err != nil {
		return err
	}
	if err := w.at("sent"); err != nil {
		return err
	}
	return w.settle(context.WithoutCancel(ctx), results)
}

// at is where a test kills the worker.
func (w *Worker) at(step string) error {
	if w.step == nil {
		return nil
	}
	return w.step(step)
}

// recover takes messages whose worker died: they may have been sent.
func (w *Worker) recover(ctx context.Context) error {
	var ids []int64
	err := w.DB.WithContext(ctx).Model(&model.Notice{}).Where("busy_user_id > 0 AND state = ? AND lease_until <= ?", model.NoticeSending, w.Now()).
		Limit(1000).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return wrap("find dead leases", err)
	}
	return wrap("recover leases", tx.Do(ctx, w.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.Notice{}).Where("id IN ? AND state = ? AND lease_until <= ?", ids, model.NoticeSending, w.Now()).
			Updates(map[string]any{
				"state": model.NoticeUnconfirmed, "why": "lease", "busy_user_id": nil, "next_at": w.Now().Add(confirmWait), "updated_at": w.Now(),
			}).Error
	}))
}

// candidate is a message that is due.
type candidate struct {
	ID     int64
	UserID int64
	State  string
}

// due finds messages to lease, one a person, oldest first. Repetitions after an unknown outcome come first, and only when
// WeChat answers.
func (w *Worker) due(ctx context.Context, closed lanes) ([]candidate, error) {
	db, now, size := w.DB.WithContext(ctx).Model(&model.Notice{}), w.Now(), w.batch()
	if len(closed.templates) > 0 {
		db = db.Where("template NOT IN ?", closed.templates)
	}
	db = db.Where(waits).Order("next_at, id").Session(&gorm.Session{})
	again, err := candidates(db.Where("next_at <= ? AND resent = ?", now, false).Limit(size), model.NoticeUnconfirmed)
	if err != nil {
		return nil, wrap("read outbox", err)
	}
	if len(again) > 0 && !w.Sender.Ready(ctx) {
		return nil, w.pauseNow(ctx, lane{name: laneApp, until: now.Add(unreachWait), reason: reasonUnreachable})
	}
	fresh, err := candidates(db.Where("next_at <= ?", now).Limit(size+size/4), model.NoticePending)
	if err != nil {
		return nil, wrap("read outbox", err)
	}
	return w.spread(ctx, append(again, fresh...), size)
}

// spread leaves one message a person. Left out are people who have one in flight or just had one, because WeChat refuses to
// take two at once (43108), and new messages to people of whom one is of unknown outcome: an event could prove either.
func (w *Worker) spread(ctx context.Context, all []candidate, size int) ([]candidate, error) {
	if len(all) == 0 {
		return nil, nil
	}
	users := make([]int64, len(all))
	for i, c := range all {
		users[i] = c.UserID
	}
	seen, doubt, err := w.occupied(ctx, users)
	if err != nil {
		return nil, err
	}
	out := make([]candidate, 0, min(size, len(all)))
	for _, c := range all {
		if seen[c.UserID] || len(out) == size || c.State == model.NoticePending && doubt[c.UserID] {
			continue
		}
		seen[c.UserID] = true
		out = append(out, c)
	}
	return out, nil
}

// occupied tells which people have a message in flight or just had one, and of whom one is of unknown outcome.
func (w *Worker) occupied(ctx context.Context, users []int64) (map[int64]bool, map[int64]bool, error) {
	busy, doubt, recent := map[int64]bool{}, map[int64]bool{}, w.Now().Add(-personGap)
	for part := range slices.Chunk(users, occupiedMost) {
		query := w.DB.WithContext(ctx).Model(&model.Notice{}).Select("user_id", "busy_user_id", "tried_at", "state", "resent").Where(in("user_id", part)).
			Where("busy_user_id IS NOT NULL OR tried_at > ? OR state = ? AND resent = ?", recent, model.NoticeUnconfirmed, false)
		err := each(query, func(rows *sql.Rows) error {
			var n model.Notice
			err := rows.Scan(&n.UserID, &n.BusyUserID, &n.TriedAt, &n.State, &n.Resent)
			if n.BusyUserID != nil || n.TriedAt != nil && n.TriedAt.After(recent) {
				busy[n.UserID] = true
			}
			if n.State == model.NoticeUnconfirmed && !n.Resent {
				doubt[n.UserID] = true
			}
			return err
		})
		if err != nil {
			return nil, nil, wrap("find busy persons", err)
		}
	}
	return busy, doubt, nil
}

func (w *Worker) batch() int {
	size := batchUsual
	if w.Batch > 0 {
		size = w.Batch
	}
	if w.Rate > 0 { // no more than the lease lasts for
		size = min(size, max(1, int(w.Rate*(lease-sendTimeout).Seconds()/2)))
	}
	return size
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
