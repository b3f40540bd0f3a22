package attend

import (
	"time"

	"baodao/model"
)

// Reasons why a claim has fewer minutes than were planned.
const (
	reasonShort    = "PRESENCE_TOO_SHORT" // present for less than presence_min_permille of the session
	reasonDay      = "DAY_LIMIT"          // day_max_minutes of that day are used up
	reasonOverlap  = "OVERLAP"            // the same time is credited elsewhere
	reasonAnnulled = "CHECK_OUT_ANNULLED" // the check-out was taken back
)

// credit is what one closed pair is worth: minutes from a moment on, and why they are fewer than the presence.
type credit struct {
	from    time.Time
	minutes int64
	reason  string
}

// until is the end of the credited time.
func (c credit) until() time.Time { return c.from.Add(time.Duration(c.minutes) * time.Minute) }

// worth computes the credit of a pair [in, out) in a session: the whole minutes of their overlap, so travel and coming early
// are worth nothing and the planned minutes are the ceiling; nothing when the presence is below the policy's share;
// at most room, what is left of the day.
func worth(in, out time.Time, session model.Session, policy model.Policy, room int64) credit {
	from, until := later(in, session.StartsAt), earlier(out, session.EndsAt)
	if !from.Before(until) {
		return credit{from: from, reason: reasonShort}
	}
	present, planned := until.Sub(from), session.EndsAt.Sub(session.StartsAt)
	if int64(present/time.Millisecond)*1000 < int64(planned/time.Millisecond)*policy.PresenceMinPermille {
		return credit{from: from, reason: reasonShort}
	}
	c := credit{from: from, minutes: int64(present / time.Minute)}
	if c.minutes > room {
		c.minutes, c.reason = max(room, 0), reasonDay
	}
	return c
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
