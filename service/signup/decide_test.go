package signup_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/signup"
)

func ids(rows ...model.Signup) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

func TestReview(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, func(a *model.Activity, _ *model.Session) { a.SignupMode, a.Waitlist = model.SignupReview, true }).whole()
	clerk, s := b.Staff("干事", access.HostStaff, b.Community), b.students(5)
	r := b.all(s...)
	if b.states(r...) != "PENDING_REVIEW PENDING_REVIEW PENDING_REVIEW PENDING_REVIEW PENDING_REVIEW" || b.seats().Taken != 0 {
		t.Fatal(b.states(r...))
	}
	got, err := b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Approve, ids(r[1], r[0]), "")
	is(t, err, nil)
	if len(got) != 2 || b.states(r[0], r[1]) != "CONFIRMED WAITLISTED" {
		t.Error(b.states(r...))
	}
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Reject, ids(r[2]), "")
	is(t, err, fault.ErrInvalid)
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Reject, ids(r[2]), "岗位需要急救证")
	is(t, err, nil)
	b.put("activities", b.activity.ID, map[string]any{"waitlist": false})
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Approve, ids(r[3]), "")
	is(t, err, signup.ErrDecision)
	b.cancel(s[4], r[4])
	b.cancel(s[0], r[0])
	b.Clock.Set(b.activity.StartsAt)
	b.raise(9)
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Approve, ids(r[3]), "")
	is(t, err, signup.ErrDecision) // it has begun
	if b.states(r...) != "CANCELLED_BY_USER CONFIRMED REJECTED PENDING_REVIEW CANCELLED_BY_USER" {
		t.Error(b.states(r...))
	}
	b.counts()
	for i, want := range []string{"SIGNUP_CONFIRMED", "SIGNUP_WAITLISTED SIGNUP_CONFIRMED", "SIGNUP_DECLINED", "", ""} {
		if got := b.heard(s[i]); got != want {
			t.Errorf("student %d heard %q, want %q", i, got, want)
		}
	}
}

// All or none: every misfit is named by its place in the request, however the ids are ordered.
func TestDecisionIsAboutAllOrNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil).whole()
	clerk, s := b.Staff("干事", access.HostStaff, b.Community), b.students(4)
	r := b.all(s[:3]...)
	b.cancel(s[2], r[2])
	rows := b.rows()
	refuse := func(d signup.Decision, ids []int64, want *fault.Fault, named string) {
		t.Helper()
		_, err := b.s.Decide(t.Context(), clerk, b.activity.ID, d, ids, "原因")
		is(t, err, want)
		if fields(err) != named || b.rows() != rows {
			t.Errorf("named %q, want %q; %d rows", fields(err), named, b.rows()-rows)
		}
	}
	refuse(signup.Remove, ids(r[2], r[0], r[1]), signup.ErrDecision, "/signup_ids/0=conflict")
	refuse(signup.Leave, ids(r[1], r[2], r[0]), signup.ErrDecision, "/signup_ids/1=conflict")
	refuse(signup.Approve, ids(r[1], r[0]), signup.ErrDecision, "/signup_ids/1=conflict /signup_ids/0=conflict")
	refuse(signup.NoShow, ids(r[0]), signup.ErrDecision, "/signup_ids/0=conflict") // it is not over
	refuse(signup.Remove, []int64{r[0].ID, 99}, fault.ErrInvalid, "/signup_ids/1=not_found")
	refuse(signup.Remove, nil, fault.ErrInvalid, "/signup_ids=items")
	for who, want := range map[*access.Actor]*fault.Fault{{}: access.ErrRequired, &s[0]: access.ErrDenied} {
		_, err := b.s.Decide(t.Context(), *who, b.activity.ID, signup.Leave, ids(r[1]), "")
		is(t, err, want)
	}
	own := b.Grant(s[0], access.HostStaff, b.Community)
	_, err := b.s.Decide(t.Context(), own, b.activity.ID, signup.Leave, ids(r[1], r[0]), "")
	is(t, err, access.ErrOwnInterest)
	_, err = b.s.Decide(t.Context(), clerk, 99, signup.Leave, ids(r[1]), "")
	is(t, err, fault.ErrNotFound)
	b.Clock.Set(b.activity.StartsAt)
	refuse(signup.Remove, ids(r[0]), signup.ErrDecision, "/signup_ids/0=conflict") // it has begun
}

func (b *bench) points(a access.Actor) (n, points int64) {
	b.TB.Helper()
	var rows []model.ReliabilityEntry
	if err := b.DB.Where("student_id = ?", a.StudentID).Find(&rows).Error; err != nil {
		b.TB.Fatal(err)
	}
	for _, r := range rows {
		points += r.Points
	}
	return int64(len(rows)), points
}

func TestPenalties(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil).whole()
	b.s.Notify = b.Notices()
	clerk, s := b.Staff("干事", access.HostStaff, b.Community), b.students(5)
	r := b.all(s...)
	row, err := b.s.AskLeave(t.Context(), s[1], r[1].ID, " 家中有事 ")
	is(t, err, nil)
	if row.LeaveReason != "家中有事" || row.Status != model.SignupConfirmed {
		t.Errorf("%+v", row)
	}
	_, err = b.s.AskLeave(t.Context(), s[1], r[1].ID, " ")
	is(t, err, fault.ErrInvalid)
	_, err = b.s.AskLeave(t.Context(), s[2], r[1].ID, "家中有事")
	is(t, err, fault.ErrNotFound)
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Leave, ids(r[1]), "")
	is(t, err, nil)
	_, err = b.s.AskLeave(t.Context(), s[1], r[1].ID, "家中有事")
	is(t, err, fault.ErrState)
	b.cancel(s[4], r[4])
	b.Clock.Set(b.activity.CancelUntil)
	for range 2 {
		b.cancel(s[2], r[2])
	}
	b.Clock.Set(b.activity.EndsAt.Add(-time.Millisecond))
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.NoShow, ids(r[0]), "")
	is(t, err, signup.ErrDecision)
	b.Clock.Add(time.Millisecond)
	b.Insert(&model.Attendance{SignupID: r[3].ID, SessionID: b.session.ID, StudentID: s[3].StudentID})
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.NoShow, ids(r[3]), "")
	is(t, err, signup.ErrDecision) // was there
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.NoShow, ids(r[0]), "")
	is(t, err, nil)
	_, err = b.s.Decide(t.Context(), clerk, b.activity.ID, signup.NoShow, ids(r[0]), "")
	is(t, err, signup.ErrDecision)
	b.Told(notify.SignupAbsent, s[0]) // once, and nobody who was refused
	b.Told(notify.SignupLeave, s[1])
	if got := b.states(r...); got != "NO_SHOW LEAVE_APPROVED LATE_CANCEL CONFIRMED CANCELLED_BY_USER" {
		t.Error(got)
	}
	for i, want := range [][2]int64{{1, -3}, {0, 0}, {1, -1}, {0, 0}, {0, 0}} {
		if n, points := b.points(s[i]); n != want[0] || points != want[1] {
			t.Errorf("student %d: %d lines, %d points, want %v", i, n, points, want)
		}
	}
	b.counts()
}

// The third no-show suspends for seven days; what one is signed up for stays.
func TestThreeNoShowsSuspend(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil).whole()
	clerk, me := b.Staff("干事", access.HostStaff, b.Community), b.Student("我", b.Branch)
	for i := range 3 {
		day := b.activity.StartsAt.AddDate(0, 0, i)
		a, _, p := b.Activity(b.project, 1, func(a *model.Activity, s *model.Session) {
			a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = day, day.Add(hour), day, day.Add(hour)
		})
		row := b.must(me, p.ID)
		b.Clock.Set(a.EndsAt)
		_, _, next := b.Activity(b.project, 1, func(a *model.Activity, s *model.Session) {
			s.StartsAt, s.EndsAt = a.StartsAt.AddDate(0, 1, i), a.EndsAt.AddDate(0, 1, i)
		})
		kept := b.must(me, next.ID)
		_, err := b.s.Decide(t.Context(), clerk, a.ID, signup.NoShow, ids(row), "")
		is(t, err, nil)
		if b.state(kept.ID) != model.SignupConfirmed {
			t.Error("a no-show took another signup away")
		}
	}
	_, _, p := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = s.StartsAt.AddDate(0, 3, 0), s.EndsAt.AddDate(0, 3, 0)
	})
	b.position = p
	is(t, b.tries(me), signup.ErrSuspended)
	b.Clock.Add(7*24*hour - time.Millisecond)
	b.put("activities", p.ActivityID, map[string]any{"signup_closes_at": b.Clock.Now().AddDate(0, 3, 0)})
	is(t, b.tries(me), signup.ErrSuspended)
	b.Clock.Add(time.Millisecond)
	is(t, b.tries(me), nil)
}
