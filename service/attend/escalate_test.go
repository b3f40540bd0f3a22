package attend_test

import (
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/page"
)

func TestASilentHostEscalates(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.s.Notify = b.Notices()
	b.policy(func(p *model.Policy) { p.HostConfirmDays = 3 })
	town, ctx := b.Staff("镇干", access.TownOfficer, b.Town), t.Context()
	_, one := b.served("一")
	_, two := b.served("二")
	_, err := b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, ids(one, two))
	is(t, err, nil)
	due := b.Clock.Now().AddDate(0, 0, 3)
	escalate := func(want int) {
		t.Helper()
		if n, err := b.s.Escalate(ctx, 10); err != nil || n != want {
			t.Fatalf("%d escalated, want %d: %v", n, want, err)
		}
	}
	b.Clock.Set(due.Add(-time.Millisecond))
	escalate(0)
	b.Told(notify.HoursDisputed)
	b.Clock.Set(due)
	escalate(2)
	escalate(0)
	b.Told(notify.HoursDisputed, town)
	for _, c := range []model.HoursClaim{b.read(one.ID), b.read(two.ID)} {
		if c.Status != model.ClaimLead || !c.EscalatedAt.Equal(due) || c.HostBy != nil {
			t.Errorf("%+v", c)
		}
	}
	overdue := func(as access.Actor, org model.Org, want ...int64) {
		t.Helper()
		got, err := b.s.Overdue(ctx, as, org.ID, first(10))
		is(t, err, nil)
		if len(got.Items) != len(want) {
			t.Fatalf("%+v", got.Items)
		}
		for i, id := range want {
			if got.Items[i].ID != id || got.Items[i].ActivityTitle != b.activity.Title || got.Items[i].Student.Name == "" || got.Items[i].Student.Name == "一" {
				t.Errorf("%+v", got.Items[i])
			}
		}
	}
	overdue(town, b.Town, one.ID, two.ID)
	overdue(b.clerk, b.Community, one.ID, two.ID)
	half, err := b.s.Overdue(ctx, town, b.Town.ID, first(1))
	is(t, err, nil)
	rest, err := b.s.Overdue(ctx, town, b.Town.ID, page.Request{Limit: 1, Cursor: half.Next})
	is(t, err, nil)
	if half.Items[0].ID != one.ID || rest.Items[0].ID != two.ID || rest.Next != "" {
		t.Error("pages")
	}
	_, err = b.s.Overdue(ctx, b.clerk, b.Town.ID, first(1))
	is(t, err, access.ErrDenied)
	_, err = b.s.Overdue(ctx, b.officer, b.Town.ID, first(1))
	is(t, err, access.ErrDenied)
	_, err = b.s.Overdue(ctx, town, 99, first(1))
	is(t, err, fault.ErrNotFound)
	_, err = b.s.HostConfirm(ctx, town, b.activity.ID, ids(one))
	is(t, err, nil)
	overdue(town, b.Town, two.ID)
	_, err = b.s.Dispute(ctx, b.clerk, two.ID, "没有来")
	is(t, err, nil)
	overdue(town, b.Town)
	_, err = b.s.Reopen(ctx, b.officer, two.ID, "核实了")
	is(t, err, nil)
	_, err = b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, ids(two))
	is(t, err, nil)
	if c := b.read(two.ID); c.EscalatedAt != nil || !c.DueAt.Equal(b.Clock.Now().AddDate(0, 0, 3)) {
		t.Errorf("the host's time does not begin anew: %+v", c)
	}
	escalate(0)
}

func TestWhoReadsANoticeMayDisputeIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	ctx := t.Context()
	_, one := b.served("一")
	_, two := b.served("二")
	_, plain := b.served("三")
	b.madeUp(one)
	b.madeUp(two)
	mate := b.Student("同班", b.Branch)
	other := b.Student("别班", b.Org(b.Department, model.OrgLeagueBranch, "别班支部"))
	_, err := b.s.Dispute(ctx, mate, one.ID, "他没有去")
	is(t, err, fault.ErrNotFound)
	b.post(one, two, plain)
	for name, c := range map[string]struct {
		as   access.Actor
		org  model.Org
		want *fault.Fault
	}{
		"a member of the branch":    {mate, b.Branch, nil},
		"the secretary":             {b.secretary, b.Branch, nil},
		"the department":            {b.officer, b.Department, nil},
		"the university":            {b.Staff("校", access.CommitteeOfficer, b.University), b.University, nil},
		"a member of another":       {other, b.Branch, access.ErrDenied},
		"a member, whole school":    {mate, b.Department, access.ErrDenied},
		"the city":                  {b.Staff("市", access.CommitteeOfficer, b.City), b.University, access.ErrDenied},
		"nobody":                    {access.Actor{}, b.Branch, access.ErrRequired},
		"of an unknown one, anyone": {mate, model.Org{ID: 99}, fault.ErrNotFound},
	} {
		got, err := b.s.Notices(ctx, c.as, c.org.ID, first(10))
		is(t, err, c.want)
		if c.want == nil && (len(got.Items) != 2 || got.Items[0].ID != one.ID || got.Items[1].Student.Name == "二") {
			t.Errorf("%s: %+v", name, got.Items)
		}
	}
	_, err = b.s.Dispute(ctx, other, one.ID, "他没有去")
	is(t, err, fault.ErrNotFound)
	_, err = b.s.Dispute(ctx, mate, plain.ID, "他没有去")
	is(t, err, fault.ErrNotFound)
	_, err = b.s.Dispute(ctx, mate, one.ID, "他没有去")
	is(t, err, nil)
	if got, err := b.s.Notices(ctx, mate, b.Branch.ID, first(10)); err != nil || len(got.Items) != 1 || got.Items[0].ID != two.ID {
		t.Errorf("%+v %v", got.Items, err)
	}
	b.Clock.Add(7 * 24 * time.Hour)
	if n, err := b.s.PostDue(ctx, 10); err != nil || n != 1 || b.status(one.ID) != model.ClaimDisputed || b.status(two.ID) != model.ClaimPosted {
		t.Errorf("%d posted: %v", n, err)
	}
	_, err = b.s.Recognise(ctx, b.officer, b.activity.ID, attend.Choice{All: true})
	is(t, err, nil)
}
