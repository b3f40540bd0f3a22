package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/project"
	"baodao/service/signup"
)

// pair is an activity that needs five students, b, and one of the same project a day later that may take them over.
type pair struct {
	*bench
	into     *bench
	clerk    access.Actor
	projects *project.Service
}

func newPair(t *testing.T, seats int64, from, into func(*model.Activity)) *pair {
	t.Helper()
	return newBench(t, 1, nil).whole().pair(t, seats, from, into)
}

// pair makes two such activities of a new project in b's world.
func (b *bench) pair(t *testing.T, seats int64, from, into func(*model.Activity)) *pair {
	t.Helper()
	b = b.afresh(t, at(func(a *model.Activity) {
		a.MinTurnout = 5
		if from != nil {
			from(a)
		}
	}))
	b.put("positions", b.position.ID, map[string]any{"capacity": 10})
	b.s = &signup.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit, Vault: b.Vault, Notify: b.s.Notify, Standing: b.s.Standing, SeedKey: b.s.SeedKey}
	other := *b
	other.activity, other.session, other.position = b.Activity(b.project, seats, func(a *model.Activity, s *model.Session) {
		a.StartsAt, a.EndsAt, a.Title = a.StartsAt.Add(24*hour), a.EndsAt.Add(24*hour), "河道清洁"
		a.SignupClosesAt = a.StartsAt.Add(-time.Hour)
		if into != nil {
			into(a)
		}
		s.StartsAt, s.EndsAt = a.StartsAt, a.EndsAt
	})
	p := &pair{bench: b, into: &other, clerk: b.Staff("干事", access.HostStaff, b.Community)}
	p.projects = &project.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit, Vault: b.Vault, Signups: b.s, Notify: b.s.Notify}
	return p
}

func (p *pair) merges() error {
	_, err := p.projects.MergeActivity(p.TB.Context(), p.clerk, p.activity.ID, project.Merge{IntoID: p.into.activity.ID, Reason: "人数不足"})
	return err
}

func (p *pair) merge() {
	p.TB.Helper()
	if err := p.merges(); err != nil {
		p.TB.Fatal(err)
	}
	p.counts()
	if p.live(p.position.ID) != 0 || p.taken(p.position.ID) != 0 {
		p.TB.Errorf("the merged activity holds on to %d signups", p.live(p.position.ID))
	}
}

// now is what became of students in the other activity, "-" for those who are not there.
func (p *pair) now(students ...access.Actor) string {
	p.TB.Helper()
	out := make([]string, len(students))
	for i, a := range students {
		row := p.moved(a)
		if out[i] = string(row.Status); row.ID == 0 {
			out[i] = "-"
		}
	}
	return strings.Join(out, " ")
}

// moved is a student's live signup in the other activity, if any.
func (p *pair) moved(a access.Actor) (row model.Signup) {
	p.TB.Helper()
	if err := p.DB.Where("live_activity_id = ? AND student_id = ?", p.into.activity.ID, a.StudentID).Limit(1).Find(&row).Error; err != nil {
		p.TB.Fatal(err)
	}
	return row
}

// tells checks what a student hears of the activity that is no more.
func (p *pair) tells(a access.Actor, what string) {
	p.TB.Helper()
	p.Inbox(notify.ActivityCancelled, a, "“社区清洁日”（"+notify.When(p.activity.StartsAt).ZH+"）已取消。已并入“河道清洁”："+what+"（人数不足）")
}

func TestAMergedActivityBringsItsStudentsAlong(t *testing.T) {
	t.Parallel()
	p := newPair(t, 3, nil, func(a *model.Activity) { a.Waitlist = true })
	s := p.students(5)
	note, err := p.s.Create(t.Context(), s[0], p.position.ID, "带工具", idem.Key{})
	is(t, err, nil)
	first := append([]model.Signup{note}, p.all(s[1], s[2])...)
	p.into.all(s[3], s[4])
	rows := p.rows()
	p.merge()
	if got := p.now(s...); got != "CONFIRMED WAITLISTED WAITLISTED CONFIRMED CONFIRMED" {
		t.Fatal(got)
	}
	if got := p.states(first...); got != "REMOVED REMOVED REMOVED" {
		t.Error(got)
	}
	row := p.moved(s[0])
	if row.MergedFrom == nil || *row.MergedFrom != first[0].ID || row.Note != "带工具" || row.PositionID != p.into.position.ID || !row.Paired == first[0].Paired {
		t.Errorf("%+v", row)
	}
	p.tells(s[0], "您的报名已转过去，已录取。")
	p.tells(s[1], "您的报名已转过去，在候补名单中。")
	if got := fmt.Sprint(p.heard(s[0]), "; ", p.heard(s[1]), "; ", p.heard(s[3])); got != "SIGNUP_CONFIRMED SIGNUP_CONFIRMED ACTIVITY_CANCELLED; SIGNUP_CONFIRMED SIGNUP_WAITLISTED ACTIVITY_CANCELLED; SIGNUP_CONFIRMED" {
		t.Error(got)
	}
	if p.rows() != rows+3+3+3+1 { // signups, their ends and beginnings in the audit log, and the activity's
		t.Error(p.rows()-rows, "rows")
	}
	again := p.rows()
	if err := p.merges(); err != nil || p.rows() != again {
		t.Error("a repetition", err, p.rows()-again)
	}
	p.cancel(s[3], p.moved(s[3])) // and the line goes on
	if got := p.now(s[:3]...); got != "CONFIRMED CONFIRMED WAITLISTED" {
		t.Error(got)
	}
	if err := p.tries(s[4]); !errors.Is(err, signup.ErrClosed) {
		t.Error("of the merged activity", err)
	}
}

// Everybody is judged as if they came alone, but for what only asks when they came.
func TestWhoIsMovedIsJudged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		seats      int64
		from, into func(*model.Activity)
		before     func(p *pair, me access.Actor)
		want       string
		hears      string
	}{
		"a seat":        {seats: 1, want: "CONFIRMED"},
		"none is left":  {seats: 1, before: func(p *pair, _ access.Actor) { p.into.all(p.students(1)...) }, want: "-", hears: signup.ErrFull.ZH},
		"sign-up over":  {seats: 1, into: func(a *model.Activity) { a.SignupClosesAt = a.SignupOpensAt.Add(time.Minute) }, want: "CONFIRMED"},
		"not open yet":  {seats: 1, into: func(a *model.Activity) { a.SignupOpensAt = a.SignupClosesAt.Add(-time.Minute) }, want: "CONFIRMED"},
		"not meant":     {seats: 1, into: func(a *model.Activity) { a.Audience = &model.Audience{Grades: []string{"1999"}} }, want: "-", hears: signup.ErrNotEligible.ZH},
		"no training":   {seats: 1, into: func(a *model.Activity) { a.TrainingRequired = true }, want: "-", hears: signup.ErrNeedsTraining.ZH},
		"signed up too": {seats: 2, before: func(p *pair, me access.Actor) { p.into.must(me, p.into.position.ID) }, want: "CONFIRMED", hears: signup.ErrDuplicate.ZH},
		"busy": {seats: 1, before: func(p *pair, me access.Actor) {
			p.must(me, p.another(p.into.activity.StartsAt.Add(time.Hour), p.into.activity.EndsAt.Add(time.Hour), 36650000))
		}, want: "-", hears: signup.ErrConflict.ZH},
		"at the same time as before": {seats: 1, into: func(a *model.Activity) {
			a.StartsAt, a.EndsAt = a.StartsAt.Add(-24*hour), a.EndsAt.Add(-24*hour)
		}, want: "CONFIRMED"},
		"suspended since": {seats: 1, before: func(p *pair, me access.Actor) {
			p.Insert(&model.SignupSuspension{ID: p.NewID(), StudentID: me.StudentID, FromAt: p.Clock.Now(), ToAt: p.Clock.Now().Add(hour), CountsFrom: p.Clock.Now(), Reason: "缺席", CreatedAt: p.Clock.Now()})
		}, want: "CONFIRMED"},
		"the week is full with both, not with one": {seats: 1, before: func(p *pair, _ access.Actor) {
			p.policy(func(l *model.Policy) { l.WeekMaxMinutes, l.TermMaxActivities = 130, 1 })
		}, want: "CONFIRMED"},
		"units sign up":             {seats: 1, into: func(a *model.Activity) { a.SignupMode = model.SignupAssignedUnit }, want: "-", hears: "这个活动由指定的团组织统一报名，请联系您的团支部书记。"},
		"the organiser chooses":     {seats: 1, into: func(a *model.Activity) { a.SignupMode = model.SignupReview }, want: "CONFIRMED"},
		"nobody has chosen yet":     {seats: 1, from: func(a *model.Activity) { a.SignupMode = model.SignupReview }, into: func(a *model.Activity) { a.SignupMode = model.SignupReview }, want: "PENDING_REVIEW", hears: "您的报名已转过去，等待审核。"},
		"nobody needs choosing now": {seats: 1, from: func(a *model.Activity) { a.SignupMode = model.SignupReview }, want: "CONFIRMED"},
		"lots are to be drawn":      {seats: 1, into: func(a *model.Activity) { a.SignupMode = model.SignupLottery }, want: "IN_LOTTERY", hears: "您的报名已转过去，等待抽签。"},
		"lots are drawn": {seats: 1, into: func(a *model.Activity) {
			a.SignupMode, a.SignupClosesAt = model.SignupLottery, a.SignupOpensAt.Add(time.Minute)
		}, before: func(p *pair, _ access.Actor) { p.into.draw() }, want: "CONFIRMED"},
	}
	b := newBench(t, 1, nil).whole()
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			p := b.pair(t, c.seats, c.from, c.into)
			p.tx(func(tx *gorm.DB) error { return p.s.Announce(tx, p.into.activity) })
			me := p.Student("我", p.Branch)
			p.must(me, p.position.ID)
			if c.before != nil {
				c.before(p, me)
			}
			p.merge()
			if got := p.now(me); got != c.want {
				t.Error(got)
			}
			if c.hears == "" {
				c.hears = "您的报名已转过去，已录取。"
			}
			p.tells(me, c.hears)
		})
	}
}

// Seats first, then the line in its order, then the others; behind those who wait already.
func TestTheOrderOfAMerger(t *testing.T) {
	t.Parallel()
	p := newPair(t, 2, func(a *model.Activity) { a.Waitlist, a.MinTurnout = true, 3 }, func(a *model.Activity) { a.Waitlist = true })
	p.put("positions", p.position.ID, map[string]any{"capacity": 2})
	s := p.students(7)
	p.all(s[:5]...) // two with seats, three in the line
	p.put("signups", firstOf(p.bench, s[2]), map[string]any{"queue_no": 40})
	p.put("positions", p.position.ID, map[string]any{"queue_no": 40})
	p.into.all(s[5])
	p.merge()
	if got := p.now(s...); got != "CONFIRMED WAITLISTED WAITLISTED WAITLISTED WAITLISTED CONFIRMED -" {
		t.Fatal(got)
	}
	order := slices.Clone(s[1:5])
	slices.SortFunc(order, func(a, b access.Actor) int { return int(*p.moved(a).QueueNo - *p.moved(b).QueueNo) })
	for i, want := range []access.Actor{s[1], s[3], s[4], s[2]} {
		if order[i].StudentID != want.StudentID {
			t.Fatal("place", i+1, "of the line is another's")
		}
	}
}

// Nobody loses points by what they did not ask for.
func TestWhoIsMovedIsNotPunished(t *testing.T) {
	t.Parallel()
	p := newPair(t, 5, nil, nil)
	s := p.students(4)
	p.all(s[0], s[1])
	p.into.all(s[2], s[3])
	p.merge()
	p.Clock.Set(p.into.activity.CancelUntil.Add(time.Minute))
	late, free := p.moved(s[2]), p.moved(s[0])
	p.cancel(s[2], late)
	p.cancel(s[0], free)
	if got := p.states(late, free); got != "LATE_CANCEL CANCELLED_BY_USER" {
		t.Error(got)
	}
	p.Clock.Set(p.into.activity.EndsAt)
	rows := []model.Signup{p.moved(s[1]), p.moved(s[3])}
	_, err := p.s.Decide(t.Context(), p.clerk, p.into.activity.ID, signup.NoShow, []int64{rows[0].ID, rows[1].ID}, "")
	is(t, err, nil)
	if got := p.states(rows...); got != "NO_SHOW NO_SHOW" {
		t.Error(got)
	}
	var punished []int64
	if err := p.DB.Model(&model.ReliabilityEntry{}).Order("id").Pluck("student_id", &punished).Error; err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(punished, []int64{s[2].StudentID, s[3].StudentID}) {
		t.Error("punished are", punished)
	}
}

func TestAGroupIsMovedTogether(t *testing.T) {
	t.Parallel()
	p := newPair(t, 4, nil, func(a *model.Activity) { a.Waitlist = true })
	by, s := p.secretary(), p.students(6)
	p.into.all(s[5])
	g := p.group(by, p.party(true, s[0], s[1], s[2]))
	p.must(s[3], p.position.ID)
	p.must(s[2], p.another(p.into.activity.StartsAt, p.into.activity.EndsAt, 36650000)) // cannot come
	p.put("positions", p.into.position.ID, map[string]any{"capacity": 2})
	p.merge()
	if got := p.now(s...); got != "WAITLISTED WAITLISTED - WAITLISTED - CONFIRMED" {
		t.Fatal(got) // one seat is left: not for two, and nobody overtakes
	}
	one, two := p.moved(s[0]), p.moved(s[1])
	if one.GroupID == nil || *one.GroupID != *two.GroupID || *one.GroupID == g.Group.ID {
		t.Error("no group of its own")
	}
	var next model.SignupGroup
	if err := p.DB.Where("id = ?", one.GroupID).First(&next).Error; err != nil || next.Members != 2 || next.ActivityID != p.into.activity.ID || next.PositionID != p.into.position.ID || !next.AllOrNone {
		t.Errorf("%+v %v", next, err)
	}
	p.cancel(s[5], p.moved(s[5]))
	if got := p.now(s[:4]...); got != "CONFIRMED CONFIRMED - WAITLISTED" {
		t.Error(got)
	}
}

func TestAMergerIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, nil).whole()
	enough := b.pair(t, 5, func(a *model.Activity) { a.MinTurnout = 1 }, nil)
	row := enough.all(enough.students(1)...)
	is(t, enough.merges(), project.ErrMergeEnough)
	none := b.pair(t, 5, func(a *model.Activity) { a.MinTurnout = 0 }, nil)
	is(t, none.merges(), project.ErrMergeEnough)
	lots := b.pair(t, 5, func(a *model.Activity) { a.MinTurnout, a.SignupMode = 1, model.SignupLottery }, nil)
	lots.all(lots.students(1)...)
	is(t, lots.merges(), project.ErrMergeEnough)
	if enough.states(row...) != "CONFIRMED" || enough.live(enough.into.position.ID) != 0 {
		t.Error("a refusal left something behind")
	}
}
