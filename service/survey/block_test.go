package survey_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
	"baodao/service/survey"
)

// met signs a student up at the community, and off again.
func (d *desk) met(who access.Actor) {
	d.TB.Helper()
	a, p := d.published(3, nil)
	now := d.Clock.Now()
	d.Insert(&model.Signup{ID: d.NewID(), StudentID: who.StudentID, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupCancelled, Version: 1, CreatedAt: now, UpdatedAt: now})
}

func TestAHostKeepsAStudentAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.Block(t.Context(), d.host, d.Community.ID, d.student.StudentID, "中途离开孩子")
	wants(t, err, fault.ErrNotFound) // a stranger
	d.met(d.student)
	_, err = d.Block(t.Context(), d.host, d.Community.ID, d.student.StudentID, " ")
	wants(t, err, access.ErrReason, "/reason")
	for name, as := range map[string]access.Actor{"town": d.town, "county": d.county, "student": d.student, "another host": d.Staff("外人", access.HostStaff, d.other)} {
		_, err := d.Block(t.Context(), as, d.Community.ID, d.student.StudentID, "不来")
		t.Log(name)
		wants(t, err, access.ErrDenied)
		_, err = d.Blocks(t.Context(), as, d.Community.ID, page.Request{})
		wants(t, err, access.ErrDenied)
		wants(t, d.Unblock(t.Context(), as, d.Community.ID, d.student.StudentID), access.ErrDenied)
	}
	self := d.Grant(d.student, access.HostStaff, d.Community)
	_, err = d.Block(t.Context(), self, d.Community.ID, d.student.StudentID, "不来")
	wants(t, err, access.ErrOwnInterest)

	for _, reason := range []string{"中途离开孩子", "两次中途离开孩子"} {
		b, err := d.Block(t.Context(), d.host, d.Community.ID, d.student.StudentID, reason)
		if err != nil || b.Reason != reason || b.Name != "赵*" || b.StudentID != d.student.StudentID || b.By != d.host.UserID || b.ByName == "" || b.ByName == b.Name {
			t.Fatalf("%+v, %v", b, err)
		}
	}
	var row model.MatchBlock
	if err := d.plain().First(&row).Error; err != nil || strings.Contains(string(row.ReasonEnc), "孩子") {
		t.Errorf("%q, %v", row.ReasonEnc, err)
	}
	var audits []model.AuditEntry
	if err := d.plain().Where("action = ?", "block.keep_away").Find(&audits).Error; err != nil || len(audits) != 2 || strings.Contains(fmt.Sprint(audits), "孩子") {
		t.Errorf("%+v, %v", audits, err)
	}
	if list, err := d.Blocks(t.Context(), d.host, d.Community.ID, page.Request{}); err != nil || len(list.Items) != 1 || list.Items[0].Reason != "两次中途离开孩子" {
		t.Errorf("%+v, %v", list, err)
	}
	pair := survey.Pair{StudentID: d.student.StudentID, HostOrgID: d.Community.ID}
	away, err := survey.KeptAway(d.plain(), []int64{d.student.StudentID, 7}, []int64{d.Community.ID, d.other.ID})
	if err != nil || !reflect.DeepEqual(away, map[survey.Pair]bool{pair: true}) {
		t.Errorf("%v, %v", away, err)
	}
	if err := d.Unblock(t.Context(), d.host, d.Community.ID, d.student.StudentID); err != nil {
		t.Error(err)
	}
	wants(t, d.Unblock(t.Context(), d.host, d.Community.ID, d.student.StudentID), fault.ErrNotFound)
	if away, err := survey.KeptAway(d.plain(), []int64{d.student.StudentID}, []int64{d.Community.ID}); err != nil || len(away) != 0 {
		t.Errorf("%v, %v", away, err)
	}
}

func TestHostBlocksArePaged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var want, got []int64
	for range 5 {
		who := d.Student("学生", d.Branch)
		d.met(who)
		_, err := d.Block(t.Context(), d.host, d.Community.ID, who.StudentID, "不来")
		must(t, 0, err)
		want = append(want, who.StudentID)
	}
	for req := (page.Request{Limit: 2}); ; {
		list, err := d.Blocks(t.Context(), d.host, d.Community.ID, req)
		must(t, 0, err)
		for _, b := range list.Items {
			got = append(got, b.StudentID)
		}
		if req.Cursor = list.Next; list.Next == "" {
			break
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAStudentAvoidsHosts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.AvoidHost(t.Context(), d.student, d.Branch.ID)
	wants(t, err, fault.ErrNotFound)
	_, err = d.AvoidHost(t.Context(), d.host, d.Community.ID)
	wants(t, err, access.ErrDenied)
	for range 2 {
		if list, err := d.AvoidHost(t.Context(), d.student, d.Community.ID); err != nil || len(list) != 1 || list[0].Name != d.Community.Name {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	d.met(d.student)
	_, err = d.Block(t.Context(), d.host, d.Community.ID, d.student.StudentID, "不来")
	must(t, 0, err)
	other := d.Student("钱乙", d.Branch)
	_, err = d.AvoidHost(t.Context(), other, d.other.ID)
	must(t, 0, err)
	pairs, err := survey.BlocksOf(d.plain(), other.StudentID, d.student.StudentID)
	if want := []survey.Pair{{d.student.StudentID, d.Community.ID}, {other.StudentID, d.other.ID}}; err != nil || !reflect.DeepEqual(pairs, want) {
		t.Errorf("%v, %v", pairs, err)
	}
	if away, err := survey.KeptAway(d.plain(), []int64{other.StudentID}, []int64{d.other.ID}); err != nil || len(away) != 0 {
		t.Errorf("a student's own list keeps nobody from signing up: %v, %v", away, err)
	}
	wants(t, d.AllowHost(t.Context(), d.student, d.other.ID), fault.ErrNotFound)
	if err := d.AllowHost(t.Context(), d.student, d.Community.ID); err != nil {
		t.Error(err)
	}
	if list, err := d.MyBlocks(t.Context(), d.student); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if pairs, err := survey.BlocksOf(d.plain(), d.student.StudentID); err != nil || len(pairs) != 1 {
		t.Errorf("the host's block went with the student's: %v, %v", pairs, err)
	}
}

// A host does not learn who avoids it, from no list and by no change.
func TestAHostDoesNotSeeWhoAvoidsIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.met(d.student)
	_, err := d.AvoidHost(t.Context(), d.student, d.Community.ID)
	must(t, 0, err)
	if list, err := d.Blocks(t.Context(), d.host, d.Community.ID, page.Request{}); err != nil || len(list.Items) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	wants(t, d.Unblock(t.Context(), d.host, d.Community.ID, d.student.StudentID), fault.ErrNotFound)
}

func TestAtMostTwentyHosts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hosts := make([]model.Org, 24)
	for i := range hosts {
		hosts[i] = d.Org(d.Town, model.OrgCommunity, fmt.Sprintf("社区%d", i))
	}
	got := testkit.RaceOf(24, func(i int) error {
		_, err := d.AvoidHost(t.Context(), d.student, hosts[i].ID)
		return err
	})
	if got[""] != 20 || got[survey.ErrManyBlocks.Code] != 4 {
		t.Errorf("%v", got)
	}
}
