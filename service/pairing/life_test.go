package pairing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/pairing"
)

// term adds a term of the university.
func (s *street) term(t testing.TB, from, to model.Date) int64 {
	t.Helper()
	id := s.World.NewID()
	s.Insert(&model.Term{ID: id, UniversityID: s.University.ID, Name: string(from), StartsOn: from, EndsOn: to, CreatedAt: s.World.Clock.Now()})
	return id
}

func (s *street) rest(t *testing.T, want int) {
	t.Helper()
	n, err := s.Rest(t.Context(), 100)
	if err != nil || n != want {
		t.Fatalf("%d moved, want %d: %v", n, want, err)
	}
	s.consistent(t)
}

func (s *street) is(t *testing.T, id int64, want model.PairingStatus) {
	t.Helper()
	d, err := s.Get(t.Context(), s.city, id)
	if err != nil || d.Status != want {
		t.Fatalf("is %s, want %s: %v", d.Status, want, err)
	}
}

func TestAPairingSleepsAfterATermInWhichNothingTookPlace(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	d := s.active(t)
	s.set(t, "pairings", d.ID, "from_on", "2026-09-01")
	s.World.Clock.Set(time.Date(2027, 1, 17, 12, 0, 0, 0, time.UTC))
	s.rest(t, 0)
	s.World.Clock.Set(time.Date(2027, 1, 17, 16, 0, 0, 0, time.UTC)) // midnight in China
	s.rest(t, 1)
	s.is(t, d.ID, model.PairingDormant)
	s.rest(t, 0)

	project := s.Project(d.Pairing, "清洁")
	a, _, _ := s.Activity(project, 3, func(a *model.Activity, x *model.Session) {
		x.StartsAt, x.EndsAt = s.World.Clock.Now().Add(time.Hour), s.World.Clock.Now().Add(2*time.Hour)
		a.StartsAt, a.EndsAt = x.StartsAt, x.EndsAt
	})
	s.rest(t, 0)
	s.World.Clock.Set(a.EndsAt)
	s.rest(t, 1)
	s.is(t, d.ID, model.PairingActive)
	s.rest(t, 0)
}

func TestWhatKeepsAPairingAwake(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	town, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, func(n *pairing.New) {
		n.CampusOrgID, n.LocalOrgID, n.Level = s.Department.ID, s.Town.ID, model.PairingTownDepartment
	}).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	branch := s.active(t)
	s.set(t, "pairings", town.ID, "from_on", "2026-09-01") // the other one began within the term
	s.Activity(s.Project(branch.Pairing, "清洁"), 3, nil)
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	s.rest(t, 0)
	s.is(t, town.ID, model.PairingActive) // units below it served
	s.is(t, branch.ID, model.PairingActive)
}

func TestBothSidesRenew(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	old, next := s.term(t, "2026-03-01", "2026-07-10"), s.term(t, "2027-02-22", "2027-07-10")
	d := s.active(t)
	s.set(t, "pairings", d.ID, "status", model.PairingDormant)
	renew := func(who access.Actor, term int64, side string) error {
		_, err := s.Renew(t.Context(), who, d.ID, term, side)
		return err
	}
	s.refused(t, fault.ErrInvalid, "/term_id", func() error { return renew(s.secretary, old, "") })
	s.refused(t, fault.ErrInvalid, "/term_id", func() error { return renew(s.secretary, 4711, "") })
	s.refused(t, fault.ErrNotFound, "", func() error { return renew(s.outsider, next, "") })
	s.refused(t, access.ErrDenied, "", func() error { return renew(s.secretary, next, pairing.Local) })
	for range 2 {
		if err := renew(s.secretary, next, ""); err != nil {
			t.Fatal(err)
		}
		s.is(t, d.ID, model.PairingDormant)
	}
	if err := renew(s.host, next, ""); err != nil {
		t.Fatal(err)
	}
	s.is(t, d.ID, model.PairingActive)
	rows, err := s.Renewals(t.Context(), s.host, d.ID)
	if err != nil || len(rows) != 2 {
		t.Errorf("renewals %v %v", rows, err)
	}
	if _, err := s.Renewals(t.Context(), s.outsider, d.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an outsider reads them: %v", err)
	}
	if _, err := s.End(t.Context(), s.host, d.ID, "撤并", "2027-06-01"); err != nil {
		t.Fatal(err)
	}
	s.refused(t, pairing.ErrEnding, "", func() error { return renew(s.host, next, "") })
}

// TestARenewedPairingStaysAwake: what both have renewed after an idle term does not fall asleep for that term again.
func TestARenewedPairingStaysAwake(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d, next := s.idle(t)
	s.rest(t, 1)
	for _, who := range []access.Actor{s.secretary, s.host} {
		s.rest(t, 0)
		s.is(t, d.ID, model.PairingDormant)
		if _, err := s.Renew(t.Context(), who, d.ID, next, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.rest(t, 0)
	s.is(t, d.ID, model.PairingActive)
	s.World.Clock.Set(time.Date(2027, 7, 11, 0, 0, 0, 0, time.UTC))
	s.rest(t, 1) // nothing took place in the next term either
	s.is(t, d.ID, model.PairingDormant)
}

// TestATownWakesForWhatItsCommunitiesDid, and one that stays awake does not keep others from falling asleep.
func TestATownWakesForWhatItsCommunitiesDid(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.term(t, "2026-09-01", "2027-01-17")
	town, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, func(n *pairing.New) {
		n.CampusOrgID, n.LocalOrgID, n.Level = s.Department.ID, s.Town.ID, model.PairingTownDepartment
	}).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	branch := s.active(t)
	for _, id := range []int64{town.ID, branch.ID} {
		s.set(t, "pairings", id, "from_on", "2026-09-01")
	}
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	s.rest(t, 2)
	a, _, _ := s.Activity(s.Project(branch.Pairing, "清洁"), 3, func(a *model.Activity, x *model.Session) {
		x.StartsAt, x.EndsAt = s.World.Clock.Now().Add(time.Hour), s.World.Clock.Now().Add(2*time.Hour)
		a.StartsAt, a.EndsAt = x.StartsAt, x.EndsAt
	})
	s.rest(t, 0)
	s.World.Clock.Set(a.EndsAt)
	s.rest(t, 2)
	s.is(t, town.ID, model.PairingActive)
	s.is(t, branch.ID, model.PairingActive)
	s.rest(t, 0)
	second := s.World.Org(s.Town, model.OrgCommunity, "第三社区")
	idle, err := s.Accept(t.Context(), s.town, s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = second.ID }).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	s.set(t, "pairings", idle.ID, "from_on", "2026-09-01")
	if n, err := s.Rest(t.Context(), 1); n != 1 || err != nil { // the town comes first by its id, and stays awake
		t.Errorf("%d moved: %v", n, err)
	}
	s.is(t, idle.ID, model.PairingDormant)
	s.is(t, town.ID, model.PairingActive)
}

func TestHistoryTellsWhatHappened(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.active(t)
	var got []string
	for req := (page.Request{Limit: 1}); ; {
		rows, err := s.History(t.Context(), s.secretary, d.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rows.Items {
			got = append(got, e.Action+" "+e.FromState+">"+e.ToState)
		}
		if req.Cursor = rows.Next; req.Cursor == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[pairing.accept PROPOSED>ACTIVE pairing.propose >PROPOSED]" {
		t.Errorf("got %v", got)
	}
	if _, err := s.History(t.Context(), s.outsider, d.ID, page.Request{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an outsider reads it: %v", err)
	}
}

// Two replicas make their ids apart: of one second the smaller id may well be the later one.
func TestHistoryGoesByTheTimeOnSeveralReplicas(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.propose(t, s.secretary, nil)
	s.World.Clock.Add(10 * time.Millisecond)
	other, last := *s.Service, int64(1000)
	other.Audit = &audit.Log{Now: s.World.Clock.Now, NewID: func() int64 { last++; return last }}
	if _, err := other.Accept(t.Context(), s.host, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	var got []string
	for req := (page.Request{Limit: 1}); len(got) < 3; {
		rows, err := s.History(t.Context(), s.secretary, d.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rows.Items {
			got = append(got, e.Action)
		}
		if req.Cursor = rows.Next; req.Cursor == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[pairing.accept pairing.propose]" {
		t.Errorf("got %v", got)
	}
}

// place puts an organisation at some metres north of a point.
func (s *street) place(t testing.TB, o model.Org, metres int64) {
	t.Helper()
	s.set(t, "orgs", o.ID, "lat_e6", 36_650_000+metres*1_000_000/111_195)
	s.set(t, "orgs", o.ID, "lng_e6", 117_120_000)
}

func (s *street) suggested(t testing.TB, as access.Actor, unit model.Org) (out []pairing.Suggestion) {
	t.Helper()
	for req := (page.Request{Limit: 2}); ; {
		got, err := s.Suggest(t.Context(), as, unit.ID, s.Programme.ID, req)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got.Items...)
		if req.Cursor = got.Next; req.Cursor == "" {
			return out
		}
	}
}

func TestSuggestionsHaveReasons(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	if _, err := s.Suggest(t.Context(), s.secretary, s.Branch.ID, s.Programme.ID, page.Request{}); !errors.Is(err, pairing.ErrNowhere) {
		t.Errorf("without a location: %v", err)
	}
	s.place(t, s.University, 0)
	near, needy, far := s.World.Org(s.Town, model.OrgCommunity, "近处社区"), s.World.Org(s.Town, model.OrgYouthHome, "青年之家"), s.World.Org(s.Town, model.OrgCommunity, "远处社区")
	s.place(t, near, 1000)
	s.place(t, needy, 3000)
	s.place(t, far, 16_000)
	s.place(t, s.Community, 2000)
	s.place(t, s.Town, 7500) // so elsewhere, which has none, is there
	starts := s.World.Clock.Now().Add(time.Hour)
	s.Insert(&model.Demand{ID: s.World.NewID(), ProgrammeID: s.Programme.ID, HostOrgID: needy.ID, HostPath: needy.Path, Status: model.DemandOpen, StartsAt: &starts, Version: 1, CreatedAt: starts, UpdatedAt: starts})
	s.active(t) // with the community: it is not suggested any more
	got := s.suggested(t, s.secretary, s.Branch)
	want := []struct {
		id    int64
		parts pairing.Parts
	}{
		{needy.ID, pairing.Parts{Near: 4000, Need: 2000, Free: 1000}},
		{near.ID, pairing.Parts{Near: 4666, Free: 1000}},
		{s.elsewhere.ID, pairing.Parts{Near: 2500, Free: 1000}},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, w := range want {
		if g := got[i]; g.Org.ID != w.id || g.Parts.Near/10 != w.parts.Near/10 || g.Parts.Need != w.parts.Need || g.Parts.Free != w.parts.Free || g.Parts.Served != 0 {
			t.Errorf("%d: got %d %+v, want %d %+v", i, g.Org.ID, g.Parts, w.id, w.parts)
		}
	}
	if zh, en := got[0].Reasons(false), got[0].Reasons(true); !strings.HasSuffix(zh, " 米；社区有需求等待接单；还没有结对") || !strings.HasSuffix(en, " m away; a demand of the community waits for a unit; has no pairing yet") {
		t.Errorf("in words: %s, %s", zh, en)
	}
	other := s.World.Org(s.Department, model.OrgLeagueBranch, "隔壁班团支部")
	back := s.suggested(t, s.host, s.Community)
	if len(back) != 1 || back[0].Org.ID != other.ID || back[0].Parts.Need != 0 {
		t.Errorf("for the community: %+v", back)
	}
	if _, err := s.Suggest(t.Context(), s.outsider, s.Branch.ID, s.Programme.ID, page.Request{}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("an outsider: %v", err)
	}
}

func TestCoverageKnowsWhoIsLate(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	other := s.World.Org(s.Department, model.OrgLeagueBranch, "隔壁班团支部")
	s.active(t)
	count := func(as access.Actor, top model.Org, side string) string {
		t.Helper()
		total, below, err := s.Coverage(t.Context(), as, top.ID, s.Programme.ID, side, page.Request{})
		if err != nil {
			t.Fatal(err)
		}
		out := fmt.Sprintf("%d/%d %s %v:", total.Paired, total.Units, total.DueOn, total.Late)
		for _, c := range below.Items {
			out += fmt.Sprintf(" %s %d/%d", c.Org.Name, c.Paired, c.Units)
		}
		return out
	}
	unpaired := func(as access.Actor, top model.Org) (ids []int64) {
		t.Helper()
		rows, err := s.Unpaired(t.Context(), as, top.ID, s.Programme.ID, "", page.Request{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range rows.Items {
			ids = append(ids, o.ID)
		}
		return ids
	}
	if got := count(s.university, s.University, ""); got != "1/2 2026-11-15 false: 庚系团委 1/2" {
		t.Error(got)
	}
	if got := count(s.county, s.County, ""); got != "1/2 2026-11-15 false: 丁镇青工委 1/2" {
		t.Error(got)
	}
	if got := count(s.city, s.City, pairing.Local); got != "1/2 2026-11-15 false: 丙县团委 1/2 己大学团委 0/0" {
		t.Error(got)
	}
	if got := unpaired(s.university, s.University); fmt.Sprint(got) != fmt.Sprint([]int64{other.ID}) {
		t.Errorf("branches %v", got)
	}
	if got := unpaired(s.county, s.County); fmt.Sprint(got) != fmt.Sprint([]int64{s.elsewhere.ID}) {
		t.Errorf("communities %v", got)
	}
	s.World.Clock.Set(time.Date(2026, 11, 15, 16, 0, 0, 0, time.UTC)) // the day after, in China
	if got := count(s.university, s.University, ""); got != "1/2 2026-11-15 true: 庚系团委 1/2" {
		t.Error(got)
	}
	if _, _, err := s.Coverage(t.Context(), s.county, s.University.ID, s.Programme.ID, "", page.Request{}); !errors.Is(err, access.ErrDenied) {
		t.Errorf("a county reads a university's: %v", err)
	}
	undated := model.Programme{ID: s.World.NewID(), Code: "UNDATED", Name: "没有期限", OwnerOrgID: s.Programme.OwnerOrgID, Status: model.ProgrammeActive, PolicyVersion: 1, Version: 1}
	policy := s.World.Policy
	policy.PairingDue = ""
	s.Insert(&undated, &model.ProgrammePolicy{ProgrammeID: undated.ID, Version: 1, Policy: policy})
	s.Programme = undated
	if got := count(s.university, s.University, ""); got != "0/2  false: 庚系团委 0/2" {
		t.Errorf("without a due day: %s", got)
	}
}

// TestServiceSpeaksForAPairing: who served together comes before who was only paired, on both sides.
func TestServiceSpeaksForAPairing(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.place(t, s.University, 0)
	s.place(t, s.Community, 1000)
	d := s.active(t)
	served := func(as access.Actor, unit model.Org, want int64, words string) {
		t.Helper()
		got := s.suggested(t, as, unit)
		if len(got) != 1 || got[0].Parts.Served != want || !strings.Contains(got[0].Reasons(false), words) {
			t.Errorf("got %+v, want %d", got, want)
		}
	}
	run := s.Project(d.Pairing, "清洁")
	a, _, _ := s.Activity(run, 3, nil)
	if _, err := s.End(t.Context(), s.host, d.ID, "结束", model.Date(s.World.Clock.Now().Format(time.DateOnly))); err != nil {
		t.Fatal(err)
	}
	served(s.secretary, s.Branch, 1000, "以前结对过") // it has not taken place yet
	s.World.Clock.Set(a.EndsAt)
	served(s.secretary, s.Branch, 2000, "以前一起开展过活动")
	served(s.host, s.Community, 2000, "以前一起开展过活动")
	s.set(t, "activities", a.ID, "status", model.ActivityCancelled)
	served(s.host, s.Community, 1000, "以前结对过")
}
