package attend_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/attend"
)

func TestWorth(t *testing.T) {
	t.Parallel()
	start := time.Date(2028, 2, 29, 1, 0, 0, 0, time.UTC)
	session := model.Session{StartsAt: start, EndsAt: start.Add(2 * time.Hour)}
	policy := testkit.SmallPolicy() // 600 ‰
	at := start.Add
	tests := map[string]struct {
		in, out time.Duration
		room    int64
		minutes int64
		reason  string
	}{
		"the whole session":                 {0, 2 * time.Hour, 480, 120, ""},
		"early and late are worth nothing":  {-30 * minute, 3 * time.Hour, 480, 120, ""},
		"seconds are dropped":               {10*minute + time.Second, 2 * time.Hour, 480, 109, ""},
		"exactly sixty per cent":            {0, 72 * minute, 480, 72, ""},
		"a millisecond short of it":         {time.Millisecond, 72 * minute, 480, 0, "PRESENCE_TOO_SHORT"},
		"in and out before the start":       {-20 * minute, -10 * minute, 480, 0, "PRESENCE_TOO_SHORT"},
		"out when it starts":                {-20 * minute, 0, 480, 0, "PRESENCE_TOO_SHORT"},
		"a clock that stepped back":         {30 * minute, 20 * minute, 480, 0, "PRESENCE_TOO_SHORT"},
		"the day has an hour left":          {0, 2 * time.Hour, 60, 60, "DAY_LIMIT"},
		"the day is used up":                {0, 2 * time.Hour, 0, 0, "DAY_LIMIT"},
		"the day was more than used up":     {0, 2 * time.Hour, -30, 0, "DAY_LIMIT"},
		"the day has exactly what is asked": {0, 2 * time.Hour, 120, 120, ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := attend.Worth(at(c.in), at(c.out), session, policy, c.room)
			if got.Minutes() != c.minutes || got.Reason() != c.reason {
				t.Errorf("%d %q, want %d %q", got.Minutes(), got.Reason(), c.minutes, c.reason)
			}
		})
	}
}

func TestWorthIsNeverMoreThanPlannedPresentOrLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := func(name string, from, to int64) time.Duration {
			return time.Duration(rapid.Int64Range(from, to).Draw(t, name)) * time.Millisecond
		}
		start := testkit.Start
		session := model.Session{StartsAt: start, EndsAt: start.Add(ms("length", 60_000, 86_400_000))}
		in := start.Add(ms("in", -7_200_000, 90_000_000))
		out := in.Add(ms("stay", 0, 90_000_000))
		room := rapid.Int64Range(-10, 480).Draw(t, "room")
		policy := model.Policy{PresenceMinPermille: rapid.Int64Range(0, 1000).Draw(t, "permille")}
		got := attend.Worth(in, out, session, policy, room).Minutes()
		if got < 0 || got > session.Minutes() || got > int64(out.Sub(in)/minute) || got > max(room, 0) {
			t.Fatalf("%d minutes", got)
		}
	})
}

func TestDaysAreCountedInChina(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]model.Date{
		"2028-02-28T15:59:59.999Z": "2028-02-28",
		"2028-02-28T16:00:00Z":     "2028-02-29",
		"2028-02-29T16:00:00Z":     "2028-03-01",
		"2026-12-31T16:00:00Z":     "2027-01-01",
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := attend.DayOf(when); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
}
