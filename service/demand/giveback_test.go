package demand_test

import (
	"errors"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/project"
)

func TestADemandThatIsGivenBackIsOnTheBoardAgain(t *testing.T) {
	b := newBoard(t)
	b.Notify = b.Notices()
	d := b.sent(t)
	sent := *d.SentAt
	d, err := b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
	b.good(t, d, err)
	b.Clock.Add(time.Hour)
	for _, who := range []access.Actor{b.outsider, b.clerk, b.town} {
		b.refused(t, access.ErrDenied, nil, func() error {
			_, err := b.GiveBack(t.Context(), who, d.ID, "考试周")
			return err
		})
	}
	b.refused(t, access.ErrReason, []string{"/reason"}, func() error {
		_, err := b.GiveBack(t.Context(), b.secretary, d.ID, " ")
		return err
	})
	for range 2 { // the second answer was lost on the way
		d, err = b.GiveBack(t.Context(), b.department, d.ID, "考试周")
		b.good(t, d, err)
	}
	if d.Status != model.DemandOpen || d.AcceptedAt != nil || d.AcceptedOrgID != nil || d.AcceptedBy != nil || d.GivenBackAt == nil || *d.GivenBackBy != b.Branch.ID || d.Reason != "考试周" || !d.SentAt.Equal(sent) {
		t.Errorf("given back: %+v", d)
	}
	if x := d.Dispatches[0]; x.Status != model.DispatchGivenBack || x.Reason != "考试周" || x.DecidedAt == nil {
		t.Errorf("its dispatch: %+v", x)
	}
	b.Inbox(notify.DemandDeclined, b.clerk, b.Branch.Name+"不承接需求“四点半课堂”。接单后交回：考试周")
	others, err := b.Get(t.Context(), b.student, d.ID)
	if b.good(t, others, err); others.GivenBackAt != nil || others.GivenBackBy != nil || others.Reason != "" {
		t.Errorf("everybody reads who gave it back: %+v", others)
	}
	b.Clock.Add(time.Hour)
	d, err = b.Take(t.Context(), b.Staff("隔壁支书", access.BranchSecretary, b.elsewhere), d.ID, b.elsewhere.ID)
	if b.good(t, d, err); d.Reason != "" || d.AcceptedOrgID == nil {
		t.Errorf("taken by another: %+v", d)
	}
	times, err := b.Times(t.Context(), b.county, b.County.ID, 0, b.Clock.Now().Add(-24*time.Hour), b.Clock.Now())
	if err != nil || times.GivenBack != 1 || times.Accepted != 1 || times.Accept.Longest != 2*time.Hour || times.Send.Longest != 0 {
		t.Errorf("times: %+v, %v", times, err)
	}
}

func TestTheTimesOfADemandTakenFromTheBoardRunOnWhenItIsGivenBack(t *testing.T) {
	b := newBoard(t)
	d := b.accepted(t)
	taken := *d.AcceptedAt
	b.Clock.Add(time.Hour)
	d, err := b.GiveBack(t.Context(), b.secretary, d.ID, "考试周")
	if b.good(t, d, err); d.SentAt == nil || !d.SentAt.Equal(taken) {
		t.Errorf("sent at %v, taken at %v", d.SentAt, taken)
	}
}

func TestWhatIsUnderWayIsNotGivenBack(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	d, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	b.good(t, d, err)
	activity := *d.ActivityID
	back := func() error {
		_, err := b.GiveBack(t.Context(), b.secretary, d.ID, "考试周")
		return err
	}
	b.refused(t, demand.ErrConverted, nil, back)
	b.set("activities", activity, "status", model.ActivityCancelled)
	b.Clock.Set(*d.StartsAt)
	b.refused(t, demand.ErrExpired, nil, back)
	b.Clock.Set(d.StartsAt.Add(-time.Millisecond))
	d, err = b.GiveBack(t.Context(), b.secretary, d.ID, "考试周")
	if b.good(t, d, err); d.ActivityID != nil || d.ProjectID != nil {
		t.Errorf("still linked: %+v", d)
	}
	var a model.Activity
	if err := b.World.DB.First(&a, activity).Error; err != nil || a.DemandID == nil || *a.DemandID != d.ID {
		t.Errorf("the activity forgot its demand: %v, %v", a.DemandID, err)
	}
	never := b.open(t).ID
	b.refused(t, fault.ErrState, nil, func() error {
		_, err := b.GiveBack(t.Context(), b.secretary, never, "考试周")
		return err
	})
}

func TestAProjectAndAnActivityNameTheirDemand(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	d, err := b.IntoProject(t.Context(), b.secretary, idem.Key{}, d.ID)
	b.good(t, d, err)
	b.set("projects", *d.ProjectID, "status", model.ProjectRunning)
	d, err = b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	b.good(t, d, err)
	var p model.Project
	var a model.Activity
	if err := errors.Join(b.World.DB.First(&p, *d.ProjectID).Error, b.World.DB.First(&a, *d.ActivityID).Error); err != nil {
		t.Fatal(err)
	}
	if p.DemandID == nil || *p.DemandID != d.ID || a.DemandID == nil || *a.DemandID != d.ID {
		t.Errorf("project names %v, activity %v, the demand is %d", p.DemandID, a.DemandID, d.ID)
	}
	b.set("activities", a.ID, "listed_at", a.StartsAt)
	for id, want := range map[int64]int{d.ID: 1, d.ID + 1: 0} {
		projects, err := b.Projects.Projects(t.Context(), b.secretary, project.ProjectFilter{DemandID: id}, page.Request{})
		managed, err2 := b.Projects.ManagedActivities(t.Context(), b.secretary, project.ManagedFilter{DemandID: id}, page.Request{})
		public, err3 := b.Projects.Activities(t.Context(), project.Filter{DemandID: id}, page.Request{})
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		if len(projects.Items) != want || len(managed.Items) != want || len(public.Items) != want {
			t.Errorf("%d projects, %d managed and %d public activities, want %d of each", len(projects.Items), len(managed.Items), len(public.Items), want)
		}
	}
}

func TestARequestIsTakenBackBeforeItIsAnswered(t *testing.T) {
	b := newBoard(t)
	b.Notify = b.Notices()
	d := b.sent(t)
	id := d.Dispatches[0].ID
	for _, who := range []access.Actor{b.secretary, b.clerk} {
		b.refused(t, access.ErrDenied, nil, func() error {
			_, err := b.Recall(t.Context(), who, id, "派错了")
			return err
		})
	}
	b.refused(t, fault.ErrNotFound, nil, func() error { // sees the demand, but not to whom it was sent
		_, err := b.Recall(t.Context(), b.outsider, id, "派错了")
		return err
	})
	for range 2 {
		d, err := b.Recall(t.Context(), b.county, id, "派错了")
		if b.good(t, d, err); d.Status != model.DemandOpen || d.Dispatches[0].Status != model.DispatchWithdrawn || d.Dispatches[0].Reason != "派错了" {
			t.Fatalf("taken back: %+v", d)
		}
	}
	b.Inbox(notify.DemandCancelled, b.secretary, b.Community.Name+"的需求“四点半课堂”不再需要您所在的组织。派单已撤回：派错了")
	b.refused(t, fault.ErrState, nil, func() error {
		_, err := b.Accept(t.Context(), b.secretary, id)
		return err
	})
}

func TestWhoHandedARequestOnTakesItBack(t *testing.T) {
	b := newBoard(t)
	first, err := b.Send(t.Context(), b.town, idem.Key{}, b.open(t).ID, b.Department.ID, b.Clock.Now().Add(24*time.Hour))
	b.good(t, first, err)
	b.refused(t, access.ErrDenied, nil, func() error { // the asked unit itself declines
		_, err := b.Recall(t.Context(), b.department, first.Dispatches[0].ID, "派错了")
		return err
	})
	d, err := b.Send(t.Context(), b.department, idem.Key{}, first.ID, b.Branch.ID, b.Clock.Now().Add(24*time.Hour))
	b.good(t, d, err)
	b.refused(t, fault.ErrState, nil, func() error { // that one has been handed on
		_, err := b.Recall(t.Context(), b.town, first.Dispatches[0].ID, "派错了")
		return err
	})
	d, err = b.Recall(t.Context(), b.department, d.Dispatches[0].ID, "派错了")
	if b.good(t, d, err); d.Status != model.DemandOpen {
		t.Errorf("is %s", d.Status)
	}
}

// TestAcceptAndTakingBackDoNotBothWin starts both at once: one of them is told that the other was quicker.
func TestAcceptAndTakingBackDoNotBothWin(t *testing.T) {
	b := newBoard(t)
	for range 5 {
		d := b.sent(t)
		errs := testkit.Together(2, func(i int) error {
			if i == 0 {
				_, err := b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
				return err
			}
			_, err := b.Recall(t.Context(), b.town, d.Dispatches[0].ID, "派错了")
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), fault.ErrState) {
			t.Errorf("accepting: %v, taking back: %v", errs[0], errs[1])
		}
		b.consistent(t)
	}
}
