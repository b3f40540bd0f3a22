package attend

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/notify"
	"baodao/service/org"
)

// reviewsMost is how many sessions one run of RemindReviewers looks at.
const reviewsMost = 500

// RemindReviewers tells the host once a day of every session in which check-ins wait to be reviewed; after review_days, or
// where the host has nobody, the departments of the students too.
func (s *Service) RemindReviewers(ctx context.Context) error {
	if s.Notify == nil {
		return nil
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var oldest []model.CheckInReview
		err := tx.Model(&model.CheckInReview{}).Where("id IN (?)",
			tx.Model(&model.CheckInReview{}).Where("status = ?", model.ReviewWaiting).Group("session_id").Select("MIN(id)")).
			Order("id").Limit(reviewsMost).Find(&oldest).Error
		if err != nil {
			return fmt.Errorf("look for reviews: %w", err)
		}
		var events []notify.Event
		for _, r := range oldest {
			e, err := s.reminder(tx, r)
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		return s.Notify.Enqueue(tx, events...)
	})
}

// reminder is what is told of the session of a review, the oldest one there.
func (s *Service) reminder(tx *gorm.DB, r model.CheckInReview) (notify.Event, error) {
	now := s.Now()
	c, err := sceneOf(tx, r.SessionID, now)
	if err != nil {
		return notify.Event{}, err
	}
	host, err := org.ByID(tx, c.activity.HostOrgID)
	if err != nil {
		return notify.Event{}, err
	}
	people, err := org.Officers(tx, now, access.CheckInReview, host.Path)
	if err != nil {
		return notify.Event{}, err
	}
	if len(people) == 0 || now.Sub(r.CreatedAt) >= c.policy.Evidence().Host {
		above, err := departments(tx, now, r.SessionID)
		if err != nil {
			return notify.Event{}, err
		}
		people = append(people, above...)
	}
	return notify.Event{
		Kind: notify.HoursDisputed, UserIDs: people, Fact: []string{"reviews", strconv.FormatInt(r.SessionID, 10), string(dayOf(now))},
		Object: c.activity.TableName(), ObjectID: c.activity.ID,
		Data: map[string]notify.Words{"activity": notify.Own(c.activity.Title), "reason": notify.Both("有签到等待核对。", "Check-ins wait to be reviewed.")},
	}, nil
}

// departments finds who reviews for the branches of the students that wait in a session.
func departments(tx *gorm.DB, now time.Time, sessionID int64) ([]int64, error) {
	var paths []string
	err := tx.Table("check_in_reviews AS r").Joins("JOIN orgs AS o ON o.id = r.branch_id").
		Where("r.session_id = ? AND r.status = ?", sessionID, model.ReviewWaiting).Distinct("o.path").Order("o.path").Pluck("o.path", &paths).Error
	if err != nil {
		return nil, fmt.Errorf("read branches of reviews: %w", err)
	}
	return org.Officers(tx, now, access.CheckInReview, paths...)
}
