package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
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
	batchUsual    = 256
	parallelUsual = 32
	sendTimeout   = 10 * time.Second
	lease         = 60 * time.Second // what has not begun sendTimeout before its end is not begun any more
	idle          = time.Second      // between two looks into an empty outbox
	confirmWait   = 2 * time.Minute  // for the event that proves an unknown sending
	personGap     = 1200 * time.Millisecond
	unknownMost   = 3 // unknown outcomes in a row that close the lane
	unreachWait   = 30 * time.Second
)

// Worker sends the outbox. Any number of workers may run over one database: a message is sent by the one whose UPDATE
// leased it, and each person has one message in flight at a time.
type Worker struct {
	DB      *gorm.DB
	Now     clock.Clock
	Vault   *vault.Vault
	Sender  Sender
	AppID   string
	Log     *slog.Logger
	Observe func(state, why string, code int) // told of every outcome; may be nil
	Recheck Recheck                           // asked before a message is sent; may be nil

	Batch    int // messages leased at once, 0: 256
	Parallel int // messages in flight, 0: 32

	streak atomic.Int32       // unknown outcomes in a row
	step   func(string) error // tests die here
}

// Run sends what is due until ctx ends. A failure is logged and tried again.
func (w *Worker) Run(ctx context.Context) error {
	tick := time.NewTicker(idle)
	defer tick.Stop()
	for ctx.Err() == nil {
		n, err := w.Once(ctx)
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
	return nil
}

// Once takes one batch through: lease, send, note the outcomes. It tells how many messages it took up.
func (w *Worker) Once(ctx context.Context) (int, error) {
	if err := w.recover(ctx); err != nil {
		return 0, err
	}
	closed, err := w.closedLanes(ctx)
	if err != nil || closed.all {
		return 0, err
	}
	due, err := w.due(ctx, closed)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	if err := w.at("due"); err != nil {
		return 0, err
	}
	batch, err := w.claim(ctx, due)
	if err != nil || len(batch) == 0 {
		return len(due), err
	}
	if err := w.at("claimed"); err != nil {
		return 0, err
	}
	results, err := w.sendAll(ctx, batch)
	if err != nil {
		return 0, err
	}
	if err := w.at("sent"); err != nil {
		return 0, err
	}
	return len(due), w.settle(context.WithoutCancel(ctx), results)
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
	err := w.DB.WithContext(ctx).Model(&model.Notice{}).Where("state = ? AND lease_until <= ?", model.NoticeSending, w.Now()).
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
	db = db.Select("id", "user_id", "state").Order("next_at, id").Session(&gorm.Session{})
	var again, fresh []candidate
	if err := db.Where("state = ? AND next_at <= ? AND resent = ?", model.NoticeUnconfirmed, now, false).Limit(size).Find(&again).Error; err != nil {
		return nil, wrap("read outbox", err)
	}
	if len(again) > 0 && !w.Sender.Ready(ctx) {
		return nil, w.pauseNow(ctx, lane{name: laneApp, until: now.Add(unreachWait), reason: reasonUnreachable})
	}
	if err := db.Where("state = ? AND next_at <= ?", model.NoticePending, now).Limit(2 * size).Find(&fresh).Error; err != nil {
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
	db := w.DB.WithContext(ctx).Model(&model.Notice{}).Distinct().Where("user_id IN ?", users).Session(&gorm.Session{})
	var busy, unknown []int64
	if err := db.Where("busy_user_id IS NOT NULL OR tried_at > ?", w.Now().Add(-personGap)).Pluck("user_id", &busy).Error; err != nil {
		return nil, wrap("find busy persons", err)
	}
	if err := db.Where("state = ? AND resent = ?", model.NoticeUnconfirmed, false).Pluck("user_id", &unknown).Error; err != nil {
		return nil, wrap("find persons in doubt", err)
	}
	seen, doubt := setOf(busy), setOf(unknown)
	var out []candidate
	for _, c := range all {
		if seen[c.UserID] || len(out) == size || c.State == model.NoticePending && doubt[c.UserID] {
			continue
		}
		seen[c.UserID] = true
		out = append(out, c)
	}
	return out, nil
}

func setOf(ids []int64) map[int64]bool {
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

func (w *Worker) batch() int {
	if w.Batch > 0 {
		return w.Batch
	}
	return batchUsual
}

// job is a leased message with the address it goes to.
type job struct {
	model.Notice

	openID string
}

// result is what became of a job. unsent: it was never begun.
type result struct {
	job

	msgID  string
	fail   *SendError
	unsent bool
}

// sendAll sends the batch, a few at a time. When the whole way turns out to be closed, the rest stays unsent.
func (w *Worker) sendAll(ctx context.Context, batch []job) ([]result, error) {
	var (
		halt    atomic.Bool
		mu      sync.Mutex
		results []result
		group   errgroup.Group
	)
	group.SetLimit(parallelUsual)
	if w.Parallel > 0 {
		group.SetLimit(w.Parallel)
	}
	for _, j := range batch {
		group.Go(func() error {
			r, err := w.sendOne(ctx, j, &halt)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			results = append(results, r)
			return nil
		})
	}
	return results, group.Wait()
}

// sendOne sends one message. Once begun it is not broken off by the end of ctx: a message cut in the middle would be of
// unknown outcome.
func (w *Worker) sendOne(ctx context.Context, j job, halt *atomic.Bool) (result, error) {
	if halt.Load() || ctx.Err() != nil || !w.Now().Add(sendTimeout).Before(*j.LeaseUntil) {
		return result{job: j, unsent: true}, nil
	}
	if err := w.at("sending"); err != nil {
		return result{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	msgID, err := w.Sender.Send(ctx, Message{OpenID: j.openID, Template: j.Template, Page: j.Page, Fields: j.Fields})
	if err := w.at("answered"); err != nil {
		return result{}, err
	}
	if err == nil {
		w.streak.Store(0)
		return result{job: j, msgID: msgID}, nil
	}
	fail, ok := errors.AsType[*SendError](err)
	if !ok {
		fail = &SendError{Kind: Unknown}
	}
	if fail.Kind == Unknown && fail.Code == 0 {
		halt.Store(w.streak.Add(1) >= unknownMost || halt.Load())
		return result{job: j, fail: fail}, nil
	}
	w.streak.Store(0)
	if l, closes := laneOf(j.Template, fail, w.Now()); closes && l.name == laneApp {
		halt.Store(true)
	}
	return result{job: j, fail: fail}, nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
