// Package idem makes a creating request take effect once, however often it is sent.
package idem

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
)

// Refusals.
var (
	ErrKeyRequired = fault.Define(fault.Malformed, "idempotency.key_required", "请带上 Idempotency-Key 请求头，重试时使用同一个值。", "Send an Idempotency-Key header, the same one when you retry.")
	ErrMismatch    = fault.Define(fault.Invalid, "idempotency.mismatch", "这个 Idempotency-Key 已用于另一个请求。", "This Idempotency-Key was used for a different request.")
	ErrInProgress  = fault.Define(fault.Conflict, "idempotency.in_progress", "同一个请求正在处理，请稍后重试。", "The same request is still being processed; retry.")
)

// Key is what the client sent: the header (empty when it is optional and absent) and the SHA-256 of the request.
type Key struct {
	Value string
	Hash  []byte
}

// Keep is how long an answer is kept at least.
const Keep = 24 * time.Hour

// Run runs fn in a transaction and stores what it returns in that same transaction. A repeat of the same request by the same
// caller returns the stored value and runs nothing; another request with the same key is ErrMismatch. Refusals are not stored.
// T must survive JSON. Without a key it is just a transaction.
func Run[T any](ctx context.Context, db *gorm.DB, now time.Time, actor access.Actor, operation string, key Key, fn func(tx *gorm.DB) (T, error)) (T, error) {
	var out T
	if key.Value == "" {
		err := atomic.Do(ctx, db, func(tx *gorm.DB) (err error) { out, err = fn(tx); return err })
		return out, err
	}
	rec := model.IdempotencyRecord{Caller: Caller(actor), Operation: operation, Key: key.Value, Hash: key.Hash, Answer: "", CreatedAt: now}
	if stored, found, err := replay[T](db.WithContext(ctx), rec); found || err != nil {
		return stored, err
	}
	err := atomic.Do(ctx, db, func(tx *gorm.DB) error {
		if err := tx.Create(&rec).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			return errTaken // another request with this key committed in between
		} else if err != nil {
			return fmt.Errorf("reserve idempotency key: %w", err)
		}
		var err error
		if out, err = fn(tx); err != nil {
			return err
		}
		return store(tx, rec, out)
	})
	if !errors.Is(err, errTaken) {
		return out, err
	}
	stored, found, err := replay[T](db.WithContext(ctx), rec)
	if err == nil && !found {
		err = ErrInProgress
	}
	return stored, err
}

var errTaken = errors.New("idempotency key taken")

// Caller names who a key belongs to.
func Caller(a access.Actor) string {
	if a.ClientID != 0 {
		return "c" + strconv.FormatInt(a.ClientID, 10)
	}
	return "u" + strconv.FormatInt(a.UserID, 10)
}

func store[T any](tx *gorm.DB, rec model.IdempotencyRecord, out T) error {
	raw, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("store answer: %w", err)
	}
	res := tx.Model(&model.IdempotencyRecord{}).
		Where("caller = ? AND operation = ? AND `key` = ?", rec.Caller, rec.Operation, rec.Key).Update("answer", string(raw))
	if res.Error != nil {
		return fmt.Errorf("store answer: %w", res.Error)
	}
	return nil
}

func replay[T any](db *gorm.DB, want model.IdempotencyRecord) (out T, found bool, err error) {
	var rows []model.IdempotencyRecord
	err = db.Where("caller = ? AND operation = ? AND `key` = ?", want.Caller, want.Operation, want.Key).Limit(1).Find(&rows).Error
	if err != nil {
		return out, false, fmt.Errorf("look up idempotency key: %w", err)
	}
	if len(rows) == 0 {
		return out, false, nil
	}
	if !bytes.Equal(rows[0].Hash, want.Hash) {
		return out, true, ErrMismatch
	}
	if err := json.Unmarshal([]byte(rows[0].Answer), &out); err != nil {
		return out, true, fmt.Errorf("read stored answer: %w", err)
	}
	return out, true, nil
}

// Purge deletes answers older than Keep, at most n at a time, and tells how many it deleted.
func Purge(ctx context.Context, db *gorm.DB, now time.Time, n int) (int64, error) {
	var gone int64
	err := atomic.Do(ctx, db, func(tx *gorm.DB) error {
		var old []model.IdempotencyRecord
		if err := tx.Select("caller", "operation", "key").Where("created_at < ?", now.Add(-Keep)).Order("created_at").Limit(n).Find(&old).Error; err != nil {
			return err
		}
		gone = int64(len(old))
		for _, r := range old {
			if err := tx.Where("caller = ? AND operation = ? AND `key` = ?", r.Caller, r.Operation, r.Key).Delete(&model.IdempotencyRecord{}).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}
