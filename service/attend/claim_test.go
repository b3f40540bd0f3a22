package attend_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

func TestAClosedPairMakesAClaim(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*model.Activity, *model.Session)
		out     int
		minutes int64
		class   string
		reason  string
	}{
		"volunteer":           {out: 130, minutes: 120, class: model.ClassVolunteer},
		"left early":          {out: 80, minutes: 80, class: model.ClassVolunteer},
		"left much too early": {out: 71, class: model.ClassVolunteer, reason: "PRESENCE_TOO_SHORT"},
		"no volunteer work":   {out: 120, minutes: 120, class: model.ClassPractice, change: func(a *model.Activity, _ *model.Session) { a.CountsAsVolunteer = false }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.change)
			me, seat := b.member("我")
			b.serve(me, b.session, -10, c.out)
			got := b.claim(me)
			if got.Minutes != c.minutes || got.Class != c.class || got.Reason != c.reason || got.Status != model.ClaimComputed || got.SignupID != seat.ID || got.Basis != "CHECKIN" {
				t.Errorf("%+v", got)
			}
			if !got.StartsAt.Equal(b.session.StartsAt) || !got.EndsAt.Equal(got.StartsAt.Add(time.Duration(c.minutes)*minute)) {
				t.Errorf("credited from %s until %s", got.StartsAt, got.EndsAt)
			}
			if b.count("signups", "id = ? AND status = ? AND live_activity_id IS NOT NULL", seat.ID, model.SignupCompleted) != 1 {
				t.Error("the signup is not completed")
			}
		})
	}
}

func TestAnOpenPairIsWorthNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	_, err := b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
	b.Clock.Add(24 * time.Hour)
	if len(b.claims(me)) != 0 {
		t.Error("a missing check-out made hours")
	}
}

// addSession gives the bench's activity one more session.
func (b *bench) addSession(start time.Time, length time.Duration) model.Session {
	b.TB.Helper()
	s := model.Session{ID: b.NewID(), ActivityID: b.activity.ID, StartsAt: start, EndsAt: start.Add(length), Place: "别处"}
	b.Insert(&s)
	return s
}

func TestASignupIsCompleteWhenAllSessionsAre(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	second := b.addSession(b.session.EndsAt, time.Hour)
	me, seat := b.member("我")
	b.serve(me, b.session, 0, 120)
	if b.count("signups", "id = ? AND status = ?", seat.ID, model.SignupConfirmed) != 1 {
		t.Error("complete after one of two sessions")
	}
	b.serve(me, second, 0, 60)
	if b.count("signups", "id = ? AND status = ?", seat.ID, model.SignupCompleted) != 1 || len(b.claims(me)) != 2 {
		t.Error("not complete after both sessions")
	}
}

func TestEightHoursADay(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2028, 2, 28, 16, 0, 0, 0, time.UTC) // 29 February in China
	b := newBench(t, func(a *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = midnight, midnight.Add(5*time.Hour)
		a.StartsAt, a.EndsAt, a.SignupClosesAt = s.StartsAt, midnight.Add(30*time.Hour), midnight
	})
	second := b.addSession(midnight.Add(10*time.Hour), 5*time.Hour)
	third := b.addSession(midnight.Add(23*time.Hour), 4*time.Hour) // starts on the 29th, ends on 1 March
	fourth := b.addSession(midnight.Add(27*time.Hour), 3*time.Hour)
	me, _ := b.member("我")
	other, _ := b.member("别人")
	b.serve(me, b.session, 0, 300)
	b.serve(other, second, 0, 300)
	for _, s := range []model.Session{second, third, fourth} {
		b.Clock.Set(s.StartsAt)
		b.serve(me, s, 0, int(s.Minutes()))
	}
	want := []struct {
		minutes int64
		reason  string
	}{{300, ""}, {180, "DAY_LIMIT"}, {0, "DAY_LIMIT"}, {180, ""}}
	for i, c := range b.claims(me) {
		if c.Minutes != want[i].minutes || c.Reason != want[i].reason {
			t.Errorf("session %d: %d %q, want %+v", i, c.Minutes, c.Reason, want[i])
		}
	}
	if got := b.claim(other).Minutes; got != 300 {
		t.Errorf("another student's day was used up: %d", got)
	}
}

// An activity moved after sign-up may overlap another; the same minutes are credited once.
func TestOverlappingClaimsAreCreditedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, other, position := b.Activity(b.project, 9, func(_ *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = b.session.EndsAt, b.session.EndsAt.Add(2*time.Hour)
	})
	me, _ := b.member("我")
	b.joins(me, position.ID)
	b.serve(me, b.session, 0, 120)
	moved := other
	moved.StartsAt, moved.EndsAt = b.session.StartsAt.Add(time.Hour), b.session.EndsAt.Add(time.Hour)
	if err := b.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.Session{}).Where("id = ?", other.ID).Updates(map[string]any{"starts_at": moved.StartsAt, "ends_at": moved.EndsAt}).Error
	}); err != nil {
		t.Fatal(err)
	}
	b.serve(me, moved, 0, 120)
	got := b.claims(me)
	if len(got) != 2 || got[1].Minutes != 0 || got[1].Reason != "OVERLAP" || !got[1].EndsAt.Equal(got[1].StartsAt) {
		t.Errorf("%+v", got)
	}
}
