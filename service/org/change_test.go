package org_test

import (
	"errors"
	"sync"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
)

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
