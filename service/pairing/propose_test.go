package pairing_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/pairing"
)

func TestWhoProposesHasAccepted(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	due := s.World.Clock.Now().AddDate(0, 0, 14)
	both := s.World.Grant(s.secretary, access.HostStaff, s.Community)
	tests := map[string]struct {
		as            access.Actor
		side          string
		campus, local bool
		origin        string
	}{
		"the branch":                          {s.secretary, "", true, false, model.OriginSelf},
		"the department for its branch":       {s.department, "", true, false, model.OriginSelf},
		"the community":                       {s.host, "", false, true, model.OriginSelf},
		"the town for its community":          {s.town, pairing.Local, false, true, model.OriginSelf},
		"a person of both sides, for one":     {both, pairing.Local, false, true, model.OriginSelf},
		"the county only recommends":          {s.county, "", false, false, model.OriginCommittee},
		"the city above both only recommends": {s.city, "", false, false, model.OriginCommittee},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := s.propose(t, tt.as, func(n *pairing.New) { n.Side = tt.side })
			if (d.CampusAcceptedBy != nil) != tt.campus || (d.LocalAcceptedBy != nil) != tt.local || d.Origin != tt.origin {
				t.Errorf("got %+v", d)
			}
			if d.Status != model.PairingProposed || d.ProposedBy != tt.as.UserID || !d.AnswerDueAt.Equal(due) || d.CampusName != s.Branch.Name || d.LocalName != s.Community.Name {
				t.Errorf("got %+v", d)
			}
			stored, err := s.Get(t.Context(), s.secretary, d.ID)
			if err != nil || !reflect.DeepEqual(stored, d) {
				t.Errorf("answered %+v, stored %+v, %v", d, stored, err)
			}
			s.consistent(t)
			if _, err := s.Decline(t.Context(), s.department, d.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestProposeRefusals(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	foreign := s.World.Org(s.City, model.OrgUniversityCommittee, "他校团委")
	foreignBranch := s.World.Org(s.World.Org(foreign, model.OrgDepartmentCommittee, "他系"), model.OrgLeagueBranch, "他班")
	gone := s.World.Org(s.Town, model.OrgCommunity, "撤并社区")
	s.set(t, "orgs", gone.ID, "status", model.OrgDissolved)
	draft := s.AddProgramme("DRAFT", s.University)
	s.set(t, "programmes", draft.ID, "status", model.ProgrammeDraft)
	closed := s.AddProgramme("CLOSED", s.University)
	s.set(t, "programmes", closed.ID, "status", model.ProgrammeClosed)
	both := s.World.Grant(s.secretary, access.HostStaff, s.Community)
	student := s.World.Student("学生", s.Branch)
	client := access.Actor{ClientID: 3, Grants: s.university.Grants, Scopes: []access.Permission{access.PairingPropose}}
	tests := map[string]struct {
		as     access.Actor
		change func(*pairing.New)
		want   error
		field  string
	}{
		"nobody":                               {access.Actor{}, nil, access.ErrRequired, ""},
		"a student":                            {student, nil, access.ErrDenied, ""},
		"an API client":                        {client, nil, access.ErrDenied, ""},
		"another community":                    {s.outsider, nil, access.ErrDenied, ""},
		"the branch, speaking for the other":   {s.secretary, func(n *pairing.New) { n.Side = pairing.Local }, access.ErrDenied, ""},
		"a committee speaking for a side":      {s.county, func(n *pairing.New) { n.Side = pairing.Local }, access.ErrDenied, ""},
		"a person of both who does not say":    {both, nil, fault.ErrInvalid, "/side"},
		"an unknown side":                      {both, func(n *pairing.New) { n.Side = "BOTH" }, fault.ErrInvalid, "/side"},
		"no such programme":                    {s.secretary, func(n *pairing.New) { n.ProgrammeID = 5 }, fault.ErrInvalid, "/programme_id"},
		"a programme still in draft":           {s.university, func(n *pairing.New) { n.ProgrammeID = draft.ID }, fault.ErrInvalid, "/programme_id"},
		"a closed programme":                   {s.secretary, func(n *pairing.New) { n.ProgrammeID = closed.ID }, pairing.ErrNotActive, ""},
		"no such campus unit":                  {s.host, func(n *pairing.New) { n.CampusOrgID = 5 }, fault.ErrInvalid, "/campus_org_id"},
		"no such local unit":                   {s.secretary, func(n *pairing.New) { n.LocalOrgID = 5 }, fault.ErrInvalid, "/local_org_id"},
		"a dissolved community":                {s.secretary, func(n *pairing.New) { n.LocalOrgID = gone.ID }, pairing.ErrOrgNotActive, ""},
		"a branch out of the programme":        {s.host, func(n *pairing.New) { n.CampusOrgID = foreignBranch.ID }, pairing.ErrOutOfProgramme, ""},
		"no such level":                        {s.secretary, func(n *pairing.New) { n.Level = "X" }, fault.ErrInvalid, "/level"},
		"a branch with a town":                 {s.secretary, func(n *pairing.New) { n.LocalOrgID = s.Town.ID }, fault.ErrInvalid, "/local_org_id"},
		"two campus units":                     {s.university, func(n *pairing.New) { n.LocalOrgID = s.Branch.ID }, fault.ErrInvalid, "/local_org_id"},
		"a branch and community at town level": {s.secretary, func(n *pairing.New) { n.Level = model.PairingTownDepartment }, fault.ErrInvalid, "/campus_org_id/local_org_id"},
		"a note that turns the text round":     {s.secretary, func(n *pairing.New) { n.Note = "好\u202e" }, fault.ErrInvalid, "/note"},
		"a note too long":                      {s.secretary, func(n *pairing.New) { n.Note = strings.Repeat("长", 501) }, fault.ErrInvalid, "/note"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s.refused(t, tt.want, tt.field, func() error {
				_, err := s.Propose(t.Context(), tt.as, idem.Key{}, s.proposal(tt.change))
				return err
			})
		})
	}
}

func TestEveryKindPairsAtItsLevelOnly(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	campus := map[model.OrgKind]model.Org{model.OrgDepartmentCommittee: s.Department, model.OrgUniversityCommittee: s.University, model.OrgLeagueBranch: s.Branch}
	for _, kind := range []model.OrgKind{model.OrgGeneralBranch, model.OrgStudentClub, model.OrgStudentUnion, model.OrgVolunteerAssociation} {
		campus[kind] = s.World.Org(s.Department, kind, string(kind))
	}
	local := map[model.OrgKind]model.Org{model.OrgTownYouthCommittee: s.Town, model.OrgCommunity: s.Community, model.OrgCountyCommittee: s.County}
	for _, kind := range []model.OrgKind{model.OrgYouthHome, model.OrgVenue} {
		local[kind] = s.World.Org(s.Town, kind, string(kind))
	}
	n := map[string]int{}
	for _, c := range campus {
		for _, l := range local {
			for _, level := range []string{model.PairingTownDepartment, model.PairingCommunityBranch} {
				_, err := s.Propose(t.Context(), s.university, idem.Key{}, pairing.New{ProgrammeID: s.Programme.ID, CampusOrgID: c.ID, LocalOrgID: l.ID, Level: level})
				if err == nil {
					n[level]++
				}
			}
		}
	}
	if n[model.PairingTownDepartment] != 1 || n[model.PairingCommunityBranch] != 5*3 {
		t.Errorf("got %v", n)
	}
}

func TestACountysProgrammeReachesItsCommunities(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	p := s.AddProgramme("COUNTY", s.County)
	s.propose(t, s.secretary, func(n *pairing.New) { n.ProgrammeID = p.ID })
	otherTown := s.World.Org(s.World.Org(s.City, model.OrgCountyCommittee, "邻县"), model.OrgTownYouthCommittee, "邻镇")
	far := s.World.Org(otherTown, model.OrgCommunity, "邻社区")
	s.refused(t, pairing.ErrOutOfProgramme, "", func() error {
		_, err := s.Propose(t.Context(), s.secretary, idem.Key{}, s.proposal(func(n *pairing.New) { n.ProgrammeID, n.LocalOrgID = p.ID, far.ID }))
		return err
	})
}

func TestParentIsTheActivePairingAbove(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	above := s.propose(t, s.department, func(n *pairing.New) {
		n.CampusOrgID, n.LocalOrgID, n.Level = s.Department.ID, s.Town.ID, model.PairingTownDepartment
	})
	child := func(parent int64) func(*pairing.New) { return func(n *pairing.New) { n.ParentID = parent } }
	refuse := func(name string, change func(*pairing.New)) {
		t.Run(name, func(t *testing.T) {
			s.refused(t, fault.ErrInvalid, "/parent_id", func() error {
				_, err := s.Propose(t.Context(), s.secretary, idem.Key{}, s.proposal(change))
				return err
			})
		})
	}
	refuse("no such pairing", child(5))
	refuse("not accepted yet", child(above.ID))
	if _, err := s.Accept(t.Context(), s.town, above.ID, ""); err != nil {
		t.Fatal(err)
	}
	other := s.AddProgramme("P2", s.University)
	refuse("another programme", func(n *pairing.New) { n.ProgrammeID, n.ParentID = other.ID, above.ID })
	farTown := s.World.Org(s.County, model.OrgTownYouthCommittee, "邻镇")
	far := s.World.Org(farTown, model.OrgCommunity, "邻社区")
	refuse("another town", func(n *pairing.New) { n.LocalOrgID, n.ParentID = far.ID, above.ID })
	d := s.propose(t, s.secretary, child(above.ID))
	if d.ParentID == nil || *d.ParentID != above.ID {
		t.Errorf("got %+v", d)
	}
	refuse("a pairing of the same level", func(n *pairing.New) { n.LocalOrgID, n.ParentID = s.elsewhere.ID, d.ID })
}

func TestOneLivePairingOfTheTwo(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	again := func() error {
		_, err := s.Propose(t.Context(), s.host, idem.Key{}, s.proposal(nil))
		return err
	}
	first := s.propose(t, s.secretary, nil)
	s.refused(t, pairing.ErrExists, "", again)
	if _, err := s.Accept(t.Context(), s.host, first.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.refused(t, pairing.ErrExists, "", again)
	if _, err := s.End(t.Context(), s.host, first.ID, "搬迁", "2026-10-13"); err != nil {
		t.Fatal(err)
	}
	s.refused(t, pairing.ErrExists, "", again)
	s.Clock.Add(24 * time.Hour) // over by the clock; no job has run
	if err := again(); err != nil {
		t.Fatal(err)
	}
	s.Clock.Add(14 * 24 * time.Hour) // and the proposal has expired
	if err := again(); err != nil {
		t.Fatal(err)
	}
	s.consistent(t)
	s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID }) // one branch, two communities
	other := s.AddProgramme("P2", s.University)
	s.propose(t, s.secretary, func(n *pairing.New) { n.ProgrammeID = other.ID })
}

func TestARepeatedProposalIsOne(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	key := idem.Key{Value: "k", Hash: []byte("h")}
	first, err := s.Propose(t.Context(), s.secretary, key, s.proposal(nil))
	if err != nil {
		t.Fatal(err)
	}
	before := s.rows(t)
	again, err := s.Propose(t.Context(), s.secretary, key, s.proposal(nil))
	if err != nil || !reflect.DeepEqual(again, first) || s.rows(t) != before {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestOfRacingProposalsOneWins(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	var fns []func() error
	for i := range 8 {
		as := []access.Actor{s.secretary, s.host, s.county, s.department}[i%4]
		fns = append(fns, func() error { _, err := s.Propose(t.Context(), as, idem.Key{}, s.proposal(nil)); return err })
	}
	if got := testkit.Race(fns...); got[""] != 1 || got[pairing.ErrExists.Code] != 7 {
		t.Errorf("got %v", got)
	}
	s.consistent(t)
}
