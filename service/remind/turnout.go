package remind

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

// turnoutWindow is how long after the end of sign-up the organiser is still told that too few have come.
const turnoutWindow = 24 * time.Hour

// planTurnout tells the organisers of activities whose sign-up has ended with fewer students than they need: they decide
// whether it takes place. They are told once for each end of sign-up.
func (s *Service) planTurnout(ctx context.Context, now time.Time) error {
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var few []model.Activity
		err := tooFew(tx, now).Find(&few).Error
		if err != nil {
			return err
		}
		for _, a := range few {
			if err := s.tellFew(tx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan turnout: %w", err)
	}
	return nil
}

// tooFew finds activities that are still to come and whose sign-up ended lately with too few.
func tooFew(tx *gorm.DB, now time.Time) *gorm.DB {
	return tx.Model(&model.Activity{}).Where("signup_closes_at > ? AND signup_closes_at <= ?", now.Add(-turnoutWindow), now).
		Where("status = ? AND starts_at > ? AND min_turnout > (SELECT COALESCE(SUM(p.taken), 0) FROM positions AS p WHERE p.activity_id = activities.id)",
			model.ActivityPublished, now).
		Order("signup_closes_at").Limit(planMost)
}

func (s *Service) tellFew(tx *gorm.DB, a model.Activity, now time.Time) error {
	organiser, err := org.ByID(tx, a.OrgID)
	if err != nil {
		return err
	}
	users, err := org.Officers(tx, now, access.ActivityPublish, organiser.Path)
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.TurnoutLow, UserIDs: users, Fact: []string{"act" + strconv.FormatInt(a.ID, 10), strconv.FormatInt(a.SignupClosesAt.UnixMilli(), 10)},
		Object: a.TableName(), ObjectID: a.ID, ExpiresAt: a.StartsAt,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "time": notify.When(a.StartsAt), "name": notify.Own(strconv.FormatInt(a.MinTurnout, 10))},
	})
}
