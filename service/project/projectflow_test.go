package project_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/project"
)

func TestProjectGoesFromDraftToRunning(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	v, err := h.CreateProject(ctx, h.secretary, idem.Key{}, project.NewProject{PairingID: h.pairing.ID, Plan: plan()})
	must(t, err)
	id := v.Project.ID
	is := func(want model.ProjectStatus) {
		t.Helper()
		v, err := h.Service.Project(ctx, h.secretary, id)
		must(t, err)
		if v.Project.Status != want {
			t.Fatalf("is %s, want %s", v.Project.Status, want)
		}
	}
	both := h.Grant(h.secretary, access.HostStaff, h.Community)

	_, err = h.ConfirmProject(ctx, h.host, id, "")
	wants(t, err, fault.ErrState) // not submitted yet
	_, err = h.SubmitProject(ctx, h.other, id)
	wants(t, err, fault.ErrNotFound)
	_, err = h.SubmitProject(ctx, h.secretary, id)
	must(t, err)
	is(model.ProjectSubmitted)
	_, err = h.SubmitProject(ctx, h.secretary, id)
	wants(t, err, fault.ErrState)

	_, err = h.ConfirmProject(ctx, h.student, id, "")
	wants(t, err, access.ErrDenied)
	_, err = h.ConfirmProject(ctx, h.county, id, "")
	wants(t, err, access.ErrDenied)
	_, err = h.ConfirmProject(ctx, h.other, id, "")
	wants(t, err, fault.ErrNotFound)
	_, err = h.ConfirmProject(ctx, h.host, id, model.SideCampus)
	wants(t, err, access.ErrDenied)
	_, err = h.ConfirmProject(ctx, both, id, "")
	wants(t, err, fault.ErrInvalid)
	_, err = h.ConfirmProject(ctx, both, id, model.SideCampus)
	must(t, err)
	is(model.ProjectCampusOK)
	_, err = h.ConfirmProject(ctx, h.department, id, "")
	wants(t, err, project.ErrConfirmed)
	_, err = h.ConfirmProject(ctx, both, id, model.SideLocal)
	wants(t, err, access.ErrOwnInterest)

	_, err = h.ReturnProject(ctx, h.host, id, "  ")
	wants(t, err, access.ErrReason)
	_, err = h.ReturnProject(ctx, h.host, id, "目标不清楚")
	must(t, err)
	is(model.ProjectDraft)
	_, err = h.SubmitProject(ctx, h.host, id)
	must(t, err)
	got, err := h.ConfirmProject(ctx, h.town, id, "") // the town for its community
	must(t, err)
	if got.Project.CampusOKBy != nil || *got.Project.HostOKBy != h.town.UserID {
		t.Errorf("the return left a confirmation: %+v", got.Project)
	}
	is(model.ProjectHostOK)
	_, err = h.ConfirmProject(ctx, h.secretary, id, model.SideCampus)
	wants(t, err, project.ErrTeamIncomplete)
	h.Team(v.Project, model.TeamLead, h.lead)
	_, err = h.ConfirmProject(ctx, h.secretary, id, model.SideCampus)
	wants(t, err, project.ErrTeamIncomplete)
	h.Team(v.Project, model.TeamAdvisor, h.advisor)
	is(model.ProjectHostOK)
	h.setStatus(t, "pairings", h.pairing.ID, string(model.PairingEnded))
	_, err = h.ConfirmProject(ctx, h.secretary, id, "")
	wants(t, err, project.ErrPairing)
	h.setStatus(t, "pairings", h.pairing.ID, string(model.PairingDormant))
	_, err = h.ConfirmProject(ctx, h.secretary, id, "")
	must(t, err)
	is(model.ProjectRunning)
	if h.audits(t, "project.confirm") != 3 || h.audits(t, "project.return") != 1 || h.audits(t, "project.submit") != 2 {
		t.Error("the audit log does not tell the story")
	}
}

func TestSubmitProjectNeedsARiskPlan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := plan()
	p.RiskPlan = " "
	v, err := h.CreateProject(t.Context(), h.secretary, idem.Key{}, project.NewProject{PairingID: h.pairing.ID, Plan: p})
	must(t, err)
	_, err = h.SubmitProject(t.Context(), h.secretary, v.Project.ID)
	wants(t, err, project.ErrProjectIncomplete)
	if diff := cmp.Diff([]string{"/risk_plan"}, pointers(err)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoConfirmationsAtOnceStartTheProjectOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	h.setStatus(t, "projects", p.ID, string(model.ProjectSubmitted))
	var wg sync.WaitGroup
	for range 4 {
		for _, a := range []access.Actor{h.secretary, h.host, h.department, h.town} {
			wg.Go(func() { _, _ = h.ConfirmProject(t.Context(), a, p.ID, "") }) // one of each side wins
		}
	}
	wg.Wait()
	v, err := h.Service.Project(t.Context(), h.secretary, p.ID)
	must(t, err)
	if v.Project.Status != model.ProjectRunning || v.Project.Version != 3 || h.audits(t, "project.confirm") != 2 {
		t.Errorf("%s after %d confirmations, version %d", v.Project.Status, h.audits(t, "project.confirm"), v.Project.Version)
	}
}

func TestStopProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.running()
	a, _, _ := h.World.Activity(p, 3, nil)
	_, err := h.StopProject(t.Context(), h.lead, p.ID, "不做了")
	wants(t, err, access.ErrDenied)
	_, err = h.StopProject(t.Context(), h.secretary, p.ID, "")
	wants(t, err, access.ErrReason)
	_, err = h.StopProject(t.Context(), h.secretary, p.ID, "不做了")
	wants(t, err, project.ErrActivitiesOpen)
	h.Clock.Set(a.EndsAt)
	v, err := h.StopProject(t.Context(), h.secretary, p.ID, "不做了")
	must(t, err)
	if v.Project.Status != model.ProjectStopped || h.count(t, &model.AuditEntry{}, "action = ? AND reason = ?", "project.stop", "不做了") != 1 {
		t.Errorf("got %+v", v.Project)
	}
	_, err = h.StopProject(t.Context(), h.secretary, p.ID, "再停一次")
	wants(t, err, fault.ErrState)
}
