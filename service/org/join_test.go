package org_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

func (h *house) joinCode(t *testing.T) org.JoinCodeInfo {
	t.Helper()
	return must[org.JoinCodeInfo](t)(h.s.CreateJoinCode(t.Context(), h.secretary, idem.Key{}, h.Branch.ID, 0))
}

// asks makes a new person ask to join the branch.
func (h *house) asks(t *testing.T, no, name string) (access.Actor, org.JoinInfo) {
	t.Helper()
	by := h.person("微信用户")
	return by, must[org.JoinInfo](t)(h.s.RequestJoin(t.Context(), by, idem.Key{}, h.joinCode(t).Code, org.Claim{StudentNo: no, Name: name}))
}

func TestCreateJoinCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	club := h.Org(h.University, model.OrgStudentClub, "社团")
	tests := map[string]struct {
		by   access.Actor
		at   int64
		days int
		want error
	}{
		"the secretary":        {h.secretary, h.Branch.ID, 0, nil},
		"the department":       {h.department, h.Branch.ID, 90, nil},
		"the university":       {h.university, h.Branch.ID, 1, nil},
		"too long":             {h.secretary, h.Branch.ID, 91, fault.ErrInvalid},
		"a club is no branch":  {h.Staff("社长", access.ClubLead, club), club.ID, 0, org.ErrNotBranch},
		"a foreign secretary":  {h.Staff("别班支书", access.BranchSecretary, h.Org(h.Department, model.OrgLeagueBranch, "别班")), h.Branch.ID, 0, access.ErrDenied},
		"host staff":           {h.host, h.Branch.ID, 0, access.ErrDenied},
		"no such organisation": {h.secretary, 42, 0, fault.ErrNotFound},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before := count[model.JoinCode](t, h.DB, "1 = 1")
			_, err := h.s.CreateJoinCode(t.Context(), c.by, idem.Key{}, c.at, c.days)
			wants(t, err, c.want)
			if made := count[model.JoinCode](t, h.DB, "1 = 1") - before; (made == 1) != (c.want == nil) {
				t.Errorf("%d codes", made)
			}
		})
	}
}

func TestRequestJoin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, h *house, by access.Actor, code org.JoinCodeInfo)
		by      func(h *house) access.Actor
		code    string
		claim   org.Claim
		want    error
	}{
		"with the code": {},
		"a wrong code":  {code: "XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX", want: org.ErrJoinCode},
		"an expired code": {prepare: func(_ *testing.T, h *house, _ access.Actor, _ org.JoinCodeInfo) {
			h.Clock.Add(14 * 24 * time.Hour)
		}, want: org.ErrJoinCode},
		"a revoked code": {prepare: func(t *testing.T, h *house, _ access.Actor, code org.JoinCodeInfo) {
			t.Helper()
			must[org.JoinCodeInfo](t)(h.s.RevokeJoinCode(t.Context(), h.secretary, code.ID))
		}, want: org.ErrJoinCode},
		"of a branch that is gone": {prepare: func(t *testing.T, h *house, _ access.Actor, _ org.JoinCodeInfo) {
			t.Helper()
			must[model.Org](t)(h.s.Dissolve(t.Context(), h.department, h.Branch.ID, org.Dissolution{Reason: "毕业"}))
		}, want: org.ErrJoinCode},
		"while another one is pending": {prepare: func(t *testing.T, h *house, by access.Actor, code org.JoinCodeInfo) {
			t.Helper()
			must[org.JoinInfo](t)(h.s.RequestJoin(t.Context(), by, idem.Key{}, code.Code, org.Claim{StudentNo: "1", Name: "甲"}))
		}, want: org.ErrJoinPending},
		"again after a rejection": {prepare: func(t *testing.T, h *house, by access.Actor, code org.JoinCodeInfo) {
			t.Helper()
			r := must[org.JoinInfo](t)(h.s.RequestJoin(t.Context(), by, idem.Key{}, code.Code, org.Claim{StudentNo: "1", Name: "甲"}))
			must[org.JoinInfo](t)(h.s.RejectJoin(t.Context(), h.secretary, r.ID, "学号不对"))
		}},
		"by a student":        {by: func(h *house) access.Actor { return h.Student("旧生", h.Branch) }, want: org.ErrBound},
		"by nobody":           {by: func(*house) access.Actor { return access.Actor{} }, want: access.ErrRequired},
		"with a wrong number": {claim: org.Claim{StudentNo: "", Name: "李四"}, want: fault.ErrInvalid},
		"with a wrong name":   {claim: org.Claim{StudentNo: "2", Name: "李\x00四"}, want: fault.ErrInvalid},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			code, by, claim := h.joinCode(t), h.person("微信用户"), org.Claim{StudentNo: "2023-01", Name: "李四"}
			if c.by != nil {
				by = c.by(h)
			}
			if c.prepare != nil {
				c.prepare(t, h, by, code)
			}
			if c.code != "" {
				code.Code = c.code
			}
			if c.claim != (org.Claim{}) {
				claim = c.claim
			}
			before := count[model.JoinRequest](t, h.DB, "1 = 1")
			r, err := h.s.RequestJoin(t.Context(), by, idem.Key{}, code.Code, claim)
			wants(t, err, c.want)
			if made := count[model.JoinRequest](t, h.DB, "1 = 1") - before; (made == 1) != (c.want == nil) {
				t.Fatalf("%d requests", made)
			}
			if c.want == nil && (r.Status != model.JoinPending || r.Name != "李四" || r.Number != "2023-01") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOnePendingRequestInARace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code, by := h.joinCode(t), h.person("急")
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := h.s.RequestJoin(t.Context(), by, idem.Key{}, code.Code, org.Claim{StudentNo: "1", Name: "甲"})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, org.ErrJoinPending) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d requests", won.Load())
	}
}

func TestListJoinRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	by, first := h.asks(t, "1", "甲")
	_, second := h.asks(t, "2", "乙")
	rows := must[page.Result[org.JoinInfo]](t)(h.s.JoinRequests(t.Context(), h.secretary, h.Branch.ID, model.JoinPending, page.Request{Limit: 1}))
	if len(rows.Items) != 1 || rows.Items[0].ID != first.ID || rows.Items[0].Name != "甲" || rows.Items[0].Number != "1" {
		t.Fatalf("%+v", rows)
	}
	rows = must[page.Result[org.JoinInfo]](t)(h.s.JoinRequests(t.Context(), h.university, h.Branch.ID, model.JoinPending, page.Request{Limit: 1, Cursor: rows.Next}))
	if len(rows.Items) != 1 || rows.Items[0].ID != second.ID || rows.Next != "" {
		t.Fatalf("%+v", rows)
	}
	mine := must[page.Result[org.JoinInfo]](t)(h.s.MyJoinRequests(t.Context(), by, page.Request{}))
	if len(mine.Items) != 1 || mine.Items[0].ID != first.ID || mine.Items[0].Name != "甲" {
		t.Errorf("%+v", mine)
	}
	for name, c := range map[string]struct {
		by   access.Actor
		at   int64
		want error
	}{
		"host staff":          {h.host, h.Branch.ID, access.ErrDenied},
		"a foreign secretary": {h.Staff("别班支书", access.BranchSecretary, h.Org(h.Department, model.OrgLeagueBranch, "别班")), h.Branch.ID, access.ErrDenied},
		"unknown":             {h.secretary, 42, fault.ErrNotFound},
		"nobody":              {access.Actor{}, h.Branch.ID, access.ErrRequired},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.s.JoinRequests(t.Context(), c.by, c.at, model.JoinPending, page.Request{})
			wants(t, err, c.want)
		})
	}
}

func TestRevokeJoinCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.joinCode(t)
	_, err := h.s.RevokeJoinCode(t.Context(), h.host, code.ID)
	wants(t, err, access.ErrDenied)
	_, err = h.s.RevokeJoinCode(t.Context(), h.Staff("别系", access.CommitteeOfficer, h.Org(h.University, model.OrgDepartmentCommittee, "别系")), code.ID)
	wants(t, err, fault.ErrNotFound)
	_, err = h.s.RevokeJoinCode(t.Context(), h.secretary, 42)
	wants(t, err, fault.ErrNotFound)
	must[org.JoinCodeInfo](t)(h.s.RevokeJoinCode(t.Context(), h.department, code.ID))
	_, err = h.s.RevokeJoinCode(t.Context(), h.department, code.ID)
	wants(t, err, fault.ErrState)
}
