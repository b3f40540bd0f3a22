package round_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/round"
	"baodao/service/signup"
)

func TestAPlaceExistsWhenBothHaveSaidYes(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(2)
	got, err := f.s.Accept(t.Context(), s[0], p[0].ID)
	if err != nil || got.Status != model.ProposalProposed || got.StudentOkAt == nil || f.seats() != 0 {
		t.Fatalf("%+v %v", got, err)
	}
	f.yes(p...)
	if f.stand(p...) != "CONFIRMED, PROPOSED" || f.seats() != 1 {
		t.Fatal(f.stand(p...))
	}
	got, err = f.s.Accept(t.Context(), s[1], p[1].ID)
	if err != nil || got.Status != model.ProposalConfirmed || got.SignupID == nil || f.seats() != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	row, err := signup.ByID(f.DB, *got.SignupID)
	if err != nil || row.Status != model.SignupConfirmed || row.StudentID != s[1].StudentID || row.PositionID != f.position.ID {
		t.Errorf("%+v %v", row, err)
	}
	for i, st := range s {
		again, err := f.s.Accept(t.Context(), st, p[i].ID)
		if err != nil || again.Status != model.ProposalConfirmed {
			t.Errorf("a repeat is told %v", err)
		}
		if kinds, _ := f.heard(st); kinds != "SIGNUP_CONFIRMED" {
			t.Error("heard", kinds)
		}
	}
	f.yes(p...)
	if f.seats() != 2 {
		t.Error("a repeat took a seat")
	}
	is(t, second(f.s.Decline(t.Context(), s[0], p[0].ID)), fault.ErrState)
}

func second[T any](_ T, err error) error { return err }

func TestSayingNoCostsNothing(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(3)
	f.yes(p[0])
	for range 2 {
		got, err := f.s.Decline(t.Context(), s[0], p[0].ID)
		if err != nil || got.Status != model.ProposalRejected || got.RejectedBy != "STUDENT" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if kinds, reason := f.heard(f.clerk); kinds != "MATCH_ENDED" || reason != "同学没有接受" {
		t.Error("the host that had said yes heard", kinds, reason)
	}
	if _, err := f.s.Decline(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	if kinds, _ := f.heard(f.clerk); kinds != "MATCH_ENDED" {
		t.Error("a host that had said nothing heard", kinds)
	}
	if _, err := f.says(false, "TIME_CHANGED", p[2]); err != nil {
		t.Fatal(err)
	}
	if kinds, _ := f.heard(s[2]); kinds != "MATCH_ENDED" || f.stand(p...) != "REJECTED STUDENT, REJECTED STUDENT, REJECTED HOST" {
		t.Error(kinds, f.stand(p...))
	}
	var penalties int64
	if err := f.DB.Model(&model.ReliabilityEntry{}).Count(&penalties).Error; err != nil || penalties != 0 || f.seats() != 0 {
		t.Error("penalties:", penalties, err)
	}
	is(t, second(f.s.Accept(t.Context(), s[0], p[0].ID)), fault.ErrState)
	f.yes(p...)
	if f.stand(p...) != "REJECTED STUDENT, REJECTED STUDENT, REJECTED HOST" {
		t.Error(f.stand(p...))
	}
}

func TestWhoAnswers(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(2)
	other := f.Staff("外社区", access.HostStaff, f.Org(f.Town, model.OrgCommunity, "寅社区"))
	secret := f.proposal(f.out(model.RoundRunning), s[0], f.position)
	ctx := t.Context()
	is(t, second(f.s.Accept(ctx, s[1], p[0].ID)), fault.ErrNotFound)
	is(t, second(f.s.Accept(ctx, s[0], secret.ID)), fault.ErrNotFound)
	is(t, second(f.s.Accept(ctx, s[0], 99)), fault.ErrNotFound)
	is(t, second(f.s.Decline(ctx, s[1], p[0].ID)), fault.ErrNotFound)
	is(t, second(f.s.Accept(ctx, f.clerk, p[0].ID)), access.ErrDenied)
	ids := func(all ...int64) round.HostAnswer { return round.HostAnswer{ProposalIDs: all, Accept: true} }
	is(t, second(f.s.Answer(ctx, s[0], f.Community.ID, ids(p[0].ID))), access.ErrDenied)
	is(t, second(f.s.Answer(ctx, other, f.Community.ID, ids(p[0].ID))), access.ErrDenied)
	is(t, second(f.s.Answer(ctx, f.county, f.Community.ID, ids(p[0].ID))), access.ErrDenied)
	is(t, second(f.s.Answer(ctx, other, other.Grants[0].OrgID, ids(p[0].ID))), fault.ErrInvalid)
	is(t, second(f.s.Answer(ctx, f.clerk, f.Community.ID, ids(p[0].ID, secret.ID))), fault.ErrInvalid)
	is(t, second(f.s.Answer(ctx, f.clerk, f.Community.ID, ids())), fault.ErrInvalid)
	is(t, second(f.says(false, "", p[0])), fault.ErrInvalid)
	is(t, second(f.says(false, "BAD_WEATHER", p[0])), fault.ErrInvalid)
	both := f.Grant(s[0], access.HostStaff, f.Community)
	is(t, second(f.s.Answer(ctx, both, f.Community.ID, ids(p[0].ID))), access.ErrOwnInterest)
	if f.stand(p...) != "PROPOSED, PROPOSED" {
		t.Fatal(f.stand(p...))
	}
	if _, err := f.s.Answer(ctx, f.town, f.Community.ID, ids(p[0].ID)); err != nil {
		t.Error("the town answers for what is below it:", err)
	}
}

// Everything that is wrong with an answer is named at once.
func TestAllThatIsWrongWithAnAnswerIsNamed(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	_, p := f.proposed(1)
	for code, want := range map[string]string{"": "/proposal_ids/1 not_found, /reason_code required", "BAD_WEATHER": "/proposal_ids/1 not_found, /reason_code enum", "OTHER": "/proposal_ids/1 not_found"} {
		_, err := f.says(false, code, p[0], model.MatchProposal{ID: 99})
		why, _ := errors.AsType[*fault.Fault](err)
		if why == nil {
			t.Fatal(err)
		}
		var got []string
		for _, field := range why.Fields {
			got = append(got, field.Pointer+" "+field.Code)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
	if f.stand(p...) != "PROPOSED" {
		t.Error(f.stand(p...))
	}
}

// A rule that the student can do something about leaves the proposal open; one that cannot be mended ends it.
func TestTheRulesOfSigningUpHold(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(4)
	f.put("activities", f.activity.ID, map[string]any{"training_required": true})
	is(t, second(f.s.Accept(t.Context(), s[0], p[0].ID)), signup.ErrNeedsTraining)
	f.yes(p[1])
	is(t, second(f.s.Accept(t.Context(), s[1], p[1].ID)), signup.ErrNeedsTraining)
	if f.stand(p[:2]...) != "PROPOSED, PROPOSED" {
		t.Fatal(f.stand(p[:2]...))
	}
	f.put("activities", f.activity.ID, map[string]any{"training_required": false})
	for i := range 3 {
		if _, err := f.s.Accept(t.Context(), s[i], p[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	f.put("activities", f.activity.ID, map[string]any{"insurance_required": true})
	got, err := f.says(true, "", p[0], p[2])
	if err != nil || got[0].Status != model.ProposalRejected || got[0].ReasonCode+got[0].Reason != "" {
		t.Fatalf("the host may not learn why: %+v %v", got, err)
	}
	if kinds, reason := f.heard(s[0]); kinds != "MATCH_ENDED" || reason != signup.ErrNeedsInsurance.ZH {
		t.Error("the student heard", kinds, reason)
	}
	mine, err := f.s.MyProposals(t.Context(), s[0], "", first(5))
	if err != nil || mine.Items[0].ReasonCode != "signup.needs_insurance" {
		t.Errorf("%+v %v", mine, err)
	}
	f.put("activities", f.activity.ID, map[string]any{"status": model.ActivityCancelled})
	last, err := f.s.Accept(t.Context(), s[3], p[3].ID)
	if err != nil || last.Status != model.ProposalRejected || last.ReasonCode != "signup.closed" {
		t.Errorf("%+v %v", last, err)
	}
	if f.stand(p...) != "REJECTED RULES, CONFIRMED, REJECTED RULES, REJECTED RULES" {
		t.Error(f.stand(p...))
	}
}

// What a student can mend until the proposal lapses leaves it open; everything else ends it.
func TestWhatCanBeMended(t *testing.T) {
	t.Parallel()
	for _, why := range []*fault.Fault{
		signup.ErrConflict, signup.ErrLoadCap, signup.ErrNeedsTraining, signup.ErrNeedsInsurance, signup.ErrNeedsClearance, signup.ErrNeedsConsent,
		signup.ErrSuspended, signup.ErrSuspended.Saying("到明天为止", "until tomorrow"),
	} {
		if !round.Mendable(why) {
			t.Error(why.Code, "cannot be mended")
		}
	}
	for _, why := range []*fault.Fault{signup.ErrFull, signup.ErrClosed, signup.ErrNotEligible, signup.ErrDuplicate, signup.ErrNotOpen} {
		if round.Mendable(why) {
			t.Error(why.Code, "can be mended")
		}
	}
}

func TestWhatNobodyAnswersLapses(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	s, p := f.proposed(4)
	f.yes(p[0])
	for _, i := range []int{1, 3} {
		if _, err := f.s.Accept(t.Context(), s[i], p[i].ID); err != nil {
			t.Fatal(err)
		}
	}
	f.yes(p[3])
	f.Clock.Set(f.round.AnswersUntil.Add(-time.Millisecond))
	if n, err := f.s.Lapse(t.Context(), 10); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	f.Clock.Set(*f.round.AnswersUntil)
	is(t, second(f.s.Accept(t.Context(), s[0], p[0].ID)), round.ErrProposalOver)
	is(t, second(f.s.Decline(t.Context(), s[0], p[0].ID)), round.ErrProposalOver)
	got, err := f.says(true, "", p...)
	if err != nil || got[1].Status != model.ProposalLapsed || got[3].Status != model.ProposalConfirmed {
		t.Errorf("%+v %v", got, err)
	}
	if n, err := f.s.Lapse(t.Context(), 2); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for _, want := range []int{1, 0} {
		if n, err := f.s.Lapse(t.Context(), 10); n != want || err != nil {
			t.Fatal(n, err)
		}
	}
	if f.stand(p...) != "LAPSED, LAPSED, LAPSED, CONFIRMED" || f.seats() != 1 {
		t.Error(f.stand(p...))
	}
	var r model.MatchRound
	if err := f.DB.Where("id = ?", f.round.ID).First(&r).Error; err != nil || r.Status != model.RoundClosed || r.ClosedAt == nil {
		t.Errorf("the round is %s, %v", r.Status, err)
	}
	for who, want := range map[*access.Actor]string{&f.clerk: "MATCH_ENDED", &s[0]: "", &s[1]: "MATCH_ENDED", &s[2]: "", &s[3]: "SIGNUP_CONFIRMED"} {
		if kinds, _ := f.heard(*who); kinds != want {
			t.Errorf("%d heard %q, want %q", who.UserID, kinds, want)
		}
	}
}

func TestThreeRefusalsWithoutAWordAreTold(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	university := f.Staff("校", access.CommitteeOfficer, f.University)
	_, p := f.proposed(8)
	no := func(code, words string, rows ...model.MatchProposal) {
		t.Helper()
		in := round.HostAnswer{ReasonCode: code, Reason: words}
		for _, r := range rows {
			in.ProposalIDs = append(in.ProposalIDs, r.ID)
		}
		if _, err := f.s.Answer(t.Context(), f.clerk, f.Community.ID, in); err != nil {
			t.Fatal(err)
		}
	}
	no("OTHER", "", p[0], p[1])
	no("OTHER", "场地装修", p[2])
	no("SAFETY", "", p[3])
	if kinds, _ := f.heard(f.town); kinds != "" {
		t.Fatal("told too early:", kinds)
	}
	no("OTHER", "", p[4])
	for _, who := range []access.Actor{f.town, university} {
		if kinds, _ := f.heard(who); kinds != "MATCH_UNEXPLAINED" {
			t.Error("heard", kinds)
		}
	}
	no("OTHER", "", p[5], p[6])
	no("OTHER", "", p[7])
	if kinds, _ := f.heard(f.town); kinds != "MATCH_UNEXPLAINED MATCH_UNEXPLAINED" {
		t.Error("after six:", kinds)
	}
}

func TestBothSidesAreToldOfARoundThatIsOut(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	s, p := f.proposed(3)
	if _, err := f.s.Decline(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	empty := f.willing(f.Branch)
	for i, who := range []access.Actor{s[0], empty} { // both took part
		f.Insert(&model.RoundInput{RoundID: f.round.ID, Side: model.SideAsking, Seq: int64(i), RefID: who.StudentID, Line: []byte{1}})
	}
	spread := func() {
		t.Helper()
		err := f.s.Notify.Spread(t.Context(), func(tx *gorm.DB, fan model.NoticeFanout, _ int) (notify.Event, []notify.Recipient, error) {
			return round.Audience(tx, f.Clock.Now, fan, 2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := f.DB.Transaction(func(tx *gorm.DB) error { return f.s.Announce(tx, &f.round) }); err != nil {
			t.Fatal(err)
		}
		spread()
	}
	for who, want := range map[*access.Actor]string{&s[0]: "MATCH_PROPOSED", &s[1]: "", &s[2]: "MATCH_PROPOSED", &f.clerk: "MATCH_ASKED", &f.town: "", &empty: "MATCH_NONE"} {
		if kinds, _ := f.heard(*who); kinds != want {
			t.Errorf("%d heard %q, want %q", who.UserID, kinds, want)
		}
	}
	late := f.out(model.RoundPublished)
	f.proposal(late, s[0], f.position)
	if err := f.DB.Transaction(func(tx *gorm.DB) error { return f.s.Announce(tx, &late) }); err != nil {
		t.Fatal(err)
	}
	f.Clock.Set(*late.AnswersUntil)
	spread()
	if kinds, _ := f.heard(s[0]); kinds != "MATCH_PROPOSED" {
		t.Error("told too late:", kinds)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	f := newFair(t, 9)
	s, p := f.proposed(3)
	hidden := f.proposal(f.out(model.RoundRunning), s[0], f.position)
	next := f.proposal(f.out(model.RoundPublished), s[0], f.position)
	if _, err := f.s.Decline(t.Context(), s[1], p[1].ID); err != nil {
		t.Fatal(err)
	}
	mine, err := f.s.MyProposals(t.Context(), s[0], "", first(1))
	if err != nil || len(mine.Items) != 1 || mine.Items[0].ID != next.ID || mine.Next == "" {
		t.Fatalf("%+v %v", mine, err)
	}
	mine, err = f.s.MyProposals(t.Context(), s[0], model.ProposalProposed, first(1))
	if err == nil {
		mine, err = f.s.MyProposals(t.Context(), s[0], "", nextOf(mine.Next))
	}
	if err != nil || len(mine.Items) != 1 || mine.Items[0].ID != p[0].ID || mine.Items[0].WishNo != 2 || mine.Items[0].Parts.Interest != 1500 || mine.Items[0].ActivityTitle != "社区清洁日" || mine.Next != "" {
		t.Fatalf("%+v %v, hidden %d", mine, err, hidden.ID)
	}
	list := func(by access.Actor, filter round.HostFilter) ([]round.Proposal, error) {
		got, err := f.s.HostProposals(t.Context(), by, f.Community.ID, filter, first(10))
		return got.Items, err
	}
	for name, c := range map[string]struct {
		filter round.HostFilter
		want   int
	}{
		"all": {want: 4}, "of a round": {round.HostFilter{RoundID: next.RoundID}, 1}, "rejected": {round.HostFilter{Status: model.ProposalRejected}, 1},
		"open": {round.HostFilter{Status: model.ProposalProposed}, 3}, "of a position": {round.HostFilter{PositionID: 7}, 0}, "lapsed": {round.HostFilter{Status: model.ProposalLapsed}, 0},
	} {
		got, err := list(f.clerk, c.filter)
		if err != nil || len(got) != c.want {
			t.Errorf("%s: %d %v", name, len(got), err)
		}
		for _, r := range got {
			if r.Student.Name != "学*" || r.WishNo+r.Score != 0 || r.Parts.Interest+r.Parts.Near != 0 || r.Parts.Points != 5100 {
				t.Errorf("a host sees %+v", r)
			}
		}
	}
	for _, by := range []access.Actor{f.town, f.county} {
		if got, err := list(by, round.HostFilter{}); err != nil || len(got) != 4 {
			t.Error(len(got), err)
		}
	}
	is(t, second(list(s[0], round.HostFilter{})), access.ErrDenied)
	is(t, second(list(f.Staff("外", access.HostStaff, f.Org(f.Town, model.OrgCommunity, "寅社区")), round.HostFilter{})), access.ErrDenied)
	f.Clock.Set(*f.round.AnswersUntil)
	if got, err := list(f.clerk, round.HostFilter{Status: model.ProposalLapsed}); err != nil || len(got) != 3 || got[0].Status != model.ProposalLapsed {
		t.Error(len(got), err)
	}
}

// Everybody says yes at once, some several times: seats are given once, and no more than there are.
func TestManyYesAtOnce(t *testing.T) {
	t.Parallel()
	const seats, students = 6, 18
	f := newFair(t, seats)
	s, p := f.proposed(students)
	errs := testkit.Together(3*students, func(i int) error {
		if i < 2*students {
			_, err := f.s.Accept(t.Context(), s[i%students], p[i%students].ID)
			return err
		}
		_, err := f.says(true, "", p[i%students], p[(i+1)%students])
		return err
	})
	for _, err := range errs {
		if err != nil && !errors.Is(err, fault.ErrState) { // rejected meanwhile, because the position is full
			t.Error(err)
		}
	}
	confirmed := 0
	for _, r := range p {
		switch f.stand(r) {
		case "CONFIRMED":
			confirmed++
		case "REJECTED RULES":
		default:
			t.Error(f.stand(r))
		}
	}
	if confirmed != seats || f.seats() != seats {
		t.Errorf("%d confirmed, %d seats taken", confirmed, f.seats())
	}
}
