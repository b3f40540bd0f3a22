package round_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/round"
	"baodao/service/survey"
)

// told are the accounts that a fan-out finds, and its keys, from one person on.
func (f *fair) told(kind notify.Kind, object string, id, after int64, limit int) (users, keys []int64) {
	f.TB.Helper()
	fan := model.NoticeFanout{Kind: string(kind), Object: object, ObjectID: id, AfterID: after, DueAt: f.Clock.Now().Add(time.Hour)}
	_, people, err := round.Audience(f.DB, f.Clock.Now, fan, limit)
	if err != nil {
		f.TB.Fatal(err)
	}
	for _, p := range people {
		users, keys = append(users, p.UserID), append(keys, p.Key)
	}
	return users, keys
}

// hears wants a fan-out to find these, at once and one after the other.
func (f *fair) hears(kind notify.Kind, object string, id int64, want ...access.Actor) {
	f.TB.Helper()
	var ids, one []int64
	for _, a := range want {
		ids = append(ids, a.UserID)
	}
	all, _ := f.told(kind, object, id, 0, 100)
	for after := int64(0); ; {
		next, keys := f.told(kind, object, id, after, 1)
		if len(next) == 0 {
			break
		}
		if keys[0] <= after {
			f.TB.Fatalf("%s: after %d comes %d", kind, after, keys[0])
		}
		one, after = append(one, next...), keys[0]
	}
	if !slices.Equal(all, one) {
		f.TB.Errorf("%s: all at once %v, one after the other %v", kind, all, one)
	}
	slices.Sort(ids)
	if slices.Sort(all); !slices.Equal(all, ids) {
		f.TB.Errorf("%s is told to %v, want %v", kind, all, ids)
	}
}

func (f *fair) suspend(a access.Actor) {
	f.put("users", a.UserID, map[string]any{"status": model.UserSuspended})
}

// Lists are for the willing of the scope who have an account in use, in a small scope and in a large one.
func TestWhoIsToldThatListsAreTaken(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	r := f.out(model.RoundOpen)
	f.put("match_rounds", r.ID, map[string]any{"scope_path": f.Department.Path, "scope_org_id": f.Department.ID})
	outside := f.Org(f.Org(f.University, model.OrgDepartmentCommittee, "别系团委"), model.OrgLeagueBranch, "别班团支部")
	a, b, elsewhere, gone, no := f.willing(f.Branch), f.willing(f.Branch), f.willing(outside), f.willing(f.Branch), f.willing(f.Branch)
	f.suspend(gone)
	if _, err := f.s.Survey.OfferWillingness(t.Context(), no, f.Programme.ID, 1, survey.Offer{Slots: always, MaxDistM: 5000}); err != nil {
		t.Fatal(err)
	}
	f.Student("没说", f.Branch)
	f.hears(notify.MatchOpen, r.TableName(), r.ID, a, b)
	for i := range 501 {
		f.Org(f.Branch, model.OrgStudentClub, fmt.Sprint("第", i, "社"))
	}
	f.hears(notify.MatchOpen, r.TableName(), r.ID, a, b)
	f.put("match_rounds", r.ID, map[string]any{"scope_path": outside.Path})
	f.hears(notify.MatchOpen, r.TableName(), r.ID, elsewhere)
	f.put("match_rounds", r.ID, map[string]any{"status": model.RoundCancelled})
	f.hears(notify.MatchOpen, r.TableName(), r.ID)
}

// Who has not answered is told of a proposal, who took part and got nothing of that, and the people of a host that they are asked.
func TestWhoIsToldOfProposals(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(5)
	if _, err := f.s.Accept(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.s.Decline(t.Context(), s[2], p[2].ID); err != nil {
		t.Fatal(err)
	}
	f.suspend(s[3])
	f.hears(notify.MatchProposed, f.round.TableName(), f.round.ID, s[0], s[4])

	none, off, other := f.Student("落空", f.Branch), f.Student("停用", f.Branch), f.Student("别轮", f.Branch)
	f.suspend(off)
	for i, st := range []access.Actor{s[0], none, off} {
		f.Insert(&model.RoundInput{RoundID: f.round.ID, Side: model.SideAsking, Seq: int64(i), RefID: st.StudentID, Line: []byte{1}})
	}
	f.Insert(&model.RoundInput{RoundID: f.round.ID, Side: model.SideGiving, Seq: 0, RefID: other.StudentID, Line: []byte{1}})
	f.Insert(&model.RoundInput{RoundID: f.out(model.RoundPublished).ID, Side: model.SideAsking, Seq: 0, RefID: other.StudentID, Line: []byte{1}})
	f.hears(notify.MatchNone, f.round.TableName(), f.round.ID, none)

	second := f.Staff("另一干事", access.HostStaff, f.Community)
	f.hears(notify.MatchAsked, f.Community.TableName(), f.Community.ID, f.clerk, second)
}

// Refusals without a word are counted in one programme, of one host, and of the host alone.
func TestWhichRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	_, p := f.proposed(4)
	elsewhere := f.out(model.RoundPublished)
	f.put("match_rounds", elsewhere.ID, map[string]any{"programme_id": f.AddProgramme("OTHER", f.City).ID})
	other := f.Org(f.Town, model.OrgCommunity, "寅社区")
	for i, change := range []map[string]any{
		{"round_id": elsewhere.ID}, {"host_org_id": other.ID}, {"rejected_by": "STUDENT", "reason_code": ""}, {"reason_code": "SAFETY"}, {"reason": "场地装修"},
	} {
		row := f.proposal(f.out(model.RoundPublished), f.Student(fmt.Sprint("旧", i), f.Branch), f.position)
		f.put("match_proposals", row.ID, map[string]any{"status": model.ProposalRejected, "rejected_by": "HOST", "reason_code": "OTHER"})
		f.put("match_proposals", row.ID, change)
	}
	for i := range 3 {
		if kinds, _ := f.heard(f.town); kinds != "" {
			t.Fatalf("after %d refusals the town heard %q", i, kinds)
		}
		if _, err := f.says(false, "OTHER", p[i]); err != nil {
			t.Fatal(err)
		}
	}
	if kinds, _ := f.heard(f.town); kinds != "MATCH_UNEXPLAINED" {
		t.Errorf("after three the town heard %q", kinds)
	}
}

// A yes that came to nothing is no yes any more.
func TestAYesToWhatCameToNothing(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(1)
	if _, err := f.s.Accept(t.Context(), s[0], p[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.says(false, "TIME_CHANGED", p[0]); err != nil {
		t.Fatal(err)
	}
	is(t, second(f.s.Accept(t.Context(), s[0], p[0].ID)), fault.ErrState)
	is(t, second(f.s.Decline(t.Context(), s[0], p[0].ID)), fault.ErrState)
}

// An answer leaves what was answered, or has lapsed, as it was: a second yes is no newer one, and a no comes too late.
func TestAnAnswerLeavesWhatWasAnswered(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(5)
	f.yes(p[0], p[1])
	if _, err := f.s.Accept(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.s.Decline(t.Context(), s[2], p[2].ID); err != nil {
		t.Fatal(err)
	}
	f.put("match_proposals", p[3].ID, map[string]any{"answers_until": f.Clock.Now()})
	f.Clock.Add(time.Hour)
	again, err := f.says(true, "", p[0])
	if err != nil || !again[0].HostOkAt.Equal(f.Clock.Now().Add(-time.Hour)) || again[0].Version != 2 {
		t.Errorf("a second yes: %+v %v", again, err)
	}
	got, err := f.says(false, "TIME_CHANGED", p[1:]...)
	if err != nil || len(got) != 4 || got[2].Status != model.ProposalLapsed {
		t.Fatalf("%+v %v", got, err)
	}
	if got := f.stand(p...); got != "PROPOSED, CONFIRMED, REJECTED STUDENT, PROPOSED, REJECTED HOST" {
		t.Error(got)
	}
}

// A host reads what is proposed to it and to no other, and a proposal is open until its time, not in the very moment of it.
func TestAHostReadsItsOwnProposals(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	_, p := f.proposed(2)
	other := f.Org(f.Town, model.OrgCommunity, "寅社区")
	f.put("match_proposals", p[1].ID, map[string]any{"host_org_id": other.ID})
	f.Clock.Set(f.round.AnswersUntil.Add(-time.Millisecond))
	for range 2 {
		for status, want := range map[model.ProposalStatus]bool{model.ProposalProposed: f.Clock.Now().Before(*f.round.AnswersUntil), model.ProposalLapsed: !f.Clock.Now().Before(*f.round.AnswersUntil), "": true} {
			got, err := f.s.HostProposals(t.Context(), f.clerk, f.Community.ID, round.HostFilter{Status: status}, first(5))
			if err != nil || (len(got.Items) == 1) != want || want && got.Items[0].ID != p[0].ID {
				t.Errorf("%q at %s: %+v %v", status, f.Clock.Now(), got.Items, err)
			}
		}
		f.Clock.Set(*f.round.AnswersUntil)
	}
}

// Who says no is not told so: neither a host that had said yes, nor a student who works there.
func TestWhoSaysNoIsNotTold(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(2)
	f.yes(p...)
	if _, err := f.says(false, "TIME_CHANGED", p[0]); err != nil {
		t.Fatal(err)
	}
	if kinds, _ := f.heard(f.clerk); kinds != "" {
		t.Errorf("the host heard %q", kinds)
	}
	f.Grant(s[1], access.HostStaff, f.Community)
	if _, err := f.s.Decline(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	if kinds, _ := f.heard(s[1]); kinds != "" {
		t.Errorf("the student heard %q", kinds)
	}
	if kinds, _ := f.heard(f.clerk); kinds != "MATCH_ENDED" {
		t.Errorf("the host heard %q", kinds)
	}
}

// There are no wishes in a round of pairing.
func TestNoWishesInARoundOfPairing(t *testing.T) {
	t.Parallel()
	f, r := newOpen(t)
	me := f.willing(f.Branch)
	f.put("match_rounds", r.ID, map[string]any{"kind": model.RoundPairing})
	is(t, second(f.s.MyWishes(t.Context(), me, r.ID)), fault.ErrNotFound)
	is(t, second(f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{})), fault.ErrNotFound)
}
