package attend_test

import (
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
)

// served adds a member who has served the whole session and returns the claim.
func (b *bench) served(name string) (access.Actor, model.HoursClaim) {
	b.TB.Helper()
	b.Clock.Set(b.activity.CreatedAt)
	me, _ := b.member(name)
	b.serve(me, b.session, 0, 120)
	return me, b.claim(me)
}

// status reads what a claim is now.
func (b *bench) status(id int64) model.ClaimStatus {
	b.TB.Helper()
	var c model.HoursClaim
	if err := b.DB.Where("id = ?", id).First(&c).Error; err != nil {
		b.TB.Fatal(err)
	}
	return c.Status
}

func TestFromCheckOutToLedger(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, one := b.served("一")
	_, two := b.served("二")
	got, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(one, two))
	is(t, err, nil)
	if len(got.Claims) != 2 || got.Claims[0].Status != model.ClaimLead || *got.Claims[0].LeadBy != b.lead.UserID {
		t.Errorf("%+v", got)
	}
	got, err = b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(got.Claims) != 2 || got.Claims[1].Status != model.ClaimHost || got.More {
		t.Errorf("%+v", got)
	}
	if b.count("hours_entries") != 0 {
		t.Error("posted before the school recognised")
	}
	got, err = b.s.Recognise(t.Context(), b.officer, b.activity.ID, attend.Choice{All: true, Except: []int64{two.ID}})
	is(t, err, nil)
	if len(got.Claims) != 1 || got.Claims[0].Status != model.ClaimPosted || *got.Claims[0].RecognisedBy != b.officer.UserID || b.status(two.ID) != model.ClaimHost {
		t.Errorf("%+v", got)
	}
	var line model.HoursEntry
	if err := b.DB.First(&line).Error; err != nil {
		t.Fatal(err)
	}
	want := model.HoursEntry{
		ID: line.ID, StudentID: me.StudentID, Minutes: 120, Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: one.ID, ProgrammeID: b.Programme.ID, ActivityID: b.activity.ID,
		ServedOn: "2026-10-14", BranchID: b.Branch.ID, BranchPath: b.Branch.Path, PostedBy: b.officer.UserID, PostedAt: b.Clock.Now(),
	}
	if line != want {
		t.Errorf("%+v, want %+v", line, want)
	}
	if n := b.count("audit_log", "object = 'hours_claims' AND object_id = ?", one.ID); n != 5 { // compute, lead, host, recognise, post
		t.Errorf("%d audit rows", n)
	}
}

func TestAStepAgainChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, one := b.served("一")
	_, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(one))
	is(t, err, nil)
	before := b.everything()
	got, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(one))
	is(t, err, nil)
	if len(got.Claims) != 1 || got.Claims[0].Status != model.ClaimLead || b.everything() != before {
		t.Errorf("%+v", got)
	}
	_, err = b.s.LeadConfirm(t.Context(), b.advisor, b.activity.ID, ids(one))
	is(t, err, fault.ErrState) // somebody else took it
	none, err := b.s.LeadConfirm(t.Context(), b.advisor, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(none.Claims) != 0 || none.Claims == nil {
		t.Errorf("%+v", none)
	}
}

func TestWhoTakesTheLeadStep(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	second := b.Student("副队长", b.Branch)
	b.Team(b.project, model.TeamLead, second)
	b.joins(b.lead, b.position.ID)
	me, mine := b.served("我")
	b.serve(b.lead, b.session, 0, 120)
	leads := b.claim(b.lead)
	elsewhere := b.Staff("外校", access.BranchSecretary, b.Org(b.Department, model.OrgLeagueBranch, "别的支部"))
	tests := map[string]struct {
		as     access.Actor
		choice attend.Choice
		want   *fault.Fault
	}{
		"nobody":                         {access.Actor{}, ids(mine), access.ErrRequired},
		"the student":                    {me, ids(mine), access.ErrDenied},
		"the lead, for themselves":       {b.lead, ids(leads), access.ErrOwnInterest},
		"the lead, own among others":     {b.lead, ids(mine, leads), access.ErrOwnInterest},
		"another lead, for a lead":       {second, ids(leads), attend.ErrAdvisor},
		"the secretary, for a lead":      {b.secretary, ids(leads), attend.ErrAdvisor},
		"the clerk of the host":          {b.clerk, ids(mine), access.ErrDenied},
		"a secretary of elsewhere":       {elsewhere, ids(mine), access.ErrDenied},
		"an API client":                  {access.Actor{ClientID: 1, Scopes: []access.Permission{access.HoursLead}, Grants: b.secretary.Grants}, ids(mine), access.ErrDenied},
		"a claim that is not there":      {b.lead, ids(mine, model.HoursClaim{ID: 99}), fault.ErrNotFound},
		"an exception that is not there": {b.lead, attend.Choice{All: true, Except: []int64{99}}, fault.ErrNotFound},
		"nothing chosen":                 {b.lead, attend.Choice{}, fault.ErrInvalid},
		"both named and all":             {b.lead, attend.Choice{All: true, IDs: []int64{mine.ID}}, fault.ErrInvalid},
		"named with exceptions":          {b.lead, attend.Choice{IDs: []int64{mine.ID}, Except: []int64{1}}, fault.ErrInvalid},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before := b.everything()
			_, err := b.s.LeadConfirm(t.Context(), c.as, b.activity.ID, c.choice)
			is(t, err, c.want)
			if b.everything() != before || b.status(mine.ID) != model.ClaimComputed || b.status(leads.ID) != model.ClaimComputed {
				t.Error("a refusal changed something")
			}
		})
	}
	got, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if len(got.Claims) != 1 || got.Claims[0].ID != mine.ID {
		t.Errorf("all means all that one may: %+v", got)
	}
	_, err = b.s.LeadConfirm(t.Context(), b.advisor, b.activity.ID, ids(leads))
	is(t, err, nil)
}

// Without a project each student's claim is confirmed by the secretary of the branch of the day, whoever organises.
func TestTheStudentsSecretaryTakesTheLeadStepWithoutATeam(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.activity, b.session, b.position = b.Activity(b.project, 9, func(a *model.Activity, _ *model.Session) {
		a.ProjectID, a.OrgID, a.CampusOrgID = nil, b.Community.ID, b.Community.ID
	})
	other := b.Org(b.Department, model.OrgLeagueBranch, "外支部")
	theirs := b.Staff("外支书", access.BranchSecretary, other)
	_, mine := b.served("我")
	b.Clock.Set(b.activity.CreatedAt)
	stranger, studies := b.Student("外人", other), b.Student("读书的支书", b.Branch)
	for _, who := range []access.Actor{stranger, studies} {
		b.joins(who, b.position.ID)
	}
	for _, who := range []access.Actor{stranger, studies} {
		b.serve(who, b.session, 0, 120)
	}
	foreign, own := b.claim(stranger), b.claim(studies)
	secretaryWhoServed := b.Grant(studies, access.BranchSecretary, b.Branch)
	for name, c := range map[string]struct {
		as     access.Actor
		choice attend.Choice
		want   *fault.Fault
	}{
		"the student":              {studies, ids(own), access.ErrDenied},
		"the advisor":              {b.advisor, ids(mine), access.ErrDenied},
		"the host":                 {b.clerk, ids(mine), access.ErrDenied},
		"the department":           {b.officer, ids(mine), access.ErrDenied},
		"a branch of nobody":       {b.Staff("空支书", access.BranchSecretary, b.Org(b.Department, model.OrgLeagueBranch, "空支部")), attend.Choice{All: true}, access.ErrDenied},
		"of another branch":        {theirs, ids(mine), fault.ErrNotFound},
		"of another branch, among": {b.secretary, ids(mine, foreign), fault.ErrNotFound},
		"their own":                {secretaryWhoServed, ids(own), access.ErrOwnInterest},
		"their own, among":         {secretaryWhoServed, ids(mine, own), access.ErrOwnInterest},
	} {
		t.Run(name, func(t *testing.T) {
			before := b.everything()
			_, err := b.s.LeadConfirm(t.Context(), c.as, b.activity.ID, c.choice)
			is(t, err, c.want)
			if b.everything() != before || b.status(mine.ID) != model.ClaimComputed || b.status(own.ID) != model.ClaimComputed {
				t.Error("a refusal changed something")
			}
		})
	}
	moved := b.Org(b.Department, model.OrgLeagueBranch, "转入支部")
	b.update("UPDATE memberships SET to_on = ? WHERE student_id = ?", "2026-10-20", mine.StudentID)
	b.update("UPDATE student_profiles SET branch_id = ? WHERE id = ?", moved.ID, mine.StudentID)
	listed, err := b.s.ClaimsOfActivity(t.Context(), b.secretary, b.activity.ID, model.ClaimComputed, first(9))
	is(t, err, nil)
	if len(listed.Items) != 2 || listed.Items[0].ID != mine.ID || listed.Items[1].ID != own.ID {
		t.Errorf("the secretary of the day sees %+v", listed.Items)
	}
	for _, c := range []struct {
		as   access.Actor
		want []int64
	}{
		{b.Staff("新支书", access.BranchSecretary, moved), nil}, {secretaryWhoServed, []int64{mine.ID}}, {b.secretary, []int64{own.ID}}, {theirs, []int64{foreign.ID}},
	} {
		got, err := b.s.LeadConfirm(t.Context(), c.as, b.activity.ID, attend.Choice{All: true})
		is(t, err, nil)
		if len(got.Claims) != len(c.want) || len(c.want) == 1 && (got.Claims[0].ID != c.want[0] || *got.Claims[0].LeadBy != c.as.UserID) {
			t.Errorf("took %+v, want %v", got.Claims, c.want)
		}
	}
	_, err = b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	_, err = b.s.Recognise(t.Context(), b.secretary, b.activity.ID, ids(own))
	is(t, err, access.ErrOwnInterest) // took the first step
	_, err = b.s.Recognise(t.Context(), b.officer, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
	if b.count("hours_entries") != 3 {
		t.Error("not posted")
	}
}

func TestSecretaryConfirmsALeadWithoutAdvisor(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	lonely := b.Project(b.Pair(b.Department, b.Community), "没有老师")
	lead := b.Student("光杆队长", b.Branch)
	b.Team(lonely, model.TeamLead, lead)
	var p model.Position
	b.activity, b.session, p = b.Activity(lonely, 9, nil)
	b.joins(lead, p.ID)
	b.serve(lead, b.session, 0, 120)
	_, err := b.s.LeadConfirm(t.Context(), lead, b.activity.ID, ids(b.claim(lead)))
	is(t, err, access.ErrOwnInterest)
	_, err = b.s.LeadConfirm(t.Context(), b.Staff("系支书", access.BranchSecretary, b.Department), b.activity.ID, ids(b.claim(lead)))
	is(t, err, nil)
}

func TestWhoTakesTheHostStep(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	clerkWhoStudies := b.Grant(me, access.HostStaff, b.Community)
	leadWhoWorks := b.Grant(b.lead, access.HostStaff, b.Community)
	_, err := b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, ids(mine))
	is(t, err, fault.ErrState) // the lead comes first
	_, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(mine))
	is(t, err, nil)
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"the advisor":                {b.advisor, access.ErrDenied},
		"the department":             {b.officer, access.ErrDenied},
		"a clerk, for themselves":    {clerkWhoStudies, access.ErrOwnInterest},
		"who took the lead step":     {leadWhoWorks, access.ErrOwnInterest},
		"a clerk of elsewhere":       {b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区")), access.ErrDenied},
		"a clerk of the campus side": {b.Staff("怪人", access.HostStaff, b.Branch), access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.s.HostConfirm(t.Context(), c.as, b.activity.ID, ids(mine))
			is(t, err, c.want)
			if b.status(mine.ID) != model.ClaimLead {
				t.Error("confirmed all the same")
			}
		})
	}
	_, err = b.s.HostConfirm(t.Context(), b.Staff("镇干", access.TownOfficer, b.Town), b.activity.ID, ids(mine))
	is(t, err, nil)
}
