package round_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
)

// stop halts the next one who reads a table, within a transaction or outside of any: until go is called.
type stop struct {
	armed      atomic.Bool
	there, run chan struct{}
}

func newStop(t *testing.T, db *gorm.DB, table string, within bool) *stop {
	t.Helper()
	s := &stop{there: make(chan struct{}), run: make(chan struct{})}
	err := db.Callback().Query().After("gorm:query").Register("stop at "+table, func(tx *gorm.DB) {
		if _, inside := tx.Statement.ConnPool.(gorm.TxCommitter); inside == within && tx.Statement.Table == table && s.armed.CompareAndSwap(true, false) {
			close(s.there)
			<-s.run
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// halts begins do and returns when it has come to the stop.
func (s *stop) halts(do func() error) (done chan error) {
	s.armed.Store(true)
	done = make(chan error, 1)
	go func() { done <- do() }()
	<-s.there
	return done
}

// patience is how long it takes until one who does not finish is taken to wait for somebody.
const patience = 300 * time.Millisecond

// comes tells whether anything comes within a time, and what.
func comes(c <-chan error, within time.Duration) (did bool, err error) {
	wait := time.NewTimer(within)
	defer wait.Stop()
	select {
	case err := <-c:
		return true, err
	case <-wait.C:
		return false, nil
	}
}

// ahead is a replica that believes it is a day later.
func (f *fair) ahead() *round.Service {
	now := func() time.Time { return f.Clock.Now().Add(25 * time.Hour) }
	return &round.Service{
		DB: f.DB, Now: now, NewID: f.NewID, Audit: f.Audit, Vault: f.Vault, Owner: "ahead",
		Kinds: map[string]round.Kind{model.RoundPositions: &round.Positions{DB: f.DB, Now: now, NewID: f.NewID, Survey: f.s.Survey}},
	}
}

// newLists is a fair with a round that takes lists now and can be frozen: it was made the way rounds are.
func newLists(t *testing.T) (*fair, model.MatchRound) {
	t.Helper()
	f := newFair(t, 5)
	f.put("orgs", f.University.ID, map[string]any{"lat_e6": 36_659_000, "lng_e6": 117_120_000})
	f.s.Kinds = f.ahead().Kinds
	officer := f.Staff("系团委", access.CommitteeOfficer, f.Department)
	now := f.Clock.Now()
	d, err := f.s.Create(t.Context(), officer, idem.Key{}, round.New{Kind: model.RoundPositions, ProgrammeID: f.Programme.ID, ScopeOrgID: f.Department.ID, Form: round.Form{
		Name: "秋季轮次", Season: model.SeasonTerm, Rule: "points-v2", K: 20, RadiusM: 10_000, AnswerHours: 24, WishesFrom: now, WishesUntil: now.Add(24 * time.Hour), DrawSource: "双色球",
	}})
	if err == nil {
		d, err = f.s.Open(t.Context(), officer, d.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f, d.MatchRound
}

// asking are the students that a frozen round was written down with.
func (f *fair) asking(id int64) (out []int64) {
	f.TB.Helper()
	if err := f.DB.Model(&model.RoundInput{}).Where("round_id = ? AND side = ?", id, model.SideAsking).Order("seq").Pluck("ref_id", &out).Error; err != nil {
		f.TB.Fatal(err)
	}
	return out
}

// A list, or a group, that was written before the round was frozen is in the round, though it was committed while somebody
// else was about to freeze.
func TestWhoFreezesWaitsForWhatIsBeingWritten(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(f *fair, r model.MatchRound, me access.Actor) error{
		"a list": func(f *fair, r model.MatchRound, me access.Actor) error {
			return second(f.s.PutWishes(f.TB.Context(), me, r.ID, 0, round.List{Positions: ids(f.position)}))
		},
		"a group": func(f *fair, r model.MatchRound, me access.Actor) error {
			return second(f.s.MakeGroup(f.TB.Context(), me, idem.Key{}, r.ID))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, r := newLists(t)
			me := f.willing(f.Branch)
			at := newStop(t, f.DB, "match_rounds", true)
			written := at.halts(func() error { return put(f, r, me) })
			frozen := make(chan error, 1)
			go func() {
				frozen <- second(f.ahead().Advance(t.Context(), 20))
				close(frozen)
			}()
			if did, _ := comes(frozen, patience); did {
				t.Error("frozen while it was being written")
			}
			close(at.run)
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if err := <-frozen; err != nil {
				t.Fatal(err)
			}
			if in := f.asking(r.ID); !slices.Equal(in, []int64{me.StudentID}) {
				t.Errorf("%v take part, want %d", in, me.StudentID)
			}
		})
	}
}

// What comes after the freeze is refused, though everything was in order when it was looked at.
func TestWhatComesAfterTheFreezeIsRefused(t *testing.T) {
	t.Parallel()
	f, r := newLists(t)
	early, late := f.willing(f.Branch), f.willing(f.Branch)
	put := func(me access.Actor) error {
		return second(f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: ids(f.position)}))
	}
	is(t, put(early), nil)
	at := newStop(t, f.DB, "match_groups", false)
	written := at.halts(func() error { return put(late) })
	if _, err := f.ahead().Advance(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	close(at.run)
	is(t, <-written, round.ErrWishesOver)
	var lists []int64
	if err := f.DB.Model(&model.MatchWish{}).Where("round_id = ?", r.ID).Pluck("student_id", &lists).Error; err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(lists, f.asking(r.ID)) != fmt.Sprint([]int64{early.StudentID}, []int64{early.StudentID}) {
		t.Errorf("%v have lists, %v take part, want %d", lists, f.asking(r.ID), early.StudentID)
	}
}

// Who writes a list waits for nobody else who does: a million come in the last minute. SQLite has one writer, who does not wait
// for the disk either.
func TestListsAreWrittenSideBySide(t *testing.T) {
	t.Parallel()
	f, r := newLists(t)
	a, b := f.willing(f.Branch), f.willing(f.Branch)
	put := func(me access.Actor) error {
		return second(f.s.PutWishes(t.Context(), me, r.ID, 0, round.List{Positions: ids(f.position)}))
	}
	at := newStop(t, f.DB, "match_rounds", true)
	slow := at.halts(func() error { return put(a) })
	if !testkit.OnMySQL() {
		close(at.run)
	}
	other := make(chan error, 1)
	go func() { other <- put(b) }()
	if did, err := comes(other, time.Minute); !did || err != nil {
		t.Error("one list waits for another", err)
	}
	if testkit.OnMySQL() {
		close(at.run)
	}
	is(t, <-slow, nil)
}
