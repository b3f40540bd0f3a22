package org_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
)

func TestSiblingsHaveTheirOwnNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	found := func(parent int64, name string) (model.Org, error) {
		return h.s.Create(t.Context(), h.university, idem.Key{}, org.New{ParentID: parent, Kind: model.OrgLeagueBranch, Details: details(name)})
	}
	first := must[model.Org](t)(found(h.Department.ID, "一班团支部"))
	_, err := found(h.Department.ID, " 一班团支部 ")
	wants(t, err, org.ErrNameTaken)
	other := h.Org(h.University, model.OrgDepartmentCommittee, "别系")
	must[model.Org](t)(found(other.ID, "一班团支部")) // elsewhere it is another one

	second := must[model.Org](t)(found(h.Department.ID, "二班团支部"))
	_, err = h.s.Update(t.Context(), h.university, second.ID, 1, details("一班团支部"))
	wants(t, err, org.ErrNameTaken)
	if got := must[model.Org](t)(org.ByID(h.DB, second.ID)); got.Name != "二班团支部" || got.Version != 1 {
		t.Errorf("%+v", got)
	}
	same := must[model.Org](t)(h.s.Update(t.Context(), h.university, second.ID, 1, details("二班团支部"))) // its own name is no other's
	must[model.Org](t)(h.s.Update(t.Context(), h.university, second.ID, same.Version, details("三班团支部")))
	must[model.Org](t)(found(h.Department.ID, "二班团支部")) // given up by the rename

	must[model.Org](t)(h.s.Dissolve(t.Context(), h.university, first.ID, org.Dissolution{Reason: "合并"}))
	must[model.Org](t)(found(h.Department.ID, "一班团支部")) // given up by the end
	if n := count[model.Org](t, h.DB, "name = ? AND parent_id = ?", "一班团支部", h.Department.ID); n != 2 {
		t.Errorf("%d of that name, one of them dissolved", n)
	}
}

func TestTwoWhoTakeOneNameAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rival := h.Org(h.Department, model.OrgLeagueBranch, "改名的")
	var mu sync.Mutex
	var won int
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			won++
		} else if !errors.Is(err, org.ErrNameTaken) && !errors.Is(err, fault.ErrStale) && !errors.Is(err, fault.ErrBusy) {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			_, err := h.s.Create(t.Context(), h.university, idem.Key{}, org.New{ParentID: h.Department.ID, Kind: model.OrgLeagueBranch, Details: details("同名")})
			note(err)
		})
		wg.Go(func() {
			_, err := h.s.Update(t.Context(), h.university, rival.ID, 1, details("同名"))
			note(err)
		})
	}
	wg.Wait()
	if n := count[model.Org](t, h.DB, "name = ?", "同名"); won != 1 || n != 1 {
		t.Errorf("%d won, %d have the name", won, n)
	}
}

func TestDivisionsDoNotTakeANameThatASiblingHas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := *h.s
	files := divisions(t)
	run := func() org.DivisionReport {
		t.Helper()
		report, err := s.ImportDivisions(t.Context(), files, org.DivisionOptions{Orgs: true})
		wants(t, err, nil)
		return report
	}
	if r := run(); r.Failed != 0 || r.OrgsCreated != 9 {
		t.Fatalf("%+v", r)
	}
	var town model.Org
	wants(t, h.DB.Where("import_code = ?", "370102001000").First(&town).Error, nil)
	byHand := org.New{ParentID: town.ID, Kind: model.OrgCommunity, Details: details("新社区")}
	must[model.Org](t)(s.Create(t.Context(), h.sec, idem.Key{}, byHand))
	_, err := s.Create(t.Context(), h.sec, idem.Key{}, org.New{ParentID: town.ID, Kind: model.OrgCommunity, Details: details("解放桥社区居民委员会")})
	wants(t, err, org.ErrNameTaken)

	rows := "code,name,streetCode\n370102001002,新社区,370102001\n370102001003,新社区,370102001\n370102001004,旧社区,370102001\n370102001005,旧社区,370102001\n"
	files["villages.csv"] = &fstest.MapFile{Data: []byte(rows)}
	r := run()
	var got []string
	for _, e := range r.Errors {
		got = append(got, e.Code)
	}
	if strings.Join(got, " ") != "name_taken name_taken name_taken" || r.OrgsCreated != 1 || r.OrgsUpdated != 0 || r.RegionsCreated != 3 || r.RegionsUpdated != 1 {
		t.Fatalf("%+v", r)
	}
	for name, n := range map[string]int64{"新社区": 1, "旧社区": 1, "解放桥社区居民委员会": 1} {
		if got := count[model.Org](t, h.DB, "parent_id = ? AND live_name = ? AND name = live_name", town.ID, name); got != n {
			t.Errorf("%s: %d", name, got)
		}
	}
}
