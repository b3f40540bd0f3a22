package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

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

// take leases in one transaction: the state changes, the ledger's unit is reserved, and what cannot be sent is put away.
func (w *Worker) take(ctx context.Context, all []candidate) (batch []job, err error) {
	owner := rand.Text()[:20]
	ids, again := make([]int64, len(all)), make([]int64, 0, len(all))
	for i, c := range all {
		ids[i] = c.ID
		if c.State == model.NoticeUnconfirmed {
			again = append(again, c.ID)
		}
	}
	err = atomic.Do(ctx, w.DB, func(tx *gorm.DB) error {
		if err := w.leaseAll(tx, owner, ids, again); err != nil {
			return err
		}
		rows, err := leased(tx, owner, ids)
		if err != nil {
			return err
		}
		batch, err = w.decide(tx, rows)
		if err != nil {
			return err
		}
		return w.at("leasing")
	})
	return batch, err
}

// leaseAll is the conditional UPDATE that makes a message belong to one worker.
func (w *Worker) leaseAll(tx *gorm.DB, owner string, ids, again []int64) error {
	set := map[string]any{
		"state": model.NoticeSending, "lease_owner": owner, "lease_until": w.Now().Add(lease), "busy_user_id": gorm.Expr("user_id"), "updated_at": w.Now(),
	}
	err := tx.Model(&model.Notice{}).Where("id IN ?", ids).Where("state = ? AND next_at <= ?", model.NoticePending, w.Now()).Updates(set).Error
	if err != nil || len(again) == 0 {
		return err
	}
	set["resent"] = true
	return tx.Model(&model.Notice{}).Where("id IN ?", again).
		Where("state = ? AND next_at <= ? AND resent = ?", model.NoticeUnconfirmed, w.Now(), false).Updates(set).Error
}

// decide sorts leased messages into those to send, with a unit of the ledger reserved, and those to put away.
func (w *Worker) decide(tx *gorm.DB, rows []model.Notice) ([]job, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	f, err := w.facts(tx, rows)
	if err != nil {
		return nil, err
	}
	var batch []job
	var reserve []model.Notice
	began := map[start][]int64{}
	away := map[fate][]int64{}
	for _, n := range rows {
		v := f.judge(n)
		if v.fate.state != "" {
			away[v.fate] = append(away[v.fate], n.ID)
			continue
		}
		switch {
		case v.reserve:
			reserve = append(reserve, n)
		case v.probe:
			if err := probe(tx, n, f.ledger[ledgerKey{n.UserID, n.Template}] != nil, w.Now()); err != nil {
				return nil, err
			}
		}
		s := start{first: !n.Resent, reserve: v.reserve}
		began[s] = append(began[s], n.ID)
		n.Reserved = n.Reserved || v.reserve
		batch = append(batch, job{Notice: n, openID: f.openIDs[n.UserID]})
	}
	if err := take(tx, reserve, w.Now()); err != nil {
		return nil, err
	}
	return batch, errors.Join(w.begin(tx, began), w.putAway(tx, away))
}

// start is what is noted about a message before it is sent.
type start struct{ first, reserve bool }

func (w *Worker) begin(tx *gorm.DB, began map[start][]int64) error {
	for s, ids := range began {
		set := map[string]any{}
		if s.first {
			set["tried_at"] = w.Now()
		}
		if s.reserve {
			set["reserved"] = true
		}
		if len(set) == 0 {
			continue
		}
		if err := mark(tx, ids, set); err != nil {
			return err
		}
	}
	return nil
}

// putAway ends the lease of messages that are not sent now.
func (w *Worker) putAway(tx *gorm.DB, away map[fate][]int64) error {
	for fate, ids := range away {
		err := mark(tx, ids, map[string]any{
			"state": fate.state, "why": fate.why, "busy_user_id": nil, "lease_until": nil, "updated_at": w.Now(),
		})
		if err != nil {
			return err
		}
		w.observe(fate.state, fate.why, 0, len(ids))
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
	if err := tx.Model(&model.Notice{}).Where("id IN ?", ids).Updates(set).Error; err != nil {
		return fmt.Errorf("mark notices: %w", err)
	}
	return nil
}
