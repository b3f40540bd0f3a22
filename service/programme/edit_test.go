package programme_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/programme"
)

func mustEqual(a, b any) bool { return reflect.DeepEqual(a, b) }

func TestUpdateChangesNameAndPhases(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.create(t, o.university, o.University, programme.PresetShandong).Programme
	d, err := o.Update(t.Context(), o.university, p.ID, 1, programme.Edit{Name: "新名"})
	if err != nil || d.Programme.Name != "新名" || d.Programme.Version != 2 || len(d.Phases) != 3 {
		t.Fatalf("got %+v, %v", d, err)
	}
	d, err = o.Update(t.Context(), o.university, p.ID, 2, programme.Edit{Name: "新名", Phases: []programme.Phase{{Kind: programme.PhaseRollout, StartsOn: "2026-09-01"}}})
	if err != nil || len(d.Phases) != 1 || d.Phases[0].EndsOn != nil || d.Programme.Version != 3 {
		t.Fatalf("got %+v, %v", d, err)
	}
}

func TestPolicyVersionsStay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created := o.create(t, o.university, o.University, programme.PresetMaoming)
	policy := created.Policy
	policy.StudentParticipationPermille = 400
	d, err := o.PutPolicy(t.Context(), o.university, created.Programme.ID, 1, policy)
	if err != nil || d.Programme.PolicyVersion != 2 || d.Programme.Version != 2 || d.Policy.StudentParticipationPermille != 400 {
		t.Fatalf("got %+v, %v", d, err)
	}
	var rows []model.ProgrammePolicy
	if err := o.World.DB.Where("programme_id = ?", created.Programme.ID).Order("version").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Policy.StudentParticipationPermille != 250 || rows[1].CreatedBy != o.university.UserID {
		t.Errorf("got %+v", rows)
	}
}

// What students and hosts have said is stored by the place of a skill: once a programme is open, none may move.
func TestSkillsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created := o.create(t, o.university, o.University, programme.PresetMaoming)
	id := created.Programme.ID
	put := func(version int64, skills ...string) error {
		p := created.Policy
		p.Skills = nil
		for _, code := range skills {
			p.Skills = append(p.Skills, model.Item{Code: code, Name: "技能" + code})
		}
		_, err := o.PutPolicy(t.Context(), o.university, id, version, p)
		return err
	}
	if err := put(1, "B2", "A1"); err != nil {
		t.Fatalf("a draft takes any list: %v", err)
	}
	if _, err := o.Activate(t.Context(), o.university, id); err != nil {
		t.Fatal(err)
	}
	o.refused(t, fault.ErrInvalid, []string{"/skills/0/code", "/skills/1/code"}, func() error { return put(3, "A1", "B2") })
	o.refused(t, fault.ErrInvalid, []string{"/skills/1/code"}, func() error { return put(3, "B2") })
	if err := put(3, "B2", "A1", "C3"); err != nil {
		t.Errorf("another one at the end: %v", err)
	}
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf("S%d", i)
	}
	o.refused(t, fault.ErrInvalid, []string{"/skills"}, func() error { return put(4, many...) })
}

func TestOfRacingPoliciesOneWins(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created := o.create(t, o.university, o.University, programme.PresetMaoming)
	got := testkit.RaceOf(8, func(i int) error {
		policy := created.Policy
		policy.CaseQuota = int64(i)
		_, err := o.PutPolicy(t.Context(), o.university, created.Programme.ID, 1, policy)
		return err
	})
	var n int64
	if err := o.World.DB.Model(&model.ProgrammePolicy{}).Where("programme_id = ?", created.Programme.ID).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	if got[""] != 1 || got[fault.ErrStale.Code] != 7 || n != 2 {
		t.Errorf("got %v, %d versions", got, n)
	}
}

func TestALife(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.create(t, o.university, o.University, programme.PresetMaoming).Programme
	active, err := o.Activate(t.Context(), o.city, p.ID)
	if err != nil || active.Programme.Status != model.ProgrammeActive {
		t.Fatalf("got %+v, %v", active, err)
	}
	o.refused(t, fault.ErrState, nil, func() error { _, err := o.Activate(t.Context(), o.university, p.ID); return err })
	closed, err := o.Close(t.Context(), o.university, p.ID)
	if err != nil || closed.Programme.Status != model.ProgrammeClosed {
		t.Fatalf("got %+v, %v", closed, err)
	}
	o.refused(t, fault.ErrState, nil, func() error { _, err := o.Close(t.Context(), o.university, p.ID); return err })
	v := closed.Programme.Version
	for name, do := range map[string]func() error{
		"name": func() error {
			_, err := o.Update(t.Context(), o.university, p.ID, v, programme.Edit{Name: "名"})
			return err
		},
		"policy": func() error { _, err := o.PutPolicy(t.Context(), o.university, p.ID, v, closed.Policy); return err },
		"milestone": func() error {
			_, err := o.AddMilestone(t.Context(), o.university, idem.Key{}, p.ID, programme.NewMilestone{Kind: "OTHER", Name: "名", DueOn: "2026-12-01"})
			return err
		},
		"derived milestones": func() error { _, err := o.DeriveMilestones(t.Context(), o.university, p.ID, 2026); return err },
		"removal":            func() error { return o.RemoveMilestone(t.Context(), o.university, p.ID, 1) },
	} {
		t.Run("closed: "+name, func(t *testing.T) { o.refused(t, programme.ErrClosed, nil, do) })
	}
	var actions []string
	if err := o.World.DB.Model(&model.AuditEntry{}).Where("object_id = ?", p.ID).Order("id").Pluck("action", &actions).Error; err != nil {
		t.Fatal(err)
	}
	if want := []string{"programme.create", "programme.activate", "programme.close"}; !mustEqual(actions, want) {
		t.Errorf("audit: %v", actions)
	}
}

func TestWriteRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created := o.create(t, o.university, o.University, programme.PresetMaoming)
	draft := created.Programme
	open, err := o.Activate(t.Context(), o.university, o.create(t, o.university, o.University, programme.PresetMaoming).Programme.ID)
	if err != nil {
		t.Fatal(err)
	}
	stale := o.province
	stale.LoggedInAt = o.Clock.Now().Add(-6 * time.Minute)
	writes := map[string]func(as access.Actor, id int64) error{
		"update": func(as access.Actor, id int64) error {
			_, err := o.Update(t.Context(), as, id, 1, programme.Edit{Name: "名"})
			return err
		},
		"policy": func(as access.Actor, id int64) error {
			_, err := o.PutPolicy(t.Context(), as, id, 1, created.Policy)
			return err
		},
		"activate": func(as access.Actor, id int64) error { _, err := o.Activate(t.Context(), as, id); return err },
		"close":    func(as access.Actor, id int64) error { _, err := o.Close(t.Context(), as, id); return err },
		"milestone": func(as access.Actor, id int64) error {
			_, err := o.AddMilestone(t.Context(), as, idem.Key{}, id, programme.NewMilestone{Kind: "OTHER", Name: "名", DueOn: "2026-12-01"})
			return err
		},
		"derived milestones": func(as access.Actor, id int64) error {
			_, err := o.DeriveMilestones(t.Context(), as, id, 2026)
			return err
		},
		"removal": func(as access.Actor, id int64) error { return o.RemoveMilestone(t.Context(), as, id, 1) },
	}
	tests := map[string]struct {
		as   access.Actor
		id   int64
		want error
	}{
		"nobody": {access.Actor{}, draft.ID, access.ErrRequired}, "a department": {o.department, draft.ID, access.ErrDenied},
		"a draft that a county cannot see": {o.county, draft.ID, fault.ErrNotFound}, "an open one that it can see": {o.county, open.Programme.ID, access.ErrDenied},
		"the province with an old login": {stale, draft.ID, access.ErrStepUp}, "no such programme": {o.university, 5, fault.ErrNotFound},
	}
	for what, write := range writes {
		for name, tt := range tests {
			t.Run(what+": "+name, func(t *testing.T) { o.refused(t, tt.want, nil, func() error { return write(tt.as, tt.id) }) })
		}
	}
	t.Run("a stale version", func(t *testing.T) {
		o.refused(t, fault.ErrStale, nil, func() error {
			_, err := o.Update(t.Context(), o.university, draft.ID, 7, programme.Edit{Name: "名", Phases: []programme.Phase{{Kind: "PILOT", StartsOn: "2026-09-01"}}})
			return err
		})
		o.refused(t, fault.ErrStale, nil, func() error {
			_, err := o.PutPolicy(t.Context(), o.university, draft.ID, 7, created.Policy)
			return err
		})
	})
	t.Run("wrong fields", func(t *testing.T) {
		o.refused(t, fault.ErrInvalid, []string{"/name", "/phases/0/starts_on"}, func() error {
			_, err := o.Update(t.Context(), o.university, draft.ID, 1, programme.Edit{Name: "", Phases: []programme.Phase{{Kind: "PILOT", StartsOn: "soon"}}})
			return err
		})
		bad := created.Policy
		bad.StudentMin, bad.KickoffDue = -1, "1-1"
		o.refused(t, fault.ErrInvalid, []string{"/student_min", "/kickoff_due"}, func() error { _, err := o.PutPolicy(t.Context(), o.university, draft.ID, 1, bad); return err })
	})
}

func TestMilestones(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.create(t, o.university, o.University, programme.PresetMaoming).Programme
	derived, err := o.DeriveMilestones(t.Context(), o.university, p.ID, 2026)
	if err != nil || len(derived) != 2 || derived[0].DueOn != "2026-11-15" || derived[1].DueOn != "2026-11-20" {
		t.Fatalf("got %+v, %v", derived, err)
	}
	before := o.rows(t)
	again, err := o.DeriveMilestones(t.Context(), o.university, p.ID, 2026)
	if err != nil || !mustEqual(again, derived) || o.rows(t) != before {
		t.Fatalf("again: %+v, %v", again, err)
	}
	add := func(in programme.NewMilestone) (model.Milestone, error) {
		return o.AddMilestone(t.Context(), o.university, idem.Key{}, p.ID, in)
	}
	cases, err := add(programme.NewMilestone{Kind: programme.MilestoneCases, Name: "报送典型案例", DueOn: "2026-11-15"})
	if err != nil {
		t.Fatal(err)
	}
	o.refused(t, programme.ErrMilestoneExists, nil, func() error {
		_, err := add(programme.NewMilestone{Kind: programme.MilestoneCases, Name: "又一次", DueOn: "2026-11-15"})
		return err
	})
	o.refused(t, fault.ErrInvalid, []string{"/kind", "/name", "/due_on"}, func() error { _, err := add(programme.NewMilestone{Kind: "X", DueOn: "2026-02-30"}); return err })
	var got []string
	for req := (page.Request{Limit: 1}); ; {
		list, err := o.Milestones(t.Context(), o.university, p.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list.Items {
			got = append(got, m.Kind)
		}
		if req.Cursor = list.Next; req.Cursor == "" {
			break
		}
	}
	if want := []string{"PAIRING", "CASES", "KICKOFF"}; !mustEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if err := o.RemoveMilestone(t.Context(), o.university, p.ID, cases.ID); err != nil {
		t.Fatal(err)
	}
	o.refused(t, fault.ErrNotFound, nil, func() error { return o.RemoveMilestone(t.Context(), o.university, p.ID, cases.ID) })
	o.refused(t, fault.ErrNotFound, nil, func() error { return o.RemoveMilestone(t.Context(), o.university, o.Programme.ID, derived[0].ID) })
}

func TestDueDaysFallIntoTheProgrammeYear(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created := o.create(t, o.university, o.University, programme.PresetMaoming)
	policy := created.Policy
	policy.YearStarts, policy.KickoffDue = "11-16", "11-16"
	if _, err := o.PutPolicy(t.Context(), o.university, created.Programme.ID, 1, policy); err != nil {
		t.Fatal(err)
	}
	got, err := o.DeriveMilestones(t.Context(), o.university, created.Programme.ID, 2026)
	if err != nil || len(got) != 2 || got[0].DueOn != "2027-11-15" || got[1].DueOn != "2026-11-16" {
		t.Errorf("got %+v, %v", got, err)
	}
	o.refused(t, fault.ErrInvalid, []string{"/year"}, func() error {
		_, err := o.DeriveMilestones(t.Context(), o.university, created.Programme.ID, 1999)
		return err
	})
}

func TestAProgrammeHasAtMostAHundredMilestones(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.create(t, o.university, o.University, programme.PresetMaoming).Programme
	var rows []any
	for i := range 100 {
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly)
		rows = append(rows, &model.Milestone{ID: o.World.NewID(), ProgrammeID: p.ID, Kind: "OTHER", Name: "名", DueOn: model.Date(day)})
	}
	o.Insert(rows...)
	o.refused(t, programme.ErrMilestonesFull, nil, func() error { _, err := o.DeriveMilestones(t.Context(), o.university, p.ID, 2026); return err })
}
