package round_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/idem"
	"baodao/service/round"
)

// closed is a round that is over: friends, lists and blocks were in it, and every proposal has lapsed.
func (m *mill) closed() int64 {
	m.TB.Helper()
	id := m.open()
	m.befriend(id)
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	m.draw(id)
	m.work(m.s)
	if _, err := m.s.Publish(m.ctx(), m.officer, id); err != nil {
		m.TB.Fatal(err)
	}
	m.Clock.Add(73 * time.Hour)
	if _, err := m.s.Lapse(m.ctx(), 10_000); err != nil {
		m.TB.Fatal(err)
	}
	m.is(id, model.RoundClosed)
	return id
}

// count counts rows of a round.
func (m *mill) count(of any, id int64, where string) (n int64) {
	m.TB.Helper()
	if err := m.DB.Model(of).Where("round_id = ? AND "+where, id).Count(&n).Error; err != nil {
		m.TB.Fatal(err)
	}
	return n
}

// forget lets a process forget what is due.
func (m *mill) forget(s *round.Service, want int) {
	m.TB.Helper()
	if n, err := s.Forget(m.ctx(), 10); n != want || err != nil {
		m.TB.Fatal(n, err)
	}
}

const day = 24 * time.Hour

// What people entered for a round is destroyed when its time is over; what came of it stays.
func TestARoundIsForgotten(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 20)
	m.keepFor(0) // a policy that was written before the rule has a year
	id := m.closed()
	before := m.row(id)
	cutoffs := m.count(&model.RoundInput{}, id, "side = 1 AND cutoff > 0")
	placed, groups, wishes := m.count(&model.MatchProposal{}, id, "1 = 1"), m.count(&model.MatchGroup{}, id, "1 = 1"), m.count(&model.MatchWish{}, id, "listed = 10")
	m.Clock.Set(before.ClosedAt.Add(365*day - time.Second))
	m.forget(m.s, 0)
	if groups == 0 || cutoffs == 0 || placed == 0 || wishes != 120 {
		t.Fatal(groups, cutoffs, placed, wishes)
	}
	m.Clock.Add(time.Second)
	round.InBatchesOf(m.s, 50)
	m.forget(m.s, 1)
	m.forget(m.s, 0)
	r := m.row(id)
	if r.ForgottenAt == nil || r.EmptiedAt == nil || len(r.Secret) != 0 || !bytes.Equal(r.InputDigest, before.InputDigest) || !bytes.Equal(r.ResultDigest, before.ResultDigest) || !bytes.Equal(r.Revealed, before.Revealed) {
		t.Errorf("%+v", r)
	}
	if _, err := m.Vault.Person(m.DB, id); !errors.Is(err, gorm.ErrRecordNotFound) {
		t.Errorf("the key: %v", err)
	}
	for what, n := range map[string]int64{
		"students": m.count(&model.RoundInput{}, id, "side = 0"), "sealed": m.count(&model.RoundInput{}, id, "(LENGTH(line) > 0 OR wishes IS NOT NULL OR more IS NOT NULL)"),
		"ranks": m.count(&model.RoundRanks{}, id, "1 = 1"), "groups": m.count(&model.MatchGroup{}, id, "1 = 1"), "lists": m.count(&model.MatchWish{}, id, "positions <> '[]'"),
		"cut-offs": m.count(&model.RoundInput{}, id, "side = 1 AND cutoff > 0") - cutoffs, "proposals": m.count(&model.MatchProposal{}, id, "1 = 1") - placed,
		"lengths of lists": m.count(&model.MatchWish{}, id, "listed = 10") - wishes, "positions": m.count(&model.RoundInput{}, id, "side = 1") - 20,
	} {
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	m.refusesWhatIsForgotten(id)
	if n := m.noted(id, "match_round.forget"); n != 1 {
		t.Errorf("noted %d times", n)
	}
}

// noted is how often the audit log has something.
func (m *mill) noted(id int64, action string) (n int64) {
	m.TB.Helper()
	if err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action = ?", id, action).Count(&n).Error; err != nil {
		m.TB.Fatal(err)
	}
	return n
}

// refusesWhatIsForgotten asks for everything that the key was needed for, and for what is still there.
func (m *mill) refusesWhatIsForgotten(id int64) {
	t := m.TB
	t.Helper()
	me := m.Student("学生", m.branches[0])
	me.StudentID = m.students[0]
	for what, ask := range map[string]func() error{
		"why not":   func() error { _, err := m.s.WhyNot(m.ctx(), me, id, m.positions[0]); return err },
		"why these": func() error { _, err := m.s.Seats(m.ctx(), m.officer, id, m.positions[0]); return err },
		"my list":   func() error { _, err := m.s.MyWishes(m.ctx(), me, id); return err },
		"export":    func() error { _, err := m.s.Export(m.ctx(), m.fresh(), id); return err },
		"replay":    func() error { _, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, id); return err },
	} {
		if err := ask(); !errors.Is(err, round.ErrForgotten) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got, err := m.s.Get(m.ctx(), me, id); err != nil || len(got.ResultDigest) != 32 || got.ForgottenAt == nil {
		t.Errorf("%+v %v", got, err)
	}
	// Who waited in it has waited: the next round counts on that.
	var row struct{ StudentID int64 }
	err := m.DB.Table("match_wishes AS w").Select("w.student_id").Where("w.round_id = ? AND NOT EXISTS (SELECT 1 FROM match_proposals AS p WHERE p.round_id = w.round_id AND p.student_id = w.student_id)", id).
		Limit(1).Scan(&row).Error
	if err != nil || row.StudentID == 0 {
		t.Fatal(err)
	}
	if n, err := round.Waited(m.DB, m.Programme.ID, row.StudentID); n != 1 || err != nil {
		t.Errorf("has waited %d: %v", n, err)
	}
}

// Whoever dies while forgetting has destroyed the key first: the next deletes the rest.
func TestForgettingSurvivesItsProcess(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 20)
	id := m.closed()
	m.Clock.Add(366 * day)
	for n := 1; ; n++ {
		err := m.diesForgetting(n)
		if r := m.row(id); r.ForgottenAt == nil {
			t.Fatalf("%d: the key came after the rows", n)
		}
		if m.count(&model.RoundInput{}, id, "LENGTH(line) > 0") > 0 {
			_, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, id)
			is(t, err, round.ErrForgotten)
		}
		if err == nil {
			if n < 5 {
				t.Fatalf("only %d steps", n)
			}
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if m.noted(id, "match_round.forget") != 1 || m.row(id).EmptiedAt == nil || m.count(&model.RoundInput{}, id, "side = 0 OR LENGTH(line) > 0") != 0 || m.count(&model.MatchWish{}, id, "positions <> '[]'") != 0 {
		t.Error("something is left")
	}
}

func (m *mill) diesForgetting(n int) (err error) {
	defer func() {
		if recover() != nil {
			err = errKilled
		}
	}()
	_, err = m.killed("dying", n).Forget(m.ctx(), 10)
	return err
}

// A round is kept as long as its programme says, counted from when it was closed or given up; what is not over is kept.
func TestHowLongARoundIsKept(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	given := m.frozen()
	if _, err := m.s.Cancel(m.ctx(), m.officer, given, "日期改了"); err != nil {
		t.Fatal(err)
	}
	m.Clock.Add(day)
	draft, err := m.s.Create(m.ctx(), m.officer, idem.Key{}, m.form())
	if err != nil {
		t.Fatal(err)
	}
	m.Clock.Add(day)
	running := m.published()
	m.keepFor(30)
	m.Clock.Set(m.row(given).ClosedAt.Add(30*day - time.Second))
	m.forget(m.s, 0)
	m.Clock.Add(time.Second)
	m.forget(m.s, 1)
	m.Clock.Add(3000 * day)
	m.forget(m.s, 0)
	if m.row(given).ForgottenAt == nil || m.row(running).ForgottenAt != nil || m.row(draft.ID).ForgottenAt != nil {
		t.Error("the wrong one is forgotten")
	}
	if got, err := replayed(m.ctx(), m.s, m.officer, running); err != nil || !equal(got) {
		t.Errorf("%+v %v", got, err)
	}
}

// What nobody publishes is given up when it has been kept as long as what is over, and not sooner than a round may wait for a draw; what
// people entered goes at once.
func TestARoundThatNobodyPublishesIsForgotten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		days int64 // of the policy
		wait int64
		at   func(m *mill) int64
	}{
		"frozen":             {365, 365, (*mill).frozen},
		"frozen, kept short": {1, 92, (*mill).frozen},
		"run":                {1, 92, (*mill).ran},
		"never written down": {120, 120, func(m *mill) int64 {
			id := m.frozen()
			m.set(id, map[string]any{"status": model.RoundFreezing, "input_digest": nil, "frozen_at": nil})
			return id
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMill(t, 20, 4)
			m.keepFor(c.days)
			id := c.at(m)
			stamped := m.open()
			m.set(stamped, map[string]any{"status": model.RoundRunning, "answers_until": m.Clock.Now(), "wishes_until": m.row(id).WishesUntil})
			m.Clock.Set(m.row(id).WishesUntil.Add(time.Duration(c.wait)*day - time.Second))
			m.forget(m.s, 0)
			m.Clock.Add(time.Second)
			if err := m.diesForgetting(2); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			if m.row(id).EmptiedAt != nil {
				t.Fatal("nobody died: the test proves nothing")
			}
			m.forget(m.s, 1)
			m.forget(m.s, 0)
			r := m.row(id)
			if r.Status != model.RoundCancelled || r.Reason == "" || !r.ClosedAt.Equal(m.Clock.Now()) || r.ForgottenAt == nil || r.EmptiedAt == nil || len(r.Secret) != 0 {
				t.Errorf("%+v", r)
			}
			if n := m.count(&model.RoundInput{}, id, "(side = 0 OR LENGTH(line) > 0)") + m.count(&model.MatchWish{}, id, "positions <> '[]'"); n != 0 {
				t.Error("something is left:", n)
			}
			if r := m.row(stamped); r.Status != model.RoundRunning || r.ForgottenAt != nil {
				t.Errorf("what is about to be published: %+v", r)
			}
		})
	}
}

// A round that is published while it is looked at stays, and so does a large one that is on its way.
func TestARoundThatIsPublishedJustInTime(t *testing.T) {
	t.Parallel()
	for _, large := range []bool{false, true} {
		m := newMill(t, 20, 4)
		id := m.ran()
		m.Clock.Add(400 * day)
		publish := func() {
			if _, err := m.s.Publish(m.ctx(), m.officer, id); err != nil {
				t.Error(err)
			}
		}
		if large {
			m.set(id, map[string]any{"placed": 3000})
		}
		published := after(t, m.DB, "answers_until IS NULL AND wishes_until", publish)
		if _, err := m.s.Forget(m.ctx(), 10); err != nil || !*published {
			t.Fatal(err, *published)
		}
		m.work(m.s)
		m.is(id, model.RoundPublished)
		if got, err := replayed(m.ctx(), m.s, m.officer, id); err != nil || !equal(got) {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func (m *mill) set(id int64, set map[string]any) {
	m.TB.Helper()
	m.write(func(tx *gorm.DB) error { return tx.Model(&model.MatchRound{}).Where("id = ?", id).Updates(set).Error })
}

// keepFor writes a policy of the programme that keeps rounds for so many days.
func (m *mill) keepFor(days int64) {
	m.TB.Helper()
	p := model.ProgrammePolicy{ProgrammeID: m.Programme.ID, Version: 100, Policy: m.Policy, CreatedAt: m.Clock.Now()}
	p.Policy.RoundInputDays = days
	m.Insert(&p)
}

// A replay that waits while the round is forgotten ends, and says why.
func TestAReplayOfWhatIsForgotten(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	id := m.closed()
	r := m.ask(id)
	m.Clock.Add(366 * day)
	m.forget(m.s, 1)
	if _, err := m.s.PlayAgain(m.ctx(), 1); !errors.Is(err, round.ErrForgotten) {
		t.Fatal(err)
	}
	if got := m.replay(r); got.Status != model.ReplayFailed || !strings.Contains(got.Failure, "match.forgotten") || got.Failures != 1 {
		t.Errorf("%+v", got)
	}
}

// One that is being played then has not found that somebody turned the inputs: they were deleted under its hands.
func TestARoundIsForgottenWhileItIsPlayed(t *testing.T) {
	t.Parallel()
	m := newMill(t, 40, 8)
	m.keepFor(1)
	id := m.closed()
	r := m.ask(id)
	m.Clock.Add(25 * time.Hour)
	once := true
	err := m.DB.Callback().Row().Before("gorm:row").Register("forget", func(tx *gorm.DB) {
		if once && tx.Statement.Table == (model.RoundInput{}).TableName() { // the key was read, the lines are not
			once = false
			m.forget(m.s, 1)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := m.s.PlayAgain(m.ctx(), 1); n != 1 || err != nil || once {
		t.Fatal(n, err, once)
	}
	if got := m.replay(r); got.Status != model.ReplayFailed || !strings.Contains(got.Failure, "match.forgotten") || got.InputsEqual != nil || got.LiveRoundID != nil {
		t.Errorf("%+v", got)
	}
}

// Who asks while a round is being forgotten hears that it is, whatever was read before and whatever is missing then.
func TestARoundIsForgottenWhileItIsRead(t *testing.T) {
	t.Parallel()
	why := func(m *mill, id int64) error {
		me := access.Actor{UserID: 1, StudentID: m.students[0]}
		_, err := m.s.WhyNot(m.ctx(), me, id, m.positions[0])
		return err
	}
	these := func(m *mill, id int64) error { _, err := m.s.Seats(m.ctx(), m.officer, id, m.positions[0]); return err }
	export := func(m *mill, id int64) error { _, err := m.s.Export(m.ctx(), m.fresh(), id); return err }
	for name, c := range map[string]struct {
		ask   func(m *mill, id int64) error
		after string // the table that was read last before
	}{
		"why not, after the key":      {why, "person_keys"},
		"why not, after the friends":  {why, "match_groups"},
		"why not, after the lines":    {why, "round_inputs"},
		"why not, after the lottery":  {why, "round_ranks"},
		"why these, after the line":   {these, "round_inputs"},
		"why these, after the key":    {these, "person_keys"},
		"why these, after the people": {these, "match_proposals"},
		"export, after the key":       {export, "person_keys"},
		"export, after the lines":     {export, "round_inputs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMill(t, 20, 4)
			m.keepFor(1)
			id := m.closed()
			m.Clock.Add(25 * time.Hour)
			if err := c.ask(m, id); err != nil {
				t.Fatal(err)
			}
			forgotten := after(t, m.DB, c.after, func() { m.forget(m.s, 1) })
			is(t, c.ask(m, id), round.ErrForgotten)
			if !*forgotten {
				t.Error("nothing was read there: the test proves nothing")
			}
		})
	}
}

// after does something when the next statement has read from a table, and tells whether one has.
func after(t *testing.T, db *gorm.DB, table string, do func()) *bool {
	t.Helper()
	done := false
	call := func(tx *gorm.DB) {
		if !done && strings.Contains(tx.Statement.SQL.String(), table) {
			done = true
			do()
		}
	}
	calls := db.Callback()
	if err := errors.Join(calls.Row().After("gorm:row").Register("after", call), calls.Query().After("gorm:query").Register("after", call)); err != nil {
		t.Fatal(err)
	}
	return &done
}
