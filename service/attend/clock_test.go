package attend_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
)

// twin is a second process over the same database, whose clock is ahead.
func (b *bench) twin(ahead time.Duration) *attend.Service {
	return &attend.Service{
		DB: b.DB, Now: func() time.Time { return b.Clock.Now().Add(ahead) }, NewID: b.NewID, Audit: b.Audit, Vault: b.Vault, CodeKey: b.s.CodeKey,
	}
}

// Two replicas with clocks two seconds apart: whichever shows the code and whichever is asked, a scan that takes up to eight
// seconds counts, and 22 seconds after a code appeared it counts nowhere.
func TestTwoReplicasTwoSecondsApart(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{2 * time.Second, -2 * time.Second} {
		t.Run(fmt.Sprint(ahead), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			shows := b.twin(ahead)
			begin := b.session.StartsAt.Truncate(attend.Step)
			try := func(name string, shown, asked time.Time) error {
				me, _ := b.member2()
				b.Clock.Set(shown)
				codes, err := shows.CurrentCode(t.Context(), b.clerk, b.session.ID, model.KindIn)
				if err != nil {
					t.Fatal(err)
				}
				b.Clock.Set(asked)
				_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: codes.Now.Text, Nonce: name})
				return err
			}
			for shown := time.Duration(0); shown < attend.Step; shown += 3300 * time.Millisecond {
				for _, delay := range []time.Duration{0, 3 * time.Second, 8*time.Second - time.Millisecond} {
					at := begin.Add(shown - ahead) // the code appeared `shown` ago on the screen
					if err := try(fmt.Sprint("honest-", shown, delay), at, at.Add(delay)); err != nil {
						t.Errorf("shown for %s, %s later: %v", shown, delay, err)
					}
				}
			}
			if err := try("stale", begin.Add(-ahead), begin.Add(-ahead+22*time.Second)); !errors.Is(err, attend.ErrCodeExpired) {
				t.Errorf("22 s after it appeared: %v", err)
			}
		})
	}
}

// A clock that is set back makes nobody wait longer than a minute, and no pair ends before it begins with minutes to show.
func TestTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	other, _ := b.member("别人")
	at := b.session.StartsAt.Add(30 * minute)
	b.Clock.Set(at)
	for i := range 10 {
		_, err := b.s.Redeem(t.Context(), other, attend.Try{Code: "junk", Nonce: fmt.Sprint("junk-", i)})
		is(t, err, attend.ErrCodeInvalid)
	}
	ahead := b.code(b.session.ID, model.KindIn)
	_, err := b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
	b.Clock.Set(at.Add(-10 * minute))
	_, err = b.s.Redeem(t.Context(), other, attend.Try{Code: ahead, Nonce: "from-ahead"})
	is(t, err, attend.ErrCodeExpired) // the screen must fetch its codes again
	_, err = b.scan(other, b.session.ID, model.KindIn)
	is(t, err, nil)
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, nil)
	if c := b.claim(me); c.Minutes != 0 || c.EndsAt.Before(c.StartsAt) || c.Reason != "PRESENCE_TOO_SHORT" {
		t.Errorf("%+v", c)
	}
	b.annulsLast(me)
	b.Clock.Set(b.session.EndsAt)
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, nil)
	if c := b.claim(me); c.Minutes != 90 {
		t.Errorf("%+v", c)
	}
}

// Sessions over midnight, on the last day of a term and on 29 February 2028 count for the day in China on which they start.
func TestDaysAtTheirEdges(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]time.Time{
		"over midnight into 29 February": time.Date(2028, 2, 28, 23, 0, 0, 0, clock.China()),
		"over midnight out of it":        time.Date(2028, 2, 29, 23, 0, 0, 0, clock.China()),
		"the last day of a term":         time.Date(2027, 1, 31, 23, 0, 0, 0, clock.China()),
		"over new year":                  time.Date(2026, 12, 31, 23, 0, 0, 0, clock.China()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(a *model.Activity, s *model.Session) {
				s.StartsAt, s.EndsAt = start.UTC(), start.Add(2*time.Hour).UTC()
				a.StartsAt, a.EndsAt, a.SignupClosesAt = s.StartsAt, s.EndsAt, s.StartsAt
			})
			me, _ := b.member("我")
			b.Clock.Set(start.UTC())
			if _, err := b.scan(me, b.session.ID, model.KindIn); err != nil {
				t.Fatal(err)
			}
			b.Clock.Set(start.Add(2*time.Hour - 15*time.Second).UTC())
			code := b.code(b.session.ID, model.KindOut)
			b.Clock.Set(start.Add(2*time.Hour - time.Second).UTC())
			if _, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: "out-1"}); err != nil {
				t.Fatal(err)
			}
			b.posts(me)
			var line model.HoursEntry
			if err := b.DB.Where("student_id = ?", me.StudentID).First(&line).Error; err != nil {
				t.Fatal(err)
			}
			if line.Minutes != 119 || line.ServedOn != model.Date(start.Format(time.DateOnly)) {
				t.Errorf("%+v", line)
			}
		})
	}
}

// posts takes the student's one claim all the way.
func (b *bench) posts(me access.Actor) {
	b.TB.Helper()
	c := ids(b.claim(me))
	_, err := b.s.LeadConfirm(b.TB.Context(), b.lead, b.activity.ID, c)
	if err == nil {
		_, err = b.s.HostConfirm(b.TB.Context(), b.clerk, b.activity.ID, c)
	}
	if err == nil {
		_, err = b.s.Recognise(b.TB.Context(), b.secretary, b.activity.ID, c)
	}
	if err != nil {
		b.TB.Fatal(err)
	}
}
