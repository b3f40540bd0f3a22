package attend_test

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/page"
)

func TestCurrentCode(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt.Add(3 * time.Second))
	got, err := b.s.CurrentCode(t.Context(), b.clerk, b.session.ID, model.KindOut)
	is(t, err, nil)
	if got.Now.Text != b.code(b.session.ID, model.KindOut) || len(got.Next) != 6 || !got.OpensAt.Equal(b.session.StartsAt.Add(-30*minute)) || !got.ClosesAt.Equal(b.session.EndsAt.Add(time.Hour)) {
		t.Errorf("%+v", got)
	}
	got, err = b.s.CurrentCode(t.Context(), b.clerk, b.session.ID, model.KindIn)
	is(t, err, nil)
	for i, c := range append([]attend.Code{got.Now}, got.Next...) {
		if !c.ValidFrom.Equal(b.session.StartsAt.Add(time.Duration(i) * attend.Step)) {
			t.Errorf("code %d is valid from %s", i, c.ValidFrom)
		}
	}
	_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: got.Next[0].Text, Nonce: "n0"})
	is(t, err, attend.ErrCodeExpired) // not yet
	b.Clock.Set(got.Next[5].ValidFrom)
	_, err = b.s.Redeem(t.Context(), me, attend.Try{Code: got.Next[5].Text, Nonce: "n1"})
	is(t, err, nil)
}

// TestNoCodeIsShownOnceItOpensNothing: a screen left on goes dark, the one for coming before the one for leaving.
func TestNoCodeIsShownOnceItOpensNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	shown := func(want ...*fault.Fault) {
		t.Helper()
		_, in := b.s.CurrentCode(t.Context(), b.clerk, b.session.ID, model.KindIn)
		_, out := b.s.CurrentCode(t.Context(), b.clerk, b.session.ID, model.KindOut)
		_, own := b.s.OwnCode(t.Context(), me, b.session.ID)
		_, picture := b.s.OwnPicture(t.Context(), me, b.session.ID, attend.SVG)
		for i, err := range []error{in, out, own, picture} {
			is(t, err, want[i])
		}
	}
	b.Clock.Set(b.session.EndsAt.Add(-time.Millisecond))
	shown(nil, nil, nil, nil)
	b.Clock.Set(b.session.EndsAt)
	shown(attend.ErrTooLate, nil, nil, nil)
	b.Clock.Set(b.session.EndsAt.Add(time.Hour - time.Millisecond))
	shown(attend.ErrTooLate, nil, nil, nil)
	b.Clock.Add(time.Millisecond)
	shown(attend.ErrTooLate, attend.ErrTooLate, attend.ErrTooLate, attend.ErrTooLate)
}

func TestWhoShowsCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, draft, _ := b.Activity(b.project, 1, func(a *model.Activity, _ *model.Session) { a.Status, a.PublishedAt = model.ActivityDraft, nil })
	_, off, _ := b.Activity(b.project, 1, func(a *model.Activity, _ *model.Session) { a.Status = model.ActivityCancelled })
	elsewhere := b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区"))
	for name, c := range map[string]struct {
		as      access.Actor
		session int64
		want    *fault.Fault
	}{
		"advisor":            {b.advisor, b.session.ID, nil},
		"secretary":          {b.secretary, b.session.ID, nil},
		"nobody":             {access.Actor{}, b.session.ID, access.ErrRequired},
		"student":            {b.Student("我", b.Branch), b.session.ID, access.ErrDenied},
		"lead":               {b.lead, b.session.ID, access.ErrDenied},
		"clerk of elsewhere": {elsewhere, b.session.ID, access.ErrDenied},
		"elsewhere, a draft": {elsewhere, draft.ID, fault.ErrNotFound},
		"a draft":            {b.clerk, draft.ID, fault.ErrState},
		"cancelled":          {b.clerk, off.ID, fault.ErrState},
		"no such session":    {b.clerk, 99, fault.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.s.CurrentCode(t.Context(), c.as, c.session, model.KindIn)
			is(t, err, c.want)
			_, err = b.s.Picture(t.Context(), c.as, c.session, model.KindIn, attend.PNG)
			is(t, err, c.want)
		})
	}
}

func TestPictureIsAPNG(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	raw, err := b.s.Picture(t.Context(), b.clerk, b.session.ID, model.KindIn, attend.PNG)
	is(t, err, nil)
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil || img.Bounds().Dx() != 480 {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
}

func TestListOfSession(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("王小明")
	for i := range 4 {
		b.member(fmt.Sprint("学生", i))
	}
	b.serve(me, b.session, 0, 120)
	one, err := b.s.ListOfSession(t.Context(), b.clerk, b.session.ID, first(3))
	is(t, err, nil)
	two, err := b.s.ListOfSession(t.Context(), b.clerk, b.session.ID, page.Request{Limit: 3, Cursor: one.Next})
	is(t, err, nil)
	if len(one.Items) != 3 || len(two.Items) != 2 || two.Next != "" {
		t.Fatalf("%d then %d", len(one.Items), len(two.Items))
	}
	if p := one.Items[0]; p.Student.Name != "王小明" || p.InAt == nil || !p.OutAt.Equal(b.session.EndsAt) || p.InID == 0 || p.SignupStatus != model.SignupCompleted {
		t.Errorf("%+v", p)
	}
	if p := two.Items[1]; p.InAt != nil || p.OutID != 0 || p.Student.Name != "学生3" {
		t.Errorf("%+v", p)
	}
	masked, err := b.s.ListOfSession(t.Context(), b.lead, b.session.ID, first(1))
	is(t, err, nil)
	if masked.Items[0].Student.Name != "王*" {
		t.Errorf("%+v", masked.Items)
	}
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"nobody": {access.Actor{}, access.ErrRequired}, "student": {me, access.ErrDenied},
		"city": {b.Staff("市里", access.CommitteeOfficer, b.City), access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.s.ListOfSession(t.Context(), c.as, b.session.ID, first(1))
			is(t, err, c.want)
		})
	}
	_, err = b.s.ListOfSession(t.Context(), b.clerk, 99, first(1))
	is(t, err, fault.ErrNotFound)
}

func TestMyCheckInsNewestFirstWithFailures(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	other, _ := b.member("别人")
	b.serve(me, b.session, 0, 118)
	b.serve(other, b.session, 1, 119)
	_, err := b.scan(me, b.session.ID, model.KindOut)
	is(t, err, attend.ErrAlreadyOut)
	got, err := b.s.MyCheckIns(t.Context(), me, first(2))
	is(t, err, nil)
	rest, err := b.s.MyCheckIns(t.Context(), me, page.Request{Limit: 2, Cursor: got.Next})
	is(t, err, nil)
	if len(got.Items) != 2 || got.Items[0].Reason != "already_out" || got.Items[1].Kind != model.KindOut || len(rest.Items) != 1 || rest.Next != "" {
		t.Errorf("%+v then %+v", got.Items, rest.Items)
	}
	_, err = b.s.MyCheckIns(t.Context(), access.Actor{}, first(1))
	is(t, err, access.ErrRequired)
}

func TestWhoReadsClaims(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	department := b.Org(b.University, model.OrgDepartmentCommittee, "外系")
	stranger := b.Student("李四", b.Org(department, model.OrgLeagueBranch, "外系支部"))
	b.joins(stranger, b.position.ID)
	me, mine := b.served("王小明")
	b.serve(stranger, b.session, 0, 120)
	for name, c := range map[string]struct {
		as    access.Actor
		names []string
	}{
		"the student":            {me, []string{"王*"}},
		"the lead":               {b.lead, []string{"王*", "李*"}},
		"the host":               {b.clerk, []string{"王小明", "李四"}},
		"the secretary":          {b.secretary, []string{"王小明", "李四"}},
		"the foreign department": {b.Staff("外系", access.CommitteeOfficer, department), []string{"李*"}},
		"the university":         {b.Staff("校", access.CommitteeOfficer, b.University), []string{"王*", "李*"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := b.s.ClaimsOfActivity(t.Context(), c.as, b.activity.ID, "", first(9))
			is(t, err, nil)
			var names []string
			for _, r := range got.Items {
				names = append(names, r.Student.Name)
			}
			if fmt.Sprint(names) != fmt.Sprint(c.names) || got.Items == nil {
				t.Errorf("sees %v, want %v", names, c.names)
			}
		})
	}
	_, err := b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(mine))
	is(t, err, nil)
	got, err := b.s.ClaimsOfActivity(t.Context(), b.clerk, b.activity.ID, model.ClaimComputed, first(1))
	is(t, err, nil)
	if len(got.Items) != 1 || got.Items[0].StudentID != stranger.StudentID {
		t.Errorf("%+v", got.Items)
	}
	_, err = b.s.ClaimsOfActivity(t.Context(), access.Actor{}, b.activity.ID, "", first(1))
	is(t, err, access.ErrRequired)
	_, err = b.s.ClaimsOfActivity(t.Context(), b.Staff("市里", access.CommitteeOfficer, b.City), b.activity.ID, "", first(1))
	is(t, err, access.ErrDenied)
	_, err = b.s.ClaimsOfActivity(t.Context(), b.clerk, 99, "", first(1))
	is(t, err, fault.ErrNotFound)
}

// Who could never find a claim is refused, whoever they are; who could gets an empty list until there is one.
func TestWhoReachesNobodyOfAnActivityIsRefusedItsClaims(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	_, hidden, _ := b.Activity(b.project, 1, func(a *model.Activity, _ *model.Session) { a.Status, a.PublishedAt = model.ActivityDraft, nil })
	me, _ := b.member("我")
	other := b.Org(b.University, model.OrgDepartmentCommittee, "外系")
	for name, c := range map[string]struct {
		as   access.Actor
		want *fault.Fault
	}{
		"the student":           {me, nil},
		"the host":              {b.clerk, nil},
		"the university":        {b.Staff("校", access.CommitteeOfficer, b.University), nil},
		"another student":       {b.Student("别人", b.Branch), access.ErrDenied},
		"another branch":        {b.Staff("外支书", access.BranchSecretary, b.Org(b.Department, model.OrgLeagueBranch, "别的支部")), access.ErrDenied},
		"another department":    {b.Staff("外系书记", access.CommitteeOfficer, other), access.ErrDenied},
		"a clerk of elsewhere":  {b.Staff("外人", access.HostStaff, b.Org(b.Town, model.OrgCommunity, "别的社区")), access.ErrDenied},
		"an advisor of nothing": {b.Staff("别的老师", access.Advisor, other), access.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			for _, status := range []model.ClaimStatus{"", model.ClaimPosted} {
				got, err := b.s.ClaimsOfActivity(t.Context(), c.as, b.activity.ID, status, first(9))
				is(t, err, c.want)
				if len(got.Items) != 0 || got.Items == nil {
					t.Errorf("%+v", got)
				}
			}
			if c.want != nil {
				_, err := b.s.ClaimsOfActivity(t.Context(), c.as, hidden.ActivityID, "", first(9))
				is(t, err, fault.ErrNotFound)
			}
		})
	}
}

func TestNamesAreMaskedAMonthAfterTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.served("王小明")
	for after, want := range map[time.Duration]string{30*24*time.Hour - time.Second: "王小明", 30 * 24 * time.Hour: "王*"} {
		b.Clock.Set(b.activity.EndsAt.Add(after))
		claims, err := b.s.ClaimsOfActivity(t.Context(), b.clerk, b.activity.ID, "", first(1))
		is(t, err, nil)
		there, err := b.s.ListOfSession(t.Context(), b.clerk, b.session.ID, first(1))
		is(t, err, nil)
		if claims.Items[0].Student.Name != want || there.Items[0].Student.Name != want {
			t.Errorf("%s after the end: %s and %s, want %s", after, claims.Items[0].Student.Name, there.Items[0].Student.Name, want)
		}
	}
}
