package signup

import (
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/read"
)

// tell notes what a student is told about a signup. It is told once for each version of the signup.
func (w *writes) tell(e *event, userID int64, row model.Signup, kind notify.Kind, reason string) {
	if userID == 0 {
		return // nobody has bound this student yet
	}
	data := map[string]string{"activity": e.Title, "time": inChina(e.StartsAt), "place": e.place(), "reason": reason}
	until := e.StartsAt
	if row.OfferedUntil != nil {
		data["due"], until = inChina(*row.OfferedUntil), *row.OfferedUntil
	}
	w.events = append(w.events, notify.Event{
		Kind: kind, UserIDs: []int64{userID}, Fact: []string{"signup" + strconv.FormatInt(row.ID, 10), "v" + strconv.FormatInt(row.Version, 10)},
		Object: row.TableName(), ObjectID: row.ID, Data: data, ExpiresAt: until,
	})
}

// Moved tells everybody with a live signup when and where a session is now, once for each version of its activity.
func (s *Service) Moved(tx *gorm.DB, sessionID int64) error {
	session, err := read.One[model.Session](tx.Where("id = ?", sessionID), "session")
	if err != nil {
		return err
	}
	a, err := project.ActivityByID(tx, session.ActivityID)
	if err != nil {
		return err
	}
	var users []int64
	err = tx.Table("signups AS s").Joins("JOIN student_profiles AS p ON p.id = s.student_id").
		Where("s.live_activity_id = ? AND p.user_id IS NOT NULL", a.ID).Order("p.user_id").Pluck("p.user_id", &users).Error
	if err != nil {
		return fmt.Errorf("read who signed up: %w", err)
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.ActivityChanged, UserIDs: users, Fact: []string{"activity" + strconv.FormatInt(a.ID, 10), "v" + strconv.FormatInt(a.Version, 10)},
		Object: a.TableName(), ObjectID: a.ID, ExpiresAt: session.StartsAt,
		Data: map[string]string{"activity": a.Title, "time": inChina(session.StartsAt), "place": session.Place},
	})
}

// inChina writes an instant as WeChat's templates want it.
func inChina(at time.Time) string { return at.In(clock.China()).Format("2006年1月2日 15:04") }

// place is where the first session is.
func (e *event) place() string {
	if len(e.slots) == 0 {
		return ""
	}
	return e.slots[0].place
}
