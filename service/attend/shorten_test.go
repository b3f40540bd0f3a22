package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/notify"
)

func TestAWholeSessionWithExceptions(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	second := b.addSession(b.session.EndsAt, time.Hour)
	names := []string{"一", "二", "三"}
	var claims []model.HoursClaim
	for _, name := range names {
		_, c := b.served(name)
		claims = append(claims, c)
	}
	b.Clock.Set(b.activity.CreatedAt)
	me, _ := b.member("四")
	b.serve(me, second, 0, 60)
	later := b.claim(me)
	choice := attend.Choice{All: true, SessionID: b.session.ID, Corrections: []attend.Reduction{
		{ClaimID: claims[1].ID, Minutes: 45, Reason: "中途离开"}, {ClaimID: claims[2].ID, Reason: "没有来"},
	}}
	ctx := t.Context()
	got, err := b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, choice)
	is(t, err, nil)
	if len(got.Claims) != 3 || b.status(later.ID) != model.ClaimComputed {
		t.Fatalf("%+v", got.Claims)
	}
	for i, minutes := range []int64{120, 45, 0} {
		c := b.read(claims[i].ID)
		if c.Status != model.ClaimLead || c.Minutes != minutes || !c.EndsAt.Equal(c.StartsAt.Add(time.Duration(minutes)*time.Minute)) || *c.LeadBy != b.advisor.UserID || c.DueAt == nil {
			t.Errorf("%+v", c)
		}
	}
	before := b.everything()
	_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, attend.Choice{All: true, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Minutes: 60, Reason: "多给一点"}}})
	is(t, err, attend.ErrMoreMinutes)
	_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, attend.Choice{All: true, Corrections: []attend.Reduction{{ClaimID: later.ID, Minutes: 6, Reason: "x"}}})
	is(t, err, fault.ErrState)
	_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, attend.Choice{All: true, Corrections: []attend.Reduction{{ClaimID: 99, Minutes: 6, Reason: "x"}}})
	is(t, err, fault.ErrNotFound)
	for _, wrong := range []attend.Choice{
		{All: true, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Minutes: 6}}},
		{All: true, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Minutes: -1, Reason: "x"}}},
		{All: true, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Reason: "x"}, {ClaimID: claims[1].ID, Reason: "y"}}},
		{All: true, Except: []int64{claims[1].ID}, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Reason: "x"}}},
		{IDs: []int64{claims[1].ID}, SessionID: b.session.ID},
	} {
		_, err := b.s.HostConfirm(ctx, b.clerk, b.activity.ID, wrong)
		is(t, err, fault.ErrInvalid)
	}
	if b.everything() != before {
		t.Error("a refusal wrote something")
	}
	named := attend.Choice{IDs: []int64{claims[0].ID}, Corrections: []attend.Reduction{{ClaimID: claims[1].ID, Minutes: 30, Reason: "只看见半小时"}}}
	for range 2 { // a repeat changes nothing
		_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, named)
		is(t, err, nil)
	}
	if a, c := b.read(claims[0].ID), b.read(claims[1].ID); a.Minutes != 120 || c.Minutes != 30 || c.Status != model.ClaimHost || c.Reason != "只看见半小时" || c.Version != 3 {
		t.Errorf("%+v %+v", a, c)
	}
	for _, minutes := range []int64{20, 500} { // too late: it must not look done
		named.Corrections[0].Minutes = minutes
		_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, named)
		is(t, err, fault.ErrState)
	}
	_, err = b.s.Recognise(ctx, b.officer, b.activity.ID, attend.Choice{IDs: []int64{claims[0].ID}, Corrections: []attend.Reduction{{ClaimID: claims[0].ID, Minutes: 30, Reason: "x"}}})
	is(t, err, fault.ErrState)
}

func TestWhoIsConfirmedForLessIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	me, c := b.served("一")
	_, plain := b.served("二")
	choice := ids(plain)
	choice.Corrections = []attend.Reduction{{ClaimID: c.ID, Minutes: 30, Reason: "只服务了半小时"}}
	for range 2 {
		_, err := b.s.LeadConfirm(t.Context(), b.advisor, b.activity.ID, choice)
		is(t, err, nil)
	}
	b.Told(notify.HoursDisputed, me)
	b.Inbox(notify.HoursDisputed, me, "“社区清洁日”的时长有异议。只服务了半小时")
	if n := b.count("audit_log", "object_id = ? AND action = 'hours.lead_confirm' AND reason = '只服务了半小时'", c.ID); n != 1 {
		t.Errorf("%d audit rows with the reason", n)
	}
}
