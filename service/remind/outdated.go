package remind

import (
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/notify"
)

// seat is a live sign-up of a person.
type seat struct {
	ID, UserID, ActivityID int64
	Status                 model.SignupStatus
}

type seatKey struct{ user, activity int64 }

// news is what entries are held against.
type news struct {
	activities map[int64]model.Activity
	sessions   map[int64]model.Session
	seats      map[seatKey]seat
	present    map[[2]int64]bool // sign-up and session
}

// Outdated is the notify.Recheck: it tells which entries say what no longer holds, because the activity was called off, the
// session moved, the person left or, for a missing check-in, has come.
func (s *Service) Outdated(tx *gorm.DB, entries []model.Notification) (map[string]bool, error) {
	n, err := newsFor(tx, entries)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, e := range entries {
		out[e.DedupeKey] = !n.hold(e)
	}
	return out, nil
}

// hold tells whether an entry still says what is.
func (n news) hold(e model.Notification) bool {
	if n.activities[e.ObjectID].Status != model.ActivityPublished {
		return false
	}
	kind := notify.Kind(e.Kind)
	if kind == notify.ActivityPublished {
		return true
	}
	session, found := n.sessions[sessionIn(e)]
	seat, live := n.seats[seatKey{e.UserID, e.ObjectID}]
	if !found || !live || notify.When(session.StartsAt).ZH != e.Data["time"] || notify.Where(session.Place).ZH != e.Data["place"] {
		return false
	}
	if kind == notify.ActivityChanged {
		return true
	}
	has := seat.Status == model.SignupConfirmed
	if kind == notify.CheckInMissing {
		return has && !n.present[[2]int64{seat.ID, session.ID}]
	}
	return has
}

// sessionIn is the session that an entry is about, 0 for none.
func sessionIn(e model.Notification) int64 {
	id, err := strconv.ParseInt(e.Data["session"], 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// newsFor reads it in four queries.
func newsFor(tx *gorm.DB, entries []model.Notification) (news, error) {
	n := news{activities: map[int64]model.Activity{}, sessions: map[int64]model.Session{}, seats: map[seatKey]seat{}, present: map[[2]int64]bool{}}
	var users, ids, sessionIDs []int64
	for _, e := range entries {
		users, ids, sessionIDs = append(users, e.UserID), append(ids, e.ObjectID), append(sessionIDs, sessionIn(e))
	}
	var activities []model.Activity
	var sessions []model.Session
	var seats []seat
	for what, err := range map[string]error{
		"activities": tx.Select("id", "status").Where("id IN ?", ids).Find(&activities).Error,
		"sessions":   tx.Select("id", "starts_at", "place").Where("id IN ?", sessionIDs).Find(&sessions).Error,
		"sign-ups": tx.Table("signups AS s").Select("s.id, p.user_id, s.activity_id, s.status").Joins("JOIN student_profiles AS p ON p.id = s.student_id").
			Where("p.user_id IN ? AND s.live_activity_id IN ?", users, ids).Scan(&seats).Error,
	} {
		if err != nil {
			return n, fmt.Errorf("read %s: %w", what, err)
		}
	}
	for _, a := range activities {
		n.activities[a.ID] = a
	}
	for _, s := range sessions {
		n.sessions[s.ID] = s
	}
	seatIDs := make([]int64, len(seats))
	for i, s := range seats {
		n.seats[seatKey{s.UserID, s.ActivityID}], seatIDs[i] = s, s.ID
	}
	var present []model.Attendance
	err := tx.Select("signup_id", "session_id").Where("signup_id IN ? AND session_id IN ? AND in_at IS NOT NULL", seatIDs, sessionIDs).Find(&present).Error
	if err != nil {
		return n, fmt.Errorf("read attendance: %w", err)
	}
	for _, t := range present {
		n.present[[2]int64{t.SignupID, t.SessionID}] = true
	}
	return n, nil
}
