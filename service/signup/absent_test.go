package signup_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// attended notes that somebody was there.
func attended(b *bench, row model.Signup) {
	b.TB.Helper()
	in := b.activity.StartsAt
	b.Insert(&model.Attendance{SignupID: row.ID, SessionID: b.session.ID, StudentID: row.StudentID, InAt: &in})
}

func (b *bench) absentees(want int) {
	b.TB.Helper()
	n, err := b.s.MarkAbsent(b.TB.Context(), 100)
	if err != nil || n != want {
		b.TB.Errorf("%d marked, want %d: %v", n, want, err)
	}
}

func (b *bench) statusOf(row model.Signup) model.SignupStatus {
	b.TB.Helper()
	var now model.Signup
	if err := b.DB.Where("id = ?", row.ID).First(&now).Error; err != nil {
		b.TB.Fatal(err)
	}
	return now.Status
}

func TestEmptySeatsBecomeNoShows(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	b.s.Notify = b.Notices()
	absent := b.Student("没来", b.Branch)
	came, stayed, left := b.must(b.Student("来了", b.Branch), b.position.ID), b.must(absent, b.position.ID), b.Student("取消", b.Branch)
	if _, err := b.s.Cancel(t.Context(), left, b.must(left, b.position.ID).ID); err != nil {
		t.Fatal(err)
	}
	attended(b, came)
	b.Clock.Set(b.activity.EndsAt.Add(48*time.Hour - time.Millisecond))
	b.absentees(0)
	b.Clock.Add(time.Millisecond)
	b.absentees(1)
	b.absentees(0)
	b.Told(notify.SignupAbsent, absent)
	b.Inbox(notify.SignupAbsent, absent, "“"+b.activity.Title+"”（"+notify.When(b.activity.StartsAt).ZH+"）把您记为缺席，有异议可以申诉。活动结束后没有签到记录")
	if b.statusOf(came) != model.SignupConfirmed || b.statusOf(stayed) != model.SignupNoShow || b.taken(b.position.ID) != 1 {
		t.Errorf("%s %s, taken %d", b.statusOf(came), b.statusOf(stayed), b.taken(b.position.ID))
	}
}

func TestWhereNobodyCheckedInNobodyIsAbsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	b.must(b.Student("甲", b.Branch), b.position.ID)
	b.must(b.Student("乙", b.Branch), b.position.ID)
	b.Clock.Set(b.activity.EndsAt.AddDate(0, 0, 3))
	b.absentees(0)
}

func TestAnExcusedStudentIsNotAbsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	came, sick := b.must(b.Student("来了", b.Branch), b.position.ID), b.must(b.Student("病了", b.Branch), b.position.ID)
	attended(b, came)
	clerk := b.Staff("干事", access.HostStaff, b.Community)
	if _, err := b.s.Decide(t.Context(), clerk, b.activity.ID, "LEAVE", []int64{sick.ID}, ""); err != nil {
		t.Fatal(err)
	}
	b.Clock.Set(b.activity.EndsAt.AddDate(0, 0, 3))
	b.absentees(0)
	if b.statusOf(sick) != model.SignupLeave {
		t.Error("the leave is gone")
	}
}

// Activities in which nobody is absent do not stand in the way of one in which somebody is.
func TestAbsenceIsLookedForBehindFullAttendance(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	attended(b, b.must(b.Student("甲", b.Branch), b.position.ID))
	later, session, position := b.Activity(b.project, 5, func(a *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = s.StartsAt.Add(3*hour), s.EndsAt.Add(3*hour)
		a.StartsAt, a.EndsAt, a.ListedAt = s.StartsAt, s.EndsAt, &s.StartsAt
	})
	came, stayed := b.must(b.Student("乙", b.Branch), position.ID), b.must(b.Student("丙", b.Branch), position.ID)
	in := later.StartsAt
	b.Insert(&model.Attendance{SignupID: came.ID, SessionID: session.ID, StudentID: came.StudentID, InAt: &in})
	b.Clock.Set(later.EndsAt.AddDate(0, 0, 3))
	n, err := b.s.MarkAbsent(t.Context(), 1)
	if err != nil || n != 1 || b.statusOf(stayed) != model.SignupNoShow {
		t.Errorf("%d marked, %s, %v", n, b.statusOf(stayed), err)
	}
}

func TestWhoseHoursAreProposedIsNotAbsent(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	came, asked := b.must(b.Student("来了", b.Branch), b.position.ID), b.must(b.Student("补录", b.Branch), b.position.ID)
	attended(b, came)
	claim := model.HoursClaim{
		ID: b.NewID(), SignupID: asked.ID, SessionID: b.session.ID, ActivityID: b.activity.ID, StudentID: asked.StudentID, Minutes: 60, Class: model.ClassPractice, Basis: model.BasisManual,
		StartsAt: b.activity.StartsAt, EndsAt: b.activity.EndsAt, Status: model.ClaimComputed, Version: 1,
	}
	b.Insert(&claim)
	b.Clock.Set(b.activity.EndsAt.Add(48 * time.Hour))
	b.absentees(0)
	b.reject(claim.ID)
	b.absentees(1)
}

// reject ends a claim.
func (b *bench) reject(id int64) {
	b.TB.Helper()
	err := b.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.HoursClaim{}).Where("id = ?", id).Update("status", model.ClaimRejected).Error
	})
	if err != nil {
		b.TB.Fatal(err)
	}
}
