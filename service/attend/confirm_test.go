package attend_test

import (
	"errors"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

// list is a confirmation of signups.
func (b *bench) list(kind string, seats ...model.Signup) attend.Confirmation {
	c := attend.Confirmation{SessionID: b.session.ID, Kind: kind, Reason: "手机没电"}
	for _, s := range seats {
		c.SignupIDs = append(c.SignupIDs, s.ID)
	}
	return c
}

func TestStaffConfirm(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	one, seat1 := b.member("一")
	_, seat2 := b.member("二")
	b.Clock.Set(b.session.StartsAt)
	rows, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat2, seat1), key("in"))
	is(t, err, nil)
	if len(rows) != 2 || rows[0].SignupID != seat2.ID || rows[0].Method != model.MethodHost || rows[0].OperatorID != b.clerk.UserID || rows[1].StudentID != one.StudentID {
		t.Errorf("%+v", rows)
	}
	before := b.everything()
	again, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat2, seat1), key("in"))
	is(t, err, nil)
	if again[0].ID != rows[0].ID || b.everything() != before {
		t.Error("a repeat did something")
	}
	b.Clock.Set(b.session.EndsAt)
	_, err = b.s.StaffConfirm(t.Context(), b.advisor, b.list(model.KindOut, seat1, seat2), key("out"))
	is(t, err, nil)
	if got := b.claim(one); got.Minutes != 120 || got.Status != model.ClaimComputed {
		t.Errorf("%+v", got)
	}
}

func TestStaffConfirmRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, mine := b.member("我")
	_, seat := b.member("二")
	gone, old := b.member("走了")
	if _, err := b.signups.Cancel(t.Context(), gone, old.ID); err != nil {
		t.Fatal(err)
	}
	_, _, otherPosition := b.Activity(b.project, 9, func(_ *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt = s.StartsAt.AddDate(0, 0, 3), s.EndsAt.AddDate(0, 0, 3)
	})
	foreign := b.joins(me, otherPosition.ID)
	secretaryWhoStudies := b.Grant(me, access.BranchSecretary, b.Branch)
	elsewhere := b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区"))
	in := b.list(model.KindIn, seat)
	noReason := in
	noReason.Reason = " "
	tricks := in
	tricks.Reason = "a\u202eb"
	noSession := in
	noSession.SessionID = 99
	tests := map[string]struct {
		as   access.Actor
		in   attend.Confirmation
		at   time.Duration
		want *fault.Fault
	}{
		"nobody":                       {as: access.Actor{}, in: in, want: access.ErrRequired},
		"student":                      {as: me, in: in, want: access.ErrDenied},
		"lead":                         {as: b.lead, in: in, want: access.ErrDenied},
		"clerk of elsewhere":           {as: elsewhere, in: in, want: access.ErrDenied},
		"API client":                   {as: access.Actor{ClientID: 1, Scopes: []access.Permission{access.CheckInShow}, Grants: b.clerk.Grants}, in: in, want: access.ErrDenied},
		"oneself":                      {as: secretaryWhoStudies, in: b.list(model.KindIn, seat, mine), want: access.ErrOwnInterest},
		"a foreign item":               {as: b.clerk, in: b.list(model.KindIn, seat, foreign), want: fault.ErrNotFound},
		"an unknown item":              {as: b.clerk, in: b.list(model.KindIn, seat, model.Signup{ID: 99}), want: fault.ErrNotFound},
		"an item twice":                {as: b.clerk, in: b.list(model.KindIn, seat, seat), want: fault.ErrInvalid},
		"a cancelled signup":           {as: b.clerk, in: b.list(model.KindIn, seat, old), want: attend.ErrNoSignup},
		"too early":                    {as: b.clerk, in: in, at: -31 * minute, want: attend.ErrTooEarly},
		"too late":                     {as: b.clerk, in: in, at: 2 * time.Hour, want: attend.ErrTooLate},
		"out before in":                {as: b.clerk, in: b.list(model.KindOut, seat), want: attend.ErrNotCheckedIn},
		"no reason":                    {as: b.clerk, in: noReason, want: access.ErrReason},
		"a reason with tricks":         {as: b.clerk, in: tricks, want: fault.ErrInvalid},
		"no such session":              {as: b.clerk, in: noSession, want: fault.ErrNotFound},
		"town officer, not in the row": {as: b.Staff("镇干", access.TownOfficer, b.Town), in: in, want: access.ErrDenied},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b.Clock.Set(b.session.StartsAt.Add(c.at))
			before := b.everything()
			_, err := b.s.StaffConfirm(t.Context(), c.as, c.in, idem.Key{})
			is(t, err, c.want)
			if b.everything() != before {
				t.Error("a refusal wrote something")
			}
		})
	}
	b.Clock.Set(b.session.StartsAt)
	_, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat, old), idem.Key{})
	if f, ok := errors.AsType[*fault.Fault](err); !ok || len(f.Fields) != 1 || f.Fields[0].Pointer != "/signup_ids/1" {
		t.Errorf("the wrong item is not named: %+v", f)
	}
}

func TestScanAgainstConfirmation(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	code := b.code(b.session.ID, model.KindIn)
	errs := testkit.Together(10, func(i int) error {
		if i%2 == 0 {
			_, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat), idem.Key{})
			return err
		}
		_, err := b.s.Redeem(t.Context(), me, attend.Try{Code: code, Nonce: string(rune('a' + i))})
		return err
	})
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if !errors.Is(err, attend.ErrAlreadyIn) {
			t.Error(err)
		}
	}
	if good != 1 || b.count("attendances") != 1 || b.count("check_ins", "verdict = ?", model.VerdictOK) != 1 {
		t.Errorf("%d counted", good)
	}
}
