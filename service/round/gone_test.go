package round_test

import (
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
)

// at proposes a position of an activity of its own to a new student.
func (f *fair) at(change func(*model.Activity, *model.Session)) (access.Actor, model.MatchProposal, model.Position) {
	f.TB.Helper()
	st := f.Student("某人", f.Branch)
	_, _, p := f.matched(2, change)
	return st, f.proposal(f.round, st, p), p
}

func (f *fair) ended(want int) {
	f.TB.Helper()
	if n, err := f.s.EndGone(f.TB.Context(), 100); n != want || err != nil {
		f.TB.Fatalf("%d proposals were ended, want %d: %v", n, want, err)
	}
}

// What nobody can have any more is ended at once, and told to the student and to a host who had said yes.
func TestNobodyWaitsForWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(1)
	soon := f.Clock.Now().Add(time.Hour)
	cancelled, off, gone := f.at(nil)
	merged, into, moved := f.at(nil)
	begun, on, _ := f.at(func(a *model.Activity, _ *model.Session) { a.StartsAt = soon })
	late, none, full := f.at(nil)
	answered, done, _ := f.at(nil)
	secret := f.proposal(f.out(model.RoundRunning), f.Student("未公布", f.Branch), gone)
	f.put("match_proposals", secret.ID, map[string]any{"answers_until": f.Clock.Now().Add(24 * time.Hour)}) // is about to be published
	f.yes(off)
	if _, err := f.s.Decline(t.Context(), answered, done.ID); err != nil {
		t.Fatal(err)
	}
	f.ended(0)
	f.put("activities", gone.ActivityID, map[string]any{"status": model.ActivityCancelled})
	f.put("activities", moved.ActivityID, map[string]any{"status": model.ActivityMerged})
	f.put("activities", done.ActivityID, map[string]any{"status": model.ActivityCancelled})
	f.put("positions", full.ID, map[string]any{"taken": 2})
	f.Clock.Set(soon)
	f.ended(4)
	f.ended(0)
	if got := f.stand(off, into, on, none, done, p[0], secret); got != "REJECTED RULES, REJECTED RULES, REJECTED RULES, REJECTED RULES, REJECTED STUDENT, PROPOSED, PROPOSED" {
		t.Error(got)
	}
	for who, want := range map[*access.Actor]string{&cancelled: "活动已取消或已结束", &merged: "活动已取消或已结束", &begun: "活动已经开始", &late: "名额已经没有了", &answered: "", &s[0]: ""} {
		if kinds, reason := f.heard(*who); reason != want || (kinds == "MATCH_ENDED") != (want != "") {
			t.Errorf("heard %q %q, want %q", kinds, reason, want)
		}
	}
	if kinds, reason := f.heard(f.clerk); kinds != "MATCH_ENDED" || reason != "活动已取消或已结束" {
		t.Errorf("the host that had said yes heard %q %q", kinds, reason)
	}
	for who, want := range map[*access.Actor]string{&cancelled: "signup.closed", &begun: "signup.closed", &late: "signup.full"} {
		if mine, err := f.s.MyProposals(t.Context(), *who, "", first(5)); err != nil || mine.Items[0].ReasonCode != want {
			t.Errorf("%+v %v, want %s", mine, err, want)
		}
	}
}

// More than one transaction ends are ended in several, and no more than was asked for.
func TestManyThatAreGone(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	_, rows := f.proposed(5)
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	for _, want := range []int{2, 2, 1, 0} {
		if n, err := f.s.EndGone(t.Context(), 2); n != want || err != nil {
			t.Fatal(n, want, err)
		}
	}
	if got := f.stand(rows...); got != "REJECTED RULES, REJECTED RULES, REJECTED RULES, REJECTED RULES, REJECTED RULES" {
		t.Error(got)
	}
}

// What was answered, or came back, between the look and the lock stays as it is.
func TestWhatChangedMeanwhileIsNotEnded(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	_, rows := f.proposed(3)
	_, back, free := f.at(nil)
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	f.put("positions", free.ID, map[string]any{"taken": 2})
	once := true
	err := f.DB.Callback().Query().After("gorm:query").Register("meanwhile", func(tx *gorm.DB) {
		if ids, ok := tx.Statement.Dest.(*[]int64); once && ok && slices.Contains(*ids, rows[1].ID) {
			once = false
			f.put("match_proposals", rows[1].ID, map[string]any{"status": model.ProposalRejected, "rejected_by": "STUDENT"})
			f.put("positions", free.ID, map[string]any{"taken": 1})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ended(2)
	if got := f.stand(rows[0], rows[1], rows[2], back); once || got != "REJECTED RULES, REJECTED STUDENT, REJECTED RULES, PROPOSED" {
		t.Error(got)
	}
}

// Nobody answers for an account that was suspended: what is open ends, and the host that had said yes learns no more than that.
func TestASuspendedAccountHasNoProposals(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(2)
	_, _, another := f.matched(2, nil)
	old := f.proposal(f.out(model.RoundClosed), s[0], another)
	f.put("match_proposals", old.ID, map[string]any{"status": model.ProposalLapsed})
	secret := f.proposal(f.out(model.RoundRunning), s[0], another)
	over := f.proposal(f.out(model.RoundPublished), s[0], another)
	f.put("match_proposals", over.ID, map[string]any{"answers_until": f.Clock.Now()})
	f.yes(p...)
	suspend := func(who access.Actor) {
		t.Helper()
		if err := f.DB.Transaction(func(tx *gorm.DB) error { return f.s.Suspended(tx, f.county, who.UserID) }); err != nil {
			t.Fatal(err)
		}
	}
	suspend(s[0])
	suspend(s[0])
	suspend(f.clerk)
	if got := f.stand(p[0], p[1], old, secret, over); got != "REJECTED RULES, PROPOSED, LAPSED, PROPOSED, PROPOSED" {
		t.Error(got)
	}
	if kinds, reason := f.heard(f.clerk); kinds != "MATCH_ENDED" || reason != "同学现在不能报名这个活动" {
		t.Errorf("the host heard %q %q", kinds, reason)
	}
}

// Friends whose own proposals stand hear that one of them does not come along, and neither who nor why; nobody else does.
func TestFriendsHearThatOneDoesNotCome(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	s, p := f.proposed(6)
	together := func(group int64, who ...int) {
		for n, i := range who {
			f.Insert(&model.MatchGroup{RoundID: f.round.ID, StudentID: s[i].StudentID, GroupID: group, Leads: n == 0, CreatedAt: f.Clock.Now()})
			f.put("match_proposals", p[i].ID, map[string]any{"parts": `{"seats":3}`})
		}
	}
	together(1, 0, 1, 2)
	together(2, 3, 4)
	hear := func(want ...string) {
		t.Helper()
		for i, w := range want {
			if kinds, _ := f.heard(s[i]); kinds != w {
				t.Errorf("student %d heard %q, want %q", i, kinds, w)
			}
		}
	}
	if _, err := f.s.Accept(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	f.yes(p[1])
	if _, err := f.s.Decline(t.Context(), s[0], p[0].ID); err != nil {
		t.Fatal(err)
	}
	hear("", "SIGNUP_CONFIRMED MATCH_FRIEND", "MATCH_FRIEND", "", "", "")
	if _, err := f.says(false, "TIME_CHANGED", p[2]); err != nil {
		t.Fatal(err)
	}
	hear("", "SIGNUP_CONFIRMED MATCH_FRIEND MATCH_FRIEND", "MATCH_FRIEND MATCH_ENDED", "", "", "")
	f.put("match_proposals", p[3].ID, map[string]any{"answers_until": f.Clock.Now()})
	if _, err := f.s.Lapse(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	hear("", "SIGNUP_CONFIRMED MATCH_FRIEND MATCH_FRIEND", "MATCH_FRIEND MATCH_ENDED", "", "MATCH_FRIEND", "")
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	f.ended(2)
	hear("", "SIGNUP_CONFIRMED MATCH_FRIEND MATCH_FRIEND", "MATCH_FRIEND MATCH_ENDED", "", "MATCH_FRIEND MATCH_ENDED", "MATCH_ENDED")
	var row model.Notification
	if err := f.DB.Where("user_id = ? AND kind = ?", s[4].UserID, notify.MatchFriend).First(&row).Error; err != nil || row.Data["reason"] != "" || row.Data["activity"] != f.activity.Title {
		t.Errorf("%+v %v", row, err)
	}
}

// When a whole group lapses at once, or what it was to do is called off, nobody is told of the others.
func TestAGroupThatEndsTogether(t *testing.T) {
	t.Parallel()
	for _, off := range []bool{false, true} {
		f := newFair(t, 9)
		f.endsTogether(t, off)
	}
}

func (f *fair) endsTogether(t *testing.T, off bool) {
	t.Helper()
	s, p := f.proposed(2)
	for i := range s {
		f.Insert(&model.MatchGroup{RoundID: f.round.ID, StudentID: s[i].StudentID, GroupID: 1, Leads: i == 0, CreatedAt: f.Clock.Now()})
		f.put("match_proposals", p[i].ID, map[string]any{"parts": `{"seats":2}`})
	}
	end, want := f.s.Lapse, ""
	if off {
		f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
		end, want = f.s.EndGone, "MATCH_ENDED"
	} else {
		f.Clock.Set(*f.round.AnswersUntil)
	}
	for range 2 {
		if n, err := end(t.Context(), 1); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	for i := range s {
		if kinds, _ := f.heard(s[i]); kinds != want {
			t.Errorf("student %d heard %q, want %q", i, kinds, want)
		}
	}
}
