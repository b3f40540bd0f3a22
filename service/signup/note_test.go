package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/signup"
)

// words is WeChat: 赌 is risky. It counts what it is asked, and may be down.
type words struct {
	down  bool
	asked int
}

func (w *words) CheckText(_ context.Context, _ string, _ content.Use, text string) (content.Verdict, error) {
	w.asked++
	switch {
	case w.down:
		return content.Verdict{}, fault.Define(fault.Unavailable, "wechat.unavailable", "连不上", "is down")
	case strings.Contains(text, "赌"):
		return content.Verdict{Suggest: content.Risky}, nil
	}
	return content.Verdict{Suggest: content.Pass}, nil
}

func (*words) SubmitImage(context.Context, string, string) (string, bool, error) {
	return "", false, errors.New("no pictures")
}

// checked gives the service checks of content.
func (b *bench) checked() *words {
	w := &words{}
	b.s.Content = &content.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit, Vault: b.Vault, Checker: w}
	return w
}

// advance lets the job ask.
func (b *bench) advance() {
	b.TB.Helper()
	if err := b.s.Content.Advance(b.TB.Context(), 100); err != nil {
		b.TB.Fatal(err)
	}
}

// writes signs a student up with a note.
func (b *bench) writes(a access.Actor, note string) model.Signup {
	b.TB.Helper()
	row, err := b.s.Create(b.TB.Context(), a, b.position.ID, note, idem.Key{})
	if err != nil || row.Note != note {
		b.TB.Fatalf("%q: %v", row.Note, err)
	}
	return row
}

// reads demands what an actor reads of a signup: by itself, and in the list of the activity.
func (b *bench) reads(as access.Actor, id int64, note, leave string) {
	b.TB.Helper()
	one, err := b.s.Get(b.TB.Context(), as, id)
	if err != nil || one.Note != note || one.LeaveReason != leave {
		b.TB.Fatalf("reads %q, %q, want %q, %q: %v", one.Note, one.LeaveReason, note, leave, err)
	}
	list := func() (page.Result[signup.Shown], error) { return b.s.ListMine(b.TB.Context(), as, "", page.Request{}) }
	if as.StudentID == 0 {
		list = func() (page.Result[signup.Shown], error) {
			members, err := b.s.ListOfActivity(b.TB.Context(), as, b.activity.ID, "", page.Request{})
			return page.MapResult(members, func(m signup.Member) signup.Shown { return m.Shown }), err
		}
	}
	rows, err := list()
	if err != nil {
		b.TB.Fatal(err)
	}
	for _, r := range rows.Items {
		if r.ID == id && (r.Note != note || r.LeaveReason != leave) {
			b.TB.Fatalf("the list has %q, %q, want %q, %q", r.Note, r.LeaveReason, note, leave)
		}
	}
}

func TestANoteIsReadByOthersOnceItHasPassed(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	w := b.checked()
	clerk := b.Staff("干事", access.HostStaff, b.Community)
	good, bad := b.Student("甲", b.Branch), b.Student("乙", b.Branch)
	w.down = true
	first, second := b.writes(good, "会普通话"), b.writes(bad, "来赌一把")
	if _, err := b.s.AskLeave(t.Context(), good, first.ID, "家中有事"); err != nil {
		t.Fatal(err)
	}
	if w.asked != 0 {
		t.Fatal("a student waited for WeChat")
	}
	b.reads(good, first.ID, "会普通话", "家中有事")
	b.reads(clerk, first.ID, "", "")
	b.advance()
	b.reads(clerk, first.ID, "", "")
	w.down = false
	b.Clock.Add(60e9)
	b.advance()
	b.reads(clerk, first.ID, "会普通话", "家中有事")
	b.reads(clerk, second.ID, "", "")
	b.reads(bad, second.ID, "来赌一把", "")
	rows, err := b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Leave, []int64{first.ID, second.ID}, "同意")
	if err != nil || rows[0].Note != "会普通话" || rows[0].LeaveReason != "家中有事" || rows[1].Note != "" {
		t.Fatalf("%+v, %v", rows, err)
	}
}

func TestTheNoteOfAGroupIsNotItsMembersOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	b.checked()
	secretary, members := b.Staff("支书", access.BranchSecretary, b.Branch), b.students(2)
	got, err := b.s.CreateGroup(t.Context(), secretary, signup.NewGroup{
		PositionID: b.position.ID, OrgID: b.Branch.ID, StudentIDs: []int64{members[0].StudentID, members[1].StudentID}, Note: "全班参加",
	}, idem.Key{})
	if err != nil || got.Signups[0].Note != "全班参加" {
		t.Fatalf("%+v, %v", got, err)
	}
	var checks []model.ContentCheck
	if err := b.DB.Find(&checks).Error; err != nil || len(checks) != 1 {
		t.Fatalf("%d checks, %v", len(checks), err)
	}
	b.reads(members[0], got.Signups[0].ID, "", "")
	b.advance()
	b.reads(members[0], got.Signups[0].ID, "全班参加", "")
}

func TestWithoutANoteThereIsNothingToCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	w := b.checked()
	row := b.must(b.Student("甲", b.Branch), b.position.ID)
	b.reads(b.Staff("干事", access.HostStaff, b.Community), row.ID, "", "")
	var n int64
	if err := b.DB.Model(&model.ContentCheck{}).Count(&n).Error; err != nil || n != 0 || w.asked != 0 {
		t.Fatalf("%d checks, asked %d times, %v", n, w.asked, err)
	}
}

func TestAReasonForAStudentIsLookedAt(t *testing.T) {
	t.Parallel()
	b := newBench(t, 5, nil)
	w := b.checked()
	clerk := b.Staff("干事", access.HostStaff, b.Community)
	row := b.must(b.Student("甲", b.Branch), b.position.ID)
	_, err := b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Remove, []int64{row.ID}, "你去赌吧")
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Code != "content.risky" || f.Fields[0].Pointer != "/reason" || b.state(row.ID) != model.SignupConfirmed {
		t.Fatalf("%v, %s", err, b.state(row.ID))
	}
	w.down = true
	if _, err := b.s.Decide(t.Context(), clerk, b.activity.ID, signup.Remove, []int64{row.ID}, "人数已满"); err != nil {
		t.Fatal(err)
	}
	if b.state(row.ID) != model.SignupRemoved {
		t.Fatal(b.state(row.ID))
	}
}
