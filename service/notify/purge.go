package notify

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
)

// keep is how long the outbox, the fan-outs and the events stay; the inbox stays for good.
const keep = 90 * 24 * time.Hour

// Purge deletes up to limit old outbox rows that are done, and as many old fan-outs and events, and tells how many there were.
func (s *Service) Purge(ctx context.Context, limit int) (n int, err error) {
	old := s.Now().Add(-keep)
	done := []string{model.NoticeSent, model.NoticeUnconfirmed, model.NoticeDropped, model.NoticeParked, model.NoticeExpired}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var ids []int64
		if err := tx.Model(&model.Notice{}).Where("created_at < ? AND state IN ?", old, done).Limit(limit).Pluck("id", &ids).Error; err != nil {
			return err
		}
		var hashes [][]byte
		if err := tx.Model(&model.SubscribeEvent{}).Where("created_at < ?", old).Limit(limit).Pluck("key_hash", &hashes).Error; err != nil {
			return err
		}
		var spread []int64
		if err := tx.Model(&model.NoticeFanout{}).Where("done_at < ?", old).Limit(limit).Pluck("id", &spread).Error; err != nil {
			return err
		}
		n = len(ids) + len(hashes) + len(spread)
		if err := tx.Where("id IN ?", spread).Delete(&model.NoticeFanout{}).Error; err != nil {
			return err
		}
		if len(ids) > 0 {
			if err := tx.Where("id IN ?", ids).Delete(&model.Notice{}).Error; err != nil {
				return err
			}
		}
		if len(hashes) == 0 {
			return nil
		}
		return tx.Where("key_hash IN ?", hashes).Delete(&model.SubscribeEvent{}).Error
	})
	if err != nil {
		return 0, fmt.Errorf("purge notices: %w", err)
	}
	return n, nil
}
