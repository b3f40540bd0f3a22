package pairing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/pairing"
)

func (s *street) list(t testing.TB, as access.Actor, f pairing.Filter) []int64 {
	t.Helper()
	var out []int64
	for req := (page.Request{Limit: 2}); ; {
		got, err := s.List(t.Context(), as, f, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got.Items {
			out = append(out, d.ID)
			if d.CampusName == "" || d.LocalName == "" {
				t.Errorf("%d has no names", d.ID)
			}
		}
		if req.Cursor = got.Next; req.Cursor == "" {
			return out
		}
	}
}

func TestListKeepsWithinScopeAndFilter(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	otherBranch := s.World.Org(s.Department, model.OrgLeagueBranch, "癸班团支部")
	here := s.active(t).ID
	there := s.propose(t, s.department, func(n *pairing.New) { n.CampusOrgID, n.LocalOrgID = otherBranch.ID, s.elsewhere.ID }).ID
	across := s.propose(t, s.department, func(n *pairing.New) { n.CampusOrgID = otherBranch.ID }).ID
	other := s.AddProgramme("P2", s.University)
	second := s.propose(t, s.secretary, func(n *pairing.New) { n.ProgrammeID = other.ID }).ID
	all := []int64{second, across, there, here}
	university := s.World.Org(s.City, model.OrgUniversityCommittee, "他校团委")
	tests := map[string]struct {
		as   access.Actor
		f    pairing.Filter
		want []int64
	}{
		"the city":                      {s.city, pairing.Filter{}, all},
		"the county, by the local side": {s.county, pairing.Filter{}, all},
		"the department":                {s.department, pairing.Filter{}, all},
		"the branch":                    {s.secretary, pairing.Filter{}, []int64{second, here}},
		"its student":                   {s.World.Student("学生", s.Branch), pairing.Filter{}, []int64{second, here}},
		"the community":                 {s.host, pairing.Filter{}, []int64{second, across, here}},
		"another community":             {s.outsider, pairing.Filter{}, []int64{there}},
		"another university":            {s.World.Staff("外校", access.CommitteeOfficer, university), pairing.Filter{}, nil},
		"one programme":                 {s.city, pairing.Filter{ProgrammeID: other.ID}, []int64{second}},
		"one organisation":              {s.city, pairing.Filter{OrgID: otherBranch.ID}, []int64{across, there}},
		"a subtree":                     {s.city, pairing.Filter{OrgID: s.Town.ID}, all},
		"a filter does not widen scope": {s.outsider, pairing.Filter{OrgID: s.Town.ID}, []int64{there}},
		"ACTIVE":                        {s.city, pairing.Filter{Status: model.PairingActive}, []int64{here}},
		"PROPOSED of one organisation":  {s.city, pairing.Filter{Status: model.PairingProposed, OrgID: s.Community.ID}, []int64{second, across}},
		"none ENDED":                    {s.city, pairing.Filter{Status: model.PairingEnded}, nil},
	}
	for name, tt := range tests {
		if got := s.list(t, tt.as, tt.f); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	if _, err := s.List(t.Context(), s.city, pairing.Filter{OrgID: 5}, page.Request{}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("unknown organisation: %v", err)
	}
	if _, err := s.List(t.Context(), access.Actor{}, pairing.Filter{}, page.Request{}); !errors.Is(err, access.ErrRequired) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := s.Get(t.Context(), s.outsider, here); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another community reads: %v", err)
	}
}

func TestStatusIsFilteredAsItIsShown(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	ending := s.active(t)
	if _, err := s.End(t.Context(), s.host, ending.ID, "搬迁", "2026-10-20"); err != nil {
		t.Fatal(err)
	}
	expiring := s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID })
	statuses := []model.PairingStatus{
		model.PairingProposed, model.PairingActive, model.PairingDormant, model.PairingEnded, model.PairingDeclined, model.PairingExpired,
	}
	check := func(when string) {
		t.Helper()
		for _, id := range []int64{ending.ID, expiring.ID} {
			d, err := s.Get(t.Context(), s.city, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, status := range statuses {
				if got := slices.Contains(s.list(t, s.city, pairing.Filter{Status: status}), id); got != (status == d.Status) {
					t.Errorf("%s: %d is %s and listed under %s: %v", when, id, d.Status, status, got)
				}
			}
		}
	}
	check("at first")
	s.Clock.Set(time.Date(2026, 10, 21, 0, 0, 0, 0, time.UTC))
	check("after the end")
	s.Clock.Set(expiring.AnswerDueAt)
	check("after the day of answer")
	if n, err := s.ExpireDue(t.Context(), 100); n != 2 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	check("after the job")
	s.consistent(t)
}

func TestExpireDueTakesWhatIsDue(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	old := s.propose(t, s.secretary, nil)
	older := s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID })
	s.Clock.Add(time.Hour)
	other := s.AddProgramme("P2", s.University)
	young := s.propose(t, s.secretary, func(n *pairing.New) { n.ProgrammeID = other.ID })
	s.Clock.Set(old.AnswerDueAt)
	if n, err := s.ExpireDue(t.Context(), 1); n != 1 || err != nil {
		t.Fatalf("first: %d, %v", n, err)
	}
	if n, err := s.ExpireDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("second: %d, %v", n, err)
	}
	if n, err := s.ExpireDue(t.Context(), 10); n != 0 || err != nil {
		t.Fatalf("third: %d, %v", n, err)
	}
	want := map[int64]model.PairingStatus{old.ID: model.PairingExpired, older.ID: model.PairingExpired, young.ID: model.PairingProposed}
	for id, status := range want {
		row, err := pairing.ByID(s.World.DB, id)
		if err != nil || row.Status != status {
			t.Errorf("%d is %s, want %s (%v)", id, row.Status, status, err)
		}
	}
	var entries []model.AuditEntry
	if err := s.World.DB.Where("action = ?", "pairing.expire").Find(&entries).Error; err != nil || len(entries) != 2 || entries[0].UserID != 0 || entries[0].OrgPath != s.Branch.Path {
		t.Errorf("audit: %+v, %v", entries, err)
	}
	s.consistent(t)
}
