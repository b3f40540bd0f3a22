package round_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/go-sql-driver/mysql"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/files"
	"baodao/service/notify"
	"baodao/service/pairing"
	"baodao/service/round"
	"baodao/service/survey"
)

// county is a world with branches of one university and communities around it, and a service for rounds of pairing.
type county struct {
	*testkit.World
	rounds                *round.Service
	pairs                 *round.Pairs
	pairings              *pairing.Service
	officer, another      access.Actor // of the city
	secretary, host       access.Actor // of the whole university; of the whole town
	branches, communities []model.Org
	now, next             int64 // terms
}

func newCounty(t *testing.T) *county {
	t.Helper()
	w := testkit.NewWorld(t)
	c := &county{World: w}
	c.pairings = &pairing.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}
	asked := &survey.Service{DB: w.DB, Now: w.Clock.Now, Audit: w.Audit, Vault: w.Vault}
	c.pairs = &round.Pairs{DB: w.DB, Now: w.Clock.Now, Survey: asked, Pairings: c.pairings}
	c.rounds = c.replica("one")
	c.officer, c.another = w.Staff("市干部", access.CommitteeOfficer, w.City), w.Staff("另一干部", access.CommitteeOfficer, w.City)
	c.secretary, c.host = w.Staff("校干部", access.CommitteeOfficer, w.University), w.Staff("镇委员", access.TownOfficer, w.Town)
	c.Programme = w.AddProgramme("CITY", w.City)
	c.place(w.University, 0)
	c.branches = []model.Org{w.Branch}
	for i := range 3 {
		c.branches = append(c.branches, w.Org(w.Department, model.OrgLeagueBranch, fmt.Sprintf("支部%d", i)))
	}
	c.communities = []model.Org{w.Community}
	for i := range 2 {
		c.communities = append(c.communities, w.Org(w.Town, model.OrgCommunity, fmt.Sprintf("社区%d", i)))
	}
	for i, o := range c.communities {
		c.place(o, int64(1000*(i+1)))
	}
	c.now, c.next = c.term("2026-09-01", "2027-01-17"), c.term("2027-02-22", "2027-07-10")
	return c
}

// replica is a service like that of another process.
func (c *county) replica(owner string) *round.Service {
	return &round.Service{
		DB: c.DB, Now: c.Clock.Now, NewID: c.NewID, Audit: c.Audit, Vault: c.Vault, Owner: owner, Kinds: map[string]round.Kind{model.RoundPairing: c.pairs}, Notify: c.Notices(),
	}
}

func (c *county) term(from, to model.Date) int64 {
	id := c.NewID()
	c.Insert(&model.Term{ID: id, UniversityID: c.University.ID, Name: string(from), StartsOn: from, EndsOn: to, CreatedAt: c.Clock.Now()})
	return id
}

// place puts an organisation at some metres north of the university.
func (c *county) place(o model.Org, north int64) {
	c.TB.Helper()
	c.set(model.Org{}.TableName(), o.ID, map[string]any{"lat_e6": 36_650_000 + north*1_000_000/111_195, "lng_e6": 117_120_000})
}

func (c *county) set(table string, id int64, set map[string]any) {
	c.TB.Helper()
	err := c.DB.Transaction(func(tx *gorm.DB) error { return tx.Table(table).Where("id = ?", id).Updates(set).Error })
	if err != nil {
		c.TB.Fatal(err)
	}
}

// answers writes a survey down: partners and skills.
func (c *county) answers(o model.Org, partners, skills int64) {
	c.Insert(&model.OrgSurvey{OrgID: o.ID, ProgrammeID: c.Programme.ID, Partners: partners, Skills: skills, Version: 1, CreatedAt: c.Clock.Now(), UpdatedAt: c.Clock.Now()})
}

// active pairs two, from a day on.
func (c *county) active(t *testing.T, branch, community model.Org, from model.Date) pairing.Detail {
	t.Helper()
	d, err := c.pairings.Propose(t.Context(), c.secretary, idem.Key{}, pairing.New{ProgrammeID: c.Programme.ID, CampusOrgID: branch.ID, LocalOrgID: community.ID, Level: model.PairingCommunityBranch})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = c.pairings.Accept(t.Context(), c.host, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	c.set("pairings", d.ID, map[string]any{"from_on": from})
	return d
}

// plan opens a round whose time is over.
func (c *county) plan(t *testing.T, scope model.Org, as access.Actor) model.MatchRound {
	t.Helper()
	now := c.Clock.Now()
	d, err := c.rounds.Create(t.Context(), as, idem.Key{}, round.New{Kind: model.RoundPairing, ProgrammeID: c.Programme.ID, ScopeOrgID: scope.ID, Form: round.Form{
		Name: "春季结对", Season: model.SeasonTerm, Rule: files.PairingRule, K: 1, RadiusM: 10_000, AnswerHours: 72,
		WishesFrom: now, WishesUntil: now.Add(time.Hour), DrawSource: "双色球下一期",
	}})
	if err == nil {
		_, err = c.rounds.Open(t.Context(), as, d.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.Clock.Add(time.Hour)
	return d.MatchRound
}

func (c *county) advance(t *testing.T, times int) {
	t.Helper()
	for range times {
		if _, err := c.rounds.Advance(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *county) run(t *testing.T, r model.MatchRound) model.MatchRound {
	t.Helper()
	c.advance(t, 2)
	if _, err := c.rounds.Draw(t.Context(), c.officer, r.ID, "07 11 23"); err != nil {
		t.Fatal(err)
	}
	c.advance(t, 1)
	d, err := c.rounds.Publish(t.Context(), c.officer, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d.MatchRound
}

// given are the pairs of a round in words, by branch and community.
func (c *county) given(t *testing.T, r model.MatchRound) (out []string) {
	t.Helper()
	var rows []model.MatchPair
	if err := c.DB.Where("round_id = ?", r.ID).Order("campus_org_id, local_org_id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	at := func(all []model.Org, id int64) int {
		return slices.IndexFunc(all, func(o model.Org) bool { return o.ID == id })
	}
	for _, p := range rows {
		out = append(out, fmt.Sprintf("%d-%d %s", at(c.branches, p.CampusOrgID), at(c.communities, p.LocalOrgID), p.Kind))
	}
	return out
}

func (c *county) propose(t *testing.T, want int) {
	t.Helper()
	n, err := c.rounds.ProposePairs(t.Context(), 100)
	if err != nil || n != want {
		t.Fatalf("%d proposed, want %d: %v", n, want, err)
	}
}

// hears spreads what a round of pairing tells, and wants the units whose pairing it keeps, and no others, to be asked for a renewal.
func (c *county) hears(t *testing.T, units ...model.Org) {
	t.Helper()
	err := c.rounds.Notify.Spread(t.Context(), func(tx *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
		return round.Audience(tx, c.Clock.Now, f, limit)
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []model.Notification
	if err := c.DB.Where("kind = ?", notify.MatchStays).Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	got, want := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		got[r.Data["org"]] = true
	}
	for _, o := range units {
		want[o.Name] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("asked to renew: %v, want %v", got, want)
	}
}

// A whole round: the renewed pair stays, the former pair stays though another is a little nearer, the others are proposed
// as a committee proposes, and both sides answer as always.
func TestARoundOfPairing(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.answers(c.branches[0], 2, 1) // has what the first community wants
	for _, b := range c.branches[1:] {
		c.answers(b, 1, 0)
	}
	c.answers(c.communities[0], 2, 1)
	c.answers(c.communities[1], 1, 0)
	c.answers(c.communities[2], 2, 0)
	c.Clock.Set(time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)) // the next term is the coming one
	renewed := c.active(t, c.branches[0], c.communities[2], "2026-09-10")
	former := c.active(t, c.branches[1], c.communities[1], "2026-09-10")
	for _, who := range []access.Actor{c.secretary, c.host} {
		if _, err := c.pairings.Renew(t.Context(), who, renewed.ID, c.next, ""); err != nil {
			t.Fatal(err)
		}
	}
	r := c.run(t, c.plan(t, c.City, c.officer))
	got := c.given(t, r)
	kinds := map[string]int{}
	for _, g := range got {
		kinds[g[len("0-0 "):]]++
	}
	if len(got) != 5 || kinds["NEW"] != 3 || !slices.Contains(got, "0-2 KEPT") || !slices.Contains(got, "1-1 STAYS") {
		t.Fatalf("got %v", got)
	}
	if r.Students != 4 || r.Positions != 3 || r.Seats != 5 || r.Placed != 5 {
		t.Errorf("figures %d %d %d %d", r.Students, r.Positions, r.Seats, r.Placed)
	}
	c.propose(t, 3)
	c.propose(t, 0)
	c.hears(t, c.branches[1], c.communities[1])
	var pairs []model.MatchPair
	if err := c.DB.Where("round_id = ?", r.ID).Find(&pairs).Error; err != nil {
		t.Fatal(err)
	}
	for _, p := range pairs {
		if p.PairingID == nil {
			t.Fatalf("%+v has no pairing", p)
		}
		d, err := c.pairings.Get(t.Context(), c.officer, *p.PairingID)
		if err != nil {
			t.Fatal(err)
		}
		switch p.Kind {
		case model.PairKept:
			if d.ID != renewed.ID {
				t.Errorf("kept %d", d.ID)
			}
		case model.PairStays:
			if d.ID != former.ID || p.Stay != 500 {
				t.Errorf("stays %+v", p)
			}
		default:
			if d.Origin != model.OriginCommittee || d.Status != model.PairingProposed || d.CampusOrgID != p.CampusOrgID || d.LocalOrgID != p.LocalOrgID || d.Note == "" {
				t.Errorf("proposed %+v", d)
			}
		}
	}
}

// A round for the university finds communities around it; one for the county finds branches around its communities. A club
// that has not answered stays out, and so does who wants nobody, has no place on the map or is too far.
func TestWhoTakesPartInARoundOfPairing(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	club, nobody := c.Org(c.Department, model.OrgStudentClub, "社团"), c.Org(c.Department, model.OrgLeagueBranch, "不参加")
	answered := c.Org(c.Department, model.OrgStudentUnion, "学生会")
	c.answers(nobody, 0, 0)
	c.answers(answered, 1, 0)
	far, nowhere := c.Org(c.Town, model.OrgCommunity, "远"), c.Org(c.Town, model.OrgCommunity, "无处")
	c.place(far, 20_000)
	_, _ = club, nowhere
	foreign := c.Org(c.Org(c.Org(c.Province, model.OrgCityCommittee, "别市"), model.OrgCountyCommittee, "别县"), model.OrgTownYouthCommittee, "别镇")
	other := c.Org(foreign, model.OrgCommunity, "别市社区")
	c.place(other, 500)
	took := func(scope model.Org) string {
		var rows []model.RoundInput
		r := c.plan(t, scope, c.officer)
		c.advance(t, 2)
		if err := c.DB.Where("round_id = ?", r.ID).Order("side, seq").Find(&rows).Error; err != nil {
			t.Fatal(err)
		}
		names := map[int64]string{club.ID: "club", nobody.ID: "nobody", answered.ID: "answered", far.ID: "far", nowhere.ID: "nowhere", other.ID: "other"}
		for i, b := range c.branches {
			names[b.ID] = fmt.Sprint("b", i)
		}
		for i, m := range c.communities {
			names[m.ID] = fmt.Sprint("c", i)
		}
		out := ""
		for _, row := range rows {
			out += names[row.RefID] + " "
		}
		return out
	}
	const branches = "b0 b1 b2 b3 answered "
	for _, tt := range []struct {
		scope model.Org
		want  string
	}{
		{c.University, branches + "c0 c1 c2 other "}, {c.County, branches + "c0 c1 c2 "}, {c.City, branches + "c0 c1 c2 "},
	} {
		if got := took(tt.scope); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.scope.Name, got, tt.want)
		}
	}
}

// Whoever has declined is not proposed the same again in that year; a pairing with somebody outside the round takes a place.
func TestARefusalIsRemembered(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.answers(c.branches[0], 1, 0)
	c.answers(c.communities[0], 1, 0)
	for _, o := range append(slices.Clone(c.branches[1:]), c.communities[1:]...) {
		c.answers(o, 0, 0)
	}
	first := c.run(t, c.plan(t, c.City, c.officer))
	if got := c.given(t, first); !slices.Equal(got, []string{"0-0 NEW"}) {
		t.Fatalf("got %v", got)
	}
	c.propose(t, 1)
	var made model.MatchPair
	if err := c.DB.Where("round_id = ?", first.ID).First(&made).Error; err != nil {
		t.Fatal(err)
	}
	waiting := c.run(t, c.plan(t, c.City, c.officer))
	if got := c.given(t, waiting); !slices.Equal(got, []string{"0-0 KEPT"}) {
		t.Fatalf("a proposal that waits: got %v", got)
	}
	if _, err := c.pairings.Decline(t.Context(), c.host, *made.PairingID); err != nil {
		t.Fatal(err)
	}
	after := c.run(t, c.plan(t, c.City, c.officer))
	if got := c.given(t, after); got != nil {
		t.Fatalf("got %v", got)
	}
	c.propose(t, 0)
}

// What cannot be proposed any more by then keeps the code of why, and the others go on.
func TestAPairThatWasMadeMeanwhileIsNotProposed(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	r := c.run(t, c.plan(t, c.City, c.officer))
	var rows []model.MatchPair
	if err := c.DB.Where("round_id = ?", r.ID).Order("campus_org_id").Find(&rows).Error; err != nil || len(rows) != 4 {
		t.Fatal(len(rows), err)
	}
	_, err := c.pairings.Propose(t.Context(), c.secretary, idem.Key{}, pairing.New{ProgrammeID: c.Programme.ID, CampusOrgID: rows[0].CampusOrgID, LocalOrgID: rows[0].LocalOrgID, Level: model.PairingCommunityBranch})
	if err != nil {
		t.Fatal(err)
	}
	c.propose(t, 3)
	var refused model.MatchPair
	if err := c.DB.Where("round_id = ? AND campus_org_id = ?", r.ID, rows[0].CampusOrgID).First(&refused).Error; err != nil {
		t.Fatal(err)
	}
	if refused.Refusal != pairing.ErrExists.Code || refused.PairingID != nil {
		t.Errorf("got %+v", refused)
	}
}

// However many replicas propose, every pair is proposed once.
func TestReplicasProposeOnce(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.run(t, c.plan(t, c.City, c.officer))
	var fns []func() error
	for range 6 {
		fns = append(fns, func() error { _, err := c.pairs.Propose(context.WithoutCancel(t.Context()), 100); return err })
	}
	if got := testkit.Race(fns...); got[""] != 6 {
		t.Errorf("got %v", got)
	}
	var n int64
	if err := c.DB.Model(&model.Pairing{}).Count(&n).Error; err != nil || n != 4 {
		t.Errorf("%d pairings, want 4: %v", n, err)
	}
}

// A database that is too busy refuses nobody: the pair is proposed at the next turn.
func TestABusyDatabaseRefusesNobody(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.run(t, c.plan(t, c.City, c.officer))
	busy := true
	err := c.DB.Callback().Create().Before("gorm:create").Register("busy", func(tx *gorm.DB) {
		if busy && tx.Statement.Table == (model.Pairing{}).TableName() {
			_ = tx.AddError(&mysql.MySQLError{Number: 1213, Message: "Deadlock found"})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.pairs.Propose(t.Context(), 100); !errors.Is(err, fault.ErrBusy) {
		t.Fatalf("got %v", err)
	}
	busy = false
	c.propose(t, 4)
}

// A pair that cannot be written does not hold up the others.
func TestAPairThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	c.run(t, c.plan(t, c.City, c.officer))
	broken := errors.New("broken")
	var first int64
	err := c.DB.Callback().Create().Before("gorm:create").Register("broken", func(tx *gorm.DB) {
		row, ok := tx.Statement.Dest.(*model.Pairing)
		if ok && first == 0 {
			first = row.CampusOrgID
		}
		if ok && row.CampusOrgID == first {
			_ = tx.AddError(broken)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.pairs.Propose(t.Context(), 100); n < 2 || !errors.Is(err, broken) {
		t.Fatalf("%d proposed: %v", n, err)
	}
}
