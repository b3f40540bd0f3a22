package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/signup"
)

// secretary signs members of the world's branch up.
func (b *bench) secretary() access.Actor {
	b.TB.Helper()
	return b.Staff("支书", access.BranchSecretary, b.Branch)
}

// party asks for seats for a group of the world's branch.
func (b *bench) party(all bool, members ...access.Actor) signup.NewGroup {
	in := signup.NewGroup{PositionID: b.position.ID, OrgID: b.Branch.ID, AllOrNone: all, Note: "一起去"}
	for _, m := range members {
		in.StudentIDs = append(in.StudentIDs, m.StudentID)
	}
	return in
}

func (b *bench) group(by access.Actor, in signup.NewGroup) signup.Group {
	b.TB.Helper()
	g, err := b.s.CreateGroup(b.TB.Context(), by, in, idem.Key{})
	if err != nil {
		b.TB.Fatal(err)
	}
	return g
}

// fields are the fields that a refusal names, as pointer=code.
func fields(err error) string {
	f, _ := errors.AsType[*fault.Fault](err)
	if f == nil {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Pointer+"="+x.Code)
	}
	return strings.Join(out, " ")
}

func TestGroupOfAllOrNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, nil).whole()
	by, s := b.secretary(), b.students(5)
	b.must(s[1], b.position.ID)
	rows := b.rows()
	_, err := b.s.CreateGroup(t.Context(), by, b.party(true, s[0], s[1]), key("g"))
	is(t, err, signup.ErrGroupRefused)
	if fields(err) != "/student_ids/1=signup.duplicate" || b.rows() != rows {
		t.Error(fields(err), b.rows()-rows)
	}
	_, err = b.s.CreateGroup(t.Context(), by, b.party(true, s[0], s[2], s[3]), key("g2"))
	is(t, err, signup.ErrFull) // three for two seats, and there is no line
	g, err := b.s.CreateGroup(t.Context(), by, b.party(true, s[0], s[2]), key("g3"))
	is(t, err, nil)
	again, err := b.s.CreateGroup(t.Context(), by, b.party(true, s[0], s[2]), key("g3"))
	is(t, err, nil)
	if fmt.Sprint(g.Signups[0].ID, g.Signups[1].ID, g.Group.ID) != fmt.Sprint(again.Signups[0].ID, again.Signups[1].ID, again.Group.ID) || b.seats().Taken != 3 {
		t.Errorf("%+v\n%+v", g, again)
	}
	if b.states(g.Signups...) != "CONFIRMED CONFIRMED" || g.Group.Members != 2 || b.heard(s[0]) != "SIGNUP_CONFIRMED" || b.heard(s[2]) != "SIGNUP_CONFIRMED" {
		t.Error(b.states(g.Signups...), b.heard(s[0]), b.heard(s[2]))
	}
	b.cancel(s[0], g.Signups[0]) // one alone
	if b.states(g.Signups...) != "CANCELLED_BY_USER CONFIRMED" {
		t.Error(b.states(g.Signups...))
	}
	b.counts()
}

func TestGroupOfWhoeverMay(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, nil)
	by, s := b.secretary(), b.students(4)
	suspension(-hour, hour, false)(b, s[1])
	g := b.group(by, b.party(false, s...))
	var refused []string
	for _, r := range g.Refused {
		refused = append(refused, fmt.Sprintf("%d=%s", slices.IndexFunc(s, func(a access.Actor) bool { return a.StudentID == r.StudentID }), r.Code))
	}
	if b.states(g.Signups...) != "CONFIRMED CONFIRMED" || strings.Join(refused, " ") != "1=signup.suspended 3=signup.full" {
		t.Error(b.states(g.Signups...), refused)
	}
	_, err := b.s.CreateGroup(t.Context(), by, b.party(false, s[1], s[3]), idem.Key{})
	is(t, err, signup.ErrGroupRefused)
	if fields(err) != "/student_ids/0=signup.full /student_ids/1=signup.full" {
		t.Error(fields(err))
	}
	b.counts()
}

func TestWhoMaySignUpWhom(t *testing.T) {
	t.Parallel()
	b := newBench(t, 9, nil)
	s, far := b.students(2), b.strangers(1)
	lead := s[1]
	b.Team(b.project, model.TeamLead, lead)
	b.Team(b.project, model.TeamMember, s[0])
	try := func(by access.Actor, in signup.NewGroup, want *fault.Fault, named string) {
		t.Helper()
		_, err := b.s.CreateGroup(t.Context(), by, in, idem.Key{})
		is(t, err, want)
		if fields(err) != named {
			t.Errorf("named %q, want %q", fields(err), named)
		}
	}
	party := b.party(true, s[0])
	try(access.Actor{}, party, access.ErrRequired, "")
	try(s[0], party, access.ErrDenied, "")
	try(b.Staff("别的支书", access.BranchSecretary, b.Org(b.Department, model.OrgLeagueBranch, "别班")), party, access.ErrDenied, "")
	by := b.secretary()
	try(by, b.party(true, s[0], far[0]), fault.ErrInvalid, "/student_ids/1=not_found")
	try(by, signup.NewGroup{PositionID: b.position.ID, OrgID: b.Branch.ID, StudentIDs: []int64{99}}, fault.ErrInvalid, "/student_ids/0=not_found")
	try(by, b.party(true, s[0], s[0]), fault.ErrInvalid, "/student_ids/1=unique_items")
	try(by, b.party(true), fault.ErrInvalid, "/student_ids=items")
	both := b.party(true, s[0])
	both.ProjectID = b.project.ID
	try(by, both, fault.ErrInvalid, "/org_id=one_of")
	none := b.party(true, s[0])
	none.PositionID = 99
	try(by, none, fault.ErrNotFound, "")
	none = b.party(true, s[0])
	none.OrgID = 99
	try(by, none, fault.ErrNotFound, "")
	team := b.party(true, s...)
	team.OrgID, team.ProjectID = 0, b.project.ID
	try(by, team, fault.ErrNotFound, "") // its branch's project, but not its team
	try(far[0], team, fault.ErrNotFound, "")
	if g := b.group(lead, team); len(g.Signups) != 2 || g.Group.ProjectID != b.project.ID {
		t.Errorf("%+v", g)
	}
	if g := b.group(b.Staff("系里", access.CommitteeOfficer, b.Department), b.party(true, b.Student("新来", b.Branch))); len(g.Signups) != 1 {
		t.Errorf("%+v", g)
	}
}

func TestGroupsAndModes(t *testing.T) {
	t.Parallel()
	by := func(mode string) *bench {
		return newBench(t, 2, at(func(a *model.Activity) { a.SignupMode = mode })).whole()
	}
	assigned := by(model.SignupAssignedUnit)
	assigned.audience(model.Audience{OrgIDs: []int64{assigned.Branch.ID}})
	s := assigned.students(1)
	is(t, assigned.tries(s[0]), signup.ErrNotEligible)
	if g := assigned.group(assigned.secretary(), assigned.party(true, s...)); g.Signups[0].Status != model.SignupConfirmed {
		t.Error(g.Signups[0].Status)
	}
	assigned.audience(model.Audience{OrgIDs: []int64{assigned.Community.ID}})
	_, err := assigned.s.CreateGroup(t.Context(), assigned.secretary(), assigned.party(true, assigned.students(1)...), idem.Key{})
	is(t, err, signup.ErrGroupRefused)
	review := by(model.SignupReview)
	if g := review.group(review.secretary(), review.party(true, review.students(3)...)); review.states(g.Signups...) != "PENDING_REVIEW PENDING_REVIEW PENDING_REVIEW" {
		t.Error(review.states(g.Signups...))
	}
	lots := by(model.SignupLottery)
	_, err = lots.s.CreateGroup(t.Context(), lots.secretary(), lots.party(true, lots.students(1)...), idem.Key{})
	is(t, err, signup.ErrGroupMode)
	matched := by(model.SignupMatched)
	_, err = matched.s.CreateGroup(t.Context(), matched.secretary(), matched.party(true, matched.students(1)...), idem.Key{})
	is(t, err, signup.ErrMatched)
	draft := by(model.SignupFirstCome)
	draft.put("activities", draft.activity.ID, map[string]any{"published_at": nil, "status": model.ActivityDraft})
	_, err = draft.s.CreateGroup(t.Context(), draft.secretary(), draft.party(true, draft.students(1)...), idem.Key{})
	is(t, err, fault.ErrNotFound)
}

// A group of all or none waits together, holds the line, and comes in together.
func TestGroupWaitsTogether(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4, waits).whole()
	by, s := b.secretary(), b.students(9)
	r := b.all(s[:3]...)
	g := b.group(by, b.party(true, s[3:6]...)) // three for one seat
	last := b.must(s[6], b.position.ID)        // a seat is free, but the group was first
	if got := b.states(append(g.Signups, last)...); got != "WAITLISTED WAITLISTED WAITLISTED WAITLISTED" {
		t.Fatal(got)
	}
	b.cancel(s[0], r[0])
	if got := b.states(append(g.Signups, last)...); got != "WAITLISTED WAITLISTED WAITLISTED WAITLISTED" {
		t.Fatal(got)
	}
	b.cancel(s[4], g.Signups[1]) // one of them leaves: two seats are enough now
	if got := b.states(append(g.Signups, last)...); got != "CONFIRMED CANCELLED_BY_USER CONFIRMED WAITLISTED" {
		t.Fatal(got)
	}
	b.counts()
}

func TestGroupLargerThanThePositionHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3, waits)
	by, s := b.secretary(), b.students(12)
	r := b.all(s[:3]...)
	one := b.must(s[3], b.position.ID)
	_, err := b.s.CreateGroup(t.Context(), by, b.party(true, s[4:8]...), idem.Key{})
	is(t, err, signup.ErrFull)
	g := b.group(by, b.party(true, s[8:11]...))
	last := b.must(s[11], b.position.ID)
	b.cancel(s[0], r[0])
	b.cancel(s[1], r[1])
	b.put("positions", b.position.ID, map[string]any{"capacity": 2}) // now the group is too large
	b.cancel(s[2], r[2])
	if got := b.states(append(g.Signups, one, last)...); got != "WAITLISTED WAITLISTED WAITLISTED CONFIRMED CONFIRMED" {
		t.Error(got)
	}
	b.counts()
}

// Unpaired members of a group never get seats that are kept for paired branches, and hold up nobody who may have those.
func TestGroupsAndReservedSeats(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4, at(func(a *model.Activity) {
		until := a.CreatedAt.Add(hour)
		a.PairedUntil, a.Waitlist = &until, true
	}))
	b.put("positions", b.position.ID, map[string]any{"reserved": 2})
	by := b.Staff("校团委", access.CommitteeOfficer, b.University)
	far, near := b.strangers(4), b.students(4)
	first := b.must(far[0], b.position.ID)
	mixed := b.party(true, near[0], far[1], far[2])
	mixed.OrgID = b.University.ID
	g := b.group(by, mixed) // two unpaired for one open seat
	if b.states(g.Signups...) != "WAITLISTED WAITLISTED WAITLISTED" {
		t.Fatal(b.states(g.Signups...))
	}
	second := b.must(near[1], b.position.ID) // a paired one of the group waits for the reserve too
	if second.Status != model.SignupWaitlisted {
		t.Error(second.Status)
	}
	b.cancel(near[0], g.Signups[0]) // the rest of the group may have open seats only
	if got := b.states(append(g.Signups, second)...); got != "CANCELLED_BY_USER WAITLISTED WAITLISTED CONFIRMED" {
		t.Fatal(got)
	}
	third := b.must(near[2], b.position.ID)
	if third.Status != model.SignupConfirmed {
		t.Error(third.Status)
	}
	fourth := b.must(near[3], b.position.ID)
	b.cancel(far[0], first)
	if got := b.states(append(g.Signups, fourth)...); got != "CANCELLED_BY_USER CONFIRMED CONFIRMED WAITLISTED" {
		t.Error(got)
	}
	b.counts()
}
