package pairing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/pairing"
)

// bonds are those of the branch, as words.
func (s *street) bonds(t *testing.T) (out []string) {
	t.Helper()
	read := func(side string, unit model.Org) []pairing.Bond {
		all, err := s.Bonds(s.World.DB, s.Programme.ID, s.World.Policy, side, unit.ID)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := read(pairing.Campus, s.Branch)
	for _, b := range all {
		if other := read(pairing.Local, model.Org{ID: b.LocalOrgID}); !slices.Contains(other, b) {
			t.Errorf("the local side knows %v, not %v", other, b)
		}
		out = append(out, fmt.Sprintf("%s %v", b.Kind, b.InForce))
	}
	return out
}

// What a pairing means to a round depends on the coming term: its second half belongs to the next.
func TestWhatPairingsMeanToARound(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	now := s.term(t, "2026-09-01", "2027-01-17")
	next := s.term(t, "2027-02-22", "2027-07-10")
	is := func(want ...string) {
		t.Helper()
		if got := s.bonds(t); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	renew := func(term int64, who ...access.Actor) {
		t.Helper()
		for _, actor := range who {
			if _, err := s.Renew(t.Context(), actor, s.pairingID(t), term, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	is()
	d := s.propose(t, s.secretary, nil)
	is("KEPT false") // it waits for an answer
	if _, err := s.Accept(t.Context(), s.host, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	is("KEPT true") // it began in the term
	s.set(t, "pairings", d.ID, "from_on", "2026-03-01")
	is("FORMER true")
	renew(now, s.secretary)
	is("FORMER true") // one side only
	renew(now, s.host)
	is("KEPT true")
	s.World.Clock.Set(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) // the next term is the coming one
	is("FORMER true")
	renew(next, s.secretary, s.host)
	is("KEPT true")
	if _, err := s.End(t.Context(), s.host, d.ID, "搬迁", "2027-08-01"); err != nil {
		t.Fatal(err)
	}
	is("KEPT true") // it lasts the term
	if _, err := s.End(t.Context(), s.host, d.ID, "搬迁", "2027-05-01"); err != nil {
		t.Fatal(err)
	}
	is("REFUSED true")
	s.World.Clock.Set(time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC))
	is("REFUSED false")
	again := s.propose(t, s.secretary, nil)
	is("KEPT false") // the newest of the two counts
	if _, err := s.Decline(t.Context(), s.host, again.ID); err != nil {
		t.Fatal(err)
	}
	is("REFUSED false")
	s.World.Clock.Set(time.Date(2027, 9, 1, 0, 0, 0, 0, time.UTC))
	is() // another programme year
	s.propose(t, s.secretary, nil)
	s.World.Clock.Set(time.Date(2027, 9, 20, 0, 0, 0, 0, time.UTC))
	is() // nobody answered
}

// pairingID is that of the only pairing.
func (s *street) pairingID(t *testing.T) (id int64) {
	t.Helper()
	if err := s.World.DB.Model(&model.Pairing{}).Pluck("id", &id).Error; err != nil {
		t.Fatal(err)
	}
	return id
}

func (s *street) recommend(m pairing.Match) (d pairing.Detail, err error) {
	err = s.World.DB.Transaction(func(tx *gorm.DB) error {
		d, err = s.Recommend(tx, m)
		return err
	})
	return d, err
}

// What a round recommends is like what a committee recommends, below the pairing of the town and the department.
func TestARoundRecommendsAsACommitteeDoes(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	above, err := s.Accept(t.Context(), s.town, s.propose(t, s.department, func(n *pairing.New) {
		n.CampusOrgID, n.LocalOrgID, n.Level = s.Department.ID, s.Town.ID, model.PairingTownDepartment
	}).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	m := pairing.Match{RoundID: 7, ProgrammeID: s.Programme.ID, CampusOrgID: s.Branch.ID, LocalOrgID: s.Community.ID, By: s.university.UserID, Note: "相距约 900 米。"}
	d, err := s.recommend(m)
	if err != nil {
		t.Fatal(err)
	}
	if d.Origin != model.OriginCommittee || d.ParentID == nil || *d.ParentID != above.ID || d.CampusAcceptedBy != nil || d.LocalAcceptedBy != nil || d.ProposedBy != s.university.UserID || d.Note != m.Note {
		t.Errorf("got %+v", d)
	}
	s.refused(t, pairing.ErrExists, "", func() error { _, err := s.recommend(m); return err })
	if _, err := s.Accept(t.Context(), s.secretary, d.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Accept(t.Context(), s.host, d.ID, ""); err != nil || got.Status != model.PairingActive {
		t.Errorf("got %v %v", got.Status, err)
	}
	s.consistent(t)
	s.set(t, "orgs", s.elsewhere.ID, "status", model.OrgDissolved)
	s.refused(t, pairing.ErrOrgNotActive, "", func() error {
		m.LocalOrgID = s.elsewhere.ID
		_, err := s.recommend(m)
		return err
	})
}

func TestUnitsAreThoseThatPairBelowAPath(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	club := s.World.Org(s.Department, model.OrgStudentClub, "社团")
	gone := s.World.Org(s.Department, model.OrgLeagueBranch, "毕业班")
	s.set(t, "orgs", gone.ID, "status", model.OrgDissolved)
	names := func(side, below string) (out []string) {
		t.Helper()
		for after := int64(0); ; {
			rows, err := pairing.Units(s.World.DB, side, below, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				return out
			}
			out, after = append(out, rows[0].Name), rows[0].ID
		}
	}
	for _, tt := range []struct {
		side  string
		below model.Org
		want  []string
	}{
		{pairing.Campus, s.University, []string{s.Branch.Name, club.Name}},
		{pairing.Local, s.County, []string{s.Community.Name, s.elsewhere.Name}},
		{pairing.Local, model.Org{}, []string{s.Community.Name, s.elsewhere.Name}},
		{pairing.Local, s.University, nil},
	} {
		if got := names(tt.side, tt.below.Path); !slices.Equal(got, tt.want) {
			t.Errorf("%s below %s: got %v, want %v", tt.side, tt.below.Name, got, tt.want)
		}
	}
	starts := s.World.Clock.Now().Add(time.Hour)
	for i, status := range []model.DemandStatus{model.DemandOpen, model.DemandOpen, model.DemandDraft} {
		s.Insert(&model.Demand{ID: s.World.NewID(), ProgrammeID: s.Programme.ID, HostOrgID: s.Community.ID, HostPath: s.Community.Path, Status: status, StartsAt: &starts, Version: 1, CreatedAt: starts.Add(time.Duration(i)), UpdatedAt: starts})
	}
	got, err := pairing.OpenDemands(s.World.DB, s.Programme.ID, s.World.Clock.Now(), s.Community.ID, s.elsewhere.ID)
	if err != nil || len(got) != 1 || got[s.Community.ID] != 2 {
		t.Errorf("got %v %v", got, err)
	}
}

// The first and the last day of a term decide.
func TestBondsAtTheEdgesOfATerm(t *testing.T) {
	t.Parallel()
	term := model.Term{ID: 1, StartsOn: "2026-09-01", EndsOn: "2027-01-17"}
	day := func(s string) *model.Date { d := model.Date(s); return &d }
	for name, tt := range map[string]struct {
		p    model.Pairing
		term model.Term
		want pairing.BondKind
	}{
		"begun on the first day":             {model.Pairing{Status: model.PairingActive, FromOn: day("2026-09-01")}, term, pairing.BondKept},
		"begun the day before":               {model.Pairing{Status: model.PairingActive, FromOn: day("2026-08-31")}, term, pairing.BondFormer},
		"over on the last day":               {model.Pairing{Status: model.PairingDormant, FromOn: day("2026-09-01"), ToOn: day("2027-01-17")}, term, pairing.BondRefused},
		"over on the day after":              {model.Pairing{Status: model.PairingDormant, FromOn: day("2026-09-01"), ToOn: day("2027-01-18")}, term, pairing.BondKept},
		"with an end, and no term to come":   {model.Pairing{Status: model.PairingActive, FromOn: day("2026-09-01"), ToOn: day("2030-01-18")}, model.Term{}, pairing.BondRefused},
		"without an end, and no term either": {model.Pairing{Status: model.PairingActive, FromOn: day("2026-09-01")}, model.Term{}, pairing.BondFormer},
	} {
		if got := pairing.BondOf(tt.p, tt.term, false); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
