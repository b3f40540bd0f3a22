package stats_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/stats"
)

func service(w *testkit.World) *stats.Service { return &stats.Service{DB: w.DB, Now: w.Clock.Now} }

func officer(w *testkit.World, o model.Org) access.Actor {
	return w.Staff("officer of "+o.Name, access.CommitteeOfficer, o)
}

// entry adds a line of the ledger: minutes of a student on a day, as a member of branch.
func entry(w *testkit.World, programme, student int64, branch model.Org, day model.Date, minutes int64) model.HoursEntry {
	e := model.HoursEntry{
		ID: w.NewID(), StudentID: student, Minutes: minutes, Class: model.ClassVolunteer, ClaimID: w.NewID(), ProgrammeID: programme,
		ServedOn: day, BranchID: branch.ID, BranchPath: branch.Path, PostedAt: w.Clock.Now(),
	}
	w.Insert(&e)
	return e
}

func reverse(w *testkit.World, e model.HoursEntry) {
	e.Reversal, e.ID, e.Minutes, e.PostedAt = e.ID, w.NewID(), -e.Minutes, w.Clock.Now()
	w.Insert(&e)
}

func figures(t *testing.T, r stats.Report) map[string]stats.Figure {
	t.Helper()
	out := map[string]stats.Figure{}
	for _, f := range r.Figures {
		out[f.Code] = f
	}
	return out
}

func TestFigureNeverShowsMoreThanWasReached(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		n, d, target, permille int64
		ratio                  string
		met                    bool
	}{
		"exactly a quarter":              {25, 100, 250, 250, "0.2500", true},
		"a hair below":                   {2499999, 10000000, 250, 249, "0.2499", false},
		"a third is not a third":         {1, 3, 334, 333, "0.3333", false},
		"all":                            {7, 7, 1000, 1000, "1.0000", true},
		"nobody to count":                {0, 0, 250, 0, "0.0000", false},
		"no target":                      {0, 9, 0, 0, "0.0000", true},
		"no target and nobody to count":  {0, 0, 0, 0, "0.0000", true},
		"rounded permille is not enough": {2999, 10000, 300, 299, "0.2999", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stats.Figure{Numerator: tt.n, Denominator: tt.d, TargetPermille: tt.target}
			if f.Permille() != tt.permille || f.Ratio() != tt.ratio || f.Met() != tt.met {
				t.Errorf("got %d %s %v", f.Permille(), f.Ratio(), f.Met())
			}
		})
	}
}

func TestIndicatorsOfABranch(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	one, two := w.Student("一", w.Branch), w.Student("二", w.Branch)
	w.Student("三", w.Branch)
	entry(w, w.Programme.ID, one.StudentID, w.Branch, "2026-10-10", 120)
	reverse(w, entry(w, w.Programme.ID, two.StudentID, w.Branch, "2026-10-10", 60))
	w.Pair(w.Branch, w.Community)
	r, err := service(w).Indicators(t.Context(), officer(w, w.Province), w.Department.ID, w.Programme.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := stats.Figure{
		Code: stats.StudentParticipation, Definition: 1, Numerator: 1, Denominator: 3, TargetPermille: 250,
		AsOf: w.Clock.Now(), YearFrom: "2026-09-01", YearTo: "2027-09-01",
	}
	got := figures(t, r)
	if got[want.Code] != want {
		t.Errorf("got %+v, want %+v", got[want.Code], want)
	}
	if f := got[stats.BranchParticipation]; f.Numerator != 1 || f.Denominator != 1 || f.TargetPermille != 250 {
		t.Errorf("branches: %+v", f)
	}
	if f := got[stats.BranchPairing]; f.Numerator != 1 || f.Denominator != 1 || f.TargetPermille != 300 {
		t.Errorf("pairings: %+v", f)
	}
	if r.VolunteerMinutes != 120 || r.PracticeMinutes != 0 || r.PolicyVersion != 1 {
		t.Errorf("minutes %d and %d, policy %d", r.VolunteerMinutes, r.PracticeMinutes, r.PolicyVersion)
	}
}

func TestTheYearIsHalfOpen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		served model.Date
		asOf   time.Time // the clock's, in China
		counts bool
	}{
		"first day of the year":                        {"2026-09-01", testkit.Start, true},
		"the day before it":                            {"2026-08-31", testkit.Start, false},
		"last day of the year before, asked then":      {"2026-08-31", time.Date(2026, 8, 31, 15, 59, 59, 0, time.UTC), true},
		"a minute later it is the next year":           {"2026-08-31", time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC), false},
		"the first day of the next year, asked before": {"2026-09-01", time.Date(2026, 8, 31, 15, 59, 59, 0, time.UTC), false},
		"a day that is yet to come but was posted":     {"2026-10-13", testkit.Start, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := testkit.NewWorld(t)
			who := w.Student("一", w.Branch)
			boss := officer(w, w.University)
			w.Clock.Set(tt.asOf)
			entry(w, w.Programme.ID, who.StudentID, w.Branch, tt.served, 60)
			r, err := service(w).Indicators(t.Context(), boss, w.Branch.ID, w.Programme.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := figures(t, r)[stats.StudentParticipation].Numerator == 1; got != tt.counts {
				t.Errorf("counts: %v, year %s to %s", got, r.YearFrom, r.YearTo)
			}
		})
	}
}

func TestAsOfLooksBack(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	who, boss := w.Student("一", w.Branch), officer(w, w.University)
	entry(w, w.Programme.ID, who.StudentID, w.Branch, "2026-10-10", 60)
	before := w.Clock.Now()
	w.Clock.Add(time.Hour)
	policy := w.Policy
	policy.StudentParticipationPermille = 900
	w.Insert(&model.ProgrammePolicy{ProgrammeID: w.Programme.ID, Version: 2, Policy: policy, CreatedAt: w.Clock.Now()})
	w.Org(w.Department, model.OrgLeagueBranch, "新班团支部")
	w.Clock.Add(time.Hour)
	second := w.Student("二", w.Branch)
	entry(w, w.Programme.ID, second.StudentID, w.Branch, "2026-10-11", 60)

	then, err := service(w).Indicators(t.Context(), boss, w.University.ID, w.Programme.ID, &before)
	if err != nil {
		t.Fatal(err)
	}
	got := figures(t, then)
	if f := got[stats.StudentParticipation]; f.Numerator != 1 || f.TargetPermille != 250 || !f.AsOf.Equal(before) {
		t.Errorf("then: %+v", f)
	}
	if f := got[stats.BranchParticipation]; f.Denominator != 1 || then.VolunteerMinutes != 60 {
		t.Errorf("then: %+v, %d minutes", f, then.VolunteerMinutes)
	}
	later := w.Clock.Now().Add(time.Hour)
	now, err := service(w).Indicators(t.Context(), boss, w.University.ID, w.Programme.ID, &later)
	if err != nil {
		t.Fatal(err)
	}
	got = figures(t, now)
	if f := got[stats.StudentParticipation]; f.Numerator != 2 || f.TargetPermille != 900 || !f.AsOf.Equal(w.Clock.Now()) {
		t.Errorf("now: %+v", f)
	}
	if f := got[stats.BranchParticipation]; f.Denominator != 2 || now.PolicyVersion != 2 {
		t.Errorf("now: %+v, policy %d", f, now.PolicyVersion)
	}
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	other := w.Org(w.City, model.OrgUniversityCommittee, "他校团委")
	draft := model.Programme{ID: w.NewID(), Code: "D1", Name: "草稿", OwnerOrgID: other.ID, Status: model.ProgrammeDraft, PolicyVersion: 1, Version: 1}
	w.Insert(&draft, &model.ProgrammePolicy{ProgrammeID: draft.ID, Version: 1, Policy: w.Policy, CreatedAt: w.Clock.Now()})
	tests := map[string]struct {
		as        access.Actor
		org       int64
		programme int64
		want      error
		field     string
	}{
		"nobody":                       {access.Actor{}, w.Branch.ID, w.Programme.ID, access.ErrRequired, ""},
		"a student":                    {w.Student("学", w.Branch), w.Branch.ID, w.Programme.ID, access.ErrDenied, ""},
		"the branch's secretary":       {w.Staff("书", access.BranchSecretary, w.Branch), w.Branch.ID, w.Programme.ID, nil, ""},
		"the secretary, one level up":  {w.Staff("书二", access.BranchSecretary, w.Branch), w.Department.ID, w.Programme.ID, access.ErrDenied, ""},
		"the province":                 {officer(w, w.Province), w.Branch.ID, w.Programme.ID, nil, ""},
		"the county has no university": {officer(w, w.County), w.Branch.ID, w.Programme.ID, access.ErrDenied, ""},
		"another university":           {officer(w, other), w.Branch.ID, w.Programme.ID, access.ErrDenied, ""},
		"no such organisation":         {officer(w, w.City), 5, w.Programme.ID, fault.ErrNotFound, ""},
		"no such programme":            {officer(w, w.University), w.Branch.ID, 5, fault.ErrInvalid, "query:programme_id"},
		"a draft of others":            {officer(w, w.Department), w.Branch.ID, draft.ID, fault.ErrInvalid, "query:programme_id"},
		"a draft of one's own":         {officer(w, other), other.ID, draft.ID, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for call, ask := range map[string]func() error{
				"one": func() error {
					_, err := service(w).Indicators(t.Context(), tt.as, tt.org, tt.programme, nil)
					return err
				},
				"children": func() error {
					_, err := service(w).Children(t.Context(), tt.as, tt.org, tt.programme, nil, page.Request{})
					return err
				},
			} {
				err := ask()
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: got %v, want %v", call, err, tt.want)
				}
				if f, ok := errors.AsType[*fault.Fault](err); ok && tt.field != "" && (len(f.Fields) != 1 || f.Fields[0].Pointer != tt.field) {
					t.Errorf("%s: fields %v", call, f.Fields)
				}
			}
		})
	}
}

func TestChildrenOfAGeneralBranchAreNotTheSecretarys(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	general := w.Org(w.Department, model.OrgGeneralBranch, "团总支")
	w.Org(general, model.OrgLeagueBranch, "壬班团支部")
	got, err := service(w).Children(t.Context(), w.Staff("书", access.BranchSecretary, general), general.ID, w.Programme.ID, nil, page.Request{})
	if err != nil || len(got.Items) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestPlansGoByIndex: none of the counts reads a whole table that grows, on a fresh SQLite without statistics.
func TestPlansGoByIndex(t *testing.T) {
	t.Parallel()
	if testkit.OnMySQL() {
		t.Skip("MySQL's plans depend on the size of its tables")
	}
	w := testkit.NewWorld(t)
	want := [][]string{
		{"b USING INDEX uq_org_path", "m USING INDEX ix_member_org", "h USING INDEX ix_hours_student (student_id=? AND programme_id=?"},
		{"b USING INDEX uq_org_path", "h USING INDEX ix_hours_branch (branch_id=? AND programme_id=?", "p USING INDEX ix_pairing_campus (campus_org_id=? AND programme_id=?)"},
		{"h USING INDEX ix_hours_path (programme_id=? AND branch_path>? AND branch_path<?)"},
	}
	for i, s := range stats.Statements(w.Programme.ID, w.Branch, w.Clock.Now()) {
		var rows []struct{ Detail string }
		if err := w.DB.Raw("EXPLAIN QUERY PLAN "+s.SQL, s.Args...).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		var plan []string
		for _, r := range rows {
			plan = append(plan, r.Detail)
		}
		for _, step := range want[i] {
			if !strings.Contains(strings.Join(plan, "\n"), "SEARCH "+step) {
				t.Errorf("count %d does not search %s:\n%s", i, step, strings.Join(plan, "\n"))
			}
		}
	}
}

func TestAsOfStaysInTheYearsThatAreKept(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	boss := officer(w, w.University)
	for at, want := range map[string]error{
		"2000-08-31T15:59:59.999Z": fault.ErrInvalid, // 31 August in China: the year that began in 1999
		"2000-01-01T00:00:00Z":     fault.ErrInvalid,
		"0001-01-01T00:00:00Z":     fault.ErrInvalid,
		"2000-08-31T16:00:00Z":     nil,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		r, err := service(w).Indicators(t.Context(), boss, w.University.ID, w.Programme.ID, &when)
		if !errors.Is(err, want) || (err == nil && r.YearFrom != "2000-09-01") {
			t.Errorf("%s: %v %v", at, r.YearFrom, err)
		}
		if f, ok := errors.AsType[*fault.Fault](err); ok && (len(f.Fields) != 1 || f.Fields[0].Pointer != "query:as_of") {
			t.Errorf("%+v", f.Fields)
		}
	}
}
