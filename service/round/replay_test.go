package round_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/round"
)

// replayed asks for a replay and lets a process play it.
func replayed(ctx context.Context, s *round.Service, officer access.Actor, id int64) (model.MatchReplay, error) {
	r, err := s.AskReplay(ctx, officer, idem.Key{}, id)
	if err == nil {
		_, err = s.PlayAgain(ctx, 5)
	}
	if err == nil {
		r, err = s.Replay(ctx, officer, id, r.ID)
	}
	return r, err
}

// equal is what a replay says that has come out like a round with a result.
func equal(r model.MatchReplay) bool {
	return r.Status == model.ReplayDone && round.Equal(&r) && r.ResultEqual != nil && r.LiveRoundID == nil && r.FinishedAt != nil && r.LeaseOwner == ""
}

func (m *mill) ask(id int64) model.MatchReplay {
	m.TB.Helper()
	r, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, id)
	if err != nil {
		m.TB.Fatal(err)
	}
	return r
}

func (m *mill) replay(r model.MatchReplay) model.MatchReplay {
	m.TB.Helper()
	got, err := m.s.Replay(m.ctx(), m.officer, r.RoundID, r.ID)
	if err != nil {
		m.TB.Fatal(err)
	}
	return got
}

// play lets a process play what waits.
func (m *mill) play(s *round.Service, want int) {
	m.TB.Helper()
	if n, err := s.PlayAgain(m.ctx(), 10); n != want || err != nil {
		m.TB.Fatal(n, err)
	}
}

// A replay waits for a process, tells how it came out, and is kept with those before it.
func TestARoundIsPlayedAgain(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 20)
	open := m.open()
	_, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, open)
	is(t, err, round.ErrNotFrozen)
	m.Clock.Add(25 * time.Hour)
	m.work(m.s)
	first := m.ask(open)
	if first.Status != model.ReplayQueued || first.AskedBy != m.officer.UserID || first.InputsEqual != nil {
		t.Fatalf("%+v", first)
	}
	other := m.replica("other")
	m.play(other, 1)
	if got := m.replay(first); got.Status != model.ReplayDone || !*got.InputsEqual || got.ResultEqual != nil || got.ResultDigest != nil || !bytes.Equal(got.InputDigest, m.row(open).InputDigest) {
		t.Fatalf("before there is a result: %+v", got)
	}
	m.draw(open)
	m.work(m.s)
	m.Clock.Add(time.Minute)
	second := m.ask(open)
	if second.ID == first.ID {
		t.Fatal("one that is over is answered again")
	}
	m.play(other, 1)
	m.play(m.s, 0)
	if got := m.replay(second); !equal(got) || !bytes.Equal(got.ResultDigest, m.row(open).ResultDigest) || !got.StartedAt.Equal(m.Clock.Now()) {
		t.Fatalf("%+v", got)
	}
	all, err := m.s.Replays(m.ctx(), m.officer, open, page.Request{Limit: 1})
	if err != nil || len(all.Items) != 1 || all.Items[0].ID != second.ID {
		t.Fatal(all, err)
	}
	all, err = m.s.Replays(m.ctx(), m.officer, open, page.Request{Limit: 1, Cursor: all.Next})
	if err != nil || len(all.Items) != 1 || all.Items[0].ID != first.ID || all.Next != "" {
		t.Fatal(all, err)
	}
	var actions []string
	err = m.DB.Model(&model.AuditEntry{}).Where("object_id = ?", second.ID).Order("id").Pluck("action", &actions).Error
	if err != nil || !slices.Equal(actions, []string{"match_replay.ask", "match_replay.begin", "match_replay.done"}) {
		t.Errorf("%v %v", actions, err)
	}
}

// Only who runs a round asks for replays and reads them.
func TestWhoPlaysARoundAgain(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	id := m.frozen()
	r := m.ask(id)
	draft, err := m.s.Create(m.ctx(), m.officer, idem.Key{}, m.form())
	if err != nil {
		t.Fatal(err)
	}
	strange := m.Staff("外校", access.CommitteeOfficer, m.Org(m.City, model.OrgUniversityCommittee, "外校"))
	for name, c := range map[string]struct {
		as    access.Actor
		round int64
		want  *fault.Fault
	}{
		"a host":                       {m.Staff("干事", access.HostStaff, m.hosts[0]), id, access.ErrDenied},
		"a student":                    {m.Student("学生", m.Branch), id, access.ErrDenied},
		"an officer of another place":  {strange, id, access.ErrDenied},
		"the same, of a draft":         {strange, draft.ID, fault.ErrNotFound},
		"who runs it, of no round":     {m.officer, 1, fault.ErrNotFound},
		"who runs it, another round's": {m.officer, draft.ID, fault.ErrNotFound},
		"who runs it":                  {m.officer, id, nil},
	} {
		_, one := m.s.Replay(m.ctx(), c.as, c.round, r.ID)
		_, all := m.s.Replays(m.ctx(), c.as, c.round, page.Request{})
		if name == "who runs it, another round's" {
			all = fault.ErrNotFound
		}
		_, ask := m.s.AskReplay(m.ctx(), c.as, idem.Key{}, c.round)
		if name == "who runs it, another round's" {
			is(t, ask, round.ErrNotFrozen)
			ask = fault.ErrNotFound
		}
		for what, err := range map[string]error{"read": one, "list": all, "ask": ask} {
			if (c.want == nil) != (err == nil) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", name, what, err, c.want)
			}
		}
	}
}

// Who asks for a replay while there is one gets that one, however many ask at once.
func TestOneReplayOfARoundAtATime(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	id := m.frozen()
	ids := make([]int64, 8)
	for _, err := range testkit.Together(len(ids), func(i int) error {
		r, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, id)
		ids[i] = r.ID
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Fatalf("replays %v", ids)
	}
	row := m.replay(model.MatchReplay{ID: ids[0], RoundID: id})
	row.ID = m.NewID()
	if err := m.DB.Transaction(func(tx *gorm.DB) error { return tx.Create(&row).Error }); !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Errorf("two replays of one round: %v", err)
	}
	m.whilePlaying(m.replica("slow"), func() {
		if again := m.ask(id); again.ID != ids[0] || again.Status != model.ReplayRunning {
			t.Errorf("while it is played: %+v", again)
		}
		m.play(m.replica("idle"), 0)
	})
	if again := m.ask(id); again.ID == ids[0] {
		t.Error("it was over")
	}
}

// Who asks between the look of another and what it writes waits for it, and gets the same.
func TestAskingBetweenLookAndWrite(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	id := m.frozen()
	var once sync.Once
	second := make(chan int64, 1)
	err := m.DB.Callback().Query().After("gorm:query").Register("between", func(tx *gorm.DB) {
		if _, ok := tx.Statement.Dest.(*[]model.MatchReplay); !ok {
			return
		}
		once.Do(func() {
			go func() {
				r, err := m.s.AskReplay(m.ctx(), m.officer, idem.Key{}, id)
				if err != nil {
					t.Error(err)
				}
				second <- r.ID
			}()
			wait := time.NewTimer(300 * time.Millisecond)
			defer wait.Stop()
			select {
			case got := <-second:
				second <- got
			case <-wait.C:
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if first := m.ask(id); first.ID != <-second {
		t.Error("two replays")
	}
}

// whilePlaying lets a process play a replay; what happens after it has begun is between.
func (m *mill) whilePlaying(s *round.Service, between func()) {
	m.TB.Helper()
	steps := 0
	round.Interrupt(s, func(model.RoundStatus) error {
		if steps++; steps == 1 {
			between()
		}
		return nil
	})
	m.play(s, 1)
}

// A process that dies of a replay leaves it to another, when its lease has run out; after five it is given up.
func TestAReplaySurvivesItsProcess(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	r := m.ask(m.ran())
	for n := 1; n <= 2; n++ {
		if err := m.diesReplaying(n); !errors.Is(err, errKilled) {
			t.Fatal(n, err)
		}
		m.play(m.s, 0)
		m.Clock.Add(30 * time.Second)
	}
	m.play(m.s, 1)
	if got := m.replay(r); !equal(got) || got.Failures != 2 {
		t.Fatalf("%+v", got)
	}
	r = m.ask(r.RoundID)
	for range 5 {
		if err := m.diesReplaying(1); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		m.Clock.Add(time.Hour)
	}
	m.play(m.s, 0)
	if got := m.replay(r); got.Status != model.ReplayFailed || got.Failures != 5 || got.Failure == "" || got.LiveRoundID != nil || got.LeaseOwner != "" || got.FinishedAt == nil {
		t.Fatalf("%+v", got)
	}
	if again, err := replayed(m.ctx(), m.s, m.officer, r.RoundID); err != nil || again.ID == r.ID || !equal(again) {
		t.Fatalf("%+v %v", again, err)
	}
}

// diesReplaying runs a process that ends at its n-th step.
func (m *mill) diesReplaying(n int) (err error) {
	defer func() {
		if recover() != nil {
			err = errKilled
		}
	}()
	_, err = m.killed(fmt.Sprint("dying", n), n).PlayAgain(m.ctx(), 1)
	return err
}

// Who was too slow writes nothing: the one who took over does.
func TestAReplayIsTakenOver(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	r := m.ask(m.ran())
	m.whilePlaying(m.replica("slow"), func() {
		m.Clock.Add(31 * time.Second)
		m.play(m.s, 1)
	})
	if got := m.replay(r); !equal(got) || got.Failures != 1 {
		t.Fatalf("%+v", got)
	}
	var done int64
	if err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action = ?", r.ID, "match_replay.done").Count(&done).Error; err != nil || done != 1 {
		t.Errorf("done %d times: %v", done, err)
	}
}

// What another has taken, or played, between the look and the lease is not played twice.
func TestAReplayIsTakenByOne(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(m *mill){
		"taken":  func(m *mill) { _ = m.diesReplaying(1) },
		"played": func(m *mill) { m.play(m.replica("other"), 1) },
		"failed": func(m *mill) { _, _ = m.broken("bad").PlayAgain(m.ctx(), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMill(t, 20, 5)
			r := m.ask(m.frozen())
			m.meanwhile("match_replays", func() { other(m) })
			m.play(m.s, 0)
			if got := m.replay(r); got.Version == 1 || got.LeaseOwner == m.s.Owner {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What fails waits longer each time and is given up after five; who is told to stop has not failed.
func TestAReplayThatFails(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	r := m.ask(m.ran())
	ctx, stop := context.WithCancel(m.ctx())
	leaving := m.replica("leaving")
	round.Interrupt(leaving, func(model.RoundStatus) error { stop(); return ctx.Err() })
	if _, err := leaving.PlayAgain(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := m.replay(r); got.Status != model.ReplayQueued || got.Failures != 0 || got.RetryAt != nil || got.LeaseOwner != "" {
		t.Fatalf("%+v", got)
	}
	bad := m.broken("bad")
	for n, wait := range []time.Duration{30, 60, 120, 240} {
		if _, err := bad.PlayAgain(m.ctx(), 1); !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
		got := m.replay(r)
		if got.Status != model.ReplayQueued || got.Failures != int64(n+1) || !strings.Contains(got.Failure, "disk") || !got.RetryAt.Equal(m.Clock.Now().Add(wait*time.Second)) {
			t.Fatalf("%+v", got)
		}
		m.play(m.s, 0)
		m.Clock.Set(*got.RetryAt)
	}
	if _, err := bad.PlayAgain(m.ctx(), 1); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	if got := m.replay(r); got.Status != model.ReplayFailed || got.Failures != 5 || got.RetryAt != nil {
		t.Fatalf("%+v", got)
	}
	m.play(m.s, 0)
}

// Whatever somebody has turned in what is stored is told; a database that cannot be read is not taken for that.
func TestAReplayTellsWhatWasTurned(t *testing.T) {
	t.Parallel()
	m := newMill(t, 60, 10)
	id := m.ran()
	turn := func(what any, set map[string]any) {
		m.write(func(tx *gorm.DB) error {
			return tx.Model(what).Where("round_id = ? AND side = 0 AND seq = 7", id).UpdateColumns(set).Error
		})
	}
	var before model.RoundInput
	if err := m.DB.Where("round_id = ? AND side = 0 AND seq = 7", id).First(&before).Error; err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]map[string]any{
		"a list is gone":     {"wishes": nil},
		"a line was changed": {"line": append(slices.Clone(before.Line[:len(before.Line)-1]), before.Line[len(before.Line)-1]^1)},
		"a line of another":  {"line": before.Wishes},
		"a line is missing":  {"seq": 1000},
	} {
		turn(&model.RoundInput{}, set)
		got, err := replayed(m.ctx(), m.s, m.officer, id)
		if err != nil || got.Status != model.ReplayDone || round.Equal(&got) || *got.InputsEqual || got.ResultEqual == nil {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		m.write(func(tx *gorm.DB) error {
			return errors.Join(tx.Where("round_id = ? AND side = 0 AND ref_id = ?", id, before.RefID).Delete(&model.RoundInput{}).Error, tx.Create(&before).Error)
		})
	}
	m.write(func(tx *gorm.DB) error {
		return tx.Model(&model.MatchRound{}).Where("id = ?", id).UpdateColumn("result_digest", make([]byte, 32)).Error
	})
	if got, err := replayed(m.ctx(), m.s, m.officer, id); err != nil || round.Equal(&got) || !*got.InputsEqual || *got.ResultEqual {
		t.Errorf("another result: %+v %v", got, err)
	}
	r, once := m.ask(id), true
	err := m.DB.Callback().Row().Before("gorm:row").Register("broken", func(tx *gorm.DB) {
		if once && tx.Statement.Table == (model.RoundInput{}).TableName() {
			once = false
			_ = tx.AddError(errDisk)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.s.PlayAgain(m.ctx(), 1); !errors.Is(err, errDisk) || once {
		t.Errorf("%v", err)
	}
	if got := m.replay(r); got.Status != model.ReplayQueued || got.InputsEqual != nil {
		t.Errorf("%+v", got)
	}
}

// An export and a replay are never made at once by one process: each may take much of its memory.
func TestOneLargeThingAtATime(t *testing.T) {
	t.Parallel()
	m := newMill(t, 20, 5)
	id := m.ran()
	m.ask(id)
	m.whilePlaying(m.s, func() {
		_, err := m.s.Export(m.ctx(), m.fresh(), id)
		is(t, err, fault.ErrBusy)
	})
}
