package pairing_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/geo"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/pairing"
)

// meanwhile does something once, right after the first query that reads pairings in search of some that sleep, as somebody else
// might: what was found has changed by the time it is locked.
func (s *street) meanwhile(t *testing.T, do func()) {
	t.Helper()
	var done atomic.Bool
	err := s.World.DB.Callback().Query().After("gorm:query").Register("meanwhile", func(tx *gorm.DB) {
		if tx.Statement.Table == "pairings" && done.CompareAndSwap(false, true) {
			do()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What decides whether a pairing falls asleep, one case at a time, on the day after a term in which nothing took place.
func TestWhichPairingsFallAsleep(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(t *testing.T, s *street, d pairing.Detail, next int64)
		want   model.PairingStatus
	}{
		"one that was there for the whole term": {func(*testing.T, *street, pairing.Detail, int64) {}, model.PairingDormant},
		"not one that began within the term": {func(t *testing.T, s *street, d pairing.Detail, _ int64) {
			t.Helper()
			s.set(t, "pairings", d.ID, "from_on", "2026-09-02")
		}, model.PairingActive},
		"one whose activity was called off": {func(t *testing.T, s *street, d pairing.Detail, _ int64) {
			t.Helper()
			s.Activity(s.Project(d.Pairing, "清洁"), 3, func(a *model.Activity, _ *model.Session) { a.Status = model.ActivityCancelled })
		}, model.PairingDormant},
		"one whose activity was never published": {func(t *testing.T, s *street, d pairing.Detail, _ int64) {
			t.Helper()
			s.Activity(s.Project(d.Pairing, "清洁"), 3, func(a *model.Activity, _ *model.Session) {
				a.Status, a.PublishedAt, a.ListedAt = model.ActivityDraft, nil, nil
			})
		}, model.PairingDormant},
		"one that only one side has renewed": {func(t *testing.T, s *street, d pairing.Detail, next int64) {
			t.Helper()
			s.renew(t, d.ID, next, s.host)
		}, model.PairingDormant},
		"not one that both have renewed": {func(t *testing.T, s *street, d pairing.Detail, next int64) {
			t.Helper()
			s.renew(t, d.ID, next, s.host, s.secretary)
		}, model.PairingActive},
		"not one that both renew while it is looked at": {func(t *testing.T, s *street, d pairing.Detail, next int64) {
			t.Helper()
			s.meanwhile(t, func() { s.renew(t, d.ID, next, s.host, s.secretary) })
		}, model.PairingActive},
		"not one whose last day is over": {func(t *testing.T, s *street, d pairing.Detail, _ int64) {
			t.Helper()
			s.set(t, "pairings", d.ID, "to_on", "2027-01-18")
		}, model.PairingEnded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t)
			d, next := s.idle(t)
			tt.change(t, s, d, next)
			if _, err := s.Rest(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			s.is(t, d.ID, tt.want)
		})
	}
}

func (s *street) renew(t *testing.T, id, term int64, who ...access.Actor) {
	t.Helper()
	for _, actor := range who {
		if _, err := s.Renew(t.Context(), actor, id, term, ""); err != nil {
			t.Error(err)
		}
	}
}

// A town does not stay awake, nor wake, for what the units below it only planned.
func TestATownIsJudgedByWhatTookPlace(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	d, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, townPair(s)).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	s.set(t, "pairings", d.ID, "from_on", "2026-09-01")
	run := s.Project(s.active(t).Pairing, "清洁")
	s.Activity(run, 3, func(a *model.Activity, _ *model.Session) {
		a.Status, a.PublishedAt, a.ListedAt = model.ActivityDraft, nil, nil
	})
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	s.rest(t, 1)
	s.is(t, d.ID, model.PairingDormant)
	s.Activity(run, 3, func(a *model.Activity, _ *model.Session) { a.PublishedAt, a.ListedAt = nil, nil })
	s.World.Clock.Add(30 * 24 * time.Hour)
	s.rest(t, 0)
}

func townPair(s *street) func(n *pairing.New) {
	return func(n *pairing.New) {
		n.CampusOrgID, n.LocalOrgID, n.Level = s.Department.ID, s.Town.ID, model.PairingTownDepartment
	}
}

// One pairing that cannot be written does not keep the others from their turn: neither from their end nor from their sleep.
func TestOneThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	second := s.World.Org(s.Town, model.OrgCommunity, "第三社区")
	broken := s.propose(t, s.secretary, nil)
	whole := s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = second.ID })
	s.set(t, "pairings", broken.ID, "campus_org_id", 4711) // there is no such organisation
	s.World.Clock.Set(broken.AnswerDueAt)
	n, err := s.ExpireDue(t.Context(), 10)
	if n != 1 || !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%d written, %v", n, err)
	}
	s.is(t, whole.ID, model.PairingExpired)

	s.set(t, "pairings", broken.ID, "campus_org_id", s.Branch.ID)
	for _, id := range []int64{broken.ID, whole.ID} {
		s.set(t, "pairings", id, "status", model.PairingActive)
		s.set(t, "pairings", id, "from_on", "2026-09-01")
	}
	s.set(t, "pairings", broken.ID, "local_org_id", 4711)
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	if n, err := s.Rest(t.Context(), 10); n != 1 || !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%d asleep, %v", n, err)
	}
	s.is(t, whole.ID, model.PairingDormant)
}

func TestAPairingThatEndsTodayIsWrittenDownToday(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.active(t)
	for range 2 { // the day may be said again
		if _, err := s.End(t.Context(), s.host, d.ID, "撤并", "2026-12-01"); err != nil {
			t.Fatal(err)
		}
	}
	s.World.Clock.Set(time.Date(2026, 11, 30, 15, 59, 0, 0, time.UTC))
	if n, err := s.ExpireDue(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("the day before: %d, %v", n, err)
	}
	s.World.Clock.Set(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)) // midnight in China
	if n, err := s.ExpireDue(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("on the day: %d, %v", n, err)
	}
	s.consistent(t)
}

// A renewal is of a term that the pairing lasts to its end, and each side says it for itself.
func TestWhatIsNotRenewed(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	next := s.term(t, "2027-02-22", "2027-07-10")
	renew := func(who access.Actor, id int64, side string) func() error {
		return func() error { _, err := s.Renew(t.Context(), who, id, next, side); return err }
	}
	s.refused(t, fault.ErrState, "", renew(s.secretary, s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID }).ID, ""))
	d := s.active(t)
	both := s.World.Grant(s.secretary, access.HostStaff, s.Community)
	s.refused(t, fault.ErrInvalid, "/side", renew(both, d.ID, ""))
	if err := renew(both, d.ID, pairing.Campus)(); err != nil {
		t.Fatal(err)
	}
	s.refused(t, access.ErrOwnInterest, "", renew(both, d.ID, pairing.Local))
	if err := renew(s.department, d.ID, "")(); err != nil {
		t.Errorf("the same side again: %v", err)
	}
	s.set(t, "pairings", d.ID, "to_on", "2027-07-10") // over on the last day of the term
	s.refused(t, pairing.ErrEnding, "", renew(s.host, d.ID, ""))
	s.set(t, "pairings", d.ID, "to_on", "2027-07-11")
	if err := renew(s.host, d.ID, "")(); err != nil {
		t.Errorf("it lasts the term: %v", err)
	}
}

// Two sides that renew at the same moment see each other: a pairing that slept is awake afterwards, whoever came second.
func TestBothSidesRenewAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	next := s.term(t, "2027-02-22", "2027-07-10")
	d := s.active(t)
	s.set(t, "pairings", d.ID, "status", model.PairingDormant)
	other := make(chan error, 1)
	var begun atomic.Bool
	err := s.World.DB.Callback().Create().After("gorm:create").Register("meanwhile", func(tx *gorm.DB) {
		if tx.Statement.Table != "pairing_renewals" || !begun.CompareAndSwap(false, true) {
			return
		}
		go func() {
			_, err := s.Renew(t.Context(), s.host, d.ID, next, "")
			other <- err
		}()
		wait := time.NewTimer(50 * time.Millisecond)
		defer wait.Stop()
		select { // it comes through only where nothing makes it wait
		case err := <-other:
			other <- err
		case <-wait.C:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Renew(t.Context(), s.secretary, d.ID, next, "")
	if err := errors.Join(err, <-other); err != nil {
		t.Fatal(err)
	}
	s.is(t, d.ID, model.PairingActive)
}

// Only what is in force covers a unit, and nobody is late on the last day.
func TestWhatCoversAUnit(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	third := s.World.Org(s.Town, model.OrgCommunity, "第三社区")
	d := s.active(t)
	unpaired := func() (n int) {
		t.Helper()
		for req := (page.Request{Limit: 1}); ; {
			rows, err := s.Unpaired(t.Context(), s.county, s.County.ID, s.Programme.ID, "", req)
			if err != nil {
				t.Fatal(err)
			}
			n += len(rows.Items)
			if req.Cursor = rows.Next; req.Cursor == "" || n > 9 {
				return n
			}
		}
	}
	paired := func(want int64) {
		t.Helper()
		top, _, err := s.Coverage(t.Context(), s.county, s.County.ID, s.Programme.ID, "", page.Request{})
		if err != nil || top.Units != 3 || top.Paired != want || unpaired() != 3-int(want) {
			t.Errorf("%d of %d paired, %d not, want %d: %v", top.Paired, top.Units, unpaired(), want, err)
		}
	}
	paired(1)
	s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = third.ID })
	paired(1)
	s.set(t, "pairings", d.ID, "status", model.PairingDormant)
	paired(0)
	s.set(t, "pairings", d.ID, "status", model.PairingActive)
	s.set(t, "pairings", d.ID, "to_on", "2026-11-15")
	paired(1)
	s.World.Clock.Set(time.Date(2026, 11, 15, 15, 59, 0, 0, time.UTC)) // one minute of the last day is left in China
	paired(0)
	top, _, err := s.Coverage(t.Context(), s.county, s.County.ID, s.Programme.ID, "", page.Request{})
	if err != nil || top.DueOn != "2026-11-15" || top.Late {
		t.Errorf("on the last day: %+v, %v", top, err)
	}
}

// What is refused, gone, asleep or too far speaks for nobody.
func TestWhatIsNotSuggested(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.place(t, s.University, 0)
	s.place(t, s.Town, 1000)
	corner := s.World.Org(s.Town, model.OrgCommunity, "斜对角社区")
	s.place(t, corner, 11_000)
	s.set(t, "orgs", corner.ID, "lng_e6", 117_120_000+11_000*1_000_000/89_200) // 15.6 km away, within the square
	moved := s.World.Org(s.World.Org(s.Town, model.OrgCommunity, "大社区"), model.OrgYouthHome, "搬走的青年之家")
	s.place(t, model.Org{ID: moved.ParentID}, 40_000) // so what is below it is not at the town's place
	ids := func() (out []int64) {
		for _, x := range s.suggested(t, s.secretary, s.Branch) {
			out = append(out, x.Org.ID)
		}
		return out
	}
	if got := ids(); len(got) != 2 || got[0] != s.Community.ID || got[1] != s.elsewhere.ID {
		t.Errorf("got %v", got)
	}
	starts := s.World.Clock.Now()
	s.Insert(&model.Demand{ID: s.World.NewID(), ProgrammeID: s.Programme.ID, HostOrgID: s.Community.ID, HostPath: s.Community.Path, Status: model.DemandOpen, StartsAt: &starts, Version: 1, CreatedAt: starts, UpdatedAt: starts})
	above, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, townPair(s)).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	part := func(want int64) {
		t.Helper()
		for _, x := range append(s.suggested(t, s.secretary, s.Branch), s.suggested(t, s.host, s.Community)...) {
			if x.Parts.Need != 0 || x.Parts.Parent != want {
				t.Errorf("%s: %+v, want %d above", x.Org.Name, x.Parts, want)
			}
		}
	}
	part(1000) // the demand is over
	s.set(t, "pairings", above.ID, "to_on", "2026-01-01")
	part(0)
	if open, err := pairing.OpenDemands(s.World.DB, s.Programme.ID, starts, s.Community.ID); err != nil || len(open) != 0 {
		t.Errorf("open: %v %v", open, err)
	}
	s.set(t, "orgs", s.Town.ID, "status", model.OrgSuspended)
	if got := ids(); len(got) != 0 {
		t.Errorf("at the place of a town that is suspended: %v", got)
	}
}

// Where there are more places than are looked at, the nearest are.
func TestTheNearestPlacesAreLookedAt(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	var at []model.Org
	for _, metres := range []int64{9000, 5000, 1000, 3000, 7000} {
		o := s.World.Org(s.Town, model.OrgCommunity, "社区")
		s.place(t, o, -metres)
		at = append(at, o)
	}
	got, err := pairing.AnchorsNear(s.World.DB, geo.Point{LatE6: 36_650_000, LngE6: 117_120_000}, 2)
	if err != nil || len(got) != 2 || got[0].ID != at[2].ID || got[1].ID != at[3].ID {
		t.Errorf("got %v, %v", got, err)
	}
}

// A round recommends below a pairing of town and department only while that is in force, and knows whose units are paired today.
func TestAPairingThatIsOverIsNobodysParent(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	above, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, townPair(s)).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	units := func(day model.Date, want int) {
		t.Helper()
		if got, err := pairing.CampusUnitsOf(s.World.DB, s.Programme.ID, s.Community, day); err != nil || len(got) != want {
			t.Errorf("on %s: %v %v", day, got, err)
		}
	}
	s.set(t, "pairings", above.ID, "to_on", "2026-09-03")
	units("2026-09-02", 1)
	units("2026-09-03", 0)
	s.set(t, "pairings", above.ID, "to_on", s.World.Clock.Now().Format(time.DateOnly))
	d, err := s.recommend(pairing.Match{RoundID: 7, ProgrammeID: s.Programme.ID, CampusOrgID: s.Branch.ID, LocalOrgID: s.Community.ID, By: s.university.UserID})
	if err != nil || d.ParentID != nil {
		t.Errorf("below %v: %v", d.ParentID, err)
	}
}

// Who may neither propose nor recommend hears that first, whatever is wrong with the proposal.
func TestAStrangerDoesNotLearnWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.refused(t, access.ErrDenied, "", func() error {
		_, err := s.Propose(t.Context(), s.World.Student("学生", s.Branch), idem.Key{}, s.proposal(func(n *pairing.New) { n.LocalOrgID = 4711 }))
		return err
	})
}

// Who may propose for a side speaks for it, whatever else they may; of a person of both sides it is the one that is left.
func TestForWhomAPersonOfManyOfficesSpeaks(t *testing.T) {
	t.Parallel()
	s := loudStreet(t)
	many := s.World.Grant(s.secretary, access.CommitteeOfficer, s.County)
	d := s.propose(t, many, nil)
	if d.Origin != model.OriginSelf || d.CampusAcceptedBy == nil {
		t.Errorf("got %+v", d)
	}
	if _, err := s.Decline(t.Context(), s.World.Grant(s.host, access.BranchSecretary, s.Branch), d.ID); err != nil {
		t.Fatal(err)
	}
	s.Inbox(notify.PairingDeclined, s.secretary, "戊社区没有接受结对。")
}

// Replicas that look at the same moment write everything down once, and none of them stumbles over another.
func TestReplicasThatSettleAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	all := func(want int, job func() (int, error)) {
		t.Helper()
		var wg sync.WaitGroup
		var sum atomic.Int64
		for range 4 {
			wg.Go(func() {
				n, err := job()
				if sum.Add(int64(n)); err != nil {
					t.Error(err)
				}
			})
		}
		if wg.Wait(); sum.Load() != int64(want) {
			t.Errorf("%d written, want %d", sum.Load(), want)
		}
		s.consistent(t)
	}
	var last pairing.Detail
	for range 5 {
		host := s.World.Org(s.Town, model.OrgCommunity, "社区")
		last = s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = host.ID })
		idle, err := s.Accept(t.Context(), s.town, s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.World.Org(s.Town, model.OrgCommunity, "社区").ID }).ID, "")
		if err != nil {
			t.Fatal(err)
		}
		s.set(t, "pairings", idle.ID, "from_on", "2026-09-01")
	}
	s.World.Clock.Set(last.AnswerDueAt)
	all(5, func() (int, error) { return s.ExpireDue(t.Context(), 10) })
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	all(5, func() (int, error) { return s.Rest(t.Context(), 10) })
}
