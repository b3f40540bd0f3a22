package demand_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/project"
)

func TestANeedBecomesAnActivity(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.sent(t)
	if d.Status != model.DemandDispatched || d.Seats != 2 || !d.Windows[0].StartsAt.Before(d.Windows[1].StartsAt) || len(d.Dispatches) != 1 {
		t.Fatalf("sent: %+v", d)
	}
	b.Clock.Add(time.Hour)
	d, err := b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
	b.good(t, d, err)
	if d.Status != model.DemandAccepted || d.AcceptedName != b.Branch.Name || d.Dispatches[0].Status != model.DispatchAccepted {
		t.Fatalf("accepted: %+v", d)
	}
	d, err = b.IntoProject(t.Context(), b.secretary, idem.Key{}, d.ID)
	b.good(t, d, err)
	b.refused(t, project.ErrProjectNotRunning, nil, func() error { // it is a draft that both sides have to confirm first
		_, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		return err
	})
	b.set("projects", *d.ProjectID, "status", model.ProjectRunning)
	d, err = b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	b.good(t, d, err)
	var a model.Activity
	var positions []model.Position
	var sessions []model.Session
	db := b.World.DB
	if err := errors.Join(db.First(&a, *d.ActivityID).Error, db.Find(&positions, "activity_id = ?", a.ID).Error, db.Order("starts_at").Find(&sessions, "activity_id = ?", a.ID).Error); err != nil {
		t.Fatal(err)
	}
	if a.ProjectID == nil || *a.ProjectID != *d.ProjectID || a.OrgID != b.Branch.ID || a.HostOrgID != b.Community.ID || a.Title != d.Title || a.RiskNote != d.RiskNote || a.HostContactID != b.clerk.UserID {
		t.Errorf("activity: %+v", a)
	}
	if len(positions) != 1 || positions[0].Capacity != 2 || positions[0].Description != "会数学" || len(sessions) != 2 || !sessions[0].StartsAt.Equal(d.Windows[0].StartsAt) {
		t.Errorf("parts: %+v %+v", positions, sessions)
	}
	b.refused(t, demand.ErrConverted, nil, func() error {
		_, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		return err
	})
}

func TestAnActivityThatIsOverFulfilsTheDemand(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	d, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	b.good(t, d, err)
	settle := func() int {
		t.Helper()
		n, err := b.Settle(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		b.consistent(t)
		return n
	}
	b.set("activities", *d.ActivityID, "status", model.ActivityPublished)
	b.set("activities", *d.ActivityID, "published_at", b.Clock.Now())
	b.Clock.Set(d.EndsAt.Add(-time.Minute))
	if n := settle(); n != 0 {
		t.Errorf("%d changed before the end", n)
	}
	b.Clock.Set(*d.EndsAt)
	if n := settle(); n != 1 {
		t.Errorf("%d changed", n)
	}
	d, err = b.Get(t.Context(), b.clerk, d.ID)
	if b.good(t, d, err); d.Status != model.DemandFulfilled || d.FulfilledAt == nil {
		t.Errorf("is %s", d.Status)
	}
	if n := settle(); n != 0 {
		t.Errorf("%d changed again", n)
	}
}

func TestACancelledActivityGivesTheDemandFree(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	d, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	b.good(t, d, err)
	first := *d.ActivityID
	b.set("activities", first, "status", model.ActivityCancelled)
	d, err = b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
	if b.good(t, d, err); *d.ActivityID == first {
		t.Error("still the cancelled one")
	}
}

func TestWithoutAPairingNobodyBecomesAHost(t *testing.T) {
	b := newBoard(t)
	d := b.accepted(t)
	b.refused(t, demand.ErrNotPaired, nil, func() error {
		_, err := b.IntoProject(t.Context(), b.secretary, idem.Key{}, d.ID)
		return err
	})
	b.refused(t, demand.ErrNotPaired, nil, func() error {
		_, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		return err
	})
}

func TestAFormIsCheckedWhole(t *testing.T) {
	b := newBoard(t)
	b.refused(t, fault.ErrInvalid, []string{"/contact_id", "/programme_id", "/title", "/windows/0/ends_at", "/windows/1/ends_at", "/windows/1/starts_at", "/windows/2/ends_at"}, func() error {
		_, err := b.Create(t.Context(), b.clerk, idem.Key{}, demand.New{ProgrammeID: 4711, HostOrgID: b.Community.ID, Form: b.form(func(f *demand.Form) {
			f.Title, f.ContactID = "\u200b", b.secretary.UserID
			start := f.Windows[1].StartsAt
			f.Windows = []model.TimeWindow{{StartsAt: start, EndsAt: start}, {StartsAt: b.Clock.Now().Truncate(time.Minute).Add(-time.Minute), EndsAt: start.Add(-time.Hour)}, {StartsAt: start.Add(time.Hour), EndsAt: start.Add(26 * time.Hour)}}
		})})
		return err
	})
	b.refused(t, fault.ErrInvalid, []string{"/category", "/field"}, func() error {
		_, err := b.Create(t.Context(), b.clerk, idem.Key{}, demand.New{ProgrammeID: b.Programme.ID, HostOrgID: b.Community.ID, Form: demand.Form{Title: "帮忙", Category: "NONE", Field: "NONE"}})
		return err
	})
	d := b.draft(t, func(f *demand.Form) { *f = demand.Form{Title: "只有标题"} })
	b.refused(t, demand.ErrIncomplete, []string{"/contact_id", "/place", "/positions", "/risk_note", "/windows"}, func() error {
		_, err := b.Submit(t.Context(), b.clerk, d.ID)
		return err
	})
	b.refused(t, fault.ErrStale, nil, func() error {
		_, err := b.Update(t.Context(), b.clerk, d.ID, d.Version+1, b.form(nil))
		return err
	})
	d, err := b.Update(t.Context(), b.clerk, d.ID, d.Version, b.form(nil))
	if b.good(t, d, err); d.Seats != 2 || len(d.Windows) != 2 || d.StartsAt == nil {
		t.Errorf("updated: %+v", d)
	}
	d, err = b.Submit(t.Context(), b.clerk, d.ID)
	b.good(t, d, err)
	b.refused(t, fault.ErrState, nil, func() error {
		_, err := b.Update(t.Context(), b.clerk, d.ID, d.Version, b.form(nil))
		return err
	})
}

func TestACopyLacksOnlyItsTimes(t *testing.T) {
	b := newBoard(t)
	old := b.open(t)
	b.Clock.Add(30 * 24 * time.Hour)
	d, err := b.Copy(t.Context(), b.clerk, idem.Key{}, old.ID, b.Programme.ID)
	b.good(t, d, err)
	if d.Status != model.DemandDraft || d.CopyOf == nil || *d.CopyOf != old.ID || len(d.Windows) != 0 || d.Title != old.Title || d.Seats != old.Seats || d.ContactID != old.ContactID {
		t.Errorf("copy: %+v", d)
	}
	b.refused(t, access.ErrDenied, nil, func() error { // it is on the board, so they see it
		_, err := b.Copy(t.Context(), b.Staff("别处", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别处社区")), idem.Key{}, old.ID, b.Programme.ID)
		return err
	})
}

func TestNobodyVerifiesTheirOwn(t *testing.T) {
	b := newBoard(t)
	d, err := b.Create(t.Context(), b.town, idem.Key{}, demand.New{ProgrammeID: b.Programme.ID, HostOrgID: b.Community.ID, Form: b.form(nil)})
	b.good(t, d, err)
	d, err = b.Submit(t.Context(), b.clerk, d.ID)
	b.good(t, d, err)
	b.refused(t, access.ErrOwnInterest, nil, func() error {
		_, err := b.Verify(t.Context(), b.town, d.ID)
		return err
	})
	b.refused(t, access.ErrReason, []string{"/reason"}, func() error {
		_, err := b.Return(t.Context(), b.county, d.ID, " ")
		return err
	})
	d, err = b.Return(t.Context(), b.county, d.ID, "请补充")
	if b.good(t, d, err); d.Status != model.DemandDraft || d.Reason != "请补充" {
		t.Errorf("returned: %+v", d)
	}
}

func TestBeforeItIsVerifiedNobodyElseSeesADemand(t *testing.T) {
	b := newBoard(t)
	d := b.draft(t, nil)
	for name, who := range map[string]access.Actor{"secretary": b.secretary, "student": b.student} {
		if _, err := b.Get(t.Context(), who, d.ID); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Take(t.Context(), b.secretary, d.ID, b.Branch.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("taken: %v", err)
	}
	if _, err := b.Send(t.Context(), b.department, idem.Key{}, d.ID, b.Branch.ID, b.Clock.Now().Add(time.Hour)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("sent: %v", err)
	}
	open := b.open(t)
	seen, err := b.Get(t.Context(), b.student, open.ID)
	if err != nil || seen.ContactID != 0 || seen.SubmittedBy != nil || seen.Title == "" {
		t.Errorf("%v %+v", err, seen)
	}
}

func TestDecliningCostsNothing(t *testing.T) {
	b := newBoard(t)
	d := b.sent(t)
	b.refused(t, access.ErrReason, []string{"/reason"}, func() error {
		_, err := b.Decline(t.Context(), b.secretary, d.Dispatches[0].ID, "")
		return err
	})
	b.refused(t, fault.ErrNotFound, nil, func() error {
		_, err := b.Decline(t.Context(), b.outsider, d.Dispatches[0].ID, "不行")
		return err
	})
	d, err := b.Decline(t.Context(), b.secretary, d.Dispatches[0].ID, "本周考试")
	if b.good(t, d, err); d.Status != model.DemandOpen || d.Dispatches[0].Reason != "本周考试" {
		t.Errorf("declined: %+v", d)
	}
	b.refused(t, fault.ErrState, nil, func() error {
		_, err := b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
		return err
	})
	d, err = b.Take(t.Context(), b.secretary, d.ID, b.Branch.ID)
	b.good(t, d, err)
}

func TestADepartmentHandsARequestOn(t *testing.T) {
	b := newBoard(t)
	d, err := b.Send(t.Context(), b.county, idem.Key{}, b.open(t).ID, b.Department.ID, b.Clock.Now().Add(24*time.Hour))
	b.good(t, d, err)
	b.refused(t, demand.ErrAsked, nil, func() error { _, err := b.Take(t.Context(), b.secretary, d.ID, b.Branch.ID); return err })
	due := b.Clock.Now().Add(12 * time.Hour)
	send := func(who access.Actor, orgID int64) error {
		_, err := b.Send(t.Context(), who, idem.Key{}, d.ID, orgID, due)
		return err
	}
	b.refused(t, access.ErrDenied, nil, func() error { return send(b.outsider, b.Branch.ID) })
	b.refused(t, demand.ErrAsked, nil, func() error { return send(b.department, b.Department.ID) })
	b.refused(t, demand.ErrAsked, nil, func() error { return send(b.county, b.Branch.ID) }) // above the host: not forbidden, only too soon
	elsewhere := b.Staff("别镇委员", access.TownOfficer, b.Org(b.County, model.OrgTownYouthCommittee, "别镇"))
	b.refused(t, access.ErrDenied, nil, func() error { return send(elsewhere, b.Branch.ID) })
	if err := send(b.department, b.Branch.ID); err != nil {
		t.Fatal(err)
	}
	d, err = b.Get(t.Context(), b.secretary, d.ID)
	b.good(t, d, err)
	if len(d.Dispatches) != 2 || d.Dispatches[0].OrgID != b.Branch.ID || d.Dispatches[1].Status != model.DispatchForwarded {
		t.Fatalf("dispatches: %+v", d.Dispatches)
	}
	d, err = b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
	b.good(t, d, err)
}

func TestSilenceGoesUp(t *testing.T) {
	b := newBoard(t)
	d := b.sent(t)
	b.Clock.Add(24*time.Hour - time.Second)
	settle := func(want int) demand.Detail {
		t.Helper()
		n, err := b.Settle(t.Context(), 10)
		if err != nil || n != want {
			t.Fatalf("%d changed, want %d: %v", n, want, err)
		}
		got, err := b.Get(t.Context(), b.clerk, d.ID)
		return b.good(t, got, err)
	}
	settle(0)
	b.Clock.Add(time.Second)
	d = settle(1)
	if d.Status != model.DemandDispatched || d.Dispatches[0].OrgID != b.Department.ID || d.Dispatches[0].EscalatedOf == nil || d.Dispatches[1].Status != model.DispatchOverdue {
		t.Fatalf("escalated: %+v", d.Dispatches)
	}
	if got := d.Dispatches[0].DueAt; got.After(*d.StartsAt) {
		t.Errorf("due %v, begins %v", got, d.StartsAt)
	}
	b.Clock.Set(*d.StartsAt)
	if _, err := b.Accept(t.Context(), b.department, d.Dispatches[0].ID); !errors.Is(err, demand.ErrExpired) {
		t.Errorf("accepted after its beginning: %v", err)
	}
	if d = settle(1); d.Status != model.DemandExpired || d.Dispatches[0].Status != model.DispatchWithdrawn {
		t.Errorf("expired: %+v", d)
	}
	settle(0)
}

func TestSilenceOfTheTopGoesToTheBoard(t *testing.T) {
	b := newBoard(t)
	d, err := b.Send(t.Context(), b.town, idem.Key{}, b.open(t).ID, b.University.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	b.Clock.Add(time.Hour)
	if n, err := b.Settle(t.Context(), 10); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	d, err = b.Get(t.Context(), b.clerk, d.ID)
	if b.good(t, d, err); d.Status != model.DemandOpen {
		t.Errorf("is %s", d.Status)
	}
}

func TestTheHostCancels(t *testing.T) {
	b := newBoard(t)
	for name, d := range map[string]demand.Detail{"draft": b.draft(t, nil), "open": b.open(t), "sent": b.sent(t), "accepted": b.accepted(t)} {
		got, err := b.Cancel(t.Context(), b.clerk, d.ID, "场地停电")
		if b.good(t, got, err); got.Status != model.DemandCancelled || got.Reason != "场地停电" {
			t.Errorf("%s: %+v", name, got)
		}
		b.refused(t, fault.ErrState, nil, func() error {
			_, err := b.Cancel(t.Context(), b.clerk, d.ID, "场地停电")
			return err
		})
	}
}

func TestTheHostSaysThatItIsDone(t *testing.T) {
	b := newBoard(t)
	d := b.accepted(t)
	b.refused(t, fault.ErrState, nil, func() error {
		_, err := b.Fulfil(t.Context(), b.clerk, d.ID)
		return err
	})
	b.Clock.Set(*d.StartsAt)
	d, err := b.Fulfil(t.Context(), b.clerk, d.ID)
	if b.good(t, d, err); d.Status != model.DemandFulfilled {
		t.Errorf("is %s", d.Status)
	}
}

func TestOneUnitTakesADemand(t *testing.T) {
	b := newBoard(t)
	d := b.open(t)
	neighbour := b.Staff("邻支书", access.BranchSecretary, b.elsewhere)
	var wg sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		wg.Go(func() {
			who, unit := b.secretary, b.Branch.ID
			if i%2 == 1 {
				who, unit = neighbour, b.elsewhere.ID
			}
			_, results[i] = b.Take(t.Context(), who, d.ID, unit)
		})
	}
	wg.Wait()
	won := [2]int{} // by unit
	for i, err := range results {
		switch {
		case err == nil:
			won[i%2]++
		case !errors.Is(err, demand.ErrTaken):
			t.Errorf("got %v", err)
		}
	}
	var moves int64
	err := b.World.DB.Model(&model.AuditEntry{}).Where("action = ? AND object_id = ?", "demand.accept", d.ID).Count(&moves).Error
	if won[0]*won[1] != 0 || won[0]+won[1] != 4 || moves != 1 || err != nil { // the one that took it is told so as often as it asks
		t.Errorf("%v took it, %d moves %v", won, moves, err)
	}
	b.consistent(t)
}

// TestALostAnswerIsGivenAgain: whoever repeats what was done gets the demand as it is, and nothing happens twice.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	b := newBoard(t)
	d := b.sent(t)
	id := d.Dispatches[0].ID
	d, err := b.Decline(t.Context(), b.secretary, id, "本周考试")
	b.good(t, d, err)
	b.refused(t, nil, nil, func() error { _, err := b.Decline(t.Context(), b.secretary, id, "本周考试"); return err })
	b.refused(t, fault.ErrNotFound, nil, func() error { _, err := b.Decline(t.Context(), b.outsider, id, "本周考试"); return err })
	d, err = b.Send(t.Context(), b.town, idem.Key{}, d.ID, b.Branch.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	id = d.Dispatches[0].ID
	d, err = b.Accept(t.Context(), b.secretary, id)
	b.good(t, d, err)
	for _, again := range []func() error{
		func() error { _, err := b.Accept(t.Context(), b.secretary, id); return err },
		func() error { _, err := b.Take(t.Context(), b.secretary, d.ID, b.Branch.ID); return err },
	} {
		b.refused(t, nil, nil, again)
	}
	b.refused(t, fault.ErrState, nil, func() error { _, err := b.Decline(t.Context(), b.secretary, id, "改主意了"); return err })
	b.refused(t, demand.ErrTaken, nil, func() error { _, err := b.Take(t.Context(), b.department, d.ID, b.elsewhere.ID); return err })
}

func TestListsArePagedAndNarrowed(t *testing.T) {
	b := newBoard(t)
	var open []int64
	for range 3 {
		open = append(open, b.open(t).ID)
		b.Clock.Add(time.Hour)
	}
	draft, taken := b.draft(t, nil).ID, b.accepted(t).ID
	walk := func(list func(req page.Request) (page.Result[demand.Detail], error)) (ids []int64) {
		t.Helper()
		req := page.Request{Limit: 2}
		for {
			got, err := list(req)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range got.Items {
				ids = append(ids, d.ID)
			}
			if got.Next == "" {
				return ids
			}
			req.Cursor = got.Next
		}
	}
	board := walk(func(req page.Request) (page.Result[demand.Detail], error) {
		return b.Board(t.Context(), b.student, demand.Filter{ProgrammeID: b.Programme.ID, Category: "CULTURE", OrgID: b.Town.ID}, req)
	})
	if fmt.Sprint(board) != fmt.Sprint(open) {
		t.Errorf("board %v, want %v", board, open)
	}
	mine := func(who access.Actor, f demand.Filter) []int64 {
		t.Helper()
		return walk(func(req page.Request) (page.Result[demand.Detail], error) { return b.Mine(t.Context(), who, f, req) })
	}
	if got := mine(b.clerk, demand.Filter{}); len(got) != 5 || got[0] != taken || got[1] != draft {
		t.Errorf("the clerk's %v", got)
	}
	if got := mine(b.secretary, demand.Filter{}); fmt.Sprint(got) != fmt.Sprint([]int64{taken}) {
		t.Errorf("the secretary's %v", got)
	}
	if got := mine(b.outsider, demand.Filter{}); len(got) != 0 {
		t.Errorf("the outsider's %v", got)
	}
	b.Clock.Add(30 * 24 * time.Hour)
	if got := mine(b.clerk, demand.Filter{Status: model.DemandExpired}); len(got) != 3 {
		t.Errorf("expired %v", got)
	}
	if got := mine(b.clerk, demand.Filter{Status: model.DemandOpen}); len(got) != 0 {
		t.Errorf("open %v", got)
	}
}

func TestServiceTimesAreMeasured(t *testing.T) {
	b := newBoard(t)
	from := b.Clock.Now()
	d := b.draft(t, nil)
	d, err := b.Submit(t.Context(), b.clerk, d.ID)
	b.good(t, d, err)
	b.Clock.Add(30 * time.Minute)
	d, err = b.Verify(t.Context(), b.town, d.ID)
	b.good(t, d, err)
	b.Clock.Add(time.Hour)
	d, err = b.Send(t.Context(), b.town, idem.Key{}, d.ID, b.Branch.ID, b.Clock.Now().Add(24*time.Hour))
	b.good(t, d, err)
	b.Clock.Add(2 * time.Hour)
	d, err = b.Accept(t.Context(), b.secretary, d.Dispatches[0].ID)
	b.good(t, d, err)
	got, err := b.Times(t.Context(), b.county, b.Town.ID, 0, from, b.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := demand.Times{
		Submitted: 1, Accepted: 1, Verify: demand.Stage{N: 1, Mean: 30 * time.Minute, Longest: 30 * time.Minute},
		Send: demand.Stage{N: 1, Mean: time.Hour, Longest: time.Hour}, Accept: demand.Stage{N: 1, Mean: 2 * time.Hour, Longest: 2 * time.Hour},
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := b.Times(t.Context(), b.outsider, b.Town.ID, 0, from, b.Clock.Now()); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an outsider: %v", err)
	}
}

func TestWhoIsTold(t *testing.T) {
	b := newBoard(t)
	b.Notify = b.Notices()
	d := b.open(t)
	b.Told(notify.DemandSubmitted, b.town)
	b.Told(notify.DemandOpen, b.clerk)
	b.Inbox(notify.DemandOpen, b.clerk, "需求“四点半课堂”已通过核实，等待单位接单。")
	d, err := b.Send(t.Context(), b.county, idem.Key{}, d.ID, b.Branch.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	b.Told(notify.DemandDispatched, b.secretary)
	b.Inbox(notify.DemandDispatched, b.secretary, "戊社区提出的需求“四点半课堂”已派到您所在的组织。")
	d, err = b.Decline(t.Context(), b.secretary, d.Dispatches[0].ID, "本周考试")
	b.good(t, d, err)
	b.Told(notify.DemandDeclined, b.clerk, b.county)
	b.Inbox(notify.DemandDeclined, b.clerk, "辛班团支部不承接需求“四点半课堂”。本周考试")
	d, err = b.Take(t.Context(), b.department, d.ID, b.Department.ID)
	b.good(t, d, err)
	b.Told(notify.DemandAccepted, b.clerk, b.county) // who sent it once wants to know, whoever took it
	d, err = b.Cancel(t.Context(), b.clerk, d.ID, "停电")
	b.good(t, d, err)
	b.Told(notify.DemandCancelled, b.department)
}

func TestEverySilenceIsTold(t *testing.T) {
	b := newBoard(t)
	b.Notify = b.Notices()
	d, err := b.Send(t.Context(), b.town, idem.Key{}, b.open(t).ID, b.Branch.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	for range 2 { // the branch, then its department: the demand itself does not change between the two
		b.Clock.Add(time.Hour)
		if n, err := b.Settle(t.Context(), 10); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	got, err := b.Get(t.Context(), b.clerk, d.ID)
	b.good(t, got, err)
	late := 0
	for _, x := range got.Dispatches {
		if x.Status == model.DispatchOverdue {
			late++
		}
	}
	told := 0
	for _, n := range b.Entries(notify.DemandDeclined) {
		if n.UserID == b.clerk.UserID {
			told++
		}
	}
	if late != 2 || told != late {
		t.Errorf("%d did not answer, the host was told of %d", late, told)
	}
}

func TestTheHostAndTheSenderHearWhatTheClockDid(t *testing.T) {
	b := newBoard(t)
	b.Notify = b.Notices()
	d, err := b.Send(t.Context(), b.town, idem.Key{}, b.open(t).ID, b.Branch.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	b.Clock.Add(time.Hour)
	if _, err := b.Settle(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	b.Inbox(notify.DemandDeclined, b.clerk, "辛班团支部不承接需求“四点半课堂”。到期没有答复，已转请"+b.Department.Name+"。")
	d, err = b.Get(t.Context(), b.department, d.ID)
	b.good(t, d, err)
	d, err = b.Accept(t.Context(), b.department, d.Dispatches[0].ID)
	b.good(t, d, err)
	b.Told(notify.DemandAccepted, b.clerk, b.town) // nobody sent the second dispatch; the town sent the first
	b.open(t)
	b.Clock.Add(30 * 24 * time.Hour)
	if _, err := b.Settle(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	b.Told(notify.DemandExpired, b.clerk)
	b.Inbox(notify.DemandExpired, b.clerk, "需求“四点半课堂”到开始时间还没有单位接下，已过期。可以复制后重新提交。")
}
