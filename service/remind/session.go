package remind

import (
	"errors"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/read"
)

// attending finds the students with a seat in a session; for CHECK_IN_MISSING those who did not come. Of a session that
// moved or was called off meanwhile, or that is too late to tell of, nobody is told.
func (s *Service) attending(tx *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	session, a, err := sessionOf(tx, f.ObjectID)
	if errors.Is(err, fault.ErrNotFound) {
		return notify.Event{}, nil, nil
	}
	if err != nil {
		return notify.Event{}, nil, err
	}
	kind, until := notify.Kind(f.Kind), session.StartsAt
	if kind == notify.CheckInMissing {
		until = session.EndsAt
	}
	if !session.StartsAt.Equal(f.DueAt) || a.Status != model.ActivityPublished || !s.Now().Before(until) {
		return notify.Event{}, nil, nil
	}
	var people []notify.Recipient
	if err := seated(tx, kind, session, f.AfterID, limit).Scan(&people).Error; err != nil {
		return notify.Event{}, nil, fmt.Errorf("read who has a seat: %w", err)
	}
	id := strconv.FormatInt(session.ID, 10)
	return notify.Event{
		Kind: kind, Fact: []string{id, strconv.FormatInt(session.StartsAt.UnixMilli(), 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "session": notify.Own(id), "time": notify.When(session.StartsAt), "place": notify.Where(session.Place)}, ExpiresAt: until,
	}, people, nil
}

// seated walks the sign-ups of an activity in the order of the students.
func seated(tx *gorm.DB, kind notify.Kind, session model.Session, after int64, limit int) *gorm.DB {
	q := tx.Table("signups AS s").Select("s.student_id AS `key`, p.user_id").
		Joins("JOIN student_profiles AS p ON p.id = s.student_id AND p.user_id IS NOT NULL").
		Where("s.live_activity_id = ? AND s.student_id > ? AND s.status = ?", session.ActivityID, after, model.SignupConfirmed).
		Order("s.student_id").Limit(limit)
	if kind == notify.CheckInMissing {
		q = q.Where("NOT EXISTS (SELECT 1 FROM attendances AS t WHERE t.signup_id = s.id AND t.session_id = ? AND t.in_at IS NOT NULL)", session.ID)
	}
	return q
}

// sessionOf reads a session and its activity; fault.ErrNotFound if there is none.
func sessionOf(tx *gorm.DB, id int64) (model.Session, model.Activity, error) {
	session, err := read.One[model.Session](tx.Where("id = ?", id), "session")
	if err != nil {
		return session, model.Activity{}, err
	}
	a, err := project.ActivityByID(tx, session.ActivityID)
	return session, a, err
}
