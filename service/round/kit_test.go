package round_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/page"
	"baodao/service/round"
	"baodao/service/signup"
	"baodao/service/standing"
	"baodao/service/survey"
)

// fair is a world with a round whose proposals are out, an activity whose places come from rounds, and those who answer.
type fair struct {
	*testkit.World
	s            *round.Service
	project      model.Project
	activity     model.Activity
	session      model.Session
	position     model.Position
	round        model.MatchRound
	clerk        access.Actor // of the host
	town, county access.Actor
}

func newFair(t *testing.T, seats int64) *fair {
	t.Helper()
	w := testkit.NewWorld(t)
	notices := &notify.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Vault: w.Vault}
	f := &fair{World: w, s: &round.Service{
		DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: notices,
		Signups: &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, Notify: notices, Standing: &standing.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}},
		Survey:  &survey.Service{DB: w.DB, Now: w.Clock.Now, Audit: w.Audit, Vault: w.Vault},
	}}
	f.project = w.Project(w.Pair(w.Branch, w.Community), "清洁")
	f.activity, f.session, f.position = f.matched(seats, nil)
	f.clerk, f.town = w.Staff("干事", access.HostStaff, w.Community), w.Staff("镇", access.TownOfficer, w.Town)
	f.county = w.Staff("县", access.CommitteeOfficer, w.County)
	f.round = f.out(model.RoundPublished)
	return f
}

// matched adds an activity whose places come from rounds.
func (f *fair) matched(seats int64, change func(*model.Activity, *model.Session)) (model.Activity, model.Session, model.Position) {
	f.TB.Helper()
	return f.Activity(f.project, seats, func(a *model.Activity, s *model.Session) {
		a.SignupMode = model.SignupMatched
		if change != nil {
			change(a, s)
		}
	})
}

// out adds a round of the university in a state; proposals lapse a day from now.
func (f *fair) out(status model.RoundStatus) model.MatchRound {
	f.TB.Helper()
	now := f.Clock.Now()
	until := now.Add(24 * time.Hour)
	r := model.MatchRound{
		ID: f.NewID(), Kind: model.RoundPositions, ProgrammeID: f.Programme.ID, ScopeOrgID: f.University.ID, ScopePath: f.University.Path, Name: "秋季第一轮", Number: f.NewID(),
		Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, WishesFrom: now.Add(-48 * time.Hour), WishesUntil: now.Add(-24 * time.Hour), AnswerHours: 24,
		DrawSource: "双色球", SecretCommit: make([]byte, 32), Secret: []byte{1}, Status: status, OpenedAt: &now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if r.Out() {
		r.PublishedAt, r.AnswersUntil = &now, &until
	}
	f.Insert(&r)
	return r
}

// proposal proposes a position to a student.
func (f *fair) proposal(r model.MatchRound, st access.Actor, p model.Position) model.MatchProposal {
	f.TB.Helper()
	now := f.Clock.Now()
	row := model.MatchProposal{
		ID: f.NewID(), RoundID: r.ID, StudentID: st.StudentID, PositionID: p.ID, ActivityID: p.ActivityID, HostOrgID: f.Community.ID, WishNo: 2, Band: 20, Lottery: 3, Score: 5000,
		Parts:  model.ProposalParts{Metres: 800, Overlap: 1, Near: 3000, Interest: 1500, Points: 5100, Seats: 1},
		Status: model.ProposalProposed, AnswersUntil: r.AnswersUntil, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	f.Insert(&row)
	return row
}

// proposed adds n students of the branch, to each of whom the position is proposed.
func (f *fair) proposed(n int) ([]access.Actor, []model.MatchProposal) {
	f.TB.Helper()
	students, rows := make([]access.Actor, n), make([]model.MatchProposal, n)
	for i := range n {
		students[i] = f.Student(fmt.Sprintf("学生%d", i), f.Branch)
		rows[i] = f.proposal(f.round, students[i], f.position)
	}
	return students, rows
}

// says answers for the host.
func (f *fair) says(yes bool, code string, rows ...model.MatchProposal) ([]round.Proposal, error) {
	in := round.HostAnswer{Accept: yes, ReasonCode: code}
	for _, r := range rows {
		in.ProposalIDs = append(in.ProposalIDs, r.ID)
	}
	return f.s.Answer(f.TB.Context(), f.clerk, f.Community.ID, in)
}

// yes answers for the host, who may.
func (f *fair) yes(rows ...model.MatchProposal) {
	f.TB.Helper()
	if _, err := f.says(true, "", rows...); err != nil {
		f.TB.Fatal(err)
	}
}

// stand is where a proposal stands, and by whom it came to nothing.
func (f *fair) stand(rows ...model.MatchProposal) string {
	f.TB.Helper()
	words := make([]string, len(rows))
	for i, r := range rows {
		var row model.MatchProposal
		if err := f.DB.Where("id = ?", r.ID).First(&row).Error; err != nil {
			f.TB.Fatal(err)
		}
		if words[i] = string(row.Status); row.RejectedBy != "" {
			words[i] += " " + row.RejectedBy
		}
		if (row.Status == model.ProposalConfirmed) != (row.SignupID != nil) {
			f.TB.Errorf("%+v", row)
		}
	}
	return strings.Join(words, ", ")
}

// seats reads how many are taken, and sees that there are as many signups.
func (f *fair) seats() int64 {
	f.TB.Helper()
	var p model.Position
	var live int64
	err := errors.Join(f.DB.Where("id = ?", f.position.ID).First(&p).Error,
		f.DB.Model(&model.Signup{}).Where("position_id = ? AND live_activity_id IS NOT NULL", f.position.ID).Count(&live).Error)
	if err != nil || p.Taken != live || p.Taken > p.Capacity {
		f.TB.Errorf("taken %d of %d, %d signups, %v", p.Taken, p.Capacity, live, err)
	}
	return p.Taken
}

// heard are the kinds of notices that a person got, and the last reason.
func (f *fair) heard(a access.Actor) (kinds, reason string) {
	f.TB.Helper()
	var rows []model.Notification
	if err := f.DB.Where("user_id = ?", a.UserID).Order("id").Find(&rows).Error; err != nil {
		f.TB.Fatal(err)
	}
	for _, r := range rows {
		kinds, reason = strings.TrimSpace(kinds+" "+r.Kind), r.Data["reason"]
	}
	return kinds, reason
}

// put sets columns of a row.
func (f *fair) put(table string, id int64, set map[string]any) {
	f.TB.Helper()
	if err := f.DB.Transaction(func(tx *gorm.DB) error { return tx.Table(table).Where("id = ?", id).Updates(set).Error }); err != nil {
		f.TB.Fatal(err)
	}
}

// is compares refusals; nil wants none.
func is(t *testing.T, got error, want *fault.Fault) {
	t.Helper()
	if want == nil && got != nil {
		t.Fatalf("refused: %v", got)
	}
	if want != nil && !errors.Is(got, want) {
		t.Fatalf("got %v, want %s", got, want.Code)
	}
}

func first(n int) page.Request { return page.Request{Limit: n} }

func nextOf(cursor string) page.Request { return page.Request{Limit: 1, Cursor: cursor} }
