package pairing_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/pairing"
)

func TestActiveOnlyAfterBothSidesAccepted(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.propose(t, s.county, nil)
	d, err := s.Accept(t.Context(), s.town, d.ID, "")
	if err != nil || d.Status != model.PairingProposed || d.LocalAcceptedBy == nil || d.FromOn != nil {
		t.Fatalf("after one side: %+v, %v", d, err)
	}
	s.consistent(t)
	s.Clock.Set(time.Date(2026, 10, 20, 16, 30, 0, 0, time.UTC)) // half past midnight of the 21st in China
	d, err = s.Accept(t.Context(), s.secretary, d.ID, pairing.Campus)
	if err != nil || d.Status != model.PairingActive || *d.FromOn != "2026-10-21" || *d.CampusAcceptedBy != s.secretary.UserID || *d.LocalAcceptedBy != s.town.UserID {
		t.Fatalf("after both: %+v, %v", d, err)
	}
	s.consistent(t)
	var actions []string
	if err := s.World.DB.Model(&model.AuditEntry{}).Where("object_id = ?", d.ID).Order("id").Pluck("action", &actions).Error; err != nil {
		t.Fatal(err)
	}
	if want := []string{"pairing.propose", "pairing.accept", "pairing.accept"}; !reflect.DeepEqual(actions, want) {
		t.Errorf("audit: %v", actions)
	}
}

func TestAcceptRefusals(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	byBranch := s.propose(t, s.secretary, nil)
	recommended := s.propose(t, s.city, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID })
	both := s.World.Grant(s.secretary, access.HostStaff, s.Community)
	fresh := s.World.Grant(s.World.Staff("两边", access.BranchSecretary, s.Branch), access.HostStaff, s.elsewhere)
	student := s.World.Student("学生", s.Branch)
	tests := map[string]struct {
		as    access.Actor
		id    int64
		side  string
		want  error
		field string
	}{
		"a student":                                   {student, byBranch.ID, "", access.ErrDenied, ""},
		"another community":                           {s.outsider, byBranch.ID, "", fault.ErrNotFound, ""},
		"a committee that sees it":                    {s.county, byBranch.ID, "", access.ErrDenied, ""},
		"no such pairing":                             {s.host, 5, "", fault.ErrNotFound, ""},
		"the proposer again":                          {s.secretary, byBranch.ID, "", pairing.ErrAccepted, ""},
		"the department, for the same side":           {s.department, byBranch.ID, pairing.Campus, pairing.ErrAccepted, ""},
		"the department, for the other side":          {s.department, byBranch.ID, pairing.Local, access.ErrDenied, ""},
		"the proposer, for the other side":            {both, byBranch.ID, pairing.Local, access.ErrOwnInterest, ""},
		"the proposer, for whichever side is left":    {both, byBranch.ID, "", access.ErrOwnInterest, ""},
		"a person of both sides who does not say":     {fresh, recommended.ID, "", fault.ErrInvalid, "/side"},
		"a side that there is not":                    {s.host, byBranch.ID, "X", fault.ErrInvalid, "/side"},
		"an API client with the community's own role": {access.Actor{ClientID: 4, Grants: s.host.Grants, Scopes: []access.Permission{access.PairingPropose}}, byBranch.ID, "", access.ErrDenied, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s.refused(t, tt.want, tt.field, func() error {
				_, err := s.Accept(t.Context(), tt.as, tt.id, tt.side)
				return err
			})
		})
	}
	t.Run("a person of both sides accepts for one of them only", func(t *testing.T) {
		if _, err := s.Accept(t.Context(), fresh, recommended.ID, pairing.Local); err != nil {
			t.Fatal(err)
		}
		s.refused(t, access.ErrOwnInterest, "", func() error { _, err := s.Accept(t.Context(), fresh, recommended.ID, ""); return err })
		s.consistent(t)
	})
}

func TestAcceptLooksAgain(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.propose(t, s.secretary, nil)
	accept := func() error { _, err := s.Accept(t.Context(), s.host, d.ID, ""); return err }
	s.set(t, "orgs", s.Branch.ID, "status", model.OrgSuspended)
	s.refused(t, pairing.ErrOrgNotActive, "", accept)
	s.set(t, "orgs", s.Branch.ID, "status", model.OrgActive)
	s.set(t, "programmes", s.Programme.ID, "status", model.ProgrammeClosed)
	s.refused(t, pairing.ErrNotActive, "", accept)
}

func TestDecline(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	first := s.propose(t, s.secretary, nil)
	decline := func(as access.Actor, id int64) func() error {
		return func() error { _, err := s.Decline(t.Context(), as, id); return err }
	}
	s.refused(t, fault.ErrNotFound, "", decline(s.outsider, first.ID))
	s.refused(t, access.ErrDenied, "", decline(s.city, first.ID))
	d, err := s.Decline(t.Context(), s.host, first.ID)
	if err != nil || d.Status != model.PairingDeclined || d.LiveProgrammeID != nil {
		t.Fatalf("got %+v, %v", d, err)
	}
	s.refused(t, fault.ErrState, "", decline(s.host, first.ID))
	s.refused(t, fault.ErrState, "", func() error { _, err := s.Accept(t.Context(), s.host, first.ID, ""); return err })
	again := s.propose(t, s.secretary, nil) // refusing has no consequence
	if d, err := s.Decline(t.Context(), s.secretary, again.ID); err != nil || d.Status != model.PairingDeclined {
		t.Errorf("taking one's own back: %+v, %v", d, err)
	}
	s.refused(t, fault.ErrState, "", decline(s.secretary, s.active(t).ID))
	s.consistent(t)
}

func TestAProposalExpiresByTheClock(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.propose(t, s.secretary, nil)
	s.Clock.Set(d.AnswerDueAt.Add(-time.Millisecond))
	if got, err := s.Get(t.Context(), s.host, d.ID); err != nil || got.Status != model.PairingProposed {
		t.Errorf("just before: %s, %v", got.Status, err)
	}
	s.Clock.Set(d.AnswerDueAt)
	if got, err := s.Get(t.Context(), s.host, d.ID); err != nil || got.Status != model.PairingExpired {
		t.Errorf("at the instant: %s, %v", got.Status, err)
	}
	s.refused(t, pairing.ErrExpired, "", func() error { _, err := s.Accept(t.Context(), s.host, d.ID, ""); return err })
	s.refused(t, pairing.ErrExpired, "", func() error { _, err := s.Decline(t.Context(), s.host, d.ID); return err })
}

func TestEnd(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	end := func(as access.Actor, id int64, reason string, on model.Date) func() error {
		return func() error { _, err := s.End(t.Context(), as, id, reason, on); return err }
	}
	s.refused(t, fault.ErrState, "", end(s.outsider, s.propose(t, s.secretary, func(n *pairing.New) { n.LocalOrgID = s.elsewhere.ID }).ID, "不来了", "2026-10-12"))
	d := s.active(t)
	tests := map[string]struct {
		as     access.Actor
		reason string
		on     model.Date
		want   error
		field  string
	}{
		"no reason":         {s.host, "  ", "2026-10-12", fault.ErrInvalid, "/reason"},
		"a reason too long": {s.host, strings.Repeat("长", 501), "2026-10-12", fault.ErrInvalid, "/reason"},
		"yesterday":         {s.host, "搬迁", "2026-10-11", fault.ErrInvalid, "/ends_on"},
		"no day":            {s.host, "搬迁", "later", fault.ErrInvalid, "/ends_on"},
		"everything wrong":  {s.host, "", "", fault.ErrInvalid, "/reason/ends_on"},
		"another community": {s.outsider, "搬迁", "2026-10-12", fault.ErrNotFound, ""},
		"a committee above": {s.city, "搬迁", "2026-10-12", access.ErrDenied, ""},
		"nobody":            {access.Actor{}, "搬迁", "2026-10-12", access.ErrRequired, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { s.refused(t, tt.want, tt.field, end(tt.as, d.ID, tt.reason, tt.on)) })
	}
	notice, err := s.End(t.Context(), s.host, d.ID, "搬迁", "2026-11-01")
	if err != nil || notice.Status != model.PairingActive || *notice.ToOn != "2026-11-01" || notice.Reason != "搬迁" {
		t.Fatalf("notice: %+v, %v", notice, err)
	}
	s.refused(t, pairing.ErrEnding, "", end(s.secretary, d.ID, "再等等", "2026-12-01"))
	if d, err := s.End(t.Context(), s.secretary, d.ID, "同意", "2026-10-20"); err != nil || *d.ToOn != "2026-10-20" {
		t.Fatalf("brought forward: %+v, %v", d, err)
	}
	s.Clock.Set(time.Date(2026, 10, 19, 15, 59, 59, 0, time.UTC))
	if got, err := s.Get(t.Context(), s.host, d.ID); err != nil || got.Status != model.PairingActive {
		t.Errorf("on the last day: %s, %v", got.Status, err)
	}
	s.Clock.Set(time.Date(2026, 10, 19, 16, 0, 0, 0, time.UTC))
	if got, err := s.Get(t.Context(), s.host, d.ID); err != nil || got.Status != model.PairingEnded {
		t.Errorf("after it: %s, %v", got.Status, err)
	}
	s.refused(t, fault.ErrState, "", end(s.host, d.ID, "搬迁", "2026-10-20"))
}

// One side alone leaves the other the days of the policy; both together need none.
func TestAnEndOfOneSideNeedsNotice(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.ends(14, 90)
	end := func(as access.Actor, id int64, on model.Date) func() error {
		return func() error { _, err := s.End(t.Context(), as, id, "搬迁", on); return err }
	}
	d := s.active(t) // from 2026-10-12
	s.refused(t, fault.ErrInvalid, "/ends_on", end(s.host, d.ID, "2026-10-12"))
	s.refused(t, fault.ErrInvalid, "/ends_on", end(s.host, d.ID, "2027-01-09"))
	s.Clock.Set(time.Date(2027, 1, 4, 2, 0, 0, 0, time.UTC))
	s.refused(t, fault.ErrInvalid, "/ends_on", end(s.host, d.ID, "2027-01-17"))
	notice, err := s.End(t.Context(), s.host, d.ID, "搬迁", "2027-01-18")
	if err != nil || *notice.ToOn != "2027-01-18" || notice.NoticeBy != pairing.Local || notice.Status != model.PairingActive {
		t.Fatalf("notice: %+v, %v", notice, err)
	}
	s.refused(t, fault.ErrInvalid, "/ends_on", end(s.host, d.ID, "2027-01-17"))
	s.Clock.Set(time.Date(2027, 1, 6, 2, 0, 0, 0, time.UTC))
	if again, err := s.End(t.Context(), s.host, d.ID, "搬迁", "2027-01-18"); err != nil || *again.ToOn != "2027-01-18" {
		t.Fatalf("the same again, later: %+v, %v", again, err)
	}
	agreed, err := s.End(t.Context(), s.secretary, d.ID, "同意", "2027-01-06")
	if err != nil || agreed.Status != model.PairingEnded || agreed.NoticeBy != pairing.Local {
		t.Fatalf("the other side agrees: %+v, %v", agreed, err)
	}
	if err := end(s.host, d.ID, "2027-01-06")(); !errors.Is(err, fault.ErrState) {
		t.Error("of what is over it is not the day that is wrong", err)
	}
}

func TestWhoSpeaksForBothSidesMayEndToday(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	s.ends(14, 0)
	both := s.secretary
	both.Grants = append(slices.Clone(both.Grants), s.host.Grants...)
	d, err := s.End(t.Context(), both, s.active(t).ID, "两边都不办了", "2026-10-12")
	if err != nil || d.Status != model.PairingEnded || d.NoticeBy != "" {
		t.Fatalf("got %+v, %v", d, err)
	}
}

func TestEndTodayIsOverAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d, err := s.End(t.Context(), s.secretary, s.active(t).ID, "毕业", "2026-10-12")
	if err != nil || d.Status != model.PairingEnded || d.LiveProgrammeID != nil || *d.ToOn != "2026-10-12" {
		t.Fatalf("got %+v, %v", d, err)
	}
	s.consistent(t)
	s.active(t) // history stays, a new one begins
}

func TestOfRacingAnswersOneWins(t *testing.T) {
	t.Parallel()
	for round := range 6 {
		s := newStreet(t)
		d := s.propose(t, s.secretary, nil)
		accept := func(as access.Actor) func() error {
			return func() error { _, err := s.Accept(t.Context(), as, d.ID, ""); return err }
		}
		decline := func(as access.Actor) func() error {
			return func() error { _, err := s.Decline(t.Context(), as, d.ID); return err }
		}
		got := testkit.Race(accept(s.host), decline(s.host), accept(s.town), decline(s.town), decline(s.secretary))
		if got[""] != 1 || got[""]+got[fault.ErrState.Code]+got[pairing.ErrAccepted.Code] != 5 {
			t.Errorf("round %d: %v", round, got)
		}
		s.consistent(t)
	}
}

func TestBothSidesOfARecommendationMayAcceptAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	d := s.propose(t, s.county, nil)
	got := testkit.Race(
		func() error { _, err := s.Accept(t.Context(), s.host, d.ID, ""); return err },
		func() error { _, err := s.Accept(t.Context(), s.secretary, d.ID, ""); return err },
		func() error { _, err := s.Accept(t.Context(), s.department, d.ID, ""); return err },
	)
	after, err := s.Get(t.Context(), s.host, d.ID)
	if err != nil || after.Status != model.PairingActive || got[""] != 2 {
		t.Errorf("got %v, %+v, %v", got, after, err)
	}
	s.consistent(t)
}
