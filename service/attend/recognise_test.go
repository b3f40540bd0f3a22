package attend_test

import (
	"errors"
	"fmt"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
)

func TestWhoRecognises(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	b.Clock.Set(b.activity.CreatedAt)
	department := b.Org(b.University, model.OrgDepartmentCommittee, "外系")
	stranger := b.Student("外系学生", b.Org(department, model.OrgLeagueBranch, "外系支部"))
	b.joins(stranger, b.position.ID)
	b.serve(stranger, b.session, 0, 120)
	theirs := b.claim(stranger)
	dean := b.Staff("外系书记", access.CommitteeOfficer, department)
	_, err := b.s.Recognise(t.Context(), b.officer, b.activity.ID, ids(mine))
	is(t, err, fault.ErrState)
	for _, confirm := range []func() error{
		func() error {
			_, err := b.s.LeadConfirm(t.Context(), b.secretary, b.activity.ID, ids(mine, theirs))
			return err
		},
		func() error {
			_, err := b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, ids(mine, theirs))
			return err
		},
	} {
		is(t, confirm(), nil)
	}
	officerWhoStudies := b.Grant(me, access.CommitteeOfficer, b.Department)
	for name, c := range map[string]struct {
		as     access.Actor
		choice attend.Choice
		want   *fault.Fault
	}{
		"the student":             {me, ids(mine), access.ErrDenied},
		"the host":                {b.clerk, ids(mine), access.ErrDenied},
		"the city":                {b.Staff("市里", access.CommitteeOfficer, b.City), ids(mine), access.ErrDenied},
		"a foreign student":       {b.officer, ids(theirs), fault.ErrNotFound},
		"a foreign student among": {b.officer, ids(mine, theirs), fault.ErrNotFound},
		"who took the lead step":  {b.secretary, ids(mine), access.ErrOwnInterest},
		"themselves":              {officerWhoStudies, ids(mine), access.ErrOwnInterest},
		"who took the host step":  {b.Grant(b.clerk, access.CommitteeOfficer, b.Department), ids(mine), access.ErrOwnInterest},
		"foreign beats own":       {officerWhoStudies, ids(mine, theirs), fault.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			before := b.everything()
			_, err := b.s.Recognise(t.Context(), c.as, b.activity.ID, c.choice)
			is(t, err, c.want)
			if b.everything() != before || b.count("hours_entries") != 0 {
				t.Error("a refusal changed something")
			}
		})
	}
	got, err := b.s.Recognise(t.Context(), dean, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(got.Claims) != 1 || got.Claims[0].ID != theirs.ID {
		t.Errorf("all means one's own students: %+v", got)
	}
	_, err = b.s.Recognise(t.Context(), b.Staff("校团委", access.CommitteeOfficer, b.University), b.activity.ID, ids(mine))
	is(t, err, nil)
	if b.count("hours_entries") != 2 {
		t.Error("not posted")
	}
}

func TestTheBranchOfTheDayOfTheSession(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	_, zero := b.served("迟到")
	later := b.Org(b.Org(b.University, model.OrgDepartmentCommittee, "新系"), model.OrgLeagueBranch, "新支部")
	club := b.Org(b.Department, model.OrgStudentClub, "社团")
	to := model.Date("2026-10-15")
	b.Insert(
		&model.Membership{ID: b.NewID(), StudentID: me.StudentID, OrgID: later.ID, FromOn: to, CreatedAt: b.Clock.Now()},
		&model.Membership{ID: b.NewID(), StudentID: me.StudentID, OrgID: club.ID, FromOn: "2026-10-01", CreatedAt: b.Clock.Now()},
	)
	b.update("UPDATE memberships SET to_on = ? WHERE student_id = ? AND org_id = ?", to, me.StudentID, b.Branch.ID)
	b.update("UPDATE student_profiles SET branch_id = ? WHERE id = ?", later.ID, me.StudentID)
	b.update("UPDATE memberships SET from_on = ? WHERE student_id = ?", "2026-12-01", zero.StudentID) // no branch that day
	all := attend.Choice{All: true}
	for _, step := range []func() error{
		func() error { _, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, all); return err },
		func() error { _, err := b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, all); return err },
		func() error { _, err := b.s.Recognise(t.Context(), b.officer, b.activity.ID, all); return err },
	} {
		is(t, step(), nil)
	}
	for claim, want := range map[int64]int64{mine.ID: b.Branch.ID, zero.ID: 0} {
		var line model.HoursEntry
		if err := b.DB.Where("claim_id = ?", claim).First(&line).Error; err != nil {
			t.Fatal(err)
		}
		if line.BranchID != want {
			t.Errorf("posted for branch %d, want %d", line.BranchID, want)
		}
	}
}

// update changes rows behind the services' back.
func (b *bench) update(sql string, args ...any) {
	b.TB.Helper()
	if err := b.exec(sql, args...); err != nil {
		b.TB.Fatal(err)
	}
}

func TestNoMinutesNoLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.serve(me, b.session, 0, 10)
	c := b.claim(me)
	b.post(c)
	if b.status(c.ID) != model.ClaimPosted || b.count("hours_entries") != 0 {
		t.Errorf("%s, %d lines", b.status(c.ID), b.count("hours_entries"))
	}
}

// post takes claims through all steps.
func (b *bench) post(claims ...model.HoursClaim) {
	b.TB.Helper()
	ctx, choice := b.TB.Context(), ids(claims...)
	if _, err := b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, choice); err != nil {
		b.TB.Fatal(err)
	}
	if _, err := b.s.HostConfirm(ctx, b.clerk, b.activity.ID, choice); err != nil {
		b.TB.Fatal(err)
	}
	if _, err := b.s.SecondConfirm(ctx, b.Staff("镇里", access.TownOfficer, b.Town), b.activity.ID, attend.Choice{All: true}); err != nil {
		b.TB.Fatal(err)
	}
	if _, err := b.s.Recognise(ctx, b.officer, b.activity.ID, choice); err != nil {
		b.TB.Fatal(err)
	}
}

func TestAllOfALargeActivity(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	now := b.Clock.Now()
	var rows []model.HoursClaim
	for i := range 620 {
		rows = append(rows, model.HoursClaim{
			ID: b.NewID(), SignupID: int64(5000 + i), SessionID: b.session.ID, ActivityID: b.activity.ID, StudentID: int64(9000 + i), Minutes: 60, Class: model.ClassPractice,
			Basis: "CHECKIN", StartsAt: now, EndsAt: now, Status: model.ClaimComputed, Version: 1, CreatedAt: now, UpdatedAt: now,
		})
	}
	b.Insert(&rows)
	got, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(got.Claims) != 500 || !got.More {
		t.Errorf("%d claims, more %v", len(got.Claims), got.More)
	}
	got, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(got.Claims) != 120 || got.More {
		t.Errorf("%d claims, more %v", len(got.Claims), got.More)
	}
}

func TestConfirmersAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, mine := b.served("我")
	confirmers := []access.Actor{b.lead, b.advisor, b.secretary}
	errs := testkit.Together(12, func(i int) error {
		_, err := b.s.LeadConfirm(t.Context(), confirmers[i%3], b.activity.ID, ids(mine))
		return err
	})
	good := map[int]bool{}
	for i, err := range errs {
		if err == nil {
			good[i%3] = true
		} else if !errors.Is(err, fault.ErrState) {
			t.Error(err)
		}
	}
	if len(good) != 1 || b.count("audit_log", "action = 'hours.lead_confirm'") != 1 {
		t.Errorf("%d people confirmed", len(good))
	}
	_, err := b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, ids(mine))
	is(t, err, nil)
	officers := []access.Actor{b.officer, b.Staff("校", access.CommitteeOfficer, b.University)}
	for _, err := range testkit.Together(10, func(i int) error {
		_, err := b.s.Recognise(t.Context(), officers[i%2], b.activity.ID, ids(mine))
		return err
	}) {
		if err != nil && !errors.Is(err, fault.ErrState) {
			t.Error(err)
		}
	}
	if b.count("hours_entries") != 1 {
		t.Errorf("%d lines of one claim", b.count("hours_entries"))
	}
}

func TestStepsOfADraftOrUnknownActivity(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(a *model.Activity, _ *model.Session) { a.PublishedAt, a.Status = nil, model.ActivityDraft })
	for _, activity := range []int64{b.activity.ID, 99} {
		t.Run(fmt.Sprint(activity), func(t *testing.T) {
			dean := b.Staff("外校"+fmt.Sprint(activity), access.CommitteeOfficer, b.Org(b.City, model.OrgUniversityCommittee, "外校"))
			_, err := b.s.Recognise(t.Context(), dean, activity, attend.Choice{All: true})
			is(t, err, fault.ErrNotFound)
		})
	}
}
