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
	data := map[string]notify.Words{"activity": notify.Own(e.Title), "time": notify.When(e.StartsAt), "place": notify.Where(e.place()), "reason": said(reason), "signup": notify.Own(strconv.FormatInt(row.ID, 10))}
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

// Reasons of the program's own; what people write stays as it is.
var (
	notSeen  = notify.Both("活动结束后没有签到记录", "There was no check-in when it was over.")             //nolint:gochecknoglobals // a constant
	tooLate  = notify.Both("确认时间已过，名额已给下一位同学", "It was not accepted in time; the seat goes on.") //nolint:gochecknoglobals // a constant
	noneLeft = notify.Both("候补截止，名额未空出", "The waiting list has ended and no seat came free.")    //nolint:gochecknoglobals // a constant
)

// said is a reason in both languages.
func said(reason string) notify.Words {
	for _, own := range []notify.Words{notSeen, tooLate, noneLeft} {
		if own.ZH == reason {
			return own
		}
	}
	return notify.Own(reason)
}

// place is where the first session is.
func (e *event) place() string {
	if len(e.slots) == 0 {
		return ""
	}
	return e.slots[0].place
}
