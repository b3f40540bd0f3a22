package round_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/round"
)

// large are the tables that grow with every round.
var large = []string{"round_inputs", "round_ranks", "match_wishes", "match_groups", "match_proposals", "signups", "activities", "positions", "student_profiles", "student_willingness", "match_blocks", "users"}

// Among the rows of many other rounds, nothing that a round does reads a large table from end to end.
func TestNoStatementOfARoundReadsAWholeTable(t *testing.T) {
	t.Parallel()
	f := newFair(t, 5)
	f.among(400)
	db, heard := testkit.Hear(f.DB, "SELECT", "UPDATE", "DELETE")
	f.s.DB, f.s.Survey.DB = db, db
	f.s.Kinds = map[string]round.Kind{model.RoundPositions: &round.Positions{DB: db, Now: f.Clock.Now, NewID: f.NewID, Survey: f.s.Survey}}
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	me, officer, ctx := f.willing(f.Branch), f.Staff("校团委", access.CommitteeOfficer, f.University), t.Context()
	_, _, p := f.matched(2, func(a *model.Activity, s *model.Session) {
		from := f.Clock.Now().Add(30 * 24 * time.Hour)
		a.StartsAt, a.EndsAt, s.StartsAt, s.EndsAt = from, from.Add(2*time.Hour), from, from.Add(2*time.Hour)
	})
	r := f.play(officer, "第一轮", map[*access.Actor][]int64{&me: {p.ID}})
	mine := f.mine(r, me)
	f.yes(mine.MatchProposal)
	_, _, off := f.matched(2, nil)
	gone, stopped, before := f.Student("落空", f.Branch), f.Student("停用", f.Branch), f.Student("早停用", f.Branch)
	f.proposal(r, before, p)
	f.suspend(before)
	f.proposal(r, gone, off)
	f.put("match_proposals", f.proposal(r, stopped, p).ID, map[string]any{"parts": `{"seats":2}`})
	f.put("activities", off.ActivityID, map[string]any{"status": model.ActivityCancelled})
	ask := []func() error{
		func() error { _, err := f.s.MyWishes(ctx, me, r.ID); return err },
		func() error { _, err := f.s.MyProposals(ctx, me, model.ProposalProposed, page.Request{}); return err },
		func() error {
			_, err := f.s.HostProposals(ctx, f.clerk, f.Community.ID, round.HostFilter{Status: model.ProposalLapsed}, page.Request{})
			return err
		},
		func() error { _, err := f.s.Seats(ctx, f.clerk, r.ID, p.ID); return err },
		func() error { _, err := f.s.WhyNot(ctx, me, r.ID, p.ID); return err },
		func() error { _, err := f.s.Accept(ctx, me, mine.ID); return err },
		func() error { _, err := f.s.EndGone(ctx, 100); return err },
		func() error {
			return db.Transaction(func(tx *gorm.DB) error { return f.s.Suspended(tx, officer, stopped.UserID) })
		},
		func() error { f.Clock.Add(25 * time.Hour); _, err := f.s.Lapse(ctx, 100); return err },
		func() error { _, err := replayed(ctx, f.s, officer, r.ID); return err },
	}
	for i, do := range ask {
		if err := do(); err != nil {
			t.Fatal(i, err)
		}
	}
	said := slices.Compact(slices.Sorted(slices.Values(heard.Said())))
	if len(said) < 30 {
		t.Fatalf("only %d statements were heard", len(said))
	}
	for _, sql := range said {
		for _, how := range testkit.ReadsWhole(t, f.DB, sql, large...) {
			t.Errorf("reads all of %s: %.300s", how, sql)
		}
	}
}

// among fills the tables with what has nothing to do with the test.
func (f *fair) among(n int) {
	f.TB.Helper()
	now := f.Clock.Now()
	var rows []any
	for i := range n {
		a := model.Activity{ID: f.NewID(), ProgrammeID: 7, HostOrgID: 8, Carriers: []string{}, SignupOpensAt: now, SignupClosesAt: now, CancelUntil: now, StartsAt: now, EndsAt: now, CreatedAt: now, UpdatedAt: now}
		p := model.Position{ID: f.NewID(), ActivityID: a.ID, Capacity: 1, CreatedAt: now, UpdatedAt: now}
		st := f.NewID()
		rows = append(rows, &a, &p,
			&model.Signup{ID: f.NewID(), StudentID: st, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupCancelled, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.MatchBlock{StudentID: st, OrgID: 8, Side: model.BlockByHost, ReasonEnc: []byte{}, CreatedAt: now},
			&model.Willingness{StudentID: st, ProgrammeID: 7, CreatedAt: now, UpdatedAt: now},
			&model.MatchWish{RoundID: 9, StudentID: st, Positions: []int64{}, CreatedAt: now, UpdatedAt: now},
			&model.MatchGroup{RoundID: 9, StudentID: st, GroupID: st, CreatedAt: now},
			&model.MatchProposal{ID: f.NewID(), RoundID: 9, StudentID: st, PositionID: p.ID, ActivityID: a.ID, HostOrgID: 8, Status: model.ProposalConfirmed, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.RoundInput{RoundID: 9, Side: model.SideGiving, Seq: int64(i), RefID: p.ID, Line: []byte{}},
			&model.StudentProfile{
				ID: st, PersonID: st, UniversityID: 6, StudentNoEnc: []byte{1}, StudentNoIdx: index(st), NameEnc: []byte{1}, NameIdx: index(st), BranchID: 5, Tags: []string{}, Version: 1, CreatedAt: now, UpdatedAt: now,
			},
			&model.User{ID: f.NewID(), Status: model.UserActive, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.RoundRanks{RoundID: 9, Chunk: int64(i), Ranks: []byte{}})
	}
	f.Insert(rows...)
	analyze := "ANALYZE"
	if testkit.OnMySQL() {
		analyze = "ANALYZE TABLE " + strings.Join(large, ", ")
	}
	if err := f.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(analyze).Error }); err != nil {
		f.TB.Fatal(err)
	}
}
