package project_test

import (
	"sync"
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

func TestAddMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	stopped := h.World.Project(h.pairing, "停了")
	h.setStatus(t, "projects", stopped.ID, string(model.ProjectStopped))
	club := h.Org(h.Department, model.OrgStudentClub, "茶社")
	foreign := h.Student("外班同学", h.Org(h.Department, model.OrgLeagueBranch, "癸班团支部"))
	officer := h.Staff("系干部", access.CommitteeOfficer, h.Department)
	gone := h.Staff("前老师", access.Advisor, h.Department)
	h.endGrants(t, gone.UserID)
	h.Insert(&model.Membership{ID: h.World.NewID(), StudentID: foreign.StudentID, OrgID: club.ID, FromOn: "2026-09-01", CreatedAt: h.Clock.Now()})
	clubs := h.World.Project(h.Pair(club, h.elsewhere), "茶社项目")
	tests := map[string]struct {
		by     access.Actor
		in     project.NewMember
		want   error
		fields []string
		name   string
	}{
		"the secretary adds a student":         {by: h.secretary, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID}, name: "赵同学"},
		"the lead adds a second lead":          {by: h.lead, in: project.NewMember{Role: model.TeamLead, StudentID: h.student.StudentID}, name: "赵同学"},
		"the team's advisor adds another":      {by: h.advisor, in: project.NewMember{Role: model.TeamAdvisor, UserID: officer.UserID}, name: "系干部"},
		"from a later day on":                  {by: h.department, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID, FromOn: "2026-11-01"}, name: "赵同学"},
		"a club member joins the club's team":  {by: h.department, in: project.NewMember{ProjectID: clubs.ID, Role: model.TeamMember, StudentID: foreign.StudentID}, name: "外班同学"},
		"not before the project was made":      {by: h.secretary, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID, FromOn: "2026-10-11"}, want: fault.ErrInvalid, fields: []string{"/from_on"}},
		"a student of another branch":          {by: h.secretary, in: project.NewMember{Role: model.TeamMember, StudentID: foreign.StudentID}, want: fault.ErrInvalid, fields: []string{"/student_id"}},
		"a student who does not exist":         {by: h.secretary, in: project.NewMember{Role: model.TeamMember, StudentID: 1}, want: fault.ErrInvalid, fields: []string{"/student_id"}},
		"a teacher whose role has ended":       {by: h.secretary, in: project.NewMember{Role: model.TeamAdvisor, UserID: gone.UserID}, want: fault.ErrInvalid, fields: []string{"/user_id"}},
		"host staff is no advisor":             {by: h.secretary, in: project.NewMember{Role: model.TeamAdvisor, UserID: h.host.UserID}, want: fault.ErrInvalid, fields: []string{"/user_id"}},
		"an advisor by student id":             {by: h.secretary, in: project.NewMember{Role: model.TeamAdvisor, StudentID: h.student.StudentID}, want: fault.ErrInvalid, fields: []string{"/user_id", "/student_id"}},
		"a lead by user id":                    {by: h.secretary, in: project.NewMember{Role: model.TeamLead, UserID: h.student.UserID}, want: fault.ErrInvalid, fields: []string{"/student_id", "/user_id"}},
		"who is in the team already":           {by: h.secretary, in: project.NewMember{Role: model.TeamMember, StudentID: h.lead.StudentID}, want: project.ErrMember},
		"the host keeps no team":               {by: h.host, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID}, want: access.ErrDenied},
		"a plain student cannot":               {by: h.student, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID}, want: fault.ErrNotFound},
		"another community sees nothing":       {by: h.other, in: project.NewMember{Role: model.TeamMember, StudentID: h.student.StudentID}, want: access.ErrDenied},
		"the project was stopped":              {by: h.secretary, in: project.NewMember{ProjectID: stopped.ID, Role: model.TeamMember, StudentID: h.student.StudentID}, want: fault.ErrState},
		"the project does not exist":           {by: h.secretary, in: project.NewMember{ProjectID: 1, Role: model.TeamMember, StudentID: h.student.StudentID}, want: fault.ErrNotFound},
		"the branch above is not its own team": {by: h.secretary, in: project.NewMember{ProjectID: clubs.ID, Role: model.TeamMember, StudentID: foreign.StudentID}, want: fault.ErrNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.in.ProjectID == 0 {
				tt.in.ProjectID = p.ID
			}
			rows, log := h.count(t, &model.ProjectMember{}, "1=1"), h.audits(t, "project.member_add")
			got, err := h.AddMember(t.Context(), tt.by, idem.Key{}, tt.in)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			if tt.want != nil {
				if h.count(t, &model.ProjectMember{}, "1=1") != rows || h.audits(t, "project.member_add") != log {
					t.Error("a refusal left something behind")
				}
				return
			}
			if got.Name != tt.name || got.Row.ProjectID != tt.in.ProjectID || got.Row.Role != tt.in.Role || h.audits(t, "project.member_add") != log+1 {
				t.Errorf("got %+v", got)
			}
			_, err = h.EndMember(t.Context(), h.department, got.Row.ID, got.Row.FromOn)
			must(t, err)
		})
	}
}

// endGrants revokes every role of a user.
func (h *house) endGrants(t *testing.T, userID int64) {
	t.Helper()
	h.write(t, func(tx *gorm.DB) error {
		return tx.Model(&model.RoleGrant{}).Where("user_id = ?", userID).Updates(map[string]any{"live": nil, "revoked_at": h.Clock.Now()}).Error
	})
}

func TestTheSamePersonJoinsOnceHoweverManyAsk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			_, err := h.AddMember(t.Context(), h.secretary, idem.Key{}, project.NewMember{ProjectID: p.ID, Role: model.TeamMember, StudentID: h.student.StudentID})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			}
		})
	}
	wg.Wait()
	if n := h.count(t, &model.ProjectMember{}, "student_id = ?", h.student.StudentID); won != 1 || n != 1 {
		t.Errorf("%d won, %d rows", won, n)
	}
}

func TestEndMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	m, err := h.AddMember(t.Context(), h.secretary, idem.Key{}, project.NewMember{ProjectID: p.ID, Role: model.TeamMember, StudentID: h.student.StudentID})
	must(t, err)
	_, err = h.EndMember(t.Context(), h.host, m.Row.ID, "")
	wants(t, err, access.ErrDenied)
	_, err = h.EndMember(t.Context(), h.student, m.Row.ID, "")
	wants(t, err, access.ErrDenied) // a member reads the team and does not keep it
	_, err = h.EndMember(t.Context(), h.secretary, 1, "")
	wants(t, err, fault.ErrNotFound)
	_, err = h.EndMember(t.Context(), h.secretary, m.Row.ID, "2026-10-11")
	wants(t, err, fault.ErrInvalid)
	ended, err := h.EndMember(t.Context(), h.lead, m.Row.ID, "2026-10-20")
	must(t, err)
	if *ended.Row.ToOn != "2026-10-20" || ended.Row.Live != nil || ended.Name != "赵同学" {
		t.Errorf("got %+v", ended)
	}
	_, err = h.EndMember(t.Context(), h.secretary, m.Row.ID, "")
	wants(t, err, fault.ErrState)

	in := project.NewMember{ProjectID: p.ID, Role: model.TeamMember, StudentID: h.student.StudentID}
	_, err = h.AddMember(t.Context(), h.secretary, idem.Key{}, in) // still there until the 20th
	wants(t, err, project.ErrMember)
	team, err := project.TeamOf(h.World.DB, p.ID, h.Clock.Now())
	must(t, err)
	if len(team.Members) != 1 {
		t.Error("left before the day")
	}
	h.Clock.Add(8 * 24 * time.Hour)
	team, err = project.TeamOf(h.World.DB, p.ID, h.Clock.Now())
	must(t, err)
	if len(team.Members) != 0 {
		t.Error("still there on the day")
	}
	_, err = h.AddMember(t.Context(), h.secretary, idem.Key{}, in)
	must(t, err)
}

func TestMembersShowNamesToWhomTheyConcern(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	h.Team(p, model.TeamMember, h.student)
	full, masked := []string{"王小明", "李老师", "赵同学"}, []string{"王*", "李*", "赵*"}
	tests := map[string]struct {
		by   access.Actor
		want []string
		err  error
	}{
		"the branch":            {by: h.secretary, want: full},
		"the department":        {by: h.department, want: full},
		"the lead":              {by: h.lead, want: full},
		"a member":              {by: h.student, want: full},
		"the advisor":           {by: h.advisor, want: full},
		"the host":              {by: h.host, want: masked},
		"the town":              {by: h.town, want: masked},
		"an advisor of another": {by: h.Staff("周老师", access.Advisor, h.Branch), want: masked},
		"the county has none":   {by: h.county, err: access.ErrDenied},
		"nor the city":          {by: h.Staff("市干部", access.CommitteeOfficer, h.City), err: access.ErrDenied},
		"nor the province":      {by: h.Staff("省干部", access.CommitteeOfficer, h.Province), err: access.ErrDenied},
		"another community":     {by: h.other, err: fault.ErrNotFound},
		"a student outside":     {by: h.Student("钱同学", h.Branch), err: fault.ErrNotFound},
		"nobody must sign in":   {by: access.Actor{}, err: access.ErrRequired},
		"an operator sees none": {by: h.Staff("运维", access.Operator, model.Org{}), err: access.ErrDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := h.Members(t.Context(), tt.by, p.ID)
			wants(t, err, tt.err)
			var names []string
			for _, m := range got {
				names = append(names, m.Name)
			}
			if diff := cmp.Diff(tt.want, names); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := h.Service.Project(t.Context(), h.county, p.ID); err != nil {
		t.Error("the county still sees the project", err)
	}
}
