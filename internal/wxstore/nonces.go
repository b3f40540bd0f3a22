package wxstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/atomic"
)

const nonceWait = 2 * time.Second

// Nonces is the wechat.NonceStore over the database: a push is taken once by all processes together. A push that cannot be
// looked up is not taken; WeChat repeats it.
type Nonces struct {
	DB  *gorm.DB // carries the context of the program
	Now clock.Clock
}

// Claim notes key until the given time, and tells whether it was new.
func (n *Nonces) Claim(key string, until time.Time) bool {
	ctx, cancel := n.context()
	defer cancel()
	hash := sha256.Sum256([]byte(key))
	fresh := false
	err := atomic.Do(ctx, n.DB, func(tx *gorm.DB) error {
		res := tx.Model(&model.WechatNonce{}).Where("key_hash = ? AND until <= ?", hash[:], n.Now()).Update("until", until.UTC())
		if fresh = res.RowsAffected == 1; fresh || res.Error != nil {
			return res.Error
		}
		err := tx.Create(&model.WechatNonce{KeyHash: hash[:], Until: until.UTC()}).Error
		if fresh = err == nil; errors.Is(err, gorm.ErrDuplicatedKey) {
			return nil
		}
		return err
	})
	return err == nil && fresh
}

// Release forgets key. Should that fail, WeChat's repetition is refused, which is all the harm there is.
func (n *Nonces) Release(key string) {
	ctx, cancel := n.context()
	defer cancel()
	hash := sha256.Sum256([]byte(key))
	_ = atomic.Do(ctx, n.DB, func(tx *gorm.DB) error {
		return tx.Where("key_hash = ?", hash[:]).Delete(&model.WechatNonce{}).Error
	})
}

// Purge forgets what is out of date.
func (n *Nonces) Purge(ctx context.Context) error {
	err := atomic.Do(ctx, n.DB, func(tx *gorm.DB) error {
		return tx.Where("until <= ?", n.Now()).Delete(&model.WechatNonce{}).Error
	})
	if err != nil {
		return fmt.Errorf("purge nonces: %w", err)
	}
	return nil
}

func (n *Nonces) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(n.DB.Statement.Context, nonceWait)
}
