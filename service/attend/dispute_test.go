package attend_test

import (
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

func TestDisputeRejectReopen(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, mine := b.served("我")
	_, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(mine))
	is(t, err, nil)
	got, err := b.s.Dispute(t.Context(), b.clerk, mine.ID, "中途离开")
	is(t, err, nil)
	if got.Status != model.ClaimDisputed || got.Reason != "中途离开" {
		t.Errorf("%+v", got)
	}
	before := b.everything()
	_, err = b.s.Dispute(t.Context(), b.clerk, mine.ID, "中途离开")
	is(t, err, nil)
	if b.everything() != before {
		t.Error("a repeat did something")
	}
	got, err = b.s.Reopen(t.Context(), b.officer, mine.ID, "已核实")
	is(t, err, nil)
	if got.Status != model.ClaimComputed || got.LeadBy != nil || got.Minutes != 120 {
		t.Errorf("%+v", got)
	}
	b.post(mine)
	for name, again := range map[string]func() error{
		"dispute": func() error { _, err := b.s.Dispute(t.Context(), b.lead, mine.ID, "x"); return err },
		"reject":  func() error { _, err := b.s.Reject(t.Context(), b.officer, mine.ID, "x"); return err },
		"reopen":  func() error { _, err := b.s.Reopen(t.Context(), b.officer, mine.ID, "x"); return err },
	} {
		t.Run(name+" what is posted", func(t *testing.T) { is(t, again(), fault.ErrState) })
	}
}

func TestARejectedClaimIsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	got, err := b.s.Reject(t.Context(), b.officer, mine.ID, "代签")
	is(t, err, nil)
	if got.Status != model.ClaimRejected {
		t.Errorf("%+v", got)
	}
	_, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(mine))
	is(t, err, fault.ErrState)
	_, err = b.s.Annul(t.Context(), me, b.lastCheckIn(me).ID, "重来")
	is(t, err, nil)
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, nil)
	if c := b.claim(me); c.Status != model.ClaimRejected || c.Reason != "代签" {
		t.Errorf("a new check-out revived it: %+v", c)
	}
}

func TestReopenWaitsForTheCheckOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	_, err := b.s.Annul(t.Context(), me, b.lastCheckIn(me).ID, "重来")
	is(t, err, nil)
	_, err = b.s.Reopen(t.Context(), b.officer, mine.ID, "x")
	is(t, err, fault.ErrState)
}

func TestWhoDisputesAndRejects(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.served("我")
	elsewhere := b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区"))
	dean := b.Staff("外系", access.CommitteeOfficer, b.Org(b.University, model.OrgDepartmentCommittee, "外系"))
	officerWhoStudies := b.Grant(me, access.CommitteeOfficer, b.Department)
	tests := map[string]struct {
		as              access.Actor
		dispute, reject *fault.Fault
	}{
		"nobody":             {access.Actor{}, access.ErrRequired, access.ErrRequired},
		"another student":    {b.Student("别人", b.Branch), fault.ErrNotFound, access.ErrDenied},
		"clerk of elsewhere": {elsewhere, fault.ErrNotFound, access.ErrDenied},
		"another department": {dean, fault.ErrNotFound, fault.ErrNotFound},
		"API client":         {access.Actor{ClientID: 1, Scopes: []access.Permission{access.HoursRecognise}, Grants: b.officer.Grants}, access.ErrDenied, access.ErrDenied},
		"the department":     {b.officer, access.ErrDenied, nil},
		"clerk of the host":  {b.clerk, nil, access.ErrDenied},
		"the lead":           {b.lead, nil, access.ErrDenied},
		"the student":        {me, nil, access.ErrDenied},
		"their own officer":  {officerWhoStudies, nil, access.ErrOwnInterest},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b.update("UPDATE hours_claims SET status = 'COMPUTED', reason = '' WHERE id = ?", mine.ID)
			_, err := b.s.Dispute(t.Context(), c.as, mine.ID, "有误")
			is(t, err, c.dispute)
			b.update("UPDATE hours_claims SET status = 'COMPUTED', reason = '' WHERE id = ?", mine.ID)
			before := b.everything()
			_, err = b.s.Reject(t.Context(), c.as, mine.ID, "有误")
			is(t, err, c.reject)
			if c.reject != nil && (b.everything() != before || b.status(mine.ID) != model.ClaimComputed) {
				t.Error("a refusal changed something")
			}
		})
	}
	_, err := b.s.Dispute(t.Context(), me, mine.ID, "  ")
	is(t, err, access.ErrReason)
	for _, tricks := range []string{"a\u202eb", "一\n二", strings.Repeat("长", 201)} {
		_, err = b.s.Dispute(t.Context(), me, mine.ID, tricks)
		is(t, err, fault.ErrInvalid)
	}
	_, err = b.s.Dispute(t.Context(), me, 99, "x")
	is(t, err, fault.ErrNotFound)
}
