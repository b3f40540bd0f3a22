package org_test

import (
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

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
	first := must[page.Result[model.Term]](t)(h.s.Terms(t.Context(), h.host, h.University.ID, page.Request{Limit: 1}))
	second := must[page.Result[model.Term]](t)(h.s.Terms(t.Context(), h.host, h.University.ID, page.Request{Limit: 1, Cursor: first.Next}))
	if first.Items[0].StartsOn != "2027-01-21" || second.Items[0].StartsOn != "2026-09-01" || second.Next != "" {
		t.Errorf("%+v %+v", first, second)
	}
	_, err := h.s.Terms(t.Context(), h.host, 42, page.Request{})
	wants(t, err, fault.ErrNotFound)
}
