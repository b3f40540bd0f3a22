package notify

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/page"
)

// CountMost is the highest unread count that is told; more is not counted.
const CountMost = 100

// List is the caller's inbox, newest first; entries whose time has not come are not in it.
func (s *Service) List(ctx context.Context, actor access.Actor, unread bool, req page.Request) (page.Result[model.Notification], error) {
	var none page.Result[model.Notification]
	if err := actor.Require(access.Person); err != nil {
		return none, err
	}
	keys, more, err := req.Key("notifications", 2)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Where("user_id = ? AND shown_at <= ?", actor.UserID, s.Now())
	if unread {
		q = q.Where("read_at IS NULL")
	}
	if more {
		at := time.UnixMilli(keys[0]).UTC()
		q = q.Where("shown_at < ? OR shown_at = ? AND id < ?", at, at, keys[1])
	}
	var rows []model.Notification
	if err := q.Order("shown_at DESC, id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("read inbox: %w", err)
	}
	return page.Cut(rows, req.Size(), "notifications", func(n model.Notification) []int64 {
		return []int64{n.ShownAt.UnixMilli(), n.ID}
	}), nil
}

// Unread counts the caller's unread entries, up to CountMost.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (int, error) {
	if err := actor.Require(access.Person); err != nil {
		return 0, err
	}
	var ids []int64
	err := s.DB.WithContext(ctx).Model(&model.Notification{}).Where("user_id = ? AND read_at IS NULL AND shown_at <= ?", actor.UserID, s.Now()).
		Limit(CountMost).Pluck("id", &ids).Error
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", err)
	}
	return len(ids), nil
}

// Read marks one entry of the caller's inbox as read; reading it again changes nothing. Another person's is fault.ErrNotFound.
func (s *Service) Read(ctx context.Context, actor access.Actor, id int64) (row model.Notification, err error) {
	if err := actor.Require(access.Person); err != nil {
		return row, err
	}
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var rows []model.Notification
		if err := atomic.ForUpdate(tx).Where("id = ? AND user_id = ? AND shown_at <= ?", id, actor.UserID, s.Now()).Find(&rows).Error; err != nil {
			return fmt.Errorf("read notification: %w", err)
		}
		if len(rows) == 0 {
			return fault.ErrNotFound
		}
		row = rows[0]
		if row.ReadAt != nil {
			return nil
		}
		now := s.Now()
		row.ReadAt = &now
		return tx.Model(&model.Notification{}).Where("id = ?", id).Update("read_at", now).Error
	})
	return row, err
}

// ReadAll marks everything in the caller's inbox as read.
func (s *Service) ReadAll(ctx context.Context, actor access.Actor) error {
	if err := actor.Require(access.Person); err != nil {
		return err
	}
	now := s.Now()
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		return tx.Model(&model.Notification{}).Where("user_id = ? AND read_at IS NULL AND shown_at <= ?", actor.UserID, now).Update("read_at", now).Error
	})
}

var errKind = fault.Define(fault.Invalid, "notification.kind_unknown", "没有这种通知。", "There is no such kind of notification.")

// Preference is what a person wants of one kind. TemplateID is what the mini-program asks a subscription for, empty when the
// kind is told in the inbox only.
type Preference struct {
	Wording

	WeChat     bool
	TemplateID string
}

// Preferences are the caller's, one for each kind.
func (s *Service) Preferences(ctx context.Context, actor access.Actor) ([]Preference, error) {
	if err := actor.Require(access.Person); err != nil {
		return nil, err
	}
	db := s.DB.WithContext(ctx)
	var prefs []model.NotificationPref
	if err := db.Where("user_id = ?", actor.UserID).Find(&prefs).Error; err != nil {
		return nil, fmt.Errorf("read preferences: %w", err)
	}
	var templates []model.NoticeTemplate
	if err := db.Where("app_id = ? AND disabled_at IS NULL", s.AppID).Find(&templates).Error; err != nil {
		return nil, fmt.Errorf("read notice templates: %w", err)
	}
	off, ids := map[string]bool{}, map[string]string{}
	for _, p := range prefs {
		off[p.Kind] = !p.Wechat
	}
	for _, t := range templates {
		ids[t.Kind] = t.TemplateID
	}
	out := make([]Preference, len(wordings))
	for i, w := range wordings {
		out[i] = Preference{Wording: w, WeChat: !off[string(w.Kind)], TemplateID: ids[string(w.Kind)]}
	}
	return out, nil
}

// SetPreferences switches WeChat messages of the named kinds on or off; the others stay as they are. A kind that is not
// in the table is notification.kind_unknown.
func (s *Service) SetPreferences(ctx context.Context, actor access.Actor, wechat map[Kind]bool) ([]Preference, error) {
	if err := actor.Require(access.Person); err != nil {
		return nil, err
	}
	var rows []model.NotificationPref
	for _, w := range wordings {
		if on, named := wechat[w.Kind]; named {
			rows = append(rows, model.NotificationPref{UserID: actor.UserID, Kind: string(w.Kind), Wechat: on, UpdatedAt: s.Now()})
		}
	}
	if len(rows) != len(wechat) {
		return nil, errKind
	}
	if len(rows) > 0 {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error
		})
		if err != nil {
			return nil, fmt.Errorf("write preferences: %w", err)
		}
	}
	return s.Preferences(ctx, actor)
}
