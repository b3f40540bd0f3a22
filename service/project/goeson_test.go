package project_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
)

// steps takes an activity of a project on, step by step.
func (h *house) steps(t *testing.T, p model.Project) (create func() error, on []func() error) {
	t.Helper()
	var id int64
	create = func() error {
		d, err := h.CreateActivity(t.Context(), h.host, noKey, project.NewActivity{OrgID: h.Community.ID, ProjectID: p.ID, Draft: h.draft()})
		id = d.Activity.ID
		return err
	}
	return create, []func() error{
		func() error { _, err := h.SubmitActivity(t.Context(), h.host, id); return err },
		func() error { _, err := h.ApproveActivity(t.Context(), h.town, id); return err },
		func() error { _, err := h.PublishActivity(t.Context(), h.host, id); return err },
	}
}

func TestNothingGoesOnUnderWhatIsOver(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		over func(*testing.T, *house, model.Project)
		want error
	}{
		"the project was stopped": {func(t *testing.T, h *house, p model.Project) {
			t.Helper()
			_, err := h.StopProject(t.Context(), h.secretary, p.ID, "停")
			must(t, err)
		}, project.ErrProjectNotRunning},
		"the pairing has ended": {func(t *testing.T, h *house, _ model.Project) {
			t.Helper()
			h.setStatus(t, "pairings", h.pairing.ID, string(model.PairingEnded))
		}, project.ErrPairing},
		"the pairing ends today, though nobody wrote it down": {func(t *testing.T, h *house, _ model.Project) {
			t.Helper()
			day := h.Clock.Now().Format("2006-01-02")
			h.write(t, func(tx *gorm.DB) error {
				return tx.Table("pairings").Where("id = ?", h.pairing.ID).Update("to_on", day).Error
			})
		}, project.ErrPairing},
	}
	for name, c := range cases {
		for done := range 4 { // so many steps are taken before it is over
			t.Run(name+" after step "+string(rune('0'+done)), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				p := h.running()
				create, on := h.steps(t, p)
				all := append([]func() error{create}, on...)
				for _, step := range all[:done] {
					must(t, step())
				}
				c.over(t, h, p)
				before := h.count(t, &model.AuditEntry{}, "1=1")
				wants(t, all[done](), c.want)
				if h.count(t, &model.AuditEntry{}, "1=1") != before || h.count(t, &model.Activity{}, "1=1") != min(1, int64(done)) {
					t.Error("the refusal left something behind")
				}
			})
		}
	}
}

func TestActivitiesGoOnUnderADormantPairing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	create, on := h.steps(t, h.running())
	h.setStatus(t, "pairings", h.pairing.ID, string(model.PairingDormant))
	must(t, create())
	for _, step := range on {
		must(t, step())
	}
}

func TestNothingIsPublishedInAProjectThatIsBeingStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 5 {
		p := h.running()
		create, on := h.steps(t, p)
		for _, step := range append([]func() error{create}, on[:2]...) {
			must(t, step())
		}
		var wg sync.WaitGroup
		var published, stopped error
		wg.Go(func() { published = on[2]() })
		wg.Go(func() { _, stopped = h.StopProject(t.Context(), h.secretary, p.ID, "停") })
		wg.Wait()
		switch {
		case published == nil && errors.Is(stopped, project.ErrActivitiesOpen):
		case errors.Is(published, project.ErrProjectNotRunning) && stopped == nil:
		default:
			t.Fatalf("published: %v, stopped: %v", published, stopped)
		}
	}
}

func TestPublishNeedsAContactWithAName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(t, nil).Activity.ID
	_, err := h.SubmitActivity(t.Context(), h.host, id)
	must(t, err)
	_, err = h.ApproveActivity(t.Context(), h.town, id)
	must(t, err)
	h.write(t, func(tx *gorm.DB) error {
		return tx.Model(&model.User{}).Where("id = ?", h.host.UserID).Update("name_enc", []byte{}).Error
	})
	_, err = h.PublishActivity(t.Context(), h.town, id)
	wants(t, err, project.ErrIncomplete)
	f, _ := errors.AsType[*fault.Fault](err)
	if len(f.Fields) != 1 || f.Fields[0].Pointer != "/host_contact_id" || f.Fields[0].Code != "no_name" {
		t.Errorf("%+v", f.Fields)
	}
	// nor may a public activity get one
	public := h.published(t, func(in *project.NewActivity) { in.HostContactID = h.town.UserID })
	d := h.draft()
	_, err = h.UpdateActivity(t.Context(), h.town, public.Activity.ID, public.Activity.Version, d)
	wants(t, err, project.ErrIncomplete)
}

func TestTheReasonForSendingBackIsShownUntilTheNextTry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	id := h.drafted(t, nil).Activity.ID
	is := func(want string) {
		t.Helper()
		d, err := h.Service.Activity(ctx, h.host, id)
		must(t, err)
		if got := d.Activity.ReturnReason; (got == nil) != (want == "") || (got != nil && *got != want) {
			t.Fatalf("%v, want %q", got, want)
		}
	}
	_, err := h.SubmitActivity(ctx, h.host, id)
	must(t, err)
	is("")
	_, err = h.ReturnActivity(ctx, h.town, id, " 写清楚风险 ")
	must(t, err)
	is("写清楚风险")
	_, err = h.SubmitActivity(ctx, h.host, id)
	must(t, err)
	is("")

	v, err := h.CreateProject(ctx, h.secretary, noKey, project.NewProject{PairingID: h.pairing.ID, Plan: plan()})
	must(t, err)
	_, err = h.SubmitProject(ctx, h.secretary, v.Project.ID)
	must(t, err)
	v, err = h.ReturnProject(ctx, h.host, v.Project.ID, "目标不清楚")
	must(t, err)
	if v.Project.ReturnReason == nil || *v.Project.ReturnReason != "目标不清楚" {
		t.Errorf("%v", v.Project.ReturnReason)
	}
	v, err = h.SubmitProject(ctx, h.secretary, v.Project.ID)
	must(t, err)
	if v.Project.ReturnReason != nil {
		t.Error("it stays after the next try")
	}
}

func TestWhoWritesADraftMayCallItOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	advisor := h.Staff("周老师", access.Advisor, h.Branch)
	made := func() int64 {
		d, err := h.CreateActivity(t.Context(), h.secretary, noKey, project.NewActivity{OrgID: h.Branch.ID, ProgrammeID: h.Programme.ID, HostOrgID: h.Community.ID, Draft: h.draft()})
		must(t, err)
		return d.Activity.ID
	}
	cancel := func(by access.Actor, id int64) error {
		_, err := h.CancelActivity(t.Context(), by, id, "不办了")
		return err
	}
	id := made()
	wants(t, cancel(h.host, id), access.ErrDenied) // the host, not the organiser
	wants(t, cancel(h.student, id), fault.ErrNotFound)
	wants(t, cancel(h.other, id), fault.ErrNotFound)
	must(t, cancel(advisor, id))
	id = made()
	_, err := h.SubmitActivity(t.Context(), h.secretary, id)
	must(t, err)
	wants(t, cancel(h.secretary, id), fault.ErrState) // under review
	_, err = h.ReturnActivity(t.Context(), h.department, id, "再想想")
	must(t, err)
	must(t, cancel(h.secretary, id))
	id = made()
	for _, step := range []func() error{
		func() error { _, err := h.SubmitActivity(t.Context(), h.secretary, id); return err },
		func() error { _, err := h.ApproveActivity(t.Context(), h.department, id); return err },
		func() error { _, err := h.PublishActivity(t.Context(), h.department, id); return err },
	} {
		must(t, step())
	}
	wants(t, cancel(h.secretary, id), access.ErrDenied) // public: people count on it
	must(t, cancel(h.department, id))
}

func TestTextsAreCanonicalOrRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	p := plan()
	p.Title, p.Goals, p.RiskPlan = " 茶园\u3000", []string{" cafe\u0301 "}, "一\r\n二"
	v, err := h.CreateProject(ctx, h.secretary, noKey, project.NewProject{PairingID: h.pairing.ID, Plan: p})
	must(t, err)
	if got := v.Project; got.Title != "茶园" || got.Goals[0] != "café" || got.RiskPlan != "一\n二" {
		t.Errorf("%+v", got)
	}
	p.Title, p.Goals, p.Tasks, p.Duties, p.RiskPlan = "茶\u200b园", []string{"好", "一\n二"}, []string{"\ufe0f"}, []string{"\u0007"}, "\u202e"
	_, err = h.UpdateProject(ctx, h.secretary, v.Project.ID, 1, p)
	wants(t, err, fault.ErrInvalid)
	if diff := cmp.Diff([]string{"/title", "/risk_plan", "/goals/1", "/tasks/0", "/duties/0"}, pointers(err)); diff != "" {
		t.Error(diff)
	}
	running := h.running()
	list := project.Plan{Title: running.Title, RiskPlan: running.RiskPlan, Goals: []string{"\u200b"}, Tasks: running.Tasks, Duties: running.Duties, Support: running.Support}
	_, err = h.UpdateProject(ctx, h.secretary, running.ID, 1, list)
	wants(t, err, fault.ErrInvalid)
	for name, move := range map[string]func(reason string) error{
		"stop":   func(r string) error { _, err := h.StopProject(ctx, h.secretary, running.ID, r); return err },
		"return": func(r string) error { _, err := h.ReturnProject(ctx, h.secretary, running.ID, r); return err },
		"cancel": func(r string) error { _, err := h.CancelActivity(ctx, h.host, 1, r); return err },
		"back":   func(r string) error { _, err := h.ReturnActivity(ctx, h.town, 1, r); return err },
	} {
		if err := move("一\n二"); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	public := h.published(t, nil)
	d := h.draft()
	d.Title = "清洁\u202e"
	_, err = h.UpdateActivity(ctx, h.host, public.Activity.ID, public.Activity.Version, d)
	wants(t, err, fault.ErrInvalid)
	slot := d.Sessions[0]
	slot.Place = "一\n二"
	_, err = h.MoveSession(ctx, h.host, public.Sessions[0].ID, public.Activity.Version, slot)
	wants(t, err, fault.ErrInvalid)
	if diff := cmp.Diff([]string{"/place"}, pointers(err)); diff != "" {
		t.Error(diff)
	}
}
