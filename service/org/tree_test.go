package org_test

import (
	"errors"
	"slices"
	"strings"
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
			stored := must[model.Org](t)(h.s.Get(t.Context(), h.host, o.ID))
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
			rows := must[page.Result[model.Org]](t)(h.s.List(t.Context(), h.host, c.filter, page.Request{}))
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
		rows := must[page.Result[model.Org]](t)(h.s.List(t.Context(), h.host, org.Filter{}, page.Request{Limit: 4, Cursor: cursor}))
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
	_, err := h.s.List(t.Context(), h.host, org.Filter{}, page.Request{Cursor: "x"})
	wants(t, err, fault.ErrCursor)
}
