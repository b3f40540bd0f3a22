package pairing_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/pairing"
)

// street is a world with the service, people on both sides and others who have nothing to say.
type street struct {
	*testkit.World
	*pairing.Service
	secretary, department, university access.Actor // campus side
	host, town                        access.Actor // local side
	county, city                      access.Actor // committees above
	outsider                          access.Actor // host staff of another community
	elsewhere                         model.Org
}

func newStreet(t testing.TB) *street {
	t.Helper()
	w := testkit.NewWorld(t)
	s := &street{World: w, Service: &pairing.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}}
	s.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	s.department = w.Staff("系干部", access.CommitteeOfficer, w.Department)
	s.university = w.Staff("校干部", access.CommitteeOfficer, w.University)
	s.host = w.Staff("陈干事", access.HostStaff, w.Community)
	s.town = w.Staff("镇委员", access.TownOfficer, w.Town)
	s.county = w.Staff("县干部", access.CommitteeOfficer, w.County)
	s.city = w.Staff("市干部", access.CommitteeOfficer, w.City)
	s.elsewhere = w.Org(w.Town, model.OrgCommunity, "别处社区")
	s.outsider = w.Staff("别处干事", access.HostStaff, s.elsewhere)
	return s
}

// proposal is the plain one: the branch and the community.
func (s *street) proposal(change func(*pairing.New)) pairing.New {
	in := pairing.New{ProgrammeID: s.Programme.ID, CampusOrgID: s.Branch.ID, LocalOrgID: s.Community.ID, Level: model.PairingCommunityBranch, Note: "一起做"}
	if change != nil {
		change(&in)
	}
	return in
}

func (s *street) propose(t testing.TB, as access.Actor, change func(*pairing.New)) pairing.Detail {
	t.Helper()
	d, err := s.Propose(t.Context(), as, idem.Key{}, s.proposal(change))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *street) active(t testing.TB) pairing.Detail {
	t.Helper()
	d, err := s.Accept(t.Context(), s.host, s.propose(t, s.secretary, nil).ID, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// idle is a pairing in which nothing took place for a whole term that ended yesterday, and the next term.
func (s *street) idle(t testing.TB) (d pairing.Detail, next int64) {
	t.Helper()
	s.term(t, "2026-09-01", "2027-01-17")
	next = s.term(t, "2027-02-22", "2027-07-10")
	d = s.active(t)
	s.set(t, "pairings", d.ID, "from_on", "2026-09-01")
	s.World.Clock.Set(time.Date(2027, 1, 18, 0, 0, 0, 0, time.UTC))
	return d, next
}

// ends is for how many days' notice the programme asks, and how long a pairing lasts at least.
func (s *street) ends(notice, least int64) {
	policy := s.Policy
	policy.PairingNoticeDays, policy.PairingMinDays = notice, least
	s.Insert(&model.ProgrammePolicy{ProgrammeID: s.Programme.ID, Version: 2, Policy: policy, CreatedAt: s.Clock.Now()})
}

// set writes columns past the service.
func (s *street) set(t testing.TB, table string, id int64, column string, value any) {
	t.Helper()
	err := s.World.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Table(table).Where("id = ?", id).Update(column, value).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rows sums up what is in the tables that the package writes.
func (s *street) rows(t testing.TB) string {
	t.Helper()
	var pairings []model.Pairing
	var audits int64
	if err := s.World.DB.Order("id").Find(&pairings).Error; err != nil {
		t.Fatal(err)
	}
	if err := s.World.DB.Model(&model.AuditEntry{}).Count(&audits).Error; err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprint(audits, " audit rows")
	for _, p := range pairings {
		out += fmt.Sprintf("; %d %s v%d", p.ID, p.Status, p.Version)
	}
	return out
}

// refused checks a refusal: its code, the one field it names ("" for none), and that nothing was written.
func (s *street) refused(t *testing.T, want error, field string, do func() error) {
	t.Helper()
	before := s.rows(t)
	err := do()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	named := ""
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		for _, wrong := range f.Fields {
			named += wrong.Pointer
		}
	}
	if named != field {
		t.Errorf("names %q, want %q", named, field)
	}
	if after := s.rows(t); after != before {
		t.Errorf("something was written: %s, was %s", after, before)
	}
}

// consistent checks what holds of every stored pairing, whatever happened to it.
func (s *street) consistent(t *testing.T) {
	t.Helper()
	var rows []model.Pairing
	if err := s.World.DB.Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	for _, p := range rows {
		live := p.Status == model.PairingProposed || p.Status == model.PairingActive || p.Status == model.PairingDormant
		both := p.CampusAcceptedBy != nil && p.LocalAcceptedBy != nil
		switch {
		case live != (p.LiveProgrammeID != nil):
			t.Errorf("%d is %s and its place is %v", p.ID, p.Status, p.LiveProgrammeID)
		case both != (p.FromOn != nil):
			t.Errorf("%d is %s, both accepted: %v, from %v", p.ID, p.Status, both, p.FromOn)
		case p.Status == model.PairingActive && !both:
			t.Errorf("%d is ACTIVE and one side has not accepted", p.ID)
		case both && *p.CampusAcceptedBy == *p.LocalAcceptedBy:
			t.Errorf("%d was accepted by one person for both sides", p.ID)
		case (p.CampusAcceptedBy == nil) != (p.CampusAcceptedAt == nil), (p.LocalAcceptedBy == nil) != (p.LocalAcceptedAt == nil):
			t.Errorf("%d: person and time of acceptance do not go together", p.ID)
		}
	}
}
