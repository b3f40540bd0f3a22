package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
)

func TestAnnulACheckOutAndDoItAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	b.serve(me, b.session, 0, 5) // by mistake
	wrong := b.claim(me)
	out := b.lastCheckIn(me)
	got, err := b.s.Annul(t.Context(), me, out.ID, "误点签退")
	is(t, err, nil)
	if *got.AnnulsID != out.ID || got.Verdict != model.VerdictAnnulled || got.Kind != model.KindOut {
		t.Errorf("%+v", got)
	}
	if c := b.claim(me); c.Status != model.ClaimDisputed || c.Minutes != 0 {
		t.Errorf("the claim stands: %+v", c)
	}
	if b.count("signups", "id = ? AND status = ?", seat.ID, model.SignupConfirmed) != 1 {
		t.Error("the signup is still completed")
	}
	before := b.everything()
	again, err := b.s.Annul(t.Context(), me, out.ID, "误点签退")
	is(t, err, nil)
	if again.ID != got.ID || b.everything() != before {
		t.Error("a repeat did something")
	}
	b.Clock.Set(b.session.EndsAt)
	_, err = b.scan(me, b.session.ID, model.KindOut)
	is(t, err, nil)
	c := b.claim(me)
	if c.ID != wrong.ID || c.Status != model.ClaimComputed || c.Minutes != 120 || c.Reason != "" || c.OutID == wrong.OutID {
		t.Errorf("%+v", c)
	}
	if b.count("signups", "id = ? AND status = ?", seat.ID, model.SignupCompleted) != 1 {
		t.Error("the signup is not completed again")
	}
}

// lastCheckIn is the newest row of a student.
func (b *bench) lastCheckIn(a access.Actor) model.CheckIn {
	b.TB.Helper()
	var row model.CheckIn
	if err := b.DB.Where("student_id = ?", a.StudentID).Order("id DESC").First(&row).Error; err != nil {
		b.TB.Fatal(err)
	}
	return row
}

func TestAnnulACheckIn(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, seat := b.member("我")
	b.Clock.Set(b.session.StartsAt)
	rows, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat), idem.Key{})
	is(t, err, nil)
	_, err = b.s.Annul(t.Context(), b.clerk, rows[0].ID, "认错人了")
	is(t, err, nil)
	if b.count("attendances") != 0 {
		t.Error("still there")
	}
	_, err = b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
}

func TestWhoMayAnnulWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	_, seat := b.member("二")
	b.Clock.Set(b.session.StartsAt)
	scan, err := b.scan(me, b.session.ID, model.KindIn)
	is(t, err, nil)
	rows, err := b.s.StaffConfirm(t.Context(), b.clerk, b.list(model.KindIn, seat), idem.Key{})
	is(t, err, nil)
	confirmed := rows[0]
	_, err = b.scan(me, b.session.ID, model.KindIn) // fails and is stored
	is(t, err, attend.ErrAlreadyIn)
	failed := b.lastCheckIn(me)
	colleague := b.Staff("同事", access.HostStaff, b.Community)
	elsewhere := b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区"))
	moved := access.Actor{UserID: b.clerk.UserID} // the clerk without the role
	tests := map[string]struct {
		as     access.Actor
		id     int64
		after  time.Duration
		reason string
		want   *fault.Fault
	}{
		"nobody":                          {as: access.Actor{}, id: scan.ID, want: access.ErrRequired},
		"no reason":                       {as: me, id: scan.ID, reason: " ", want: access.ErrReason},
		"a reason with tricks":            {as: me, id: scan.ID, reason: "a\u202eb", want: fault.ErrInvalid},
		"unknown":                         {as: me, id: 99, want: fault.ErrNotFound},
		"another student":                 {as: b.Student("别人", b.Branch), id: scan.ID, want: fault.ErrNotFound},
		"a clerk, the student's own scan": {as: b.clerk, id: scan.ID, want: access.ErrDenied},
		"a colleague":                     {as: colleague, id: confirmed.ID, want: access.ErrDenied},
		"a clerk of elsewhere":            {as: elsewhere, id: confirmed.ID, want: fault.ErrNotFound},
		"the clerk after losing the role": {as: moved, id: confirmed.ID, want: access.ErrDenied},
		"one's own failed try":            {as: me, id: failed.ID, want: fault.ErrState},
		"a failed try of somebody else":   {as: b.clerk, id: failed.ID, want: fault.ErrNotFound},
		"a millisecond after fifteen":     {as: b.clerk, id: confirmed.ID, after: 15*minute + time.Millisecond, want: attend.ErrAnnulLate},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			b.Clock.Set(b.session.StartsAt.Add(c.after))
			if c.reason == "" {
				c.reason = "弄错了"
			}
			before := b.everything()
			_, err := b.s.Annul(t.Context(), c.as, c.id, c.reason)
			is(t, err, c.want)
			if b.everything() != before {
				t.Error("a refusal wrote something")
			}
		})
	}
	b.Clock.Set(b.session.StartsAt.Add(15 * minute))
	undone, err := b.s.Annul(t.Context(), b.clerk, confirmed.ID, "弄错了")
	is(t, err, nil)
	_, err = b.s.Annul(t.Context(), b.clerk, undone.ID, "反悔")
	is(t, err, fault.ErrState)
}

func TestAnnulTheCheckOutFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.serve(me, b.session, 0, 5)
	var in model.CheckIn
	if err := b.DB.Where("student_id = ? AND kind = ?", me.StudentID, model.KindIn).First(&in).Error; err != nil {
		t.Fatal(err)
	}
	_, err := b.s.Annul(t.Context(), me, in.ID, "弄错了")
	is(t, err, attend.ErrAnnulOrder)
}

func TestADisputedOrPostedClaimKeepsItsCheckOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.serve(me, b.session, 0, 120)
	_, err := b.s.Dispute(t.Context(), b.clerk, b.claim(me).ID, "中途离开")
	is(t, err, nil)
	_, err = b.s.Annul(t.Context(), me, b.lastCheckIn(me).ID, "重来")
	is(t, err, fault.ErrState)
	if c := b.claim(me); c.Reason != "中途离开" || c.Minutes != 120 {
		t.Errorf("%+v", c)
	}
}
