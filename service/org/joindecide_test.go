package org_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
	"baodao/service/page"
)

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
