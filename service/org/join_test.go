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

func TestApproveJoin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, h *house, asker access.Actor) // before the approval
		no      func(t *testing.T, h *house) string              // number asked with, name is 李四
		by      func(h *house) access.Actor
		want    error
	}{
		"a student who was not on the roster": {},
		"by the university":                   {by: func(h *house) access.Actor { return h.university }},
		"a student of the roster": {no: func(_ *testing.T, h *house) string {
			return number(h.Profile("李四", h.Branch, 0))
		}},
		"a student of another branch": {no: func(_ *testing.T, h *house) string {
			return number(h.Profile("李四", h.Org(h.Department, model.OrgLeagueBranch, "原班"), 0))
		}},
		"the number of somebody else": {no: func(_ *testing.T, h *house) string {
			return number(h.Profile("王五", h.Branch, 0))
		}, want: org.ErrNumberTaken},
		"the number of somebody with an account": {no: func(_ *testing.T, h *house) string {
			return number(h.Profile("李四", h.Branch, h.User("李四").ID))
		}, want: org.ErrNumberTaken},
		"who has become a student meanwhile": {prepare: func(_ *testing.T, h *house, asker access.Actor) {
			h.Profile("李四", h.Branch, asker.UserID)
		}, want: org.ErrBound},
		"into a branch that is gone": {prepare: func(t *testing.T, h *house, _ access.Actor) {
			t.Helper()
			must[model.Org](t)(h.s.Dissolve(t.Context(), h.department, h.Branch.ID, org.Dissolution{Reason: "毕业"}))
		}, want: org.ErrNotActive},
		"by host staff": {by: func(h *house) access.Actor { return h.host }, want: access.ErrDenied},
		"by a foreign secretary": {by: func(h *house) access.Actor {
			return h.Staff("别班支书", access.BranchSecretary, h.Org(h.Department, model.OrgLeagueBranch, "别班"))
		}, want: fault.ErrNotFound},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			no, by := "2023-01", h.secretary
			if c.no != nil {
				no = c.no(t, h)
			}
			asker, r := h.asks(t, no, "李四")
			if c.prepare != nil {
				c.prepare(t, h, asker)
			}
			if c.by != nil {
				by = c.by(h)
			}
			profiles, members := count[model.StudentProfile](t, h.DB, "1 = 1"), count[model.Membership](t, h.DB, "1 = 1")
			done, err := h.s.ApproveJoin(t.Context(), by, r.ID)
			wants(t, err, c.want)
			if c.want != nil {
				if count[model.StudentProfile](t, h.DB, "1 = 1") != profiles || count[model.Membership](t, h.DB, "1 = 1") != members ||
					count[model.JoinRequest](t, h.DB, "status = ?", model.JoinPending) != 1 || h.audits(t, "join_request.approve") != 0 {
					t.Error("something was written on a refusal")
				}
				return
			}
			var p model.StudentProfile
			wants(t, h.DB.Where("user_id = ?", asker.UserID).First(&p).Error, nil)
			_, pName, pNo := h.opened(t, p.ID)
			if pName != "李四" || pNo != no || p.BranchID != h.Branch.ID || p.UniversityID != h.University.ID || h.userName(t, asker.UserID) != "李四" {
				t.Errorf("%+v %s %s", p, pName, pNo)
			}
			if n := count[model.Membership](t, h.DB, "student_id = ? AND to_on IS NULL", p.ID); n != 1 {
				t.Errorf("%d open memberships", n)
			}
			if n := count[model.Membership](t, h.DB, "student_id = ? AND org_id = ? AND to_on IS NULL", p.ID, h.Branch.ID); n != 1 {
				t.Errorf("%d open memberships of the branch", n)
			}
			if done.Status != model.JoinApproved || *done.DecidedBy != by.UserID || done.PendingUser != nil || h.audits(t, "join_request.approve") != 1 {
				t.Errorf("%+v", done)
			}
			_, err = h.s.ApproveJoin(t.Context(), by, r.ID)
			wants(t, err, fault.ErrState)
		})
	}
}

func TestOneNumberIsApprovedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		_, r := h.asks(t, "2023-01", "李四")
		wg.Go(func() {
			_, err := h.s.ApproveJoin(t.Context(), h.secretary, r.ID)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, org.ErrNumberTaken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d approved", won.Load())
	}
}

func TestNobodyDecidesOnTheirOwnRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := must[org.JoinInfo](t)(h.s.RequestJoin(t.Context(), h.secretary, idem.Key{}, h.joinCode(t).Code, org.Claim{StudentNo: "1", Name: "支书"}))
	_, err := h.s.ApproveJoin(t.Context(), h.secretary, r.ID)
	wants(t, err, access.ErrOwnInterest)
	must[org.JoinInfo](t)(h.s.ApproveJoin(t.Context(), h.department, r.ID))
}

func TestRejectJoin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	by, r := h.asks(t, "1", "甲")
	_, err := h.s.RejectJoin(t.Context(), h.secretary, r.ID, "  ")
	wants(t, err, access.ErrReason)
	_, err = h.s.RejectJoin(t.Context(), h.secretary, 42, "不是本班")
	wants(t, err, fault.ErrNotFound)
	done := must[org.JoinInfo](t)(h.s.RejectJoin(t.Context(), h.secretary, r.ID, "不是本班"))
	if done.Status != model.JoinRejected || done.Reason != "不是本班" || h.audits(t, "join_request.reject") != 1 {
		t.Errorf("%+v", done)
	}
	mine := must[page.Result[org.JoinInfo]](t)(h.s.MyJoinRequests(t.Context(), by, page.Request{}))
	if mine.Items[0].Reason != "不是本班" {
		t.Errorf("%+v", mine.Items[0])
	}
	_, err = h.s.ApproveJoin(t.Context(), h.secretary, r.ID)
	wants(t, err, fault.ErrState)
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
	if got := read(h.university, h.University.ID); len(got) != 4 || got[bound.StudentID] != "丁" {
		t.Errorf("%v", got)
	}
	for id, name := range read(h.department, h.Department.ID) {
		if want[id] != name || id == bound.StudentID {
			t.Errorf("%d is %s", id, name)
		}
	}
	full := must[page.Result[org.StudentInfo]](t)(h.s.Students(t.Context(), h.secretary, h.Branch.ID, page.Request{})).Items[0]
	masked := must[page.Result[org.StudentInfo]](t)(h.s.Students(t.Context(), h.university, h.Branch.ID, page.Request{})).Items[0]
	if full.Number != number(full.StudentProfile) || masked.Number == full.Number || masked.ID != full.ID || masked.Name != full.Name {
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
