package org_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

func details(name string) org.Details { return org.Details{Name: name} }

func at(lat, lng float64) org.Details { return org.Details{Name: "某组织", Lat: &lat, Lng: &lng} }

func TestCreateOrganisation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dead := h.Org(h.University, model.OrgDepartmentCommittee, "旧系")
	must[model.Org](t)(h.s.Dissolve(t.Context(), h.university, dead.ID, org.Dissolution{Reason: "撤并"}))
	lone := 1.0
	tests := map[string]struct {
		by   access.Actor
		in   org.New
		want error
	}{
		"a town officer sets up a community":         {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("新社区")}, nil},
		"a department officer sets up a branch":      {h.department, org.New{ParentID: h.Department.ID, Kind: model.OrgLeagueBranch, Details: details("新班团支部")}, nil},
		"a city officer sets up a university":        {h.city, org.New{ParentID: h.City.ID, Kind: model.OrgUniversityCommittee, Details: at(36.681366, 117.066638)}, nil},
		"a provincial officer reaches down":          {h.provincial, org.New{ParentID: h.Town.ID, Kind: model.OrgYouthHome, Details: details("青年之家")}, nil},
		"the security administrator starts at top":   {h.sec, org.New{Kind: model.OrgProvincialCommittee, Details: details("丙省团委")}, nil},
		"nobody is asked to sign in":                 {access.Actor{}, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("新社区")}, access.ErrRequired},
		"host staff may not":                         {h.host, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("新社区")}, access.ErrDenied},
		"a secretary may not":                        {h.secretary, org.New{ParentID: h.Department.ID, Kind: model.OrgLeagueBranch, Details: details("新班")}, access.ErrDenied},
		"a department is not above the university":   {h.department, org.New{ParentID: h.University.ID, Kind: model.OrgDepartmentCommittee, Details: details("新系")}, access.ErrDenied},
		"a county has no say over the university":    {h.county, org.New{ParentID: h.University.ID, Kind: model.OrgDepartmentCommittee, Details: details("新系")}, access.ErrDenied},
		"only the security administrator at the top": {h.provincial, org.New{Kind: model.OrgCityCommittee, Details: details("新市团委")}, access.ErrDenied},
		"no community at the top":                    {h.sec, org.New{Kind: model.OrgCommunity, Details: details("新社区")}, org.ErrKind},
		"no branch below a town":                     {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgLeagueBranch, Details: details("新班")}, org.ErrKind},
		"no such parent":                             {h.sec, org.New{ParentID: 42, Kind: model.OrgCommunity, Details: details("新社区")}, fault.ErrNotFound},
		"nothing stands below a community":           {h.town, org.New{ParentID: h.Community.ID, Kind: model.OrgVenue, Details: details("场馆")}, org.ErrKind},
		"below one that is dissolved":                {h.university, org.New{ParentID: dead.ID, Kind: model.OrgLeagueBranch, Details: details("新班")}, org.ErrNotActive},
		"empty name":                                 {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details(" \u3000 ")}, fault.ErrInvalid},
		"invisible character":                        {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("社\u200b区")}, fault.ErrInvalid},
		"text that turns around":                     {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("社\u202e区")}, fault.ErrInvalid},
		"name of 101 characters":                     {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details(strings.Repeat("长", 101))}, fault.ErrInvalid},
		"unknown division":                           {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: org.Details{Name: "新社区", RegionCode: "990000000000"}}, fault.ErrInvalid},
		"latitude alone":                             {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: org.Details{Name: "新社区", Lat: &lone}}, fault.ErrInvalid},
		"not on this planet":                         {h.town, org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: at(91, 10)}, fault.ErrInvalid},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before, audits := count[model.Org](t, h.DB, "1 = 1"), h.audits(t, "org.create")
			o, err := h.s.Create(t.Context(), c.by, idem.Key{}, c.in)
			wants(t, err, c.want)
			made := count[model.Org](t, h.DB, "1 = 1") - before
			if c.want != nil {
				if made != 0 || h.audits(t, "org.create") != audits {
					t.Fatalf("%d organisations made on a refusal", made)
				}
				return
			}
			if made != 1 || h.audits(t, "org.create") != audits+1 || o.Status != model.OrgActive || o.Side != o.Kind.Side() || o.Version != 1 {
				t.Fatalf("%+v", o)
			}
			stored := must[model.Org](t)(h.s.Get(t.Context(), access.Actor{}, o.ID))
			if stored.Path != o.Path || !strings.HasSuffix(o.Path, "/") || stored.Name != o.Name || (c.in.Lat != nil && (*stored.LatE6 != 36681366 || *stored.LngE6 != 117066638)) {
				t.Fatalf("%+v", stored)
			}
		})
	}
}

func TestCreateOrganisationNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: at(100, 200)}
	in.Name, in.RegionCode = "", "990000000000"
	_, err := h.s.Create(t.Context(), h.town, idem.Key{}, in)
	f, _ := errors.AsType[*fault.Fault](err)
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Pointer)
	}
	slices.Sort(got)
	if strings.Join(got, " ") != "/lat /lng /name /region_code" {
		t.Errorf("%v", got)
	}
}

func TestCreateOrganisationOnceForOneKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := org.New{ParentID: h.Town.ID, Kind: model.OrgCommunity, Details: details("  e\u0301社区 ")}
	key := idem.Key{Value: "k", Hash: []byte("h")}
	first := must[model.Org](t)(h.s.Create(t.Context(), h.town, key, in))
	second := must[model.Org](t)(h.s.Create(t.Context(), h.town, key, in))
	if first.ID != second.ID || first.Name != "é社区" || count[model.Org](t, h.DB, "name = ?", "é社区") != 1 {
		t.Errorf("%+v %+v", first, second)
	}
}

func TestNoTreeIsDeeperThanEight(t *testing.T) {
	t.Parallel()
	kinds := []model.OrgKind{
		model.OrgProvincialCommittee, model.OrgCityCommittee, model.OrgCountyCommittee, model.OrgTownYouthCommittee, model.OrgCommunity,
		model.OrgYouthHome, model.OrgVenue, model.OrgUniversityCommittee, model.OrgDepartmentCommittee, model.OrgGeneralBranch,
		model.OrgLeagueBranch, model.OrgStudentClub, model.OrgStudentUnion, model.OrgVolunteerAssociation,
	}
	var depth func(k model.OrgKind) int
	depth = func(k model.OrgKind) int {
		deepest := 0
		for _, child := range kinds {
			if k.MayHold(child) {
				deepest = max(deepest, depth(child))
			}
		}
		return deepest + 1
	}
	for _, k := range kinds {
		if depth(k) > 8 {
			t.Errorf("%s is %d deep", k, depth(k))
		}
	}
}

func TestListOrganisations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Insert(&model.Region{Code: "370102000000", Level: model.RegionCounty, Name: "历下区"})
	named := h.Org(h.City, model.OrgCountyCommittee, "共青团历下区委员会")
	gone := h.Org(h.Town, model.OrgCommunity, "旧社区")
	must[model.Org](t)(h.s.Dissolve(t.Context(), h.town, gone.ID, org.Dissolution{Reason: "合并"}))
	must[model.Org](t)(h.s.Update(t.Context(), h.town, h.Community.ID, 1, org.Details{Name: h.Community.Name, RegionCode: "370102000000"}))
	tests := map[string]struct {
		filter org.Filter
		want   []int64
	}{
		"by parent":                 {org.Filter{ParentID: h.Town.ID}, []int64{h.Community.ID}},
		"by kind":                   {org.Filter{Kind: model.OrgUniversityCommittee}, []int64{h.University.ID}},
		"by division":               {org.Filter{RegionCode: "370102000000"}, []int64{h.Community.ID}},
		"by the start of the name":  {org.Filter{Query: "己大"}, []int64{h.University.ID}},
		"by the name of a division": {org.Filter{Query: "历下"}, []int64{named.ID}},
		"not from the middle":       {org.Filter{Query: "大学"}, nil},
		"but among siblings":        {org.Filter{ParentID: h.City.ID, Query: "大学"}, []int64{h.University.ID}},
		"a percent sign is a sign":  {org.Filter{Query: "%"}, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			rows := must[page.Result[model.Org]](t)(h.s.List(t.Context(), access.Actor{}, c.filter, page.Request{}))
			var got []int64
			for _, o := range rows.Items {
				got = append(got, o.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	var all []int64
	for cursor := ""; ; {
		rows := must[page.Result[model.Org]](t)(h.s.List(t.Context(), access.Actor{}, org.Filter{}, page.Request{Limit: 4, Cursor: cursor}))
		for _, o := range rows.Items {
			all = append(all, o.ID)
		}
		if cursor = rows.Next; cursor == "" {
			break
		}
	}
	if len(all) != 9 || !slices.IsSorted(all) {
		t.Errorf("%v", all)
	}
	_, err := h.s.List(t.Context(), access.Actor{}, org.Filter{}, page.Request{Cursor: "x"})
	wants(t, err, fault.ErrCursor)
}

func TestUpdateOrganisation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tests := map[string]struct {
		by      access.Actor
		id      int64
		version int64
		in      org.Details
		want    error
	}{
		"by the rank above":       {h.university, h.Department.ID, 1, details("新名"), nil},
		"nobody":                  {access.Actor{}, h.Branch.ID, 1, details("被拒"), access.ErrRequired},
		"not one's own node":      {h.university, h.University.ID, 1, details("被拒"), access.ErrDenied},
		"not a foreign one":       {h.department, h.Community.ID, 1, details("被拒"), access.ErrDenied},
		"an old version":          {h.department, h.Branch.ID, 7, details("被拒"), fault.ErrStale},
		"a wrong name":            {h.department, h.Branch.ID, 1, details("\t"), fault.ErrInvalid},
		"no such organisation":    {h.department, 42, 1, details("被拒"), fault.ErrNotFound},
		"the top, by no officer":  {h.provincial, h.Province.ID, 1, details("被拒"), access.ErrDenied},
		"the top, by its keeper":  {h.sec, h.Province.ID, 1, details("新名"), nil},
		"host staff cannot write": {h.host, h.Community.ID, 1, details("被拒"), access.ErrDenied},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			audits := h.audits(t, "org.update")
			o, err := h.s.Update(t.Context(), c.by, c.id, c.version, c.in)
			wants(t, err, c.want)
			if c.want == nil {
				if o.Name != c.in.Name || o.Version != 2 || h.audits(t, "org.update") != audits+1 {
					t.Errorf("%+v", o)
				}
			} else if h.audits(t, "org.update") != audits || count[model.Org](t, h.DB, "id = ? AND name = ?", c.id, c.in.Name) != 0 {
				t.Error("something was written")
			}
		})
	}
}

func TestDissolve(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	next := h.Org(h.Department, model.OrgLeagueBranch, "接班团支部")
	spare := h.Org(h.Department, model.OrgLeagueBranch, "空团支部")
	elsewhere := h.Org(h.Org(h.University, model.OrgDepartmentCommittee, "别系"), model.OrgLeagueBranch, "别班")
	h.Pair(h.Branch, h.Community)
	tests := []struct {
		name string
		by   access.Actor
		id   int64
		in   org.Dissolution
		want error
	}{
		{"without a reason", h.department, spare.ID, org.Dissolution{Reason: " "}, access.ErrReason},
		{"out of scope", h.town, spare.ID, org.Dissolution{Reason: "毕业"}, access.ErrDenied},
		{"not one's own node", h.department, h.Department.ID, org.Dissolution{Reason: "毕业"}, access.ErrDenied},
		{"with branches below", h.university, h.Department.ID, org.Dissolution{Reason: "毕业"}, org.ErrInUse},
		{"with a live pairing, campus side", h.department, h.Branch.ID, org.Dissolution{Reason: "毕业"}, org.ErrInUse},
		{"with a live pairing, local side", h.town, h.Community.ID, org.Dissolution{Reason: "撤并"}, org.ErrInUse},
		{"successor of another kind", h.department, spare.ID, org.Dissolution{Reason: "毕业", SuccessorID: h.Department.ID}, org.ErrSuccessor},
		{"its own successor", h.department, spare.ID, org.Dissolution{Reason: "毕业", SuccessorID: spare.ID}, org.ErrSuccessor},
		{"unknown successor", h.department, spare.ID, org.Dissolution{Reason: "毕业", SuccessorID: 42}, org.ErrSuccessor},
		{"successor out of scope", h.department, spare.ID, org.Dissolution{Reason: "毕业", SuccessorID: elsewhere.ID}, access.ErrDenied},
		{"with a successor", h.department, spare.ID, org.Dissolution{Reason: "毕业", SuccessorID: next.ID}, nil},
		{"twice", h.department, spare.ID, org.Dissolution{Reason: "毕业"}, fault.ErrState},
		{"a dissolved successor", h.department, next.ID, org.Dissolution{Reason: "毕业", SuccessorID: spare.ID}, org.ErrSuccessor},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			audits := h.audits(t, "org.dissolve")
			o, err := h.s.Dissolve(t.Context(), c.by, c.id, c.in)
			wants(t, err, c.want)
			if c.want != nil {
				if h.audits(t, "org.dissolve") != audits {
					t.Error("an audit row of a refusal")
				}
				return
			}
			if o.Status != model.OrgDissolved || *o.SuccessorID != next.ID || h.audits(t, "org.dissolve") != audits+1 {
				t.Errorf("%+v", o)
			}
		})
	}
	_, err := h.s.Update(t.Context(), h.department, spare.ID, 2, details("复活"))
	wants(t, err, org.ErrNotActive)
}

func TestNothingIsSetUpBelowWhatIsBeingDissolved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var wg sync.WaitGroup
	for range 10 {
		parent := h.Org(h.University, model.OrgDepartmentCommittee, "系")
		wg.Go(func() {
			_, err := h.s.Create(t.Context(), h.university, idem.Key{}, org.New{ParentID: parent.ID, Kind: model.OrgLeagueBranch, Details: details("班")})
			if err != nil && !errors.Is(err, org.ErrNotActive) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			_, err := h.s.Dissolve(t.Context(), h.university, parent.ID, org.Dissolution{Reason: "合并"})
			if err != nil && !errors.Is(err, org.ErrInUse) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count[model.Org](t, h.DB, "status = ? AND parent_id IN (SELECT id FROM orgs WHERE status = ?)", model.OrgActive, model.OrgDissolved); n != 0 {
		t.Errorf("%d active organisations below dissolved ones", n)
	}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.s.ImportDivisions(t.Context(), divisions(t), org.DivisionOptions{})
	wants(t, err, nil)
	codes := func(parent string, limit int) (out []string) {
		for cursor := ""; ; {
			rows := must[page.Result[model.Region]](t)(h.s.Regions(t.Context(), access.Actor{}, parent, page.Request{Limit: limit, Cursor: cursor}))
			for _, r := range rows.Items {
				out = append(out, r.Code)
			}
			if cursor = rows.Next; cursor == "" {
				return out
			}
		}
	}
	if got := codes("", 1); !slices.Equal(got, []string{"370000000000"}) {
		t.Error(got)
	}
	if got := codes("370102000000", 1); !slices.Equal(got, []string{"370102001000", "370102002000"}) {
		t.Error(got)
	}
	r := must[model.Region](t)(h.s.Region(t.Context(), access.Actor{}, "370102001002"))
	if r.Level != model.RegionCommunity || r.ParentCode != "370102001000" {
		t.Errorf("%+v", r)
	}
	_, err = h.s.Region(t.Context(), access.Actor{}, "999999999999")
	wants(t, err, fault.ErrNotFound)
}

func TestTerms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tests := []struct {
		name string
		by   access.Actor
		at   int64
		in   org.NewTerm
		want error
	}{
		{"first", h.university, h.University.ID, org.NewTerm{Name: "2026-2027-1", StartsOn: "2026-09-01", EndsOn: "2027-01-20"}, nil},
		{"same dates", h.university, h.University.ID, org.NewTerm{Name: "2026-2027-1", StartsOn: "2026-09-01", EndsOn: "2027-01-20"}, org.ErrTermOverlap},
		{"last day shared", h.university, h.University.ID, org.NewTerm{Name: "2026-2027-2", StartsOn: "2027-01-20", EndsOn: "2027-07-01"}, org.ErrTermOverlap},
		{"next day", h.university, h.University.ID, org.NewTerm{Name: "2026-2027-2", StartsOn: "2027-01-21", EndsOn: "2027-07-01"}, nil},
		{"around all", h.university, h.University.ID, org.NewTerm{Name: "所有", StartsOn: "2026-01-01", EndsOn: "2028-01-01"}, org.ErrTermOverlap},
		{"ends first", h.university, h.University.ID, org.NewTerm{Name: "倒", StartsOn: "2028-02-01", EndsOn: "2028-01-01"}, fault.ErrInvalid},
		{"no such day", h.university, h.University.ID, org.NewTerm{Name: "倒", StartsOn: "2028-02-30", EndsOn: "2028-03-01"}, fault.ErrInvalid},
		{"a department is none", h.department, h.Department.ID, org.NewTerm{Name: "x", StartsOn: "2028-02-01", EndsOn: "2028-03-01"}, access.ErrDenied},
		{"a foreign officer", h.city, h.University.ID, org.NewTerm{Name: "x", StartsOn: "2028-02-01", EndsOn: "2028-03-01"}, access.ErrDenied},
		{"unknown", h.university, 42, org.NewTerm{Name: "x", StartsOn: "2028-02-01", EndsOn: "2028-03-01"}, fault.ErrNotFound},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			before := count[model.Term](t, h.DB, "1 = 1")
			_, err := h.s.CreateTerm(t.Context(), c.by, idem.Key{}, c.at, c.in)
			wants(t, err, c.want)
			if made := count[model.Term](t, h.DB, "1 = 1") - before; (made == 1) != (c.want == nil) {
				t.Errorf("%d terms made", made)
			}
		})
	}
	first := must[page.Result[model.Term]](t)(h.s.Terms(t.Context(), access.Actor{}, h.University.ID, page.Request{Limit: 1}))
	second := must[page.Result[model.Term]](t)(h.s.Terms(t.Context(), access.Actor{}, h.University.ID, page.Request{Limit: 1, Cursor: first.Next}))
	if first.Items[0].StartsOn != "2027-01-21" || second.Items[0].StartsOn != "2026-09-01" || second.Next != "" {
		t.Errorf("%+v %+v", first, second)
	}
	_, err := h.s.Terms(t.Context(), access.Actor{}, 42, page.Request{})
	wants(t, err, fault.ErrNotFound)
}
