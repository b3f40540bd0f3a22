package remind_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/notify"
)

func TestThoseWithASeatAreRemindedTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	li, _ := k.member("李")
	wang, _ := k.member("王")
	gone, row := k.member("走了")
	if _, err := k.signups.Cancel(t.Context(), gone, row.ID); err != nil {
		t.Fatal(err)
	}
	_, waiting := k.member("候补")
	k.exec("UPDATE signups SET status = ? WHERE id = ?", model.SignupWaitlisted, waiting.ID)
	k.before(24*time.Hour + time.Minute)
	k.Told(notify.ReminderDay)
	k.before(24 * time.Hour)
	k.Told(notify.ReminderDay, li, wang)
	k.Inbox(notify.ReminderDay, li, "“社区清洁日”：2026年10月14日 09:00，戊社区广场。")
	k.before(time.Hour + time.Minute)
	k.Told(notify.ReminderHour)
	k.before(time.Hour)
	k.Told(notify.ReminderHour, li, wang)
	k.before(-time.Minute)
	k.Told(notify.ReminderDay, li, wang)
	k.Told(notify.ReminderHour, li, wang)
}

// TestALateRunSaysNothingWrong: nobody hears "tomorrow" on the day itself, nor "soon" of what has begun.
func TestALateRunSaysNothingWrong(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	k.member("李")
	k.before(8 * time.Hour) // 01:00 of the same day
	k.Told(notify.ReminderDay)
	k.before(-time.Second)
	k.Told(notify.ReminderHour)
	early := newKit(t, func(a *model.Activity, s *model.Session) { // 00:30 in China
		a.StartsAt, a.EndsAt, a.SignupClosesAt = a.StartsAt.Add(-510*time.Minute), a.EndsAt.Add(-510*time.Minute), a.SignupClosesAt.Add(-510*time.Minute)
		s.StartsAt, s.EndsAt = a.StartsAt, a.EndsAt
	})
	ma, _ := early.member("马")
	early.before(45 * time.Minute) // the day before, but within the hour
	early.Told(notify.ReminderDay)
	early.Told(notify.ReminderHour, ma)
}

func TestAMovedSessionRemindsAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	li, _ := k.member("李")
	k.before(20 * time.Hour)
	k.Told(notify.ReminderDay, li)
	k.move(72 * time.Hour)
	k.run()
	k.before(24 * time.Hour)
	k.Told(notify.ReminderDay, li, li)
	k.before(time.Hour)
	k.Told(notify.ReminderHour, li)
}

// TestWhatChangesBetweenPlanAndSpread: the people are looked up when they are told.
func TestWhatChangesBetweenPlanAndSpread(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(k *kit, li access.Actor, row model.Signup){
		"the sign-up": func(k *kit, li access.Actor, row model.Signup) {
			if _, err := k.signups.Cancel(k.TB.Context(), li, row.ID); err != nil {
				k.TB.Fatal(err)
			}
		},
		"the session": func(k *kit, _ access.Actor, _ model.Signup) { k.move(48 * time.Hour) },
		"the activity": func(k *kit, _ access.Actor, _ model.Signup) {
			if _, err := k.projects.CancelActivity(k.TB.Context(), k.host, k.activity.ID, "暴雨"); err != nil {
				k.TB.Fatal(err)
			}
		},
		"the state": func(k *kit, _ access.Actor, _ model.Signup) {
			k.exec("UPDATE activities SET status = ?", model.ActivityCancelled)
		},
		"the time": func(k *kit, _ access.Actor, _ model.Signup) { k.Clock.Set(k.session.StartsAt) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, nil)
			li, row := k.member("李")
			k.Clock.Set(k.session.StartsAt.Add(-23 * time.Hour))
			if err := k.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
			change(k, li, row)
			if err := k.Spread(t.Context()); err != nil {
				t.Fatal(err)
			}
			k.Told(notify.ReminderDay)
		})
	}
}

func TestAMissingCheckInIsToldOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	li, _ := k.member("李")
	_, row := k.member("到了")
	k.present(row)
	k.before(-14 * time.Minute)
	k.Told(notify.CheckInMissing)
	k.before(-15 * time.Minute)
	k.Told(notify.CheckInMissing, li)
	k.Inbox(notify.CheckInMissing, li, "没有看到您在“社区清洁日”的签到，请联系负责人。")
	k.before(-30 * time.Minute)
	k.Told(notify.CheckInMissing, li)
	late := newKit(t, nil)
	late.member("马")
	late.before(-2 * time.Hour) // it is over
	late.Told(notify.CheckInMissing)
}

// TestManySessionsAreAllPlanned: more than one transaction takes.
func TestManySessionsAreAllPlanned(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	rows := make([]any, 0, 1200)
	for i := range 1200 {
		at := k.session.StartsAt.Add(time.Duration(i%60) * time.Minute)
		rows = append(rows, &model.Session{ID: k.NewID(), ActivityID: k.activity.ID, StartsAt: at, EndsAt: at.Add(time.Hour), Place: "广场", RadiusM: 200})
	}
	k.Insert(rows...)
	li, _ := k.member("李")
	k.Clock.Set(k.session.StartsAt.Add(-23 * time.Hour))
	if err := k.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.Spread(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(k.Entries(notify.ReminderDay)); got != 1201 {
		t.Errorf("%d reminders of %d", got, li.UserID)
	}
}

func TestWhatAMessageSaysIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	li, row := k.member("李")
	wang, _ := k.member("王")
	k.fanOut()
	k.before(23 * time.Hour)
	k.move(time.Hour)
	k.before(23 * time.Hour) // the reminders of both times are there
	k.before(time.Hour)
	k.before(-15 * time.Minute)
	outdated := func() map[string]int {
		t.Helper()
		var entries []model.Notification
		if err := k.World.DB.Find(&entries).Error; err != nil {
			t.Fatal(err)
		}
		bad, err := k.Outdated(k.World.DB, entries)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, e := range entries {
			if bad[e.DedupeKey] {
				got[e.Kind]++
			}
		}
		return got
	}
	is := func(what string, want map[string]int) {
		t.Helper()
		if got := outdated(); len(got) != len(want) {
			t.Errorf("%s: outdated %v, want %v", what, got, want)
		} else {
			for kind, n := range want {
				if got[kind] != n {
					t.Errorf("%s: outdated %v, want %v", what, got, want)
				}
			}
		}
	}
	k.Told(notify.ReminderDay, li, wang, li, wang)
	is("the first time", map[string]int{"REMINDER_DAY": 2})
	k.present(row)
	is("one has come", map[string]int{"REMINDER_DAY": 2, "CHECK_IN_MISSING": 1})
	k.exec("UPDATE signups SET live_activity_id = NULL, status = ? WHERE id = ?", model.SignupRemoved, row.ID)
	is("one has left", map[string]int{"REMINDER_DAY": 3, "REMINDER_HOUR": 1, "CHECK_IN_MISSING": 1, "ACTIVITY_CHANGED": 1})
	k.exec("UPDATE activity_sessions SET place = ? WHERE id = ?", "后院", k.session.ID)
	is("another place", map[string]int{"REMINDER_DAY": 4, "REMINDER_HOUR": 2, "CHECK_IN_MISSING": 2, "ACTIVITY_CHANGED": 2})
	k.exec("UPDATE activities SET status = ? WHERE id = ?", model.ActivityCancelled, k.activity.ID)
	is("called off", map[string]int{"REMINDER_DAY": 4, "REMINDER_HOUR": 2, "CHECK_IN_MISSING": 2, "ACTIVITY_CHANGED": 2, "ACTIVITY_PUBLISHED": 2})
}

// TestACancellationRacesWithSignUps: whoever lost a seat was told, and nobody else.
func TestACancellationRacesWithSignUps(t *testing.T) {
	t.Parallel()
	k := newKit(t, nil)
	people := make([]access.Actor, 16)
	for i := range people {
		people[i] = k.Student("学生", k.Branch)
	}
	var all sync.WaitGroup
	for i, p := range people {
		all.Go(func() {
			_, _ = k.signups.Create(t.Context(), p, k.position.ID, "", idem.Key{})
		})
		if i == len(people)/2 {
			all.Go(func() {
				if _, err := k.projects.CancelActivity(t.Context(), k.host, k.activity.ID, "暴雨"); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	var removed []int64
	err := k.World.DB.Model(&model.Signup{}).Where("status = ?", model.SignupRemoved).Pluck("student_id", &removed).Error
	if err != nil {
		t.Fatal(err)
	}
	var lost []access.Actor
	for _, p := range people {
		if slices.Contains(removed, p.StudentID) {
			lost = append(lost, p)
		}
	}
	t.Logf("%d of %d had a seat", len(lost), len(people))
	k.Told(notify.ActivityCancelled, lost...)
}
