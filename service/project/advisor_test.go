package project_test

import (
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/project"
)

// TestAnAdvisorHoldsARoleForIt: who advises a team reads it only while they hold a role of an advisor or officer at the
// campus side or above it; lists and details say the same.
func TestAnAdvisorHoldsARoleForIt(t *testing.T) {
	t.Parallel()
	away := func(h *house) model.Org { return h.Org(h.University, model.OrgDepartmentCommittee, "别系") }
	tests := map[string]struct {
		change func(h *house)
		out    bool
	}{
		"as it was":                {change: func(*house) {}},
		"the role was revoked":     {change: func(h *house) { h.lose() }, out: true},
		"the role ran out":         {change: func(h *house) { h.grants(map[string]any{"to_at": h.Clock.Now()}) }, out: true},
		"the role begins tomorrow": {change: func(h *house) { h.grants(map[string]any{"from_at": h.Clock.Now().AddDate(0, 0, 1)}) }, out: true},
		"a role of another kind": {change: func(h *house) {
			h.lose()
			h.gain(access.BranchSecretary, h.Org(h.Department, model.OrgLeagueBranch, "别班"))
		}, out: true},
		"host staff elsewhere":                  {change: func(h *house) { h.lose(); h.gain(access.HostStaff, h.elsewhere) }, out: true},
		"advisor of another department":         {change: func(h *house) { h.lose(); h.gain(access.Advisor, away(h)) }, out: true},
		"officer of another department":         {change: func(h *house) { h.lose(); h.gain(access.CommitteeOfficer, away(h)) }, out: true},
		"the organisation of the role is shut":  {change: func(h *house) { h.close(h.Department) }, out: true},
		"advisor of the university now":         {change: func(h *house) { h.lose(); h.gain(access.Advisor, h.University) }},
		"advisor of the department and another": {change: func(h *house) { h.gain(access.Advisor, away(h)) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := h.running()
			draft := h.drafted(t, func(in *project.NewActivity) { in.ProjectID, in.ProgrammeID = p.ID, 0 }).Activity.ID
			tt.change(h)
			_, errProject := h.Service.Project(t.Context(), h.advisor, p.ID)
			_, errActivity := h.Service.Activity(t.Context(), h.advisor, draft)
			_, errMembers := h.Members(t.Context(), h.advisor, p.ID)
			listed, errList := h.Projects(t.Context(), h.advisor, project.ProjectFilter{}, limit(10))
			must(t, errList)
			managed := h.managedIDs(t, h.advisor, project.ManagedFilter{}, nil)
			if !tt.out {
				must(t, errProject)
				must(t, errActivity)
				must(t, errMembers)
				if len(listed.Items) != 1 || len(managed) != 1 {
					t.Errorf("lists hold %d projects, %d activities", len(listed.Items), len(managed))
				}
				return
			}
			wants(t, errProject, fault.ErrNotFound)
			wants(t, errActivity, fault.ErrNotFound)
			wants(t, errMembers, fault.ErrNotFound)
			if len(listed.Items) != 0 || len(managed) != 0 {
				t.Errorf("lists hold %d projects, %d activities", len(listed.Items), len(managed))
			}
		})
	}
}

// grants changes the advisor's roles in the tables; the actor keeps what they came with.
func (h *house) grants(columns map[string]any) {
	h.TB.Helper()
	h.write(h.TB, func(tx *gorm.DB) error {
		return tx.Model(&model.RoleGrant{}).Where("user_id = ?", h.advisor.UserID).Updates(columns).Error
	})
}

// lose revokes every role of the advisor; what they may do anywhere stays, as of somebody who holds another role.
func (h *house) lose() {
	h.TB.Helper()
	h.grants(map[string]any{"live": nil, "revoked_at": h.Clock.Now()})
	h.advisor.Grants = nil
	h.gain(access.HostStaff, h.elsewhere)
}

// close dissolves an organisation.
func (h *house) close(o model.Org) {
	h.TB.Helper()
	h.write(h.TB, func(tx *gorm.DB) error {
		return tx.Model(&model.Org{}).Where("id = ?", o.ID).Update("status", model.OrgDissolved).Error
	})
}

// gain gives the advisor a role, once.
func (h *house) gain(role access.Role, at model.Org) {
	for _, g := range h.advisor.Grants {
		if g.Role == role && g.OrgID == at.ID {
			return
		}
	}
	h.advisor = h.Grant(h.advisor, role, at)
}

// TestWhatOneMayReadIsNotHidden: the advisor of a team hears that they may not, never that there is nothing.
func TestWhatOneMayReadIsNotHidden(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	h.setStatus(t, "projects", p.ID, string(model.ProjectDraft))
	_, err := h.UpdateProject(t.Context(), h.advisor, p.ID, 1, plan())
	wants(t, err, access.ErrDenied)
	_, err = h.SubmitProject(t.Context(), h.advisor, p.ID)
	wants(t, err, access.ErrDenied)
	_, err = h.AddMember(t.Context(), h.host, idem.Key{}, project.NewMember{ProjectID: p.ID, Role: model.TeamMember, StudentID: h.student.StudentID})
	wants(t, err, access.ErrDenied)
	_, err = h.UpdateProject(t.Context(), h.other, p.ID, 1, plan())
	wants(t, err, fault.ErrNotFound)
}
