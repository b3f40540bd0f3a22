package project_test

import (
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/project"
)

func TestCreateProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ended := h.Pair(h.Department, h.Town)
	h.setStatus(t, "pairings", ended.ID, string(model.PairingEnded))
	over := h.Pair(h.Department, h.elsewhere)
	h.write(t, func(tx *gorm.DB) error {
		return tx.Model(&model.Pairing{}).Where("id = ?", over.ID).Update("to_on", "2026-10-12").Error
	})
	tests := map[string]struct {
		by     access.Actor
		in     func(*project.NewProject)
		want   error
		fields []string
	}{
		"the campus side drafts":               {by: h.secretary},
		"the host drafts":                      {by: h.host},
		"the town drafts for its community":    {by: h.town},
		"an advisor of another unit cannot":    {by: h.advisor, want: fault.ErrNotFound},
		"an officer above sees but cannot":     {by: h.county, want: access.ErrDenied},
		"another community sees nothing":       {by: h.other, want: fault.ErrNotFound},
		"a student cannot":                     {by: h.student, want: access.ErrDenied},
		"nobody is asked to sign in":           {by: access.Actor{}, want: access.ErrRequired},
		"there is no such pairing":             {by: h.secretary, in: func(in *project.NewProject) { in.PairingID = 1 }, want: fault.ErrNotFound},
		"the pairing has ended":                {by: h.department, in: func(in *project.NewProject) { in.PairingID = ended.ID }, want: project.ErrPairing},
		"its last day has passed":              {by: h.department, in: func(in *project.NewProject) { in.PairingID = over.ID }, want: project.ErrPairing},
		"codes that the policy does not have":  {by: h.secretary, in: func(in *project.NewProject) { in.Field, in.Category = "X", "Y" }, want: fault.ErrInvalid, fields: []string{"/field", "/category"}},
		"a risk plan may be added later":       {by: h.secretary, in: func(in *project.NewProject) { in.RiskPlan = "" }},
		"neither field nor category is needed": {by: h.secretary, in: func(in *project.NewProject) { in.Field, in.Category = "", "" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := project.NewProject{PairingID: h.pairing.ID, Plan: plan()}
			if tt.in != nil {
				tt.in(&in)
			}
			rows, log := h.count(t, &model.Project{}, "1=1"), h.audits(t, "project.create")
			v, err := h.CreateProject(t.Context(), tt.by, idem.Key{}, in)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			made := int64(0)
			if tt.want == nil {
				made = 1
				if p := v.Project; p.ProgrammeID != h.Programme.ID || p.CampusOrgID != h.Branch.ID || p.LocalOrgID != h.Community.ID || p.Status != model.ProjectDraft {
					t.Errorf("got %+v", p)
				}
			}
			if h.count(t, &model.Project{}, "1=1") != rows+made || h.audits(t, "project.create") != log+made {
				t.Error("rows and audit do not fit")
			}
		})
	}
}

func TestCreateProjectOnceForOneKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sum := sha256.Sum256([]byte("request"))
	key := idem.Key{Value: "k1", Hash: sum[:]}
	in := project.NewProject{PairingID: h.pairing.ID, Plan: plan()}
	first, err := h.CreateProject(t.Context(), h.secretary, key, in)
	must(t, err)
	again, err := h.CreateProject(t.Context(), h.secretary, key, in)
	must(t, err)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if h.count(t, &model.Project{}, "1=1") != 1 {
		t.Error("made twice")
	}
}

func TestUpdateProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := plan()
	other.Title, other.RiskPlan, other.Goals, other.Tasks, other.Duties = "新标题", "新预案", []string{"新目标"}, []string{"新任务", "二"}, []string{"新职责"}
	lists := plan()
	lists.Goals, lists.Tasks = []string{"调整"}, []string{"调整任务"}
	tests := map[string]struct {
		by      access.Actor
		status  model.ProjectStatus
		version int64
		plan    project.Plan
		want    error
		fields  []string
	}{
		"a draft changes as a whole":            {by: h.secretary, status: model.ProjectDraft, version: 1, plan: other},
		"the other side edits too":              {by: h.host, status: model.ProjectDraft, version: 1, plan: other},
		"somebody was faster":                   {by: h.secretary, status: model.ProjectDraft, version: 7, plan: other, want: fault.ErrStale},
		"nothing moves once it is submitted":    {by: h.secretary, status: model.ProjectSubmitted, version: 1, plan: other, want: fault.ErrState},
		"a running one adjusts its lists":       {by: h.secretary, status: model.ProjectRunning, version: 1, plan: lists},
		"a running one keeps the rest":          {by: h.secretary, status: model.ProjectRunning, version: 1, plan: other, want: project.ErrLocked, fields: []string{"/title", "/risk_plan"}},
		"a stopped one stays as it is":          {by: h.secretary, status: model.ProjectStopped, version: 1, plan: lists, want: fault.ErrState},
		"an officer above may read only":        {by: h.university, status: model.ProjectDraft, version: 1, plan: other, want: access.ErrDenied},
		"another community sees nothing":        {by: h.other, status: model.ProjectDraft, version: 1, plan: other, want: fault.ErrNotFound},
		"codes that the policy does not have":   {by: h.secretary, status: model.ProjectDraft, version: 1, plan: project.Plan{Title: "t", Field: "?"}, want: fault.ErrInvalid, fields: []string{"/field"}},
		"stale comes before what is wrong else": {by: h.secretary, status: model.ProjectRunning, version: 2, plan: other, want: fault.ErrStale},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := h.CreateProject(t.Context(), h.secretary, idem.Key{}, project.NewProject{PairingID: h.pairing.ID, Plan: plan()})
			must(t, err)
			h.setStatus(t, "projects", v.Project.ID, string(tt.status))
			got, err := h.UpdateProject(t.Context(), tt.by, v.Project.ID, tt.version, tt.plan)
			wants(t, err, tt.want)
			if diff := cmp.Diff(tt.fields, pointers(err)); diff != "" {
				t.Error(diff)
			}
			now, err := h.Service.Project(t.Context(), h.secretary, v.Project.ID)
			must(t, err)
			if tt.want != nil {
				if now.Project.Version != 1 || now.Project.Title != v.Project.Title {
					t.Error("changed by a refusal")
				}
				return
			}
			if diff := cmp.Diff(now, got); diff != "" {
				t.Error(diff)
			}
			if p := now.Project; p.Version != 2 || p.Title != tt.plan.Title || !slices.Equal(p.Goals, tt.plan.Goals) || !slices.Equal(p.Duties, tt.plan.Duties) {
				t.Errorf("got %+v", p)
			}
		})
	}
	var data []string
	must(t, h.World.DB.Model(&model.AuditEntry{}).Where("action = ?", "project.adjust").Pluck("data", &data).Error)
	if diff := cmp.Diff([]string{`{"changed":{"goals":{"from":1,"to":1},"tasks":{"from":1,"to":1}}}`}, data); diff != "" {
		t.Error("the log says which lists changed and no text", diff)
	}
}

func TestWhoSeesAProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	draft := h.World.Project(h.Pair(h.Department, h.Town), "系镇项目")
	h.setStatus(t, "projects", draft.ID, string(model.ProjectDraft))
	tests := map[string]struct {
		by   access.Actor
		sees []int64
		err  error
	}{
		"the branch its own":                    {by: h.secretary, sees: []int64{p.ID}},
		"the department all below":              {by: h.department, sees: []int64{draft.ID, p.ID}},
		"the community its own":                 {by: h.host, sees: []int64{p.ID}},
		"the town its own and its communities'": {by: h.town, sees: []int64{draft.ID, p.ID}},
		"the county all below":                  {by: h.county, sees: []int64{draft.ID, p.ID}},
		"the advisor also those of the team":    {by: h.advisor, sees: []int64{draft.ID, p.ID}},
		"the lead the own team's":               {by: h.lead, sees: []int64{p.ID}},
		"a student who is in no team none":      {by: h.student, sees: []int64{}},
		"another community none":                {by: h.other, sees: []int64{}},
		"nobody must sign in":                   {by: access.Actor{}, err: access.ErrRequired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := h.Projects(t.Context(), tt.by, project.ProjectFilter{}, limit(10))
			wants(t, err, tt.err)
			if err != nil {
				return
			}
			ids := []int64{}
			for _, v := range got.Items {
				ids = append(ids, v.Project.ID)
				if v.Campus.ID != v.Project.CampusOrgID || v.Local.Name == "" {
					t.Errorf("sides are missing: %+v", v)
				}
			}
			if diff := cmp.Diff(tt.sees, ids); diff != "" {
				t.Error(diff)
			}
			for _, id := range []int64{p.ID, draft.ID} {
				_, err := h.Service.Project(t.Context(), tt.by, id)
				if slices.Contains(tt.sees, id) {
					must(t, err)
				} else {
					wants(t, err, fault.ErrNotFound)
				}
			}
		})
	}
}

func TestProjectsPageAndFilter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var want []int64
	for range 5 {
		want = append([]int64{h.World.Project(h.pairing, "项目").ID}, want...)
	}
	h.setStatus(t, "projects", want[0], string(model.ProjectStopped))
	var got []int64
	req := page.Request{Limit: 2}
	for {
		res, err := h.Projects(t.Context(), h.secretary, project.ProjectFilter{}, req)
		must(t, err)
		for _, v := range res.Items {
			got = append(got, v.Project.ID)
		}
		if req.Cursor = res.Next; res.Next == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, tt := range map[string]struct {
		f project.ProjectFilter
		n int
	}{
		"by programme":         {project.ProjectFilter{ProgrammeID: h.Programme.ID}, 5},
		"by another programme": {project.ProjectFilter{ProgrammeID: 1}, 0},
		"by pairing":           {project.ProjectFilter{PairingID: h.pairing.ID}, 5},
		"by another pairing":   {project.ProjectFilter{PairingID: 1}, 0},
		"by status":            {project.ProjectFilter{Status: model.ProjectRunning}, 4},
		"by all of it":         {project.ProjectFilter{ProgrammeID: h.Programme.ID, PairingID: h.pairing.ID, Status: model.ProjectStopped}, 1},
	} {
		res, err := h.Projects(t.Context(), h.secretary, tt.f, limit(10))
		must(t, err)
		if len(res.Items) != tt.n {
			t.Errorf("%s: %d rows, want %d", name, len(res.Items), tt.n)
		}
	}
	_, err := h.Projects(t.Context(), h.secretary, project.ProjectFilter{}, page.Request{Cursor: "x"})
	wants(t, err, fault.ErrCursor)
}
