package pagecode

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/fault"
)

// keep is how long a picture stays; asked for again later, it is made again.
const keep = 180 * 24 * time.Hour

// picture is the kept one, or a new one. Requests for one picture at the same time wait for one maker in this process; of
// several processes the first to store decides. A failure stores nothing, and a picture that is there outlives it.
func (s *Service) picture(ctx context.Context, order Order) (Picture, error) {
	key := s.key(order)
	kept, found, err := s.kept(ctx, key)
	if err != nil || found && !s.due(kept) {
		return pictureOf(kept), err
	}
	answer := s.making.DoChan(string(key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return s.renew(ctx, key, order)
	})
	select {
	case <-ctx.Done():
		return Picture{}, ctx.Err()
	case got := <-answer:
		if row, ok := got.Val.(model.PageCode); ok && got.Err == nil {
			return pictureOf(row), nil
		}
		if found {
			s.Log.WarnContext(ctx, "a page code that is due could not be made; the old one is given out", "error", got.Err)
			return pictureOf(kept), nil
		}
		return Picture{}, got.Err
	}
}

func pictureOf(row model.PageCode) Picture {
	return Picture{Data: row.Picture, Media: row.Media, Home: row.RetryAt != nil}
}

// due tells whether WeChat should be asked again for the page itself.
func (s *Service) due(row model.PageCode) bool {
	return row.RetryAt != nil && !s.Now().Before(*row.RetryAt)
}

// key is the digest of all that the picture depends on.
func (s *Service) key(o Order) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.Pages.AppID, o.Scene, o.Page, s.Pages.Env, strconv.FormatInt(o.Width, 10)}, "\x00")))
	return sum[:]
}

// kept reads a picture.
func (s *Service) kept(ctx context.Context, key []byte) (row model.PageCode, found bool, err error) {
	var rows []model.PageCode
	if err := s.DB.WithContext(ctx).Where("key_hash = ?", key).Find(&rows).Error; err != nil {
		return row, false, fmt.Errorf("read page code: %w", err)
	}
	if len(rows) == 0 {
		return row, false, nil
	}
	return rows[0], true, nil
}

// renew has the picture made, unless somebody stored it meanwhile, and stores it.
func (s *Service) renew(ctx context.Context, key []byte, order Order) (model.PageCode, error) {
	old, found, err := s.kept(ctx, key)
	if err != nil || found && !s.due(old) {
		return old, err
	}
	made, err := s.make(ctx, order)
	if err != nil {
		return model.PageCode{}, err
	}
	now := s.Now()
	row := model.PageCode{
		KeyHash: key, AppID: s.Pages.AppID, Scene: order.Scene, Page: order.Page, Env: s.Pages.Env, Width: order.Width,
		Media: made.Media, Picture: made.Data, CreatedAt: now,
	}
	if made.Home {
		retry := now.Add(homeLife)
		row.RetryAt = &retry
		s.Log.WarnContext(ctx, "the released mini-program does not have the page; its codes open the home page for now", "page", order.Page)
	}
	if len(row.Picture) > model.PageCodeMaxBytes {
		s.Log.WarnContext(ctx, "a page code is too large to be kept", "bytes", len(row.Picture), "width", order.Width)
		return row, nil
	}
	if found {
		return row, s.replace(ctx, row, old)
	}
	return s.store(ctx, row)
}

// make has WeChat make a code; fault.ErrBusy when it makes many already.
func (s *Service) make(ctx context.Context, order Order) (Made, error) {
	defer s.busy.Add(-1)
	if s.busy.Add(1) > most {
		return Made{}, fault.ErrBusy
	}
	return s.Maker.PageCode(ctx, order)
}

// store adds a picture. When another process was faster, its picture counts.
func (s *Service) store(ctx context.Context, row model.PageCode) (model.PageCode, error) {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error { return tx.Create(&row).Error })
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		first, found, err := s.kept(ctx, row.KeyHash)
		if err != nil || found {
			return first, err
		}
		return row, nil // stored and purged within this moment: it is good all the same
	}
	if err != nil {
		return row, fmt.Errorf("store page code: %w", err)
	}
	return row, nil
}

// replace puts a newer picture in the place of one that was due, unless that changed meanwhile.
func (s *Service) replace(ctx context.Context, row, old model.PageCode) error {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.PageCode{}).Where("key_hash = ? AND retry_at = ?", row.KeyHash, *old.RetryAt).Updates(map[string]any{
			"media": row.Media, "picture": row.Picture, "retry_at": row.RetryAt, "created_at": row.CreatedAt,
		}).Error
	})
	if err != nil {
		return fmt.Errorf("replace page code: %w", err)
	}
	return nil
}

// Purge forgets up to limit pictures that are old, and tells how many.
func (s *Service) Purge(ctx context.Context, limit int) (n int64, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var keys [][]byte
		err := tx.Model(&model.PageCode{}).Where("created_at < ?", s.Now().Add(-keep)).Order("created_at").Limit(limit).Pluck("key_hash", &keys).Error
		if err != nil || len(keys) == 0 {
			return err
		}
		res := tx.Where("key_hash IN ?", keys).Delete(&model.PageCode{})
		n = res.RowsAffected
		return res.Error
	})
	if err != nil {
		return 0, fmt.Errorf("purge page codes: %w", err)
	}
	return n, nil
}
