package appeal_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/signup"
)

// work is a court with an activity of the community.
type work struct {
	*court
	project  model.Project
	activity model.Activity
	session  model.Session
	position model.Position
}

func newWork(t *testing.T, seats int64, change func(*model.Activity, *model.Session)) *work {
	t.Helper()
	w := &work{court: newCourt(t)}
	w.project = w.Project(w.Pair(w.Branch, w.Community), "清洁")
	w.activity, w.session, w.position = w.Activity(w.project, seats, change)
	return w
}

func (w *work) joins(who access.Actor) model.Signup {
	w.TB.Helper()
	row, err := w.Signups.Create(w.TB.Context(), who, w.position.ID, "", idem.Key{})
	if err != nil {
		w.TB.Fatal(err)
	}
	return row
}

func (w *work) decides(d signup.Decision, row model.Signup) {
	w.TB.Helper()
	if _, err := w.Signups.Decide(w.TB.Context(), w.host, w.activity.ID, d, []int64{row.ID}, "名单有误"); err != nil {
		w.TB.Fatal(err)
	}
}

func (w *work) signup(id int64) model.Signup {
	w.TB.Helper()
	row, err := signup.ByID(w.World.DB, id)
	if err != nil {
		w.TB.Fatal(err)
	}
	return row
}

func (w *work) seats() (p model.Position) {
	w.TB.Helper()
	if err := w.World.DB.First(&p, "id = ?", w.position.ID).Error; err != nil {
		w.TB.Fatal(err)
	}
	return p
}

func TestARemovedStudentGetsASeatOrAPlaceInTheLine(t *testing.T) {
	t.Parallel()
	w := newWork(t, 1, func(a *model.Activity, _ *model.Session) { a.Waitlist = true })
	first := w.joins(w.li)
	w.decides(signup.Remove, first)
	a := w.must(w.file(w.li, model.AppealSignup, first.ID))
	if a.OrgPath != w.Town.Path || a.FirstBy != w.host.UserID || a.ActivityTitle != w.activity.Title {
		t.Fatalf("%+v", a)
	}
	w.Told(notify.AppealPending, w.town)
	if _, err := w.decide(w.host, a.ID, true); !errors.Is(err, access.ErrDenied) {
		t.Error("the first decider", err)
	}
	if a = w.must(w.decide(w.town, a.ID, true)); a.Effect != appeal.EffectSeated {
		t.Fatalf("%+v", a)
	}
	if s := w.signup(first.ID); s.Status != model.SignupConfirmed || s.LiveActivityID == nil || s.Reason != "" || w.seats().Taken != 1 {
		t.Errorf("%+v %+v", s, w.seats())
	}
	w.Told(notify.SignupConfirmed, w.li, w.li)
	if _, err := w.file(w.li, model.AppealSignup, first.ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error("a seat is no decision against anybody", err)
	}

	second := w.joins(w.wang) // full: on the waiting list
	w.decides(signup.Remove, second)
	b := w.must(w.file(w.wang, model.AppealSignup, second.ID))
	if b = w.must(w.decide(w.town, b.ID, true)); b.Effect != appeal.EffectWaitlisted {
		t.Fatalf("%+v", b)
	}
	if s := w.signup(second.ID); s.Status != model.SignupWaitlisted || s.QueueNo == nil || w.seats().Waiting != 1 || w.seats().Taken != 1 {
		t.Errorf("%+v %+v", s, w.seats())
	}
	if _, err := w.Signups.Cancel(t.Context(), w.li, first.ID); err != nil {
		t.Fatal(err)
	}
	if s := w.signup(second.ID); s.Status != model.SignupConfirmed {
		t.Error("the line moves on", s.Status)
	}
}

func TestWhatCannotBeGivenBackAnyMoreIsNotForced(t *testing.T) {
	t.Parallel()
	cases := map[string]func(w *work, row model.Signup){
		"signed up again": func(w *work, _ model.Signup) { w.joins(w.li) },
		"full":            func(w *work, _ model.Signup) { w.joins(w.wang) },
		"begun":           func(w *work, _ model.Signup) { w.Clock.Set(w.activity.StartsAt) },
		"busy elsewhere": func(w *work, _ model.Signup) {
			_, _, p := w.Activity(w.project, 5, nil)
			if _, err := w.Signups.Create(w.TB.Context(), w.li, p.ID, "", idem.Key{}); err != nil {
				w.TB.Fatal(err)
			}
		},
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWork(t, 1, nil)
			row := w.joins(w.li)
			w.decides(signup.Remove, row)
			a := w.must(w.file(w.li, model.AppealSignup, row.ID))
			meanwhile(w, row)
			taken := w.seats().Taken
			if a = w.must(w.decide(w.town, a.ID, true)); a.Status != model.AppealUpheld || a.Effect != appeal.EffectNone {
				t.Fatalf("%+v", a)
			}
			if s := w.signup(row.ID); s.Status != model.SignupRemoved || w.seats().Taken != taken {
				t.Errorf("%+v, %d seats taken", s, w.seats().Taken)
			}
		})
	}
}

func TestACancelledActivityIsNoDecisionAboutAnybody(t *testing.T) {
	t.Parallel()
	w := newWork(t, 1, nil)
	row := w.joins(w.li)
	w.decides(signup.Remove, row)
	w.set(&model.Activity{}, w.activity.ID, "status", model.ActivityCancelled)
	if _, err := w.file(w.li, model.AppealSignup, row.ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error(err)
	}
}

func (w *work) set(row any, id int64, column string, value any) {
	w.TB.Helper()
	err := w.World.DB.Transaction(func(tx *gorm.DB) error { return tx.Model(row).Where("id = ?", id).Update(column, value).Error })
	if err != nil {
		w.TB.Fatal(err)
	}
}

// TestAnExcusedNoShowCountsNothing: the points are back, and so is what they led to; leave that was approved never counts.
func TestAnExcusedNoShowCountsNothing(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	w.penalise(w.li, access.Actor{}, model.ReliabilityNoShow)
	w.penalise(w.li, access.Actor{}, model.ReliabilityNoShow)
	absent, excused := w.joins(w.li), w.joins(w.wang)
	w.Clock.Set(w.activity.EndsAt)
	w.decides(signup.NoShow, absent)
	w.decides(signup.Leave, excused)
	if w.points(w.li) != -9 || w.points(w.wang) != 0 || w.count("signup_suspensions", "lifted_at IS NULL") != 1 {
		t.Fatal(w.points(w.li), w.points(w.wang))
	}
	if _, err := w.file(w.wang, model.AppealSignup, excused.ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error("leave is no decision against anybody", err)
	}
	a := w.must(w.file(w.li, model.AppealSignup, absent.ID))
	if a.OrgPath != w.Department.Path || a.FirstBy != w.host.UserID {
		t.Errorf("%+v", a)
	}
	if a = w.must(w.decide(w.department, a.ID, true)); a.Effect != appeal.EffectExcused {
		t.Fatalf("%+v", a)
	}
	if s := w.signup(absent.ID); s.Status != model.SignupLeave || w.points(w.li) != -6 || w.count("signup_suspensions", "lifted_at IS NULL") != 0 {
		t.Errorf("%+v, %d points", s, w.points(w.li))
	}
	w.Clock.Add(3 * aDay)
	if n, err := w.Signups.MarkAbsent(t.Context(), 10); err != nil || n != 0 || w.points(w.li) != -6 || w.points(w.wang) != 0 {
		t.Error("marked again", n, err)
	}
}

// TestAnAppealAboutANoShowWhosePenaltyIsGone: both ways to the same end can be gone, in any order.
func TestAnAppealAboutANoShowWhosePenaltyIsGone(t *testing.T) {
	t.Parallel()
	w := newWork(t, 5, nil)
	row := w.joins(w.li)
	w.Clock.Set(w.activity.EndsAt)
	w.decides(signup.NoShow, row)
	var line model.ReliabilityEntry
	if err := w.World.DB.First(&line, "signup_id = ?", row.ID).Error; err != nil {
		t.Fatal(err)
	}
	a, b := w.must(w.file(w.li, model.AppealPenalty, line.ID)), w.must(w.file(w.li, model.AppealSignup, row.ID))
	w.must(w.decide(w.department, a.ID, true))
	w.must(w.decide(w.department, b.ID, true))
	if w.points(w.li) != 0 || w.signup(row.ID).Status != model.SignupLeave || w.count("reliability_entries", "kind = 'REVERSAL'") != 1 {
		t.Error(w.points(w.li), w.signup(row.ID))
	}
}
