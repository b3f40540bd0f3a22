package standing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/standing"
)

const (
	noShow     = model.ReliabilityNoShow
	lateCancel = model.ReliabilityLateCancel
	aDay       = 24 * time.Hour
)

func TestTheThirdNoShowSuspendsForAWeek(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	wang := d.Student("王", d.Branch)
	d.penalise(d.li, noShow)
	d.penalise(d.li, lateCancel)
	d.penalise(d.li, lateCancel)
	d.penalise(wang, noShow)
	d.Clock.Add(aDay)
	d.penalise(d.li, noShow)
	if d.suspended(d.li) {
		t.Fatal("two no-shows are not three")
	}
	d.Clock.Add(aDay)
	last := d.penalise(d.li, noShow)
	s := d.suspensions(d.li)
	if len(s) != 1 || s[0].EntryID != last.ID || !s[0].FromAt.Equal(d.Clock.Now()) || !s[0].ToAt.Equal(d.Clock.Now().Add(7*aDay)) || s[0].Reason != "NO_SHOWS" {
		t.Fatalf("%+v", s)
	}
	if !d.suspended(d.li) || d.suspended(wang) {
		t.Error("suspended is who did not come")
	}
	d.penalise(d.li, noShow)
	if len(d.suspensions(d.li)) != 1 {
		t.Error("a second suspension while one stands")
	}
	d.Clock.Add(7*aDay - time.Millisecond)
	if !d.suspended(d.li) {
		t.Error("it ends too early")
	}
	d.Clock.Add(time.Millisecond)
	if d.suspended(d.li) {
		t.Error("it does not end")
	}
	d.penalise(d.li, lateCancel)
	if d.suspended(d.li) {
		t.Error("a late cancellation suspends nobody")
	}
	d.penalise(d.li, noShow)
	if len(d.suspensions(d.li)) != 2 || !d.suspended(d.li) {
		t.Error("the next no-show within the window begins another one")
	}
	if n := d.count("audit_log", "action = 'signup_suspension.begin' AND org_path = ?", d.Community.Path); n != 2 {
		t.Error("audit rows of suspensions", n)
	}
	if n := d.count("audit_log", "action = 'reliability.penalise'"); n != d.count("reliability_entries", "1=1") {
		t.Error("audit rows of penalties", n)
	}
}

func TestOnlyNoShowsOfTheWindowCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait time.Duration
		want bool
	}{"the last moment": {180*aDay - time.Millisecond, true}, "too old": {180 * aDay, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.penalise(d.li, noShow)
			d.Clock.Add(c.wait)
			d.penalise(d.li, noShow)
			d.penalise(d.li, noShow)
			if d.suspended(d.li) != c.want {
				t.Error("suspended", !c.want)
			}
		})
	}
	t.Run("a shorter window forgets at once", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.penalise(d.li, noShow)
		d.rules(func(p *model.Policy) { p.NoShowWindowDays = 10 })
		d.Clock.Add(10 * aDay)
		d.penalise(d.li, noShow)
		d.penalise(d.li, noShow)
		if d.suspended(d.li) {
			t.Error("a no-show that is too old by today's policy counts")
		}
	})
	t.Run("the window is the policy's, and so is the day a penalty expires", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.rules(func(p *model.Policy) {
			p.NoShowWindowDays, p.NoShowLimit, p.SuspensionDays, p.NoShowPoints, p.LateCancelPoints = 10, 2, 3, 5, 2
		})
		first, late := d.penalise(d.li, noShow), d.penalise(d.li, lateCancel)
		if first.Points != -5 || late.Points != -2 || !first.ExpiresAt.Equal(d.Clock.Now().Add(10*aDay)) {
			t.Errorf("%+v %+v", first, late)
		}
		d.Clock.Add(9 * aDay)
		d.rules(func(p *model.Policy) { p.NoShowLimit = 2 }) // a longer window does not wake what has expired
		d.Clock.Add(aDay)
		d.penalise(d.li, noShow)
		if d.suspended(d.li) {
			t.Error("an expired penalty counts")
		}
		d.penalise(d.li, noShow)
		if s := d.suspensions(d.li); len(s) != 1 || !s[0].ToAt.Equal(d.Clock.Now().Add(7*aDay)) {
			t.Errorf("%+v", s)
		}
	})
}

// TestAPolicyWithoutTheRules is one that was stored before they were there: penalties are on record, nobody is suspended.
func TestAPolicyWithoutTheRules(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.rules(func(p *model.Policy) {
		p.NoShowWindowDays, p.NoShowLimit, p.SuspensionDays, p.LateCancelPoints, p.NoShowPoints, p.NoShowAfterHours = 0, 0, 0, 0, 0, 0
	})
	for range 5 {
		if row := d.penalise(d.li, noShow); row.Points != 0 || !row.ExpiresAt.Equal(d.Clock.Now().Add(180*aDay)) {
			t.Fatalf("%+v", row)
		}
	}
	d.rules(func(p *model.Policy) { p.SuspensionDays = 0 })
	d.penalise(d.li, noShow)
	if d.suspended(d.li) || len(d.suspensions(d.li)) != 0 {
		t.Error("suspended by no rule")
	}
	d.rules(func(p *model.Policy) { p.NoShowWindowDays = 0 })
	d.penalise(d.li, noShow)
	if !d.suspended(d.li) {
		t.Error("the built-in window is 180 days")
	}
}

func TestOnePenaltyForOneSignup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := standing.Penalty{StudentID: d.li.StudentID, SignupID: 7, ProgrammeID: d.Programme.ID, Kind: noShow, OrgPath: d.Community.Path}
	got := together(8, func(int) error { return d.fine(p) })
	if got[""] != 8 || d.count("reliability_entries", "1=1") != 1 || d.count("audit_log", "1=1") != 1 || d.suspended(d.li) {
		t.Error(got, "a repeat wrote something")
	}
	for _, wrong := range []standing.Penalty{{StudentID: d.li.StudentID, SignupID: 8, ProgrammeID: 5, Kind: noShow}, {StudentID: d.li.StudentID, SignupID: 8, ProgrammeID: d.Programme.ID, Kind: "REVERSAL"}} {
		before := d.written()
		if err := d.fine(wrong); err == nil || d.written() != before {
			t.Error(wrong, err)
		}
	}
}

// TestNoShowsAtOnceAreOneSuspension: two of three are there, six more come at once.
func TestNoShowsAtOnceAreOneSuspension(t *testing.T) {
	t.Parallel()
	for range 3 {
		d := newDesk(t)
		d.penalise(d.li, noShow)
		d.penalise(d.li, noShow)
		got := together(6, func(i int) error {
			return d.fine(standing.Penalty{StudentID: d.li.StudentID, SignupID: int64(100 + i), ProgrammeID: d.Programme.ID, Kind: noShow, OrgPath: d.Community.Path})
		})
		if s := d.suspensions(d.li); got[""] != 6 || len(s) != 1 || d.count("reliability_entries", "1=1") != 8 {
			t.Fatal(got, s)
		}
	}
}

// TestWithoutTheLockThereAreTwo shows that the test above is about something: SQLite has one writer anyway.
func TestWithoutTheLockThereAreTwo(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		return
	}
	d := newDesk(t)
	d.penalise(d.li, noShow)
	d.penalise(d.li, noShow)
	unlocked := func(signup int64, before func() error) error {
		return d.tx(func(tx *gorm.DB) error {
			if err := d.Penalise(tx, access.System("test"), standing.Penalty{StudentID: d.li.StudentID, SignupID: signup, ProgrammeID: d.Programme.ID, Kind: noShow}); err != nil {
				return err
			}
			return before()
		})
	}
	one := rand.Int64N(1 << 50) // a key that was there in an earlier test, and is being cleared away, locks its neighbours
	err := unlocked(one, func() error { return unlocked(one+1, func() error { return nil }) })
	if s := d.suspensions(d.li); err != nil || len(s) != 2 {
		t.Error(err, len(s))
	}
}

func TestPenaltiesNeedAnObject(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.tx(func(tx *gorm.DB) error { return d.Reverse(tx, access.System("test"), 5, "核实") })
	if !isFault(err, fault.ErrNotFound) {
		t.Error(err)
	}
	if none, err := standing.Suspended(d.World.DB, d.Clock.Now(), nil); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
}
