package upload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/content"
)

// Expire deletes up to limit uploads that nobody used in time: the rows first, then the files. It tells how many.
func (s *Service) Expire(ctx context.Context, limit int) (int, error) {
	var rows []model.Upload
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		rows = nil
		err := atomic.ForUpdate(tx).Where("expires_at <= ?", s.Now()).Order("expires_at, id").Limit(limit).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		if err := content.DropImages(tx, ids); err != nil {
			return err
		}
		return tx.Where("id IN ?", ids).Delete(&model.Upload{}).Error
	})
	if err != nil {
		return 0, fmt.Errorf("expire uploads: %w", err)
	}
	var errs []error
	for _, r := range rows {
		errs = append(errs, s.Store.Delete(r.Original), s.Store.Delete(r.Display))
	}
	return len(rows), errors.Join(errs...)
}

// Files without a row are left alone while a request may still be writing it, and were looked at often enough after that.
const (
	sweepAfter = 2 * 24 * time.Hour
	sweepUntil = 60 * 24 * time.Hour
)

// Sweep deletes files that no row knows, left behind by a process that died between them, and tells how many.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	days, err := s.Store.Days()
	if err != nil {
		return 0, err
	}
	newest, oldest := s.Now().Add(-sweepAfter).UTC().Format(time.DateOnly), s.Now().Add(-sweepUntil).UTC().Format(time.DateOnly)
	for _, day := range days {
		if day > newest || day < oldest {
			continue
		}
		names, err := s.Store.Names(day)
		if err != nil {
			return n, err
		}
		for part := range slices.Chunk(names, 500) {
			gone, err := s.sweep(ctx, part)
			n += gone
			if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func (s *Service) sweep(ctx context.Context, names []string) (n int, err error) {
	known := map[string]bool{}
	for _, column := range []string{"original", "display"} {
		var found []string
		if err := s.DB.WithContext(ctx).Model(&model.Upload{}).Where(column+" IN ?", names).Pluck(column, &found).Error; err != nil {
			return 0, fmt.Errorf("look for uploads: %w", err)
		}
		for _, name := range found {
			known[name] = true
		}
	}
	for _, name := range names {
		if known[name] {
			continue
		}
		if err := s.Store.Delete(name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
