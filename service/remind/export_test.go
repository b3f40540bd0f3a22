package remind

import (
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/notify"
)

// Queries are what the jobs walk, for the tests of their plans.
func Queries(db *gorm.DB, now time.Time, session model.Session, branches []int64, path string) map[string]*gorm.DB {
	return map[string]*gorm.DB{
		"sessions": comingDue(db, spans(now)[0], now), "seats": seated(db, notify.ReminderDay, session, 1, 500),
		"missing": seated(db, notify.CheckInMissing, session, 1, 500), "students": studentsOf(db, branches, 1, 500),
		"officers": officersBelow(db, path, now, 1, 500), "turnout": tooFew(db, now),
	}
}
