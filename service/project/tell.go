package project

import (
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/notify"
)

// tellPublished notes that an activity is to be told to its audience, from the opening of its sign-up on.
func (s *Service) tellPublished(tx *gorm.DB, a model.Activity) error {
	return s.Notify.FanOut(tx, notify.Fact{Kind: notify.ActivityPublished, Object: a.TableName(), ObjectID: a.ID, At: s.Now(), From: a.SignupOpensAt})
}

// tellMoved tells everybody with a live sign-up that a session is at another time or place. version is the activity's
// after the change.
func (s *Service) tellMoved(tx *gorm.DB, a model.Activity, version int64, was model.Session, to Slot) error {
	if s.Notify == nil || slotOf(was).equal(Slot{StartsAt: to.StartsAt, EndsAt: to.EndsAt, Place: to.Place, At: to.At, RadiusM: was.RadiusM}) {
		return nil
	}
	people, err := signedUp(tx, a.ID)
	if err != nil {
		return err
	}
	id := strconv.FormatInt(was.ID, 10)
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.ActivityChanged, UserIDs: people, Fact: []string{id, "v" + strconv.FormatInt(version, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "session": notify.Own(id), "time": notify.When(to.StartsAt), "place": notify.Where(to.Place)}, ExpiresAt: to.EndsAt,
	})
}

// tellCancelled tells everybody who has a live sign-up that the activity is called off. The caller releases the sign-ups next.
func (s *Service) tellCancelled(tx *gorm.DB, a model.Activity, reason string) error {
	if s.Notify == nil {
		return nil
	}
	people, err := signedUp(tx, a.ID)
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.ActivityCancelled, UserIDs: people, Fact: []string{strconv.FormatInt(a.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "time": notify.When(a.StartsAt), "reason": notify.Own(reason)},
	})
}

// signedUp are the accounts of everybody with a live sign-up: a seat, or a wish for one. The positions are locked first,
// so that until the commit nobody comes in between who would not be told.
func signedUp(tx *gorm.DB, activityID int64) (users []int64, err error) {
	var positions []int64
	if err := atomic.ForUpdate(tx.Model(&model.Position{})).Where("activity_id = ?", activityID).Order("id").Pluck("id", &positions).Error; err != nil {
		return nil, fmt.Errorf("lock positions: %w", err)
	}
	err = tx.Table("signups AS s").Joins("JOIN student_profiles AS p ON p.id = s.student_id").
		Where("s.live_activity_id = ? AND p.user_id IS NOT NULL", activityID).Pluck("p.user_id", &users).Error
	if err != nil {
		return nil, fmt.Errorf("read who signed up: %w", err)
	}
	return users, nil
}
