package round_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/fault"
	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/verify"
	"baodao/service/round"
)

// A round goes from lists to proposals, and what comes out is what the files say to anyone.
func TestARoundFromListsToProposals(t *testing.T) {
	t.Parallel()
	m := newMill(t, 300, 40)
	id := m.published()
	r := m.row(id)
	if r.Students != 300 || r.Positions != 40 || r.Placed == 0 || r.Seats < r.Placed || r.AnswersUntil == nil {
		t.Fatalf("%+v", r)
	}
	if sum := sha256.Sum256(r.Revealed); !bytes.Equal(sum[:], r.SecretCommit) {
		t.Error("the secret is not the promised one")
	}
	seed := audit.Seed(audit.Digest(r.InputDigest), r.Revealed, []byte(r.DrawValue))
	if !bytes.Equal(seed[:], r.Seed) {
		t.Error("the seed does not follow from inputs, secret and draw")
	}
	dir := fstest.MapFS{}
	for name, data := range m.handedOut(id) {
		dir[name] = &fstest.MapFile{Data: data}
	}
	m.agrees(dir, r)
	var rows []model.MatchProposal
	if err := m.DB.Where("round_id = ?", id).Find(&rows).Error; err != nil || int64(len(rows)) != r.Placed {
		t.Fatal(len(rows), err)
	}
	for _, p := range rows {
		if p.AnswersUntil == nil || !p.AnswersUntil.Equal(*r.AnswersUntil) || p.ActivityID == 0 || p.HostOrgID == 0 || int64(p.Parts.Points/250) != p.Band || p.Score == 0 {
			t.Fatalf("%+v", p)
		}
	}
}

// agrees holds the files against the digests of the round, plays them again as the program on files does, and lets the
// independent checker look at them.
func (m *mill) agrees(dir fstest.MapFS, r model.MatchRound) {
	t := m.TB
	t.Helper()
	in, err := files.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if in.Open == nil || dir[files.PartnersFile] == nil || dir[files.ReservesFile] == nil {
		t.Fatal("open students, several partners and kept seats are not tried")
	}
	lists, err := files.LoadLists(dir, files.ListsFile, in)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := audit.Inputs(in, lists); err != nil || !bytes.Equal(d[:], r.InputDigest) {
		t.Errorf("inputs %x, the round says %x: %v", d, r.InputDigest, err)
	}
	place, err := files.ReadResult(bytes.NewReader(dir[files.ResultFile].Data), len(in.Students), len(in.Positions))
	if err != nil {
		t.Fatal(err)
	}
	out, err := files.ReadCutoffs(bytes.NewReader(dir[files.CutoffsFile].Data), len(in.Positions))
	if err != nil {
		t.Fatal(err)
	}
	out.Place = place
	if out.Partners, err = files.ReadPartnerCutoffs(bytes.NewReader(dir[files.PartnerCutoffsFile].Data), len(in.Positions)); err != nil {
		t.Fatal(err)
	}
	if report := verify.Check(in, lists, &out, verify.Options{Published: r.Blocking}); !report.OK() {
		t.Errorf("the checker: %+v", report.First)
	}
	if err := assign.Settle(in, lists, 1); err != nil {
		t.Fatal(err)
	}
	again, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := audit.Result(&again.Outcome); err != nil || !bytes.Equal(d[:], r.ResultDigest) {
		t.Errorf("result %x, the round says %x: %v", d, r.ResultDigest, err)
	}
}

// Whenever the process dies, another takes over when the lease has run out, and the digests are the same.
func TestKilledAfterAnyBatch(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 20)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	if _, err := m.s.Freeze(m.ctx(), m.officer, id); err != nil {
		t.Fatal(err)
	}
	m.kills(id, model.RoundFrozen)
	m.draw(id)
	m.kills(id, model.RoundRunning)
	r := m.row(id)
	if r.Students != 120 || r.Positions != 20 {
		t.Fatalf("%d students and %d positions", r.Students, r.Positions)
	}
	got, err := replayed(m.ctx(), m.s, m.officer, id)
	if err != nil || !equal(got) {
		t.Fatalf("%+v %v", got, err)
	}
	var n int64
	if err := m.DB.Model(&model.MatchProposal{}).Where("round_id = ?", id).Count(&n).Error; err != nil || n != r.Placed {
		t.Fatalf("%d proposals of %d: %v", n, r.Placed, err)
	}
}

// kills runs a phase with processes that die one batch later each, until one gets through.
func (m *mill) kills(id int64, to model.RoundStatus) {
	m.TB.Helper()
	for n := 1; ; n++ {
		err := m.dies(m.killed(fmt.Sprint("p", n), n))
		r := m.row(id)
		done := r.Status == to && (to != model.RoundRunning || r.ResultDigest != nil)
		switch {
		case done && n < 5:
			m.TB.Fatalf("only %d batches were tried", n)
		case done:
			return
		case !errors.Is(err, errKilled):
			m.TB.Fatalf("batch %d: %v", n, err)
		}
		other, err := m.replica("waiting").Advance(m.ctx(), 20)
		if err != nil || other != 0 {
			m.TB.Fatalf("batch %d: somebody else worked on it while it was leased: %d %v", n, other, err)
		}
		m.Clock.Add(61 * time.Minute) // a lease is over sooner, but the more have died the longer the next one waits
	}
}

// Two replicas come at once: one does the work, the other finds nothing to do, and nothing is there twice.
func TestTwoReplicasAtOnce(t *testing.T) {
	t.Parallel()
	m := newMill(t, 200, 30)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	m.race(id, model.RoundFrozen)
	m.draw(id)
	m.race(id, model.RoundRunning)
	r := m.row(id)
	if r.Students != 200 || r.ResultDigest == nil {
		t.Fatalf("%+v", r)
	}
	var runs int64
	err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action IN ?", id, []string{"match_round.frozen", "match_round.run"}).Count(&runs).Error
	if err != nil || runs != 2 {
		t.Errorf("%d ends of phases: %v", runs, err)
	}
}

func (m *mill) race(id int64, to model.RoundStatus) {
	m.TB.Helper()
	got := testkit.RaceOf(4, func(i int) error {
		s := m.replica(string(rune('a' + i)))
		round.InBatchesOf(s, 20)
		_, err := s.Advance(m.ctx(), 20)
		if errors.Is(err, fault.ErrBusy) {
			err = nil
		}
		return err
	})
	if len(got) != 1 {
		m.TB.Fatal(got)
	}
	m.work(m.s)
	m.is(id, to)
}

// Who has lost the lease writes nothing more.
func TestALostLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	m := newMill(t, 200, 20)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	m.work2(func() {
		m.Clock.Add(31 * time.Second) // it sleeps too long
		m.work(m.s)
	})
	m.is(id, model.RoundFrozen)
	var n int64
	if err := m.DB.Model(&model.RoundInput{}).Where("round_id = ?", id).Count(&n).Error; err != nil || n != 220 {
		t.Fatalf("%d inputs: %v", n, err)
	}
	var entries int64
	if err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action = ?", id, "match_round.frozen").Count(&entries).Error; err != nil || entries != 1 {
		t.Errorf("frozen %d times: %v", entries, err)
	}
}

// work2 lets a slow process work on a round; what happens in the middle of it is between.
func (m *mill) work2(between func()) {
	m.TB.Helper()
	slow, batches := m.replica("slow"), 0
	round.InBatchesOf(slow, 50)
	round.Interrupt(slow, func(model.RoundStatus) error {
		if batches++; batches == 4 {
			between()
		}
		return nil
	})
	if _, err := slow.Advance(m.ctx(), 20); err != nil {
		m.TB.Fatal(err)
	}
}

// A round that is given up in the middle stops at the next batch.
func TestCancelInTheMiddle(t *testing.T) {
	t.Parallel()
	m := newMill(t, 200, 20)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	m.work2(func() {
		if _, err := m.s.Cancel(m.ctx(), m.officer, id, "日期改了"); err != nil {
			t.Error(err)
		}
	})
	m.is(id, model.RoundCancelled)
	var n int64
	if err := m.DB.Model(&model.RoundInput{}).Where("round_id = ?", id).Count(&n).Error; err != nil || n >= 220 {
		t.Fatalf("%d inputs: %v", n, err)
	}
	if n, err := m.s.Advance(m.ctx(), 20); n != 0 || err != nil {
		t.Fatal(n, err)
	}
}
