package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/atomic"
)

const (
	fanoutsMost = 200 // fan-outs that are read at once
	spreadMost  = 500 // people that one transaction tells
)

// Fact is what many people are to be told. With kind, object and time it is told once.
type Fact struct {
	Kind     Kind
	Object   string
	ObjectID int64
	At       time.Time
	From     time.Time // nobody is told before this; zero: at once
}

// FanOut notes facts in the caller's transaction; Spread finds the people and tells them.
func (s *Service) FanOut(tx *gorm.DB, facts ...Fact) error {
	if s == nil || len(facts) == 0 {
		return nil
	}
	rows := make([]model.NoticeFanout, len(facts))
	for i, f := range facts {
		rows[i] = model.NoticeFanout{
			ID: s.NewID(), Kind: string(f.Kind), Object: f.Object, ObjectID: f.ObjectID, DueAt: f.At.UTC().Truncate(time.Millisecond),
			NotBefore: s.from(f.From), CreatedAt: s.Now(),
		}
	}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(rows, rowsMost).Error; err != nil {
		return fmt.Errorf("write fan-outs: %w", err)
	}
	return nil
}

// Recipient is one person who is told: a key by which people come in order, and the account.
type Recipient struct{ Key, UserID int64 }

// Audience finds what to tell for a fan-out, and the next people in the order of their keys, after f.AfterID, limit at
// most. Fewer than limit end the fan-out.
type Audience func(tx *gorm.DB, f model.NoticeFanout, limit int) (Event, []Recipient, error)

// Spread tells the fan-outs that are due, some hundred people a transaction. It may stop anywhere, start again and run twice at
// once: the cursor moves in the transaction that tells. A fan-out that fails does not keep the others.
func (s *Service) Spread(ctx context.Context, next Audience) error {
	var failed []error
	for after := int64(0); ctx.Err() == nil; {
		var open []model.NoticeFanout
		err := s.DB.WithContext(ctx).Where("done_at IS NULL AND not_before <= ? AND id > ?", s.Now(), after).Order("id").Limit(fanoutsMost).Find(&open).Error
		if err != nil {
			return fmt.Errorf("read fan-outs: %w", err)
		}
		for _, f := range open {
			if err := s.spreadAll(ctx, f.ID, next); err != nil {
				failed = append(failed, fmt.Errorf("tell %s of %s %d: %w", f.Kind, f.Object, f.ObjectID, err))
			}
			after = f.ID
		}
		if len(open) < fanoutsMost {
			break
		}
	}
	return errors.Join(failed...)
}

func (s *Service) spreadAll(ctx context.Context, id int64, next Audience) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = s.spread(ctx, id, next); err != nil {
			return err
		}
	}
	return nil
}

// spread tells the next people of one fan-out. The lock of its row makes runners take turns.
func (s *Service) spread(ctx context.Context, id int64, next Audience) (more bool, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		more = false
		var rows []model.NoticeFanout
		if err := atomic.ForUpdate(tx).Where("id = ? AND done_at IS NULL", id).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		event, people, err := next(tx, rows[0], spreadMost)
		if err != nil {
			return err
		}
		set := map[string]any{}
		for _, p := range people {
			event.UserIDs = append(event.UserIDs, p.UserID)
			set["after_id"] = p.Key
		}
		if more = len(people) == spreadMost; !more {
			set["done_at"] = s.Now()
		}
		if err := tx.Model(&model.NoticeFanout{}).Where("id = ?", id).Updates(set).Error; err != nil {
			return err
		}
		return s.Enqueue(tx, event)
	})
	return more, err
}
