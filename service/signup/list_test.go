package signup_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/signup"
)

func TestListMineIsPagedNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil)
	me, other := b.Student("我", b.Branch), b.Student("别人", b.Branch)
	want := []int64{b.must(me, b.position.ID).ID}
	b.must(other, b.position.ID)
	for i := range 4 {
		_, _, p := b.Activity(b.project, 1, func(_ *model.Activity, s *model.Session) {
			s.StartsAt, s.EndsAt = s.StartsAt.AddDate(0, 0, i+1), s.EndsAt.AddDate(0, 0, i+1)
		})
		want = append([]int64{b.must(me, p.ID).ID}, want...)
	}
	if _, err := b.s.Cancel(t.Context(), me, want[2]); err != nil {
		t.Fatal(err)
	}
	var got []int64
	req := page.Request{Limit: 2}
	for {
		res, err := b.s.ListMine(t.Context(), me, "", req)
		is(t, err, nil)
		for _, r := range res.Items {
			got = append(got, r.ID)
			if r.ActivityTitle != "社区清洁日" || r.PositionTitle != "志愿者" || r.StartsAt.IsZero() || r.CancelUntil.IsZero() {
				t.Errorf("%+v", r)
			}
		}
		if req.Cursor = res.Next; res.Next == "" {
			break
		}
	}
	if len(got) != 5 {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	live, err := b.s.ListMine(t.Context(), me, model.SignupCancelled, first(9))
	is(t, err, nil)
	if len(live.Items) != 1 || live.Items[0].ID != want[2] {
		t.Errorf("cancelled ones: %+v", live.Items)
	}
	_, err = b.s.ListMine(t.Context(), me, "", page.Request{Cursor: "x"})
	is(t, err, fault.ErrCursor)
	_, err = b.s.ListMine(t.Context(), access.Actor{}, "", first(1))
	is(t, err, access.ErrRequired)
	none, err := b.s.ListMine(t.Context(), b.Staff("干事", access.HostStaff, b.Community), "", first(1))
	is(t, err, nil)
	if len(none.Items) != 0 {
		t.Error("staff have no signups")
	}
}

func TestWhoReadsSignups(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil)
	me := b.Student("王小明", b.Branch)
	row := b.must(me, b.position.ID)
	lead, advisor := b.Student("队长", b.Branch), b.Staff("老师", access.Advisor, b.Branch)
	b.Team(b.project, model.TeamLead, lead)
	b.Team(b.project, model.TeamAdvisor, advisor)
	elsewhere := b.Org(b.Town, model.OrgCommunity, "别的社区")
	tests := map[string]struct {
		as        access.Actor
		one, list *fault.Fault
		name      string
	}{
		"the student":             {as: me, list: access.ErrDenied},
		"another student":         {as: b.Student("别人", b.Branch), one: fault.ErrNotFound, list: access.ErrDenied},
		"the lead":                {as: lead, name: "王*"},
		"the advisor":             {as: advisor, name: "王小明"},
		"clerk of the host":       {as: b.Staff("干事", access.HostStaff, b.Community), name: "王小明"},
		"clerk of elsewhere":      {as: b.Staff("外人", access.HostStaff, elsewhere), one: fault.ErrNotFound, list: access.ErrDenied},
		"secretary of the branch": {as: b.Staff("支书", access.BranchSecretary, b.Branch), name: "王小明"},
		"officer of the town":     {as: b.Staff("镇干", access.TownOfficer, b.Town), name: "王*"},
		"department":              {as: b.Staff("系里", access.CommitteeOfficer, b.Department), name: "王*"},
		"province sees numbers":   {as: b.Staff("省里", access.CommitteeOfficer, b.Province), one: access.ErrDenied, list: access.ErrDenied},
		"nobody":                  {as: access.Actor{}, one: access.ErrRequired, list: access.ErrRequired},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := b.s.Get(t.Context(), c.as, row.ID)
			is(t, err, c.one)
			if c.one == nil && (got.ID != row.ID || got.ActivityTitle == "") {
				t.Errorf("%+v", got)
			}
			list, err := b.s.ListOfActivity(t.Context(), c.as, b.activity.ID, "", first(5))
			is(t, err, c.list)
			if c.list != nil {
				return
			}
			if len(list.Items) != 1 || list.Items[0].Student.Name != c.name || !strings.Contains(list.Items[0].Student.No, "****") {
				t.Errorf("%+v", list.Items)
			}
		})
	}
	_, err := b.s.Get(t.Context(), me, 99)
	is(t, err, fault.ErrNotFound)
	_, err = b.s.ListOfActivity(t.Context(), me, 99, "", first(1))
	is(t, err, fault.ErrNotFound)
}

func TestListOfActivityOutlivesADestroyedPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil)
	me := b.Student("王小明", b.Branch)
	b.must(me, b.position.ID)
	b.must(b.Student("李四", b.Branch), b.position.ID)
	if err := b.DB.Transaction(func(tx *gorm.DB) error { return b.Vault.Destroy(tx, me.UserID) }); err != nil {
		t.Fatal(err)
	}
	list, err := b.s.ListOfActivity(t.Context(), b.Staff("干事", access.HostStaff, b.Community), b.activity.ID, model.SignupConfirmed, first(5))
	is(t, err, nil)
	if len(list.Items) != 2 || list.Items[0].Student.Name != "" || list.Items[1].Student.Name != "李四" {
		t.Errorf("%+v", list.Items)
	}
}

func TestAvailability(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, nil)
	b.must(b.Student("我", b.Branch), b.position.ID)
	got, err := b.s.Availability(t.Context(), access.Actor{}, b.position.ID)
	is(t, err, nil)
	if want := (signup.Availability{PositionID: b.position.ID, Capacity: 3, Confirmed: 1, Left: 2}); got != want {
		t.Errorf("%+v", got)
	}
	_, err = b.s.Availability(t.Context(), access.Actor{}, 99)
	is(t, err, fault.ErrNotFound)
}

func TestAvailabilityOfDraft(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, func(a *model.Activity, _ *model.Session) { a.Status, a.PublishedAt = model.ActivityDraft, nil })
	_, err := b.s.Availability(t.Context(), b.Student("我", b.Branch), b.position.ID)
	is(t, err, fault.ErrNotFound)
	_, err = b.s.Availability(t.Context(), b.Staff("干事", access.HostStaff, b.Community), b.position.ID)
	is(t, err, nil)
}

func TestNamesAreWholeOnlyOfThoseWhoComeAndForAMonth(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil)
	clerk, gone := b.Staff("干事", access.HostStaff, b.Community), b.Student("王小明", b.Branch)
	if _, err := b.s.Cancel(t.Context(), gone, b.must(gone, b.position.ID).ID); err != nil {
		t.Fatal(err)
	}
	b.must(b.Student("李四光", b.Branch), b.position.ID)
	seen := func(status model.SignupStatus) string {
		list, err := b.s.ListOfActivity(t.Context(), clerk, b.activity.ID, status, first(5))
		is(t, err, nil)
		var names []string
		for _, m := range list.Items {
			names = append(names, m.Student.Name)
		}
		return strings.Join(names, " ")
	}
	if all, cancelled := seen(""), seen(model.SignupCancelled); all != "王* 李四光" || cancelled != "王*" {
		t.Errorf("the host reads %q, of the cancelled %q", all, cancelled)
	}
	b.must(gone, b.position.ID)
	if all := seen(""); all != "王* 李四光 王小明" {
		t.Errorf("signed up again: %q", all)
	}
	b.Clock.Set(b.activity.EndsAt.AddDate(0, 0, 30).Add(-1))
	if live := seen(model.SignupConfirmed); live != "李四光 王小明" {
		t.Errorf("within 30 days: %q", live)
	}
	b.Clock.Set(b.activity.EndsAt.AddDate(0, 0, 30))
	if live := seen(model.SignupConfirmed); live != "李* 王*" {
		t.Errorf("after 30 days: %q", live)
	}
}
