package demand_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/project"
)

func TestWhoSubmitsDoesNotVerifyEither(t *testing.T) {
	b := newBoard(t)
	d, err := b.Submit(t.Context(), b.town, b.draft(t, nil).ID)
	b.good(t, d, err)
	b.refused(t, access.ErrOwnInterest, nil, func() error { _, err := b.Verify(t.Context(), b.town, d.ID); return err })
	d, err = b.Verify(t.Context(), b.county, d.ID)
	b.good(t, d, err)
}

func TestWhatIsOverIsNotSubmitted(t *testing.T) {
	b := newBoard(t)
	d := b.draft(t, nil)
	b.Clock.Set(*d.StartsAt)
	b.refused(t, demand.ErrExpired, nil, func() error { _, err := b.Submit(t.Context(), b.clerk, d.ID); return err })
}

// The version is looked at before what was written: who has an old one learns that first.
func TestAnOldFormIsStaleWhateverIsInIt(t *testing.T) {
	b := newBoard(t)
	d := b.draft(t, nil)
	b.refused(t, fault.ErrStale, nil, func() error {
		_, err := b.Update(t.Context(), b.clerk, d.ID, d.Version+1, b.form(func(f *demand.Form) { f.ContactID = b.secretary.UserID }))
		return err
	})
}

func TestWhereNoDemandIsDrafted(t *testing.T) {
	b := newBoard(t)
	create := func() error {
		_, err := b.Create(t.Context(), b.clerk, idem.Key{}, demand.New{ProgrammeID: b.Programme.ID, HostOrgID: b.Community.ID, Form: b.form(nil)})
		return err
	}
	old := b.draft(t, nil)
	b.refused(t, fault.ErrNotFound, nil, func() error { // a draft is nobody else's to know of
		_, err := b.Copy(t.Context(), b.Staff("别处", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别处社区")), idem.Key{}, old.ID, b.Programme.ID)
		return err
	})
	b.set("orgs", b.Community.ID, "status", model.OrgSuspended)
	b.refused(t, fault.ErrInvalid, []string{"/host_org_id"}, create)
	b.set("orgs", b.Community.ID, "status", model.OrgActive)
	b.set("programmes", b.Programme.ID, "status", model.ProgrammeClosed)
	b.refused(t, fault.ErrInvalid, []string{"/programme_id"}, create)
}

func TestWhatIsNotDispatched(t *testing.T) {
	b := newBoard(t)
	d := b.open(t)
	send := func(orgID int64, due time.Time) func() error {
		return func() error { _, err := b.Send(t.Context(), b.county, idem.Key{}, d.ID, orgID, due); return err }
	}
	due := b.Clock.Now().Add(time.Hour)
	b.refused(t, fault.ErrInvalid, []string{"/due_at"}, send(b.Branch.ID, b.Clock.Now()))
	b.refused(t, fault.ErrInvalid, []string{"/due_at"}, send(b.Branch.ID, d.StartsAt.Add(time.Millisecond)))
	b.refused(t, fault.ErrInvalid, []string{"/org_id"}, send(b.Community.ID, due))
	foreign := b.Org(b.Org(b.City, model.OrgUniversityCommittee, "他校团委"), model.OrgLeagueBranch, "他校支部")
	stranger := b.Staff("他校支书", access.BranchSecretary, foreign)
	take := func(who access.Actor, orgID int64) func() error {
		return func() error { _, err := b.Take(t.Context(), who, d.ID, orgID); return err }
	}
	own := b.World.AddProgramme("OWN", b.University)
	b.set("demands", d.ID, "programme_id", own.ID)
	b.refused(t, demand.ErrUnreachable, nil, send(foreign.ID, due))
	b.refused(t, demand.ErrUnreachable, nil, take(stranger, foreign.ID))
	b.refused(t, access.ErrDenied, nil, take(stranger, b.Branch.ID)) // for a unit of others
	b.set("programmes", own.ID, "status", model.ProgrammeClosed)
	b.refused(t, demand.ErrUnreachable, nil, send(b.Branch.ID, due))
	b.refused(t, demand.ErrUnreachable, nil, take(b.secretary, b.Branch.ID))
	b.set("programmes", own.ID, "status", model.ProgrammeActive)
	if err := send(b.Branch.ID, *d.StartsAt)(); err != nil {
		t.Errorf("until it begins: %v", err)
	}
}

// An answer is to one request: what was declined is not accepted in place of what was asked after it, and the times count from
// the first.
func TestAnAnswerIsToOneRequest(t *testing.T) {
	b := newBoard(t)
	d := b.sent(t)
	first, sent := d.Dispatches[0].ID, *d.SentAt
	d, err := b.Decline(t.Context(), b.secretary, first, "本周考试")
	b.good(t, d, err)
	b.Clock.Add(time.Hour)
	d, err = b.Send(t.Context(), b.town, idem.Key{}, d.ID, b.Branch.ID, b.Clock.Now().Add(time.Hour))
	b.good(t, d, err)
	b.refused(t, fault.ErrState, nil, func() error { _, err := b.Accept(t.Context(), b.secretary, first); return err })
	b.refused(t, fault.ErrState, nil, func() error { _, err := b.Recall(t.Context(), b.town, first, "发错了"); return err })
	if !d.SentAt.Equal(sent) {
		t.Errorf("sent at %v, first at %v", d.SentAt, sent)
	}
}

func TestASilenceGoesNoFurtherThanItCan(t *testing.T) {
	b := newBoard(t)
	begins := *b.open(t).StartsAt
	long := b.open(t)
	d, err := b.Send(t.Context(), b.town, idem.Key{}, long.ID, b.Branch.ID, begins.Add(-time.Hour))
	b.good(t, d, err)
	b.Clock.Set(begins.Add(-time.Hour))
	settle := func(id int64) demand.Detail {
		t.Helper()
		if _, err := b.Settle(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		got, err := b.Get(t.Context(), b.clerk, id)
		return b.good(t, got, err)
	}
	if d = settle(d.ID); len(d.Dispatches) != 2 || !d.Dispatches[0].DueAt.Equal(begins) {
		t.Errorf("the next is asked beyond the beginning: %+v", d.Dispatches)
	}
	b.Clock.Set(begins)
	if d = settle(d.ID); d.Status != model.DemandExpired {
		t.Errorf("is %s", d.Status)
	}
	b.set("orgs", b.Department.ID, "status", model.OrgSuspended)
	d = b.sent(t)
	b.Clock.Set(d.Dispatches[0].DueAt)
	if d = settle(d.ID); d.Status != model.DemandOpen || len(d.Dispatches) != 1 {
		t.Errorf("a unit that is suspended is asked: %+v", d.Dispatches)
	}
}

func TestAnOpenDemandExpiresAtItsBeginning(t *testing.T) {
	b := newBoard(t)
	b.Clock.Set(*b.open(t).StartsAt)
	if n, err := b.Settle(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("%d settled, %v", n, err)
	}
}

// One demand that cannot be settled does not keep the others from their turn.
func TestOneThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	b := newBoard(t)
	broken, whole := b.sent(t), b.sent(t)
	b.set("demand_dispatches", broken.Dispatches[0].ID, "org_id", 4711)
	b.Clock.Set(broken.Dispatches[0].DueAt)
	if n, err := b.Settle(t.Context(), 10); n != 1 || !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%d settled, %v", n, err)
	}
	got, err := b.Get(t.Context(), b.clerk, whole.ID)
	if b.good(t, got, err); len(got.Dispatches) != 2 {
		t.Errorf("not escalated: %+v", got.Dispatches)
	}
}

func TestWhatADemandDoesNotBecome(t *testing.T) {
	b := newBoard(t)
	pair := b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	intoProject := func() error {
		_, err := b.IntoProject(t.Context(), b.secretary, idem.Key{}, d.ID)
		return err
	}
	b.set("pairings", pair.ID, "status", model.PairingDormant)
	b.refused(t, demand.ErrNotPaired, nil, intoProject)
	b.set("pairings", pair.ID, "status", model.PairingActive)
	neighbour := b.Org(b.Town, model.OrgCommunity, "邻社区")
	theirs := b.World.Project(b.Pair(b.Branch, neighbour), "别处的项目")
	into := func(projectID int64) error {
		_, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, projectID)
		return err
	}
	b.set("demands", d.ID, "contact_id", b.town.UserID) // who answers for both hosts
	b.refused(t, fault.ErrInvalid, []string{"/project_id"}, func() error { return into(theirs.ID) })
	other := b.World.AddProgramme("P2", b.University)
	second := b.World.Project(pair, "同一社区的项目")
	b.set("projects", second.ID, "programme_id", other.ID)
	b.refused(t, fault.ErrInvalid, []string{"/project_id"}, func() error { return into(second.ID) })
	b.refused(t, access.ErrDenied, nil, func() error {
		_, err := b.IntoActivity(t.Context(), b.outsider, idem.Key{}, d.ID, 0)
		return err
	})
	if err := intoProject(); err != nil {
		t.Fatal(err)
	}
	b.refused(t, demand.ErrConverted, nil, intoProject)
	again := b.accepted(t)
	again, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, again.ID, 0)
	b.good(t, again, err)
	d = again
	b.refused(t, demand.ErrConverted, nil, intoProject)
	draft := b.draft(t, nil).ID
	b.refused(t, fault.ErrNotFound, nil, func() error { _, err := b.GiveBack(t.Context(), b.secretary, draft, "考试周"); return err })
}

func TestWhatHasBegunBecomesNoActivity(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	b.Clock.Set(*d.StartsAt)
	b.refused(t, demand.ErrExpired, nil, func() error {
		_, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		return err
	})
}

// Where there is less than a day, people sign up until it begins.
func TestAnActivityThatComesSoonTakesSignupsUntilItBegins(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	d := b.accepted(t)
	for _, before := range []time.Duration{24*time.Hour + time.Minute, 24 * time.Hour} {
		b.Clock.Set(d.StartsAt.Add(-before))
		got, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		b.good(t, got, err)
		a, err := project.ActivityByID(b.World.DB, *got.ActivityID)
		want := *d.StartsAt
		if before > 24*time.Hour {
			want = d.StartsAt.Add(-24 * time.Hour)
		}
		if err != nil || !a.SignupClosesAt.Equal(want) {
			t.Errorf("%v before: closes at %v, want %v: %v", before, a.SignupClosesAt, want, err)
		}
		b.set("activities", a.ID, "status", model.ActivityCancelled)
	}
}

// An activity that was called off, or was never public, fulfils nothing.
func TestWhatDidNotTakePlaceFulfilsNothing(t *testing.T) {
	b := newBoard(t)
	b.Pair(b.Branch, b.Community)
	off, draft := b.accepted(t), b.accepted(t)
	for _, d := range []*demand.Detail{&off, &draft} {
		got, err := b.IntoActivity(t.Context(), b.secretary, idem.Key{}, d.ID, 0)
		*d = b.good(t, got, err)
	}
	b.set("activities", *off.ActivityID, "published_at", b.Clock.Now())
	b.set("activities", *off.ActivityID, "status", model.ActivityCancelled)
	b.Clock.Set(*off.EndsAt)
	if n, err := b.Settle(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("%d settled, %v", n, err)
	}
}

// The board goes on after the last one of a page, though the next begins at the same time.
func TestTheBoardIsPagedAmongEqualTimes(t *testing.T) {
	b := newBoard(t)
	want := []int64{b.open(t).ID, b.open(t).ID, b.open(t).ID}
	var got []int64
	for req := (page.Request{Limit: 1}); ; {
		rows, err := b.Board(t.Context(), b.student, demand.Filter{}, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rows.Items {
			got = append(got, d.ID)
		}
		if req.Cursor = rows.Next; req.Cursor == "" || len(got) > 3 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What was taken from the board was asked and accepted at once, and the end of a time is not in it.
func TestTheTimesOfWhatIsTakenFromTheBoard(t *testing.T) {
	b := newBoard(t)
	d := b.open(t)
	b.Clock.Add(2 * time.Hour)
	d, err := b.Take(t.Context(), b.secretary, d.ID, b.Branch.ID)
	b.good(t, d, err)
	got, err := b.Times(t.Context(), b.county, b.Town.ID, 0, *d.SubmittedAt, b.Clock.Now())
	if err != nil || got.Send != (demand.Stage{N: 1, Mean: 2 * time.Hour, Longest: 2 * time.Hour}) || got.Accept != (demand.Stage{N: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err = b.Times(t.Context(), b.county, b.Town.ID, 0, b.Clock.Now().Add(-24*time.Hour), *d.SubmittedAt); err != nil || got.Submitted != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
