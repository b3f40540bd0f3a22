package signup

import (
	"strconv"
	"time"

	"baodao/model"
	"baodao/service/notify"
)

// tell notes what a student is told about a signup, once for each version of it. What opens is the activity.
func (w *writes) tell(e *event, userID int64, row model.Signup, kind notify.Kind, reason string) {
	if userID == 0 {
		return // nobody has bound this student yet
	}
	data := map[string]string{"activity": e.Title, "time": notify.When(e.StartsAt), "place": notify.Where(e.place()), "reason": reason, "signup": strconv.FormatInt(row.ID, 10)}
	until := e.StartsAt
	if kind == notify.SignupAbsent || kind == notify.SignupLeave {
		until = time.Time{} // it is over, and matters all the same
	}
	if row.OfferedUntil != nil {
		data["due"], until = notify.When(*row.OfferedUntil), *row.OfferedUntil
	}
	w.events = append(w.events, notify.Event{
		Kind: kind, UserIDs: []int64{userID}, Fact: []string{"signup" + strconv.FormatInt(row.ID, 10), "v" + strconv.FormatInt(row.Version, 10)},
		Object: e.TableName(), ObjectID: e.ID, Data: data, ExpiresAt: until,
	})
}

// place is where the first session is.
func (e *event) place() string {
	if len(e.slots) == 0 {
		return ""
	}
	return e.slots[0].place
}
