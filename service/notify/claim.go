package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

var errLease = errors.New("notify: a message changed under its lock")

// claim leases the candidates and decides what may be sent. When another worker is sending to one of the people just now,
// the database refuses the batch, and the messages are leased one by one.
func (w *Worker) claim(ctx context.Context, all []candidate) ([]job, error) {
	batch, err := w.take(ctx, all)
	if !errors.Is(err, gorm.ErrDuplicatedKey) {
		return batch, wrap("lease notices", err)
	}
	batch = nil
	for _, c := range all {
		one, err := w.take(ctx, []candidate{c})
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			continue
		}
		if err != nil {
			return nil, wrap("lease notice", err)
		}
		batch = append(batch, one...)
	}
	return batch, nil
}

// take leases in one transaction: the messages are locked while they are still due, the ledger's unit is reserved together
// with the change of state, and what cannot be sent is put away.
func (w *Worker) take(ctx context.Context, all []candidate) (batch []job, err error) {
	owner := rand.Text()[:20]
	err = atomic.Do(ctx, w.DB, func(tx *gorm.DB) error {
		rows, err := w.lock(tx, all)
		if err != nil {
			return err
		}
		batch, err = w.decide(tx, owner, rows)
		if err != nil {
			return err
		}
		return w.at("leasing")
	})
	return batch, err
}

// lock reads the candidates that are still due and holds them until the transaction ends, so that they belong to one worker.
func (w *Worker) lock(tx *gorm.DB, all []candidate) ([]model.Notice, error) {
	ids, again := make([]int64, len(all)), false
	for i, c := range all {
		ids[i] = c.ID
		again = again || c.State == model.NoticeUnconfirmed
	}
	rows, err := notices(atomic.ForUpdate(tx).Where(in("id", ids)), len(ids))
	return slices.DeleteFunc(rows, func(n model.Notice) bool {
		due := n.State == model.NoticePending || again && n.State == model.NoticeUnconfirmed && !n.Resent
		return !due || n.NextAt.After(w.Now())
	}), err
}

// decide sorts locked messages into those to send, with a unit of the ledger reserved, and those to put away.
func (w *Worker) decide(tx *gorm.DB, owner string, rows []model.Notice) ([]job, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	again := make([]bool, len(rows))
	for i := range rows {
		again[i] = rows[i].State == model.NoticeUnconfirmed
		rows[i].Resent = rows[i].Resent || again[i]
	}
	f, err := w.facts(tx, rows)
	if err != nil {
		return nil, err
	}
	until := w.Now().Add(lease)
	batch, reserve := make([]job, 0, len(rows)), make(map[string][]int64)
	began := map[start][]int64{}
	away := map[end][]int64{}
	for i := range rows {
		n := &rows[i]
		v := f.judge(n)
		if v.fate.state != "" {
			e := end{fate: v.fate, again: again[i]}
			away[e] = append(away[e], n.ID)
			continue
		}
		switch {
		case v.reserve:
			reserve[n.Template] = append(reserve[n.Template], n.UserID)
		case v.probe:
			if err := probe(tx, n, f.ledger[ledgerKey{n.UserID, n.Template}] != nil, w.Now()); err != nil {
				return nil, err
			}
		}
		s := start{again: again[i], reserve: v.reserve}
		began[s] = append(began[s], n.ID)
		n.State, n.LeaseOwner, n.LeaseUntil, n.Reserved = model.NoticeSending, owner, &until, n.Reserved || v.reserve
		batch = append(batch, job{Notice: n, openID: f.openIDs[n.UserID]})
	}
	if err := take(tx, reserve, w.Now()); err != nil {
		return nil, err
	}
	return batch, errors.Join(w.begin(tx, owner, until, began), w.putAway(tx, owner, away))
}

// start is what is noted about a message before it is sent.
type start struct{ again, reserve bool }

// end is what is noted about a message that is put away. again: it was to be the one repetition.
type end struct {
	fate

	again bool
}

// begin makes locked messages this worker's. The database refuses it when another message to one of the people is in flight.
func (w *Worker) begin(tx *gorm.DB, owner string, until time.Time, began map[start][]int64) error {
	now := w.Now()
	for s, ids := range began {
		set := map[string]any{
			"state": model.NoticeSending, "lease_owner": owner, "lease_until": until, "busy_user_id": gorm.Expr("user_id"), "updated_at": now,
		}
		if s.again {
			set["resent"] = true
		} else {
			set["tried_at"] = now
		}
		if s.reserve {
			set["reserved"] = true
		}
		res := tx.Model(&model.Notice{}).Where(in("id", ids)).Updates(set)
		if res.Error != nil {
			return fmt.Errorf("lease: %w", res.Error)
		}
		if res.RowsAffected != int64(len(ids)) {
			return errLease
		}
	}
	return nil
}

// putAway notes what became of messages that are not sent now.
func (w *Worker) putAway(tx *gorm.DB, owner string, away map[end][]int64) error {
	for e, ids := range away {
		set := map[string]any{
			"state": e.state, "why": e.why, "busy_user_id": nil, "lease_owner": owner, "lease_until": nil, "updated_at": w.Now(),
		}
		if e.again {
			set["resent"] = true
		}
		if err := mark(tx, ids, set); err != nil {
			return err
		}
		w.observe(e.state, e.why, 0, len(ids))
	}
	return nil
}

func (w *Worker) observe(state, why string, code, times int) {
	if w.Observe == nil {
		return
	}
	for range times {
		w.Observe(state, why, code)
	}
}

func mark(tx *gorm.DB, ids []int64, set map[string]any) error {
	if len(ids) == 0 {
		return nil
	}
	if err := tx.Model(&model.Notice{}).Where(in("id", ids)).Updates(set).Error; err != nil {
		return fmt.Errorf("mark notices: %w", err)
	}
	return nil
}
