package wxstore

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/atomic"
)

// Nonces are the pushes that an earlier version of the program remembered, so that none came in twice. Events are kept once
// by their keys, so nothing is remembered any more; the table stays for replicas of that version during an update.
type Nonces struct {
	DB  *gorm.DB
	Now clock.Clock
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
