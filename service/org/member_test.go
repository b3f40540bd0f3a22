package org_test

import (
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

func TestListStudents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.Org(h.Org(h.University, model.OrgDepartmentCommittee, "别系"), model.OrgLeagueBranch, "别班")
	want := map[int64]string{}
	for _, name := range []string{"甲", "乙", "丙"} {
		want[h.Profile(name, h.Branch, 0).ID] = name
	}
	bound := h.Student("丁", other)
	want[bound.StudentID] = "丁"
	read := func(by access.Actor, at int64) map[int64]string {
		got := map[int64]string{}
		for cursor := ""; ; {
			rows := must[page.Result[org.StudentInfo]](t)(h.s.Students(t.Context(), by, at, page.Request{Limit: 2, Cursor: cursor}))
			for _, s := range rows.Items {
				if got[s.ID] != "" {
					t.Errorf("%d twice", s.ID)
				}
				got[s.ID] = s.Name
			}
			if cursor = rows.Next; cursor == "" {
				return got
			}
		}
	}
	if got := read(h.university, h.University.ID); len(got) != 4 || got[bound.StudentID] != "丁*" {
		t.Errorf("%v", got)
	}
	for id, name := range read(h.department, h.Department.ID) {
		if want[id] != name || id == bound.StudentID {
			t.Errorf("%d is %s", id, name)
		}
	}
	full := must[page.Result[org.StudentInfo]](t)(h.s.Students(t.Context(), h.secretary, h.Branch.ID, page.Request{})).Items[0]
	masked := must[page.Result[org.StudentInfo]](t)(h.s.Students(t.Context(), h.university, h.Branch.ID, page.Request{})).Items[0]
	if full.Number != number(full.StudentProfile) || masked.Number == full.Number || masked.ID != full.ID || masked.Name == full.Name {
		t.Errorf("%s %s", full.Number, masked.Number)
	}
	if got := read(h.university, h.Org(h.University, model.OrgStudentClub, "社团").ID); len(got) != 0 {
		t.Errorf("%v", got)
	}
	for name, c := range map[string]struct {
		by   access.Actor
		at   int64
		want error
	}{
		"a secretary sees the own branch only": {h.secretary, h.Department.ID, access.ErrDenied},
		"a foreign department":                 {h.department, other.ID, access.ErrDenied},
		"the city":                             {h.city, h.Branch.ID, access.ErrDenied},
		"a student":                            {bound, other.ID, access.ErrDenied},
		"unknown":                              {h.university, 42, fault.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.s.Students(t.Context(), c.by, c.at, page.Request{})
			wants(t, err, c.want)
		})
	}
}
