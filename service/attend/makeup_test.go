package attend_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/upload"
)

// newDesk is a bench where pictures can be handed in, a day after the session.
func newDesk(t *testing.T, change func(*model.Activity, *model.Session)) *bench {
	t.Helper()
	b := newBench(t, change)
	b.s.Pictures = &upload.Service{DB: b.DB, Now: b.Clock.Now, Public: map[string]func(*gorm.DB, int64) (bool, error){"hours_claims": attend.ClaimIsPublic}}
	return b
}

// picture adds an upload of somebody's with a verdict.
func (b *bench) picture(who access.Actor, verdict model.CheckStatus) int64 {
	b.TB.Helper()
	now := b.Clock.Now()
	until := now.Add(24 * time.Hour)
	id := b.NewID()
	b.Insert(
		&model.Upload{ID: id, UserID: who.UserID, Original: "o" + who.RequestID + time.Duration(id).String(), Display: "d" + time.Duration(id).String(), Media: "image/jpeg", SHA256: make([]byte, 32), ExpiresAt: &until, CreatedAt: now},
		&model.ContentCheck{ID: id, Kind: model.CheckImage, Purpose: "PICTURE", UserID: who.UserID, UploadID: &id, Status: verdict, Fields: []string{}, NextAt: now, Version: 1, CreatedAt: now, UpdatedAt: now},
	)
	return id
}

// proposal is one of somebody's own for minutes of the session.
func (b *bench) proposal(who access.Actor, from, to int) attend.Proposal {
	b.TB.Helper()
	at := func(n int) time.Time { return b.session.StartsAt.Add(time.Duration(n) * minute) }
	return attend.Proposal{SessionID: b.session.ID, From: at(from), To: at(to), Text: "手机没电，有合影为证", FileIDs: []int64{b.picture(who, model.CheckPassed)}}
}

func (b *bench) propose(who access.Actor, in attend.Proposal) (model.HoursClaim, error) {
	b.nonces++
	return b.s.Propose(b.TB.Context(), who, in, key("proposal"+string(rune('a'+b.nonces))))
}

func TestAProposalNeedsTwoOfTheHostAndANotice(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	ann, seat := b.member("安")
	b.at(24 * 60)
	c, err := b.propose(ann, b.proposal(ann, 0, 110))
	is(t, err, nil)
	if c.Basis != model.BasisManual || c.SignupID != seat.ID || c.Minutes != 110 || c.Status != model.ClaimComputed || *c.ProposedBy != ann.UserID || c.Class != model.ClassVolunteer {
		t.Fatalf("%+v", c)
	}
	second, town := b.Staff("副主任", access.HostStaff, b.Community), b.Staff("镇里", access.TownOfficer, b.Town)
	ctx, choice := t.Context(), ids(c)
	take := func(name string, want *fault.Fault, status model.ClaimStatus, step func() (attend.Batch, error)) {
		t.Helper()
		got, err := step()
		is(t, err, want)
		if now := b.claim(ann); now.Status != status || want == nil && got.Claims[0].Status != status {
			t.Fatalf("%s: %s", name, now.Status)
		}
	}
	take("second before all", fault.ErrState, model.ClaimComputed, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, town, b.activity.ID, choice) })
	take("lead", nil, model.ClaimLead, func() (attend.Batch, error) { return b.s.LeadConfirm(ctx, b.lead, b.activity.ID, choice) })
	take("recognise at once", fault.ErrState, model.ClaimLead, func() (attend.Batch, error) { return b.s.Recognise(ctx, b.officer, b.activity.ID, choice) })
	take("host", nil, model.ClaimHostFirst, func() (attend.Batch, error) { return b.s.HostConfirm(ctx, b.clerk, b.activity.ID, choice) })
	if first := b.claim(ann); first.DueAt == nil || !first.DueAt.Equal(b.Clock.Now().Add(7*24*time.Hour)) {
		t.Errorf("the second has no time: %v", first.DueAt)
	}
	take("host again", nil, model.ClaimHostFirst, func() (attend.Batch, error) { return b.s.HostConfirm(ctx, b.clerk, b.activity.ID, choice) })
	take("recognise after one", fault.ErrState, model.ClaimHostFirst, func() (attend.Batch, error) { return b.s.Recognise(ctx, b.officer, b.activity.ID, choice) })
	take("the same one twice", access.ErrOwnInterest, model.ClaimHostFirst, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, b.clerk, b.activity.ID, choice) })
	take("the school as second", access.ErrDenied, model.ClaimHostFirst, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, b.officer, b.activity.ID, choice) })
	take("second", nil, model.ClaimHost, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, second, b.activity.ID, choice) })
	take("second again", nil, model.ClaimHost, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, second, b.activity.ID, choice) })
	take("a third", fault.ErrState, model.ClaimHost, func() (attend.Batch, error) { return b.s.SecondConfirm(ctx, town, b.activity.ID, choice) })
	take("school", nil, model.ClaimPublicised, func() (attend.Batch, error) { return b.s.Recognise(ctx, b.officer, b.activity.ID, choice) })
	if b.count("hours_entries") != 0 {
		t.Error("posted without a notice")
	}
	b.Clock.Add(7 * 24 * time.Hour)
	if n, err := b.s.PostDue(ctx, 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	var line model.HoursEntry
	b.DB.First(&line)
	if line.Basis != model.BasisManual || line.Minutes != 110 {
		t.Errorf("%+v", line)
	}
	if got := b.claim(ann); *got.HostBy != b.clerk.UserID || *got.SecondBy != second.UserID {
		t.Errorf("%+v", got)
	}
}

func TestWhoProposedTakesNoStep(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	ann, _ := b.member("安")
	bob, _ := b.member("白")
	b.at(24 * 60)
	byLead, byClerk := b.proposal(b.lead, 0, 120), b.proposal(b.clerk, 0, 120)
	byLead.StudentID, byClerk.StudentID = ann.StudentID, bob.StudentID
	one, err := b.propose(b.lead, byLead)
	is(t, err, nil)
	two, err := b.propose(b.clerk, byClerk)
	is(t, err, nil)
	ctx := t.Context()
	_, err = b.s.LeadConfirm(ctx, b.lead, b.activity.ID, ids(one))
	is(t, err, access.ErrOwnInterest)
	_, err = b.s.LeadConfirm(ctx, b.advisor, b.activity.ID, ids(one, two))
	is(t, err, nil)
	_, err = b.s.HostConfirm(ctx, b.clerk, b.activity.ID, ids(two))
	is(t, err, access.ErrOwnInterest)
	town := b.Staff("镇里", access.TownOfficer, b.Town)
	_, err = b.s.HostConfirm(ctx, town, b.activity.ID, ids(two))
	is(t, err, nil)
	_, err = b.s.SecondConfirm(ctx, b.clerk, b.activity.ID, ids(two))
	is(t, err, access.ErrOwnInterest)
	if got, err := b.s.SecondConfirm(ctx, b.clerk, b.activity.ID, attend.Choice{All: true}); err != nil || len(got.Claims) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	// A dispute takes all of it back.
	_, err = b.s.Dispute(ctx, bob, two.ID, "时间不对")
	is(t, err, nil)
	again, err := b.s.Reopen(ctx, b.officer, two.ID, "再看一次")
	if is(t, err, nil); again.HostBy != nil || again.SecondBy != nil || again.LeadBy != nil || again.ProposedBy == nil {
		t.Errorf("%+v", again)
	}
}

func TestAMakeUpIsForWhoHadNoSeat(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	b.member("安")
	ann, bob := b.Student("甲", b.Branch), b.Student("乙", b.Branch)
	b.at(24 * 60)
	var claims []model.HoursClaim
	for _, who := range []access.Actor{ann, bob} {
		c, err := b.propose(who, b.proposal(who, 0, 120))
		is(t, err, nil)
		if c.Basis != model.BasisMakeUp || c.SignupID != 0 || c.MakeupNo != c.ID {
			t.Fatalf("%+v", c)
		}
		claims = append(claims, c)
		_, err = b.propose(who, b.proposal(who, 0, 120))
		is(t, err, attend.ErrClaimed)
	}
	_, err := b.s.Reject(t.Context(), b.officer, claims[0].ID, "照片看不清")
	is(t, err, nil)
	_, err = b.propose(ann, b.proposal(ann, 10, 120))
	is(t, err, nil)
	stranger := b.proposal(b.clerk, 0, 120)
	stranger.StudentID = b.Student("丙", b.Branch).StudentID
	_, err = b.propose(b.clerk, stranger)
	is(t, err, fault.ErrNotFound) // the host never saw them sign up
	b.post(claims[1])
	b.Clock.Add(8 * 24 * time.Hour)
	if n, err := b.s.PostDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n := b.count("hours_entries", "student_id = ? AND basis = ?", bob.StudentID, model.BasisMakeUp); n != 1 {
		t.Errorf("%d lines", n)
	}
}

func TestProposalsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at     int // minutes after the start
		from   int
		to     int
		change func(b *bench, who access.Actor, in *attend.Proposal)
		want   *fault.Fault
	}{
		"good":                        {24 * 60, 0, 120, nil, nil},
		"the check-out is still open": {179, 0, 120, nil, attend.ErrProposeEarly},
		"just after it":               {180, 0, 120, nil, nil},
		"on the last day":             {180 + 14*24*60, 0, 120, nil, nil},
		"too late":                    {181 + 14*24*60, 0, 120, nil, attend.ErrProposeLate},
		"backwards":                   {24 * 60, 60, 60, nil, fault.ErrInvalid},
		"before the session":          {24 * 60, -1, 100, nil, fault.ErrInvalid},
		"beyond the session":          {24 * 60, 0, 121, nil, fault.ErrInvalid},
		"too short":                   {24 * 60, 0, 71, nil, attend.ErrNothingToAdd},
		"without a proof":             {24 * 60, 0, 120, func(_ *bench, _ access.Actor, in *attend.Proposal) { in.FileIDs = nil }, fault.ErrInvalid},
		"without a word":              {24 * 60, 0, 120, func(_ *bench, _ access.Actor, in *attend.Proposal) { in.Text = " " }, fault.ErrInvalid},
		"with somebody else's picture": {24 * 60, 0, 120, func(b *bench, _ access.Actor, in *attend.Proposal) {
			in.FileIDs = []int64{b.picture(b.clerk, model.CheckPassed)}
		}, fault.ErrInvalid},
		"with a risky picture": {24 * 60, 0, 120, func(b *bench, who access.Actor, in *attend.Proposal) {
			in.FileIDs = []int64{b.picture(who, model.CheckRisky)}
		}, content.ErrRisky},
		"for somebody else":      {24 * 60, 0, 120, func(b *bench, _ access.Actor, in *attend.Proposal) { in.StudentID = b.lead.StudentID }, access.ErrDenied},
		"for an unknown session": {24 * 60, 0, 120, func(_ *bench, _ access.Actor, in *attend.Proposal) { in.SessionID = 99 }, fault.ErrNotFound},
		"for one that was called off": {24 * 60, 0, 120, func(b *bench, _ access.Actor, _ *attend.Proposal) {
			if err := b.exec("UPDATE activities SET status = 'CANCELLED'"); err != nil {
				b.TB.Fatal(err)
			}
		}, fault.ErrState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newDesk(t, nil)
			ann, _ := b.member("安")
			b.at(tt.at)
			in := b.proposal(ann, tt.from, tt.to)
			if tt.change != nil {
				tt.change(b, ann, &in)
			}
			before := b.everything()
			_, err := b.propose(ann, in)
			is(t, err, tt.want)
			if tt.want != nil && b.everything() != before {
				t.Error("a refusal left something")
			}
		})
	}
}

func TestAProposalDoesNotContradictTheCheckIn(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	ann, _ := b.member("安")
	b.at(20)
	in, err := b.scan(ann, b.session.ID, model.KindIn)
	is(t, err, nil)
	b.at(24 * 60)
	_, err = b.propose(ann, b.proposal(ann, 0, 120))
	is(t, err, fault.ErrInvalid)
	c, err := b.propose(ann, b.proposal(ann, 20, 120))
	if is(t, err, nil); c.InID != in.ID || c.Minutes != 100 {
		t.Errorf("%+v", c)
	}
	// What was served has a claim already.
	bob, _ := b.attender("白")
	_, err = b.propose(bob, b.proposal(bob, 0, 120))
	is(t, err, attend.ErrClaimed)
}

// attender adds somebody who served the whole session.
func (b *bench) attender(name string) (access.Actor, model.Signup) {
	b.TB.Helper()
	now := b.Clock.Now()
	b.Clock.Set(b.session.StartsAt.Add(-48 * time.Hour))
	a, seat := b.member(name)
	b.serve(a, b.session, 0, 120)
	b.Clock.Set(now)
	return a, seat
}

func TestTheStatementIsForThoseWhoReadTheClaim(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	ann, _ := b.member("安")
	b.at(24 * 60)
	in := b.proposal(ann, 0, 120)
	waiting := b.picture(ann, model.CheckReview)
	in.FileIDs = append(in.FileIDs, waiting)
	c, err := b.propose(ann, in)
	is(t, err, nil)
	for name, tt := range map[string]struct {
		who  access.Actor
		want *fault.Fault
	}{
		"student": {ann, nil}, "lead": {b.lead, nil}, "host": {b.clerk, nil}, "school": {b.officer, nil}, "secretary": {b.secretary, nil},
		"another student": {b.Student("外", b.Branch), fault.ErrNotFound},
	} {
		got, err := b.s.Statement(t.Context(), tt.who, c.ID)
		t.Log(name)
		is(t, err, tt.want)
		if tt.want == nil && (got.Text != "手机没电，有合影为证" || got.UserID != ann.UserID || len(got.Files) != 2 || !got.Files[0].Shown || got.Files[1].Shown) {
			t.Errorf("%+v", got)
		}
		is(t, b.s.StatementFile(t.Context(), tt.who, c.ID, in.FileIDs[0]), tt.want)
		is(t, b.s.StatementFile(t.Context(), tt.who, c.ID, waiting), fault.ErrNotFound)
	}
	bob, _ := b.attender("白")
	_, err = b.s.Statement(t.Context(), b.clerk, b.claim(bob).ID)
	is(t, err, fault.ErrNotFound)
}

// Whatever order people press in: the proposer, the lead, both of the host and the school are five, none of them the student.
func TestNobodyTakesTwoStepsOfAProposal(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	var students []access.Actor
	for i := range 6 {
		a, _ := b.member(string(rune('甲' + i)))
		students = append(students, a)
	}
	b.joins(b.lead, b.position.ID)
	b.at(24 * 60)
	many := b.clerk // one person with every role
	for role, org := range map[access.Role]model.Org{access.BranchSecretary: b.Branch, access.TownOfficer: b.Town, access.CommitteeOfficer: b.Department} {
		many = b.Grant(many, role, org)
	}
	people := append([]access.Actor{many, b.lead, b.advisor, b.officer, b.secretary, b.Staff("副主任", access.HostStaff, b.Community), b.Staff("镇里", access.TownOfficer, b.Town)}, students...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		who, of := people[random.IntN(len(people))], students[random.IntN(len(students))]
		in := b.proposal(who, 0, 120)
		in.StudentID = of.StudentID
		_, _ = b.propose(who, in)
	}
	if b.count("hours_claims") == 0 {
		t.Fatal("nothing was proposed")
	}
	steps := []func(context.Context, access.Actor, int64, attend.Choice) (attend.Batch, error){b.s.LeadConfirm, b.s.HostConfirm, b.s.SecondConfirm, b.s.Recognise}
	for range 300 {
		_, _ = steps[random.IntN(len(steps))](t.Context(), people[random.IntN(len(people))], b.activity.ID, attend.Choice{All: true})
	}
	var claims []model.HoursClaim
	b.DB.Find(&claims)
	through := 0
	for _, c := range claims {
		taken := map[int64]bool{}
		n := 0
		for _, by := range []*int64{c.ProposedBy, c.LeadBy, c.HostBy, c.SecondBy, c.RecognisedBy} {
			if by != nil {
				taken[*by], n = true, n+1
			}
		}
		for _, s := range students {
			if s.StudentID == c.StudentID && taken[s.UserID] && *c.ProposedBy != s.UserID {
				t.Errorf("confirmed by the student: %+v", c)
			}
		}
		if len(taken) != n {
			t.Errorf("one person took two steps: %+v", c)
		}
		if c.Status == model.ClaimPublicised {
			through++
		}
		if c.Status == model.ClaimPublicised && n != 5 || c.Status == model.ClaimPosted {
			t.Errorf("%s after %d steps", c.Status, n)
		}
	}
	if through == 0 {
		t.Error("none came through")
	}
}

func TestASilentSecondIsHandedUp(t *testing.T) {
	t.Parallel()
	b := newDesk(t, nil)
	ann, _ := b.member("安")
	b.at(24 * 60)
	c, err := b.propose(ann, b.proposal(ann, 0, 120))
	is(t, err, nil)
	_, err = b.s.LeadConfirm(t.Context(), b.lead, b.activity.ID, ids(c))
	is(t, err, nil)
	_, err = b.s.HostConfirm(t.Context(), b.clerk, b.activity.ID, ids(c))
	is(t, err, nil)
	b.Clock.Add(7*24*time.Hour - time.Millisecond)
	if n, err := b.s.Escalate(t.Context(), 10); n != 0 || err != nil {
		t.Error(n, err)
	}
	b.Clock.Add(time.Millisecond)
	if n, err := b.s.Escalate(t.Context(), 10); n != 1 || err != nil {
		t.Error(n, err)
	}
	town := b.Staff("镇里", access.TownOfficer, b.Town)
	if got, err := b.s.Overdue(t.Context(), town, b.Town.ID, first(10)); err != nil || len(got.Items) != 1 || got.Items[0].Status != model.ClaimHostFirst {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = b.s.SecondConfirm(t.Context(), town, b.activity.ID, ids(c))
	is(t, err, nil)
	if now := b.claim(ann); now.Status != model.ClaimHost || now.DueAt != nil {
		t.Errorf("%+v", now)
	}
}
