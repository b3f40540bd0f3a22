package idem

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// rowsMost is how many rows one statement writes.
const rowsMost = 200

// Answers are what many requests of one operation got before. They share a transaction, so they look once and store once.
type Answers map[string]model.IdempotencyRecord

// Look finds what callers[i] got for keys[i] before. Inside the transaction of the effect, behind a lock that the repeats of one
// caller share, it sees every answer there is.
func Look(tx *gorm.DB, operation string, callers, keys []string) (Answers, error) {
	out := Answers{}
	if len(keys) == 0 {
		return out, nil
	}
	each := make([]string, len(keys)) // one range of the primary key each; two lists would be asked for every pair
	args := make([]any, 0, 3*len(keys))
	for i, key := range keys {
		each[i] = "(caller = ? AND operation = ? AND `key` = ?)"
		args = append(args, callers[i], operation, key)
	}
	var rows []model.IdempotencyRecord
	if err := tx.Where(strings.Join(each, " OR "), args...).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look up idempotency keys: %w", err)
	}
	for _, r := range rows {
		out[r.Caller+" "+r.Key] = r
	}
	return out, nil
}

// Replay reads the stored answer of a caller's key into out; ErrMismatch when the key was used for another request.
func (a Answers) Replay(caller string, key Key, out any) (found bool, err error) {
	row, found := a[caller+" "+key.Value]
	if !found || key.Value == "" {
		return false, nil
	}
	if !bytes.Equal(row.Hash, key.Hash) {
		return true, ErrMismatch
	}
	if err := json.Unmarshal([]byte(row.Answer), out); err != nil {
		return true, fmt.Errorf("read stored answer: %w", err)
	}
	return true, nil
}

// Record is an answer as StoreAll stores it.
func Record(now time.Time, operation, caller string, key Key, answer any) (model.IdempotencyRecord, error) {
	raw, err := json.Marshal(answer)
	if err != nil {
		return model.IdempotencyRecord{}, fmt.Errorf("store answer: %w", err)
	}
	return model.IdempotencyRecord{Caller: caller, Operation: operation, Key: key.Value, Hash: key.Hash, Answer: string(raw), CreatedAt: now}, nil
}

// StoreAll stores many answers; gorm.ErrDuplicatedKey when another request with one of the keys came between.
func StoreAll(tx *gorm.DB, rows []model.IdempotencyRecord) error {
	if len(rows) == 0 {
		return nil
	}
	if err := tx.CreateInBatches(rows, rowsMost).Error; err != nil {
		return fmt.Errorf("store answers: %w", err)
	}
	return nil
}
