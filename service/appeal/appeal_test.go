package appeal_test

import (
	"errors"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/appeal"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/page"
)

const aDay = 24 * time.Hour

func TestAnUpheldAppealTakesThePenaltyBack(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow)
	c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow)
	third := c.penalise(c.li, c.host, model.ReliabilityNoShow)
	a := c.must(c.file(c.li, model.AppealPenalty, third.ID))
	if a.Status != model.AppealFiled || a.OrgPath != c.Department.Path || a.FirstBy != c.host.UserID || a.Desk != c.Department.Name || a.Text != "当天住院，\n有证明" || a.Student.Name != "李*" && a.Student.Name != "*" {
		t.Fatalf("%+v", a)
	}
	if want := time.Date(2026, 10, 22, 16, 0, 0, 0, time.UTC); !a.DueAt.Equal(want) { // the tenth day is over in China
		t.Errorf("due %s, want %s", a.DueAt, want)
	}
	c.Told(notify.AppealPending, c.department, c.second)
	a = c.must(c.Take(t.Context(), c.second, a.ID))
	if a.Status != model.AppealInReview || *a.ReviewerID != c.second.UserID {
		t.Fatalf("%+v", a)
	}
	a = c.must(c.decide(c.department, a.ID, true))
	if a.Status != model.AppealUpheld || a.Outcome != "UPHELD" || a.Effect != appeal.EffectReversed || *a.DecidedBy != c.department.UserID || a.DueAt != nil || a.Reason != "核查过了" {
		t.Fatalf("%+v", a)
	}
	if c.points(c.li) != -6 || c.count("signup_suspensions", "lifted_at IS NULL") != 0 {
		t.Error("the points and the suspension are still there", c.points(c.li))
	}
	c.Inbox(notify.AppealDecided, c.li, "关于“”的申诉已有结果。核查过了")
	if n := c.count("audit_log", "action IN ? AND object_id = ?", []string{"appeal.file", "appeal.take", "appeal.decide"}, a.ID); n != 3 {
		t.Error("audit rows", n)
	}
	if _, err := c.decide(c.second, a.ID, false); !errors.Is(err, fault.ErrState) {
		t.Error("decided twice", err)
	}
	if n := c.count("appeals", "text_enc LIKE ?", "%住院%"); n != 0 {
		t.Error("the text lies open")
	}
}

func TestASuspensionIsLiftedThoughOtherNoShowsStand(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	for range 3 {
		c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow)
	}
	c.Clock.Add(8 * aDay)
	c.penalise(c.li, c.host, model.ReliabilityNoShow) // the fourth suspends anew
	var rows []model.SignupSuspension
	if err := c.World.DB.Order("id").Find(&rows).Error; err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if _, err := c.file(c.li, model.AppealSuspension, rows[0].ID); !errors.Is(err, appeal.ErrNothing) {
		t.Error("one that is over", err)
	}
	a := c.must(c.file(c.li, model.AppealSuspension, rows[1].ID))
	if a.FirstBy != c.host.UserID {
		t.Errorf("%+v", a)
	}
	a = c.must(c.decide(c.department, a.ID, true))
	if a.Effect != appeal.EffectLifted || c.count("signup_suspensions", "lifted_at IS NOT NULL AND lifted_by = ?", c.department.UserID) != 1 || c.points(c.li) != -9 {
		t.Errorf("%+v, %d points", a, c.points(c.li))
	}
	if c.count("audit_log", "action = 'signup_suspension.lift'") != 1 {
		t.Error("audit rows")
	}
}

func TestWhoMayAppeal(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	line := c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow)
	late := c.penalise(c.li, c.host, model.ReliabilityLateCancel)
	gone := c.penalise(c.li, access.Actor{}, model.ReliabilityLateCancel)
	if _, err := c.Standing.ReverseEntry(t.Context(), c.department, idem.Key{}, gone.ID, "核实"); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		as   access.Actor
		kind string
		id   int64
		text string
		want error
	}{
		"nobody":                {access.Actor{}, model.AppealPenalty, line.ID, "错了", access.ErrRequired},
		"somebody without one":  {c.host, model.AppealPenalty, line.ID, "错了", access.ErrDenied},
		"another student":       {c.wang, model.AppealPenalty, line.ID, "错了", fault.ErrNotFound},
		"no such line":          {c.li, model.AppealPenalty, 7, "错了", fault.ErrNotFound},
		"no such kind":          {c.li, "WEATHER", line.ID, "错了", fault.ErrNotFound},
		"blank":                 {c.li, model.AppealPenalty, line.ID, " ", fault.ErrInvalid},
		"reversed already":      {c.li, model.AppealPenalty, gone.ID, "错了", appeal.ErrNothing},
		"suspended by no means": {c.li, model.AppealSuspension, line.ID, "错了", fault.ErrNotFound},
	} {
		before := c.count("audit_log", "1=1")
		_, err := c.File(t.Context(), x.as, idem.Key{}, appeal.New{Kind: x.kind, SubjectID: x.id, Text: x.text})
		if !errors.Is(err, x.want) || c.count("appeals", "1=1") != 0 || c.count("audit_log", "1=1") != before {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	key := idem.Key{Value: "k", Hash: []byte("h")}
	in := appeal.New{Kind: model.AppealPenalty, SubjectID: line.ID, Text: "错了"}
	a := c.must(c.File(t.Context(), c.li, key, in))
	if again := c.must(c.File(t.Context(), c.li, key, in)); again.ID != a.ID || again.Text != "错了" {
		t.Errorf("%+v", again)
	}
	if _, err := c.file(c.li, model.AppealPenalty, line.ID); !errors.Is(err, appeal.ErrExists) {
		t.Error("twice", err)
	}
	if b := c.must(c.file(c.li, model.AppealPenalty, late.ID)); b.FirstBy != 0 {
		t.Error("nobody decides that a student cancels late", b.FirstBy)
	}
	a = c.must(c.Withdraw(t.Context(), c.li, a.ID))
	a = c.must(c.Withdraw(t.Context(), c.li, a.ID))
	if a.Status != model.AppealWithdrawn || a.DueAt != nil {
		t.Errorf("%+v", a)
	}
	c.Clock.Set(time.Date(2026, 11, 11, 15, 59, 59, 0, time.UTC)) // the thirtieth day
	a = c.must(c.file(c.li, model.AppealPenalty, line.ID))
	c.must(c.Withdraw(t.Context(), c.li, a.ID))
	c.Clock.Add(time.Second)
	if _, err := c.file(c.li, model.AppealPenalty, line.ID); !errors.Is(err, appeal.ErrLate) {
		t.Error("too late", err)
	}
}

func TestWhoDecides(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	line := c.penalise(c.li, c.department, model.ReliabilityNoShow)
	a := c.must(c.file(c.li, model.AppealPenalty, line.ID))
	c.Told(notify.AppealPending, c.second) // not the first decider
	own := c.Grant(c.li, access.CommitteeOfficer, c.Department)
	other := c.Staff("别系", access.CommitteeOfficer, c.Org(c.University, model.OrgDepartmentCommittee, "别系团委"))
	for name, x := range map[string]struct {
		as   access.Actor
		want error
	}{
		"nobody": {access.Actor{}, access.ErrRequired}, "the host": {c.host, access.ErrDenied}, "the student": {own, access.ErrOwnInterest},
		"who decided first": {c.department, access.ErrOwnInterest}, "another department": {other, fault.ErrNotFound}, "the city, to which it has not come": {c.city, fault.ErrNotFound},
		"an API client": {access.Actor{ClientID: 3, Grants: c.university.Grants, Scopes: []access.Permission{access.AppealDecide}}, access.ErrDenied},
	} {
		for _, uphold := range []bool{true, false} {
			if _, err := c.decide(x.as, a.ID, uphold); !errors.Is(err, x.want) {
				t.Errorf("%s: %v, want %v", name, err, x.want)
			}
		}
		if _, err := c.Take(t.Context(), x.as, a.ID); !errors.Is(err, x.want) {
			t.Errorf("%s takes: %v, want %v", name, err, x.want)
		}
	}
	if _, err := c.Decide(t.Context(), c.second, a.ID, appeal.Decision{Reason: " "}); !errors.Is(err, access.ErrReason) {
		t.Error(err)
	}
	if row := c.must(c.Get(t.Context(), c.university, a.ID)); row.Status != model.AppealFiled || row.Decided.State != "NO_SHOW" || row.Decided.Points != -3 || c.points(c.li) != -3 {
		t.Errorf("%+v", row)
	}
	for who, want := range map[*access.Actor]int{&c.department: 1, &c.second: 1, &c.university: 1, &c.city: 0, &other: 0, &c.town: 0} {
		got, err := c.Queue(t.Context(), *who, "", page.Request{})
		if err != nil || len(got.Items) != want {
			t.Errorf("%d finds %d: %v", who.UserID, len(got.Items), err)
		}
	}
}

func TestADeniedAppealGoesUpOnceAndEnds(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	a := c.filed()
	if _, err := c.Escalate(t.Context(), c.li, a.ID); !errors.Is(err, fault.ErrState) {
		t.Error("nobody has decided yet", err)
	}
	a = c.must(c.decide(c.department, a.ID, false))
	if a.Status != model.AppealDenied || a.DueAt == nil || c.points(c.li) != -3 {
		t.Fatalf("%+v", a)
	}
	if _, err := c.Escalate(t.Context(), c.wang, a.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Error("somebody else's", err)
	}
	a = c.must(c.Escalate(t.Context(), c.li, a.ID))
	if again := c.must(c.Escalate(t.Context(), c.li, a.ID)); again.Version != a.Version || a.Status != model.AppealEscalated || a.OrgPath != c.University.Path || a.Escalations != 1 {
		t.Fatalf("%+v", again)
	}
	c.Told(notify.AppealPending, c.department, c.second, c.university, c.li)
	if _, err := c.decide(c.second, a.ID, true); !errors.Is(err, fault.ErrNotFound) {
		t.Error("it lies above", err)
	}
	a = c.must(c.decide(c.university, a.ID, true))
	if a.Status != model.AppealFinal || a.Outcome != "UPHELD" || c.points(c.li) != 0 {
		t.Fatalf("%+v", a)
	}
	if _, err := c.Escalate(t.Context(), c.li, a.ID); !errors.Is(err, fault.ErrState) {
		t.Error("it is final", err)
	}
	if _, err := c.Withdraw(t.Context(), c.li, a.ID); !errors.Is(err, fault.ErrState) {
		t.Error("it is final", err)
	}
}

func TestWhatIsOverdueGoesUp(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	province := c.Staff("省里", access.CommitteeOfficer, c.Province)
	a := c.filed()
	denied := c.must(c.file(c.wang, model.AppealPenalty, c.penalise(c.wang, access.Actor{}, model.ReliabilityNoShow).ID))
	c.must(c.decide(c.second, denied.ID, false))
	sweep := func(want int) {
		t.Helper()
		if n, err := c.Sweep(t.Context(), 10); err != nil || n != want {
			t.Fatal("swept", n, err)
		}
	}
	c.Clock.Set(a.DueAt.Add(-time.Millisecond))
	sweep(0)
	for _, path := range []string{c.University.Path, c.City.Path, c.Province.Path, c.Province.Path} {
		c.Clock.Set(*a.DueAt)
		if _, err := c.Sweep(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		sweep(0)
		a = c.must(c.Get(t.Context(), c.li, a.ID))
		if a.Status != model.AppealEscalated || a.OrgPath != path || !a.DueAt.After(c.Clock.Now().Add(10*aDay-time.Second)) {
			t.Fatalf("%+v", a)
		}
	}
	if row := c.must(c.Get(t.Context(), c.wang, denied.ID)); row.Status != model.AppealFinal || row.Outcome != "DENIED" || row.DueAt != nil {
		t.Errorf("%+v", row)
	}
	c.Told(notify.AppealPending, c.department, c.second, c.department, c.second, c.university, c.city, province, province, c.li, c.li, c.li, c.li)
	if _, err := c.decide(c.city, a.ID, true); !errors.Is(err, fault.ErrNotFound) {
		t.Error("it has gone on", err)
	}
	if a = c.must(c.decide(province, a.ID, false)); a.Status != model.AppealFinal {
		t.Errorf("%+v", a)
	}
	if c.points(c.li) != -3 {
		t.Error("silence has approved it")
	}
}

// TestADeskWithoutAnybodyElse: where only the first decider could look again, it goes to whoever is above.
func TestADeskWithoutAnybodyElse(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	lone := c.Org(c.University, model.OrgDepartmentCommittee, "小系团委")
	officer := c.Staff("小系", access.CommitteeOfficer, lone)
	zhao := c.Student("赵", c.Org(lone, model.OrgLeagueBranch, "小班团支部"))
	a := c.must(c.file(zhao, model.AppealPenalty, c.penalise(zhao, officer, model.ReliabilityNoShow).ID))
	if a.OrgPath != c.University.Path {
		t.Error(a.OrgPath)
	}
	c.Told(notify.AppealPending, c.university)
}

func TestOfManyReviewersOneDecides(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	a := c.filed()
	got := testkit.RaceOf(8, func(i int) error {
		_, err := c.decide([]access.Actor{c.department, c.second}[i%2], a.ID, i%4 < 2)
		return err
	})
	if got[""] != 1 || got[""]+got[fault.ErrState.Code]+got[access.ErrOwnInterest.Code] != 8 {
		t.Fatal(got)
	}
	row := c.must(c.Get(t.Context(), c.li, a.ID))
	if want := map[string]int64{"UPHELD": 0, "DENIED": -3}[row.Outcome]; c.points(c.li) != want || c.count("audit_log", "action = 'appeal.decide'") != 1 {
		t.Errorf("%s with %d points", row.Outcome, c.points(c.li))
	}
}

func TestOfManyAppealsOneIsFiled(t *testing.T) {
	t.Parallel()
	c := newCourt(t)
	line := c.penalise(c.li, access.Actor{}, model.ReliabilityNoShow)
	got := testkit.RaceOf(6, func(int) error {
		_, err := c.file(c.li, model.AppealPenalty, line.ID)
		return err
	})
	if got[""] != 1 || got[appeal.ErrExists.Code] != 5 || c.count("appeals", "1=1") != 1 {
		t.Fatal(got)
	}
}
