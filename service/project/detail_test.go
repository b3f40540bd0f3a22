package project_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/project"
)

func TestWhoSeesAnActivity(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	inProject := func(in *project.NewActivity) { in.ProjectID, in.ProgrammeID = p.ID, 0 }
	draft := h.drafted(t, inProject).Activity.ID
	alone := h.drafted(t, nil).Activity.ID
	public := h.published(t, inProject).Activity.ID
	tests := map[string]struct {
		by      access.Actor
		sees    []int64 // of the drafts
		manages []int64 // of all, newest first
		contact string
		err     error
	}{
		"the organiser":          {by: h.host, sees: []int64{draft, alone}, manages: []int64{public, alone, draft}, contact: "陈干事"},
		"the town":               {by: h.town, sees: []int64{draft, alone}, manages: []int64{public, alone, draft}, contact: "陈干事"},
		"the county":             {by: h.county, sees: []int64{draft, alone}, manages: []int64{public, alone, draft}, contact: "陈干事"},
		"the campus side":        {by: h.secretary, sees: []int64{draft}, manages: []int64{public, draft}, contact: "陈干事"},
		"the department":         {by: h.department, sees: []int64{draft}, manages: []int64{public, draft}, contact: "陈干事"},
		"the lead":               {by: h.lead, sees: []int64{draft}, manages: []int64{public, draft}, contact: "陈干事"},
		"the advisor":            {by: h.advisor, sees: []int64{draft}, manages: []int64{public, draft}, contact: "陈干事"},
		"a student":              {by: h.student, manages: []int64{}, contact: "陈干事"},
		"another community":      {by: h.other, manages: []int64{}, contact: "陈干事"},
		"nobody, without a name": {err: access.ErrRequired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, id := range []int64{draft, alone} {
				_, err := h.Service.Activity(t.Context(), tt.by, id)
				if slices.Contains(tt.sees, id) {
					must(t, err)
				} else {
					wants(t, err, fault.ErrNotFound)
				}
			}
			d, err := h.Service.Activity(t.Context(), tt.by, public)
			must(t, err)
			if d.Contact != tt.contact || d.Campus.ID != h.Branch.ID || d.Host.Name != "戊社区" || len(d.Sessions) != 2 || d.Phase != model.ActivitySignupOpen {
				t.Errorf("got %+v", d)
			}
			if diff := cmp.Diff(tt.manages, h.managedIDs(t, tt.by, project.ManagedFilter{}, tt.err)); tt.err == nil && diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := h.Service.Activity(t.Context(), h.host, 1)
	wants(t, err, fault.ErrNotFound)
}

// managedIDs reads the list for staff to its end, two rows at a time.
func (h *house) managedIDs(t *testing.T, by access.Actor, f project.ManagedFilter, want error) []int64 {
	t.Helper()
	out := []int64{}
	for req := limit(2); ; {
		res, err := h.ManagedActivities(t.Context(), by, f, req)
		wants(t, err, want)
		for _, m := range res.Items {
			out = append(out, m.Activity.ID)
			if m.Organiser.ID != m.Activity.OrgID || m.Host.ID != m.Activity.HostOrgID || m.Seats != (project.Seats{Capacity: 10}) {
				t.Errorf("got %+v", m)
			}
		}
		if req.Cursor = res.Next; res.Next == "" {
			return out
		}
	}
}

func TestManagedActivitiesFilter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.drafted(t, nil).Activity.ID
	b := h.published(t, nil).Activity.ID
	c := h.drafted(t, func(in *project.NewActivity) { in.ProjectID, in.ProgrammeID = h.running().ID, 0 }).Activity.ID
	for name, tt := range map[string]struct {
		f    project.ManagedFilter
		want []int64
	}{
		"all":                  {project.ManagedFilter{}, []int64{c, b, a}},
		"published":            {project.ManagedFilter{Status: model.ActivityPublished}, []int64{b}},
		"drafts":               {project.ManagedFilter{Status: model.ActivityDraft}, []int64{c, a}},
		"of the branch":        {project.ManagedFilter{OrgID: h.Branch.ID}, []int64{c}},
		"below the university": {project.ManagedFilter{OrgID: h.University.ID}, []int64{c}},
		"below the town":       {project.ManagedFilter{OrgID: h.Town.ID, Status: model.ActivityDraft}, []int64{c, a}},
		"of nobody":            {project.ManagedFilter{OrgID: 1}, []int64{}},
		"next door":            {project.ManagedFilter{OrgID: h.elsewhere.ID}, []int64{}},
	} {
		if diff := cmp.Diff(tt.want, h.managedIDs(t, h.town, tt.f, nil)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := h.ManagedActivities(t.Context(), h.town, project.ManagedFilter{}, page.Request{Cursor: "x"})
	wants(t, err, fault.ErrCursor)
}
