package signup_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/signup"
)

// The activity is on Wednesday, 14 October 2026, 09:00–11:00 in China, at 36.65 north.
const north = 36_650_000

func TestTheWayBetweenTwoPlaces(t *testing.T) {
	t.Parallel()
	// A thousandth of a degree of latitude is 111 m; 0.09 degrees are 10 km: half an hour at 20 km/h.
	after := func(lat int64, gap time.Duration, kmh int64) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			b.policy(func(p *model.Policy) { p.TravelKMH = kmh })
			b.must(me, b.another(b.session.EndsAt.Add(gap), b.session.EndsAt.Add(gap+hour), lat))
		}
	}
	before := func(lat int64, gap time.Duration) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			b.policy(func(p *model.Policy) { p.TravelKMH = 20 })
			b.must(me, b.another(b.session.StartsAt.Add(-gap-hour), b.session.StartsAt.Add(-gap), lat))
		}
	}
	play(t, map[string]scene{
		"back to back at one place":           {before: after(north, 0, 20)},
		"back to back 450 m apart":            {before: after(north+4_000, 0, 20)},
		"back to back 10 km apart":            {before: after(north+90_000, 0, 20), want: signup.ErrConflict, says: "赶"},
		"half an hour is just too little":     {before: after(north+90_000, 29*time.Minute, 20), want: signup.ErrConflict},
		"31 minutes are enough":               {before: after(north+90_000, 31*time.Minute, 20)},
		"the way there counts too":            {before: before(north+90_000, 29*time.Minute), want: signup.ErrConflict},
		"the way there, with time":            {before: before(north+90_000, 31*time.Minute)},
		"no travel time in the policy":        {before: after(north+90_000, 0, 0)},
		"overlap 3000 km apart":               {before: after(north-27_000_000, -hour, 20), want: signup.ErrConflict},
		"a day between two ends of China":     {before: after(north-27_000_000, 24*hour, 20), want: signup.ErrConflict},
		"a week between two ends of China":    {before: after(north-27_000_000, 7*24*hour, 20)},
		"a place without coordinates is near": {before: func(b *bench, me access.Actor) { b.nowhere(me) }},
	})
}

// nowhere signs up for something right after the activity whose place is not known.
func (b *bench) nowhere(me access.Actor) {
	b.policy(func(p *model.Policy) { p.TravelKMH = 20 })
	_, _, p := b.Activity(b.project, 1, func(a *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt, s.LatE6, s.LngE6 = b.session.EndsAt, b.session.EndsAt.Add(hour), nil, nil
		a.StartsAt, a.EndsAt = s.StartsAt, s.EndsAt
	})
	b.must(me, p.ID)
}

// A week goes from Monday to Sunday in China: Sunday, 18 October, 23:59 is within it, a minute later is not.
func TestWeekCap(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 10, 18, 16, 0, 0, 0, time.UTC) // 19 October, 00:00 in China
	capped := func(most int64, starts ...time.Time) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			for _, s := range starts {
				b.must(me, b.another(s, s.Add(hour), north))
			}
			b.policy(func(p *model.Policy) { p.WeekMaxMinutes = most })
		}
	}
	play(t, map[string]scene{
		"exactly the cap":             {before: capped(180, monday.Add(-hour))},
		"a minute more":               {before: capped(179, monday.Add(-hour)), want: signup.ErrLoadCap, says: "一周"},
		"next week does not count":    {before: capped(120, monday)},
		"the last minute counts":      {before: capped(179, monday.Add(-time.Minute)), want: signup.ErrLoadCap, says: "3.0 小时"},
		"too long by itself":          {before: capped(119), want: signup.ErrLoadCap},
		"0 is no cap":                 {before: capped(0, monday.Add(-hour))},
		"the conflict is named first": {before: capped(60, time.Date(2026, 10, 14, 1, 0, 0, 0, time.UTC)), want: signup.ErrConflict},
	})
}

func TestTermCap(t *testing.T) {
	t.Parallel()
	term := func(most int64, from, to model.Date, others ...time.Time) func(*bench, access.Actor) {
		return func(b *bench, me access.Actor) {
			b.tx(func(tx *gorm.DB) error { return tx.Exec("DELETE FROM terms").Error })
			b.Insert(&model.Term{ID: b.NewID(), UniversityID: b.University.ID, Name: "1", StartsOn: from, EndsOn: to, CreatedAt: b.Clock.Now()})
			for _, s := range others {
				b.must(me, b.another(s, s.Add(hour), north))
			}
			b.policy(func(p *model.Policy) { p.TermMaxActivities = most })
		}
	}
	october, january := time.Date(2026, 10, 20, 1, 0, 0, 0, time.UTC), time.Date(2027, 1, 20, 16, 0, 0, 0, time.UTC) // 21 January in China
	play(t, map[string]scene{
		"one below":                     {before: term(2, "2026-09-01", "2027-01-20", october)},
		"as many as there may be":       {before: term(1, "2026-09-01", "2027-01-20", october), want: signup.ErrLoadCap, says: "一学期最多报名 1 个活动"},
		"after the term":                {before: term(1, "2026-09-01", "2027-01-20", january)},
		"on its last day":               {before: term(1, "2026-09-01", "2027-01-21", january), want: signup.ErrLoadCap},
		"the term begins the day after": {before: term(1, "2026-10-15", "2027-01-20", october)},
		"0 is no cap":                   {before: term(0, "2026-09-01", "2027-01-20", october)},
	})
}
