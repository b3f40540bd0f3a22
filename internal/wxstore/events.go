package wxstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/internal/clock"
	"baodao/internal/wechat"
	"baodao/model"
	"baodao/service/atomic"
)

// eventLife is how long an event stays at the longest, done or not.
const eventLife = 7 * 24 * time.Hour

// pushKinds are the events that are kept; the others are of no use.
var pushKinds = map[wechat.EventKind]string{ //nolint:gochecknoglobals // a table
	wechat.EventSubscribed: model.PushAnswer, wechat.EventUnsubscribed: model.PushMute, wechat.EventNoticeSent: model.PushSent,
	wechat.EventMediaVerdict: model.PushMedia,
}

// Events keeps what WeChat pushes until it has been worked on.
type Events struct {
	DB    *gorm.DB
	Now   clock.Clock
	Index func(openID string) []byte // blind index, so that no openid is written
}

// Keep writes the events that we use in one statement; those that are there already stay as they are. It tells how many of
// them there are to work on.
func (e *Events) Keep(ctx context.Context, events []wechat.Event) (int, error) {
	var rows []model.PushEvent
	for _, event := range events {
		if kind := pushKinds[event.Kind]; kind != "" {
			rows = append(rows, e.row(kind, event))
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	err := atomic.Do(ctx, e.DB, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
	})
	if err != nil {
		return 0, fmt.Errorf("keep push events: %w", err)
	}
	return len(rows), nil
}

func (e *Events) row(kind string, event wechat.Event) model.PushEvent {
	hash, now := sha256.Sum256([]byte(event.Key)), e.Now()
	row := model.PushEvent{
		KeyHash: hash[:], Kind: kind, NextAt: now, CreatedAt: now,
		Payload: model.PushFact{
			Template: cut(event.Template, 128), Accepted: event.Accepted, MsgID: cut(event.MsgID, 32), Code: event.ErrorCode, TraceID: cut(event.TraceID, 128),
		},
	}
	if kind == model.PushMedia {
		row.Payload.Suggest, row.Payload.Label = string(event.Verdict.Suggest), event.Verdict.Label
		return row
	}
	row.Payload.Person = e.Index(event.OpenID)
	return row
}

// Due reads up to limit events that are to be worked on now, the oldest first.
func (e *Events) Due(ctx context.Context, limit int) ([]model.PushEvent, error) {
	var rows []model.PushEvent
	err := e.DB.WithContext(ctx).Where("done_at IS NULL AND next_at <= ?", e.Now()).Order("next_at, created_at").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read push events: %w", err)
	}
	return rows, nil
}

// Done notes that the events need no more work.
func (e *Events) Done(ctx context.Context, keys ...[]byte) error {
	if len(keys) == 0 {
		return nil
	}
	err := atomic.Do(ctx, e.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.PushEvent{}).Where("key_hash IN ?", keys).Update("done_at", e.Now()).Error
	})
	if err != nil {
		return fmt.Errorf("finish push events: %w", err)
	}
	return nil
}

// Later puts an event off that could not be worked on.
func (e *Events) Later(ctx context.Context, key []byte, wait time.Duration) error {
	err := atomic.Do(ctx, e.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.PushEvent{}).Where("key_hash = ? AND done_at IS NULL", key).
			Updates(map[string]any{"attempts": gorm.Expr("attempts + 1"), "next_at": e.Now().Add(wait)}).Error
	})
	if err != nil {
		return fmt.Errorf("put push event off: %w", err)
	}
	return nil
}

// Purge deletes up to limit events of more than a week ago, and tells how many there were.
func (e *Events) Purge(ctx context.Context, limit int) (n int, err error) {
	err = atomic.Do(ctx, e.DB, func(tx *gorm.DB) error {
		var keys [][]byte
		err := tx.Model(&model.PushEvent{}).Where("created_at < ?", e.Now().Add(-eventLife)).Limit(limit).Pluck("key_hash", &keys).Error
		if n = len(keys); err != nil || n == 0 {
			return err
		}
		return tx.Where("key_hash IN ?", keys).Delete(&model.PushEvent{}).Error
	})
	if err != nil {
		return 0, fmt.Errorf("purge push events: %w", err)
	}
	return n, nil
}

func cut(s string, most int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), most)])
}
