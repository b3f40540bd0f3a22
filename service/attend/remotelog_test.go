package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/project"
)

func newRemote(t *testing.T) *bench {
	t.Helper()
	return newDesk(t, func(a *model.Activity, _ *model.Session) { a.Mode = project.ModeRemote })
}

// log is a log of somebody's own.
func (b *bench) log(who access.Actor, minutes int64, files ...int64) (model.HoursClaim, error) {
	b.nonces++
	return b.s.LogWork(b.TB.Context(), who, attend.WorkLog{SessionID: b.session.ID, Minutes: minutes, Text: "整理了二十户的走访记录", FileIDs: files}, key("log"+string(rune('a'+b.nonces))))
}

func TestALogOfRemoteWorkIsAClaim(t *testing.T) {
	t.Parallel()
	b := newRemote(t)
	ann, seat := b.member("安")
	b.at(121)
	c, err := b.log(ann, 90, b.picture(ann, model.CheckPassed))
	is(t, err, nil)
	if c.Basis != model.BasisRemote || c.Minutes != 90 || c.Status != model.ClaimComputed || c.SignupID != seat.ID || c.StartsAt != b.session.StartsAt {
		t.Fatalf("%+v", c)
	}
	if n := b.count("check_ins", "method = ? AND verdict = 'OK'", model.MethodRemote); n != 2 || b.signup(seat.ID).Status != model.SignupCompleted {
		t.Errorf("%d rows, %s", n, b.signup(seat.ID).Status)
	}
	st, err := b.s.Statement(t.Context(), b.clerk, c.ID)
	if is(t, err, nil); st.Text != "整理了二十户的走访记录" || st.Minutes != 90 || len(st.Files) != 1 {
		t.Errorf("%+v", st)
	}
	_, err = b.log(ann, 90)
	is(t, err, attend.ErrAlreadyIn)
	b.post(c) // nobody has to confirm it twice
	if b.claim(ann).Status != model.ClaimPosted {
		t.Errorf("%+v", b.claim(ann))
	}
}

func TestTheSameLogTwiceIsOneClaim(t *testing.T) {
	t.Parallel()
	b := newRemote(t)
	ann, _ := b.member("安")
	b.at(121)
	in := attend.WorkLog{SessionID: b.session.ID, Minutes: 100, Text: "译文"}
	one, err := b.s.LogWork(t.Context(), ann, in, key("k"))
	is(t, err, nil)
	before := b.everything()
	two, err := b.s.LogWork(t.Context(), ann, in, key("k"))
	if is(t, err, nil); two.ID != one.ID || b.everything() != before {
		t.Errorf("%+v", two)
	}
}

func TestALateLogIsLookedAt(t *testing.T) {
	t.Parallel()
	b := newRemote(t)
	ann, _ := b.member("安")
	b.Clock.Set(b.session.EndsAt.Add(24*time.Hour + time.Millisecond))
	c, err := b.log(ann, 120)
	if is(t, err, nil); c.Status != model.ClaimInReview || c.Basis != model.BasisRemote {
		t.Errorf("%+v", c)
	}
	if n := b.count("check_in_reviews"); n != 1 {
		t.Errorf("%d reviews", n)
	}
}

func TestLogsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at      time.Duration // after the end
		minutes int64
		change  func(b *bench)
		want    *fault.Fault
	}{
		"in time":           {24 * time.Hour, 120, nil, nil},
		"while it goes on":  {-48 * time.Minute, 72, nil, nil},
		"worth nothing":     {0, 71, nil, fault.ErrInvalid},
		"minutes to come":   {-48*time.Minute - time.Millisecond, 72, nil, attend.ErrLogEarly},
		"more than planned": {0, 121, nil, fault.ErrInvalid},
		"nothing":           {0, 0, nil, fault.ErrInvalid},
		"weeks later":       {14*24*time.Hour + time.Millisecond, 120, nil, attend.ErrLogLate},
		"on site":           {0, 120, func(b *bench) { b.mode(project.ModeOnsite) }, attend.ErrOnSite},
		"half remote":       {0, 120, func(b *bench) { b.mode(project.ModeHybrid) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newRemote(t)
			ann, _ := b.member("安")
			b.Clock.Set(b.session.EndsAt.Add(tt.at))
			if tt.change != nil {
				tt.change(b)
			}
			before := b.everything()
			_, err := b.log(ann, tt.minutes)
			is(t, err, tt.want)
			if tt.want != nil && b.everything() != before {
				t.Error("a refusal left something")
			}
		})
	}
	b := newRemote(t)
	b.at(121)
	_, err := b.log(b.Student("外", b.Branch), 90)
	is(t, err, attend.ErrNoSignup)
	_, err = b.log(b.clerk, 90)
	is(t, err, access.ErrDenied)
}

func (b *bench) mode(m string) {
	b.TB.Helper()
	if err := b.exec("UPDATE activities SET mode = ?", m); err != nil {
		b.TB.Fatal(err)
	}
}

func TestALogIsTakenBackAndWrittenAnew(t *testing.T) {
	t.Parallel()
	b := newRemote(t)
	ann, _ := b.member("安")
	b.at(121)
	c, err := b.log(ann, 120)
	is(t, err, nil)
	for _, id := range []int64{c.OutID, c.InID} {
		_, err := b.s.Annul(t.Context(), ann, id, "写错了")
		is(t, err, nil)
	}
	again, err := b.s.LogWork(t.Context(), ann, attend.WorkLog{SessionID: b.session.ID, Minutes: 80, Text: "改正的日志"}, key("again"))
	if is(t, err, nil); again.ID != c.ID || again.Minutes != 80 || again.Status != model.ClaimComputed || again.Basis != model.BasisRemote {
		t.Errorf("%+v", again)
	}
	st, err := b.s.Statement(t.Context(), ann, c.ID)
	if is(t, err, nil); st.Text != "改正的日志" || st.Minutes != 80 {
		t.Errorf("%+v", st)
	}
}
