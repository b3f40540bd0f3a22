package project_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/project"
)

func TestCreateActivityBelongsSomewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	waiting := h.World.Project(h.pairing, "待启动")
	h.setStatus(t, "projects", waiting.ID, string(model.ProjectSubmitted))
	foreign := h.World.Project(h.Pair(h.Department, h.elsewhere), "别人的")
	closed := h.AddProgramme("P0", h.University)
	h.setStatus(t, "programmes", closed.ID, string(model.ProgrammeClosed))
	strange := h.AddProgramme("P9", h.Org(h.City, model.OrgUniversityCommittee, "外大学"))
	unpaired := h.Org(h.Org(h.County, model.OrgTownYouthCommittee, "新镇"), model.OrgCommunity, "新社区")
	type who struct{ project, campus, host int64 }
	tests := map[string]struct {
		by     access.Actor
		in     project.NewActivity
		is     who
		want   error
		fields []string
	}{
		"the campus side of a project":     {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProjectID: p.ID}, is: who{p.ID, h.Branch.ID, h.Community.ID}},
		"the host side of a project":       {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProjectID: p.ID}, is: who{p.ID, h.Branch.ID, h.Community.ID}},
		"the town for its community":       {by: h.town, in: project.NewActivity{OrgID: h.Community.ID, ProjectID: p.ID}, is: who{p.ID, h.Branch.ID, h.Community.ID}},
		"a community by itself":            {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID}, is: who{0, 0, h.Community.ID}},
		"a campus unit with a host":        {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: h.Programme.ID, HostOrgID: h.Community.ID}, is: who{0, h.Branch.ID, h.Community.ID}},
		"a campus unit without a host":     {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: h.Programme.ID}, want: fault.ErrInvalid, fields: []string{"/host_org_id"}},
		"a campus unit is no host":         {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: h.Programme.ID, HostOrgID: h.Department.ID}, want: fault.ErrInvalid, fields: []string{"/host_org_id"}},
		"a community hosts for itself":     {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID, HostOrgID: h.elsewhere.ID}, want: fault.ErrInvalid, fields: []string{"/host_org_id"}},
		"no programme":                     {by: h.host, in: project.NewActivity{OrgID: h.Community.ID}, want: fault.ErrInvalid, fields: []string{"/programme_id"}},
		"a foreign programme":              {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProgrammeID: strange.ID}, want: fault.ErrInvalid, fields: []string{"/programme_id"}},
		"a foreign programme, with a host": {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: strange.ID, HostOrgID: h.Community.ID}, want: fault.ErrInvalid, fields: []string{"/host_org_id", "/programme_id"}},
		"a community without a pairing":    {by: h.Staff("新干事", access.HostStaff, unpaired), in: project.NewActivity{OrgID: unpaired.ID, ProgrammeID: h.Programme.ID}, want: fault.ErrInvalid, fields: []string{"/programme_id"}},
		"a programme that is over":         {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProgrammeID: closed.ID}, want: fault.ErrInvalid, fields: []string{"/programme_id"}},
		"a project that does not run":      {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProjectID: waiting.ID}, want: project.ErrProjectNotRunning},
		"a project of others":              {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProjectID: foreign.ID}, want: fault.ErrNotFound},
		"a project that does not exist":    {by: h.secretary, in: project.NewActivity{OrgID: h.Branch.ID, ProjectID: 1}, want: fault.ErrNotFound},
		"an organiser outside the project": {by: h.town, in: project.NewActivity{OrgID: h.Town.ID, ProjectID: p.ID}, want: fault.ErrInvalid, fields: []string{"/org_id"}},
		"a project decides the rest":       {by: h.host, in: project.NewActivity{OrgID: h.Community.ID, ProjectID: p.ID, ProgrammeID: 1, HostOrgID: 1}, want: fault.ErrInvalid, fields: []string{"/programme_id", "/host_org_id"}},
		"another's organisation":           {by: h.other, in: project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID}, want: access.ErrDenied},
		"no such organisation":             {by: h.host, in: project.NewActivity{OrgID: 1, ProgrammeID: h.Programme.ID}, want: fault.ErrNotFound},
		"a student cannot":                 {by: h.student, in: project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: h.Programme.ID}, want: access.ErrDenied},
		"nobody is asked to sign in":       {in: project.NewActivity{OrgID: h.Branch.ID}, want: access.ErrRequired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rows := h.count(t, &model.Activity{}, "1=1")
			tt.in.Draft = h.draft()
			d, err := h.CreateActivity(t.Context(), tt.by, idem.Key{}, tt.in)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			if tt.want != nil {
				if h.count(t, &model.Activity{}, "1=1") != rows || h.count(t, &model.Session{}, "1=1") != 2*rows {
					t.Error("a refusal left something behind")
				}
				return
			}
			a := d.Activity
			got := who{campus: a.CampusOrgID, host: a.HostOrgID}
			if a.ProjectID != nil {
				got.project = *a.ProjectID
			}
			if got != tt.is || a.OrgID != tt.in.OrgID || a.ProgrammeID != h.Programme.ID || a.Status != model.ActivityDraft || a.ListedAt != nil {
				t.Errorf("got %+v %+v", got, a)
			}
			if len(d.Sessions) != 2 || len(d.Positions) != 1 || d.Contact != "陈干事" || !a.EndsAt.Equal(d.Sessions[1].EndsAt) || *a.LatE6 != 36650000 {
				t.Errorf("got %+v", d)
			}
			if !a.CancelUntil.Equal(a.StartsAt.Add(-24 * time.Hour)) {
				t.Errorf("cancelling is free until %s", a.CancelUntil)
			}
		})
	}
}

func TestCreateActivityNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tests := map[string]struct {
		change func(*project.Draft)
		fields []string
	}{
		"no session, no position": {func(d *project.Draft) { d.Sessions, d.Positions = nil, nil }, []string{"/sessions", "/positions"}},
		"a session turned round": {func(d *project.Draft) {
			d.Sessions[1].EndsAt = d.Sessions[1].StartsAt
		}, []string{"/sessions/1/ends_at"}},
		"a session over a day long": {func(d *project.Draft) {
			d.Sessions[1].EndsAt = d.Sessions[1].StartsAt.Add(24*time.Hour + time.Minute)
		}, []string{"/sessions/1/ends_at"}},
		"seconds and milliseconds in the times": {func(d *project.Draft) {
			d.Sessions[0].StartsAt, d.Sessions[0].EndsAt = d.Sessions[0].StartsAt.Add(time.Second), d.Sessions[0].EndsAt.Add(time.Millisecond)
		}, []string{"/sessions/0/starts_at", "/sessions/0/ends_at"}},
		"texts that do not show": {func(d *project.Draft) {
			d.Title, d.Summary, d.RiskNote = "清洁\u200b日", "铃\u0007", "\u202e反"
			d.Sessions[0].Place, d.Positions[0].Title, d.Positions[0].Description = "一\n二", "\u0301", "\ufeff带手套"
		}, []string{"/title", "/summary", "/risk_note", "/sessions/0/place", "/positions/0/title", "/positions/0/description"}},
		"sessions over each other, in any order": {func(d *project.Draft) {
			d.Sessions[1] = project.Slot{StartsAt: d.Sessions[0].StartsAt.Add(-30 * time.Minute), EndsAt: d.Sessions[0].StartsAt.Add(time.Minute), Place: "x"}
		}, []string{"/sessions/0/starts_at"}},
		"sessions back to back are fine": {func(d *project.Draft) {
			d.Sessions[1].StartsAt, d.Sessions[1].EndsAt = d.Sessions[0].EndsAt, d.Sessions[0].EndsAt.Add(time.Hour)
		}, nil},
		"a start in the past": {func(d *project.Draft) {
			d.Sessions[0].StartsAt, d.Sessions[0].EndsAt = h.Clock.Now(), h.Clock.Now().Add(time.Hour)
		}, []string{"/sessions/0/starts_at", "/signup_closes_at"}},
		"no place":                     {func(d *project.Draft) { d.Sessions[0].Place = " " }, []string{"/sessions/0/place"}},
		"remote needs no place":        {func(d *project.Draft) { d.Mode, d.Sessions[0].Place = "REMOTE", "" }, nil},
		"sign-up opens as it closes":   {func(d *project.Draft) { d.SignupOpensAt = d.SignupClosesAt }, []string{"/signup_closes_at"}},
		"sign-up closes after start":   {func(d *project.Draft) { d.SignupClosesAt = d.Sessions[0].StartsAt.Add(1) }, []string{"/signup_closes_at"}},
		"sign-up may close at start":   {func(d *project.Draft) { d.SignupClosesAt = d.Sessions[0].StartsAt }, nil},
		"sign-up is over":              {func(d *project.Draft) { d.SignupOpensAt, d.SignupClosesAt = h.Clock.Now().Add(-2), h.Clock.Now() }, []string{"/signup_closes_at"}},
		"cancelling free after start":  {func(d *project.Draft) { d.CancelUntil = d.Sessions[0].StartsAt.Add(time.Minute) }, []string{"/cancel_until"}},
		"more turnout than seats":      {func(d *project.Draft) { d.MinTurnout = 11 }, []string{"/min_turnout"}},
		"codes the policy lacks":       {func(d *project.Draft) { d.Field, d.Category = "?", "?" }, []string{"/field", "/category"}},
		"a contact who works nowhere":  {func(d *project.Draft) { d.HostContactID = h.student.UserID }, []string{"/host_contact_id"}},
		"a contact from next door":     {func(d *project.Draft) { d.HostContactID = h.other.UserID }, []string{"/host_contact_id"}},
		"the town's officer answers":   {func(d *project.Draft) { d.HostContactID = h.town.UserID }, nil},
		"an officer of the county not": {func(d *project.Draft) { d.HostContactID = h.county.UserID }, []string{"/host_contact_id"}},
		"risk note and contact later":  {func(d *project.Draft) { d.RiskNote, d.HostContactID = "", 0 }, nil},
		"everything at once": {func(d *project.Draft) {
			d.Field, d.MinTurnout, d.Sessions[0].Place, d.Sessions[1].EndsAt = "?", 99, "", d.Sessions[1].StartsAt
		}, []string{"/field", "/sessions/0/place", "/sessions/1/ends_at", "/min_turnout"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID, Draft: h.draft()}
			tt.change(&in.Draft)
			_, err := h.CreateActivity(t.Context(), h.host, idem.Key{}, in)
			if tt.fields == nil {
				must(t, err)
				return
			}
			wants(t, err, fault.ErrInvalid)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCreateActivityOnceForOneKeyAndWithoutNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sum := sha256.Sum256([]byte("request"))
	key := idem.Key{Value: "k1", Hash: sum[:]}
	in := project.NewActivity{OrgID: h.Community.ID, ProgrammeID: h.Programme.ID, Draft: h.draft()}
	first, err := h.CreateActivity(t.Context(), h.host, key, in)
	must(t, err)
	again, err := h.CreateActivity(t.Context(), h.host, key, in)
	must(t, err)
	if diff := cmp.Diff(first, again); diff != "" || first.Contact != "陈干事" {
		t.Error(diff)
	}
	if h.count(t, &model.Activity{}, "1=1") != 1 || h.count(t, &model.Position{}, "1=1") != 1 {
		t.Error("made twice")
	}
	var rec model.IdempotencyRecord
	must(t, h.World.DB.First(&rec).Error)
	if strings.Contains(rec.Answer, "陈干事") {
		t.Error("a name lies in the stored answer in clear")
	}
}

func TestUpdateActivityReplacesADraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, status := range []model.ActivityStatus{model.ActivityDraft, model.ActivityReturned} {
		d := h.drafted(t, nil)
		h.setStatus(t, "activities", d.Activity.ID, string(status))
		next := h.draft()
		next.Title, next.Mode, next.MinTurnout, next.CountsAsVolunteer = "新标题", "REMOTE", 2, true
		next.Sessions = []project.Slot{{StartsAt: next.Sessions[1].StartsAt, EndsAt: next.Sessions[1].EndsAt}}
		next.SignupClosesAt = next.Sessions[0].StartsAt
		next.Positions = []project.Seat{{Title: "甲", Capacity: 1}, {Title: "乙", Capacity: 3}}
		_, err := h.UpdateActivity(t.Context(), h.other, d.Activity.ID, 1, next)
		wants(t, err, fault.ErrNotFound)
		_, err = h.UpdateActivity(t.Context(), h.county, d.Activity.ID, 1, next)
		wants(t, err, access.ErrDenied)
		_, err = h.UpdateActivity(t.Context(), h.host, d.Activity.ID, 2, next)
		wants(t, err, fault.ErrStale)
		wrong := next
		wrong.Positions = nil
		_, err = h.UpdateActivity(t.Context(), h.host, d.Activity.ID, 1, wrong)
		wants(t, err, fault.ErrInvalid)
		got, err := h.UpdateActivity(t.Context(), h.host, d.Activity.ID, 1, next)
		must(t, err)
		a := got.Activity
		if a.Version != 2 || a.Status != status || a.Title != "新标题" || a.LatE6 != nil || !a.StartsAt.Equal(next.Sessions[0].StartsAt) || !slices.Equal(a.Carriers, next.Carriers) {
			t.Errorf("got %+v", a)
		}
		if len(got.Sessions) != 1 || len(got.Positions) != 2 || got.Positions[1].Capacity != 3 {
			t.Errorf("got %+v", got)
		}
		if n := h.count(t, &model.Position{}, "activity_id = ?", a.ID); n != 2 {
			t.Errorf("%d positions are left", n)
		}
	}
	for _, status := range []model.ActivityStatus{model.ActivitySubmitted, model.ActivityCancelled, model.ActivityHoursConfirmed, model.ActivityClosed} {
		d := h.drafted(t, nil)
		h.setStatus(t, "activities", d.Activity.ID, string(status))
		_, err := h.UpdateActivity(t.Context(), h.host, d.Activity.ID, 1, h.draft())
		wants(t, err, fault.ErrState)
	}
}

// carried remembers which positions were replaced by which.
type carried struct{ was, now []model.Position }

func (c *carried) Carry(_ *gorm.DB, was, now []model.Position) error {
	c.was, c.now = was, now
	return nil
}

// What was said of the positions of a draft is handed on when it is written anew.
func TestADraftWrittenAnewTellsOfItsPositions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var c carried
	h.Needs = &c
	d := h.drafted(t, nil)
	got, err := h.UpdateActivity(t.Context(), h.host, d.Activity.ID, 1, h.draft())
	must(t, err)
	if len(c.was) != 1 || len(c.now) != 1 || c.was[0].ID != d.Positions[0].ID || c.now[0].ID != got.Positions[0].ID || c.was[0].ID == c.now[0].ID {
		t.Errorf("%+v", c)
	}
}

func TestUpdateActivityAfterApproval(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	id, version := d.Activity.ID, d.Activity.Version
	same := h.draft() // what was sent, with times of the same clock

	changed := same
	changed.Field, changed.Mode, changed.MinTurnout = "HEALTH", "HYBRID", 1
	changed.Sessions, changed.Positions = slices.Clone(same.Sessions), []project.Seat{{Title: "志愿者", Capacity: 99}}
	changed.Sessions[1].Place = "别处"
	_, err := h.UpdateActivity(t.Context(), h.host, id, version, changed)
	wants(t, err, project.ErrActivityLocked)
	if diff := cmp.Diff([]string{"/field", "/mode", "/min_turnout", "/sessions", "/positions"}, pointers(err)); diff != "" {
		t.Error(diff)
	}
	_, err = h.UpdateActivity(t.Context(), h.host, id, version-1, changed)
	wants(t, err, fault.ErrStale)

	blank := same
	blank.RiskNote, blank.HostContactID = "", 0
	_, err = h.UpdateActivity(t.Context(), h.host, id, version, blank)
	wants(t, err, project.ErrIncomplete)
	if diff := cmp.Diff([]string{"/risk_note", "/host_contact_id"}, pointers(err)); diff != "" {
		t.Error(diff)
	}

	same.Title, same.Summary, same.RiskNote, same.HostContactID = "茶叶采摘", "采茶", "小心蛇", h.town.UserID
	got, err := h.UpdateActivity(t.Context(), h.host, id, version, same)
	must(t, err)
	if a := got.Activity; a.Title != "茶叶采摘" || a.RiskNote != "小心蛇" || got.Contact != "镇委员" || a.Version != version+1 || a.Status != model.ActivityPublished {
		t.Errorf("got %+v", got)
	}
	if _, err := h.UpdateActivity(t.Context(), h.secretary, id, version+1, same); err == nil {
		t.Error("the branch edited the community's activity")
	}
	for query, hits := range map[string]int{"采摘": 1, "清洁": 0, "戊社区": 1} {
		res, err := h.Activities(t.Context(), project.Filter{Query: query}, limit(5))
		must(t, err)
		if len(res.Items) != hits {
			t.Errorf("%s finds %d", query, len(res.Items))
		}
	}
}

// roundTrip is what idem does to an answer.
func TestDetailSurvivesJSON(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.published(t, nil)
	d.Contact = ""
	raw, err := json.Marshal(d)
	must(t, err)
	var back project.Detail
	must(t, json.Unmarshal(raw, &back))
	if diff := cmp.Diff(d, back); diff != "" {
		t.Error(diff)
	}
}
