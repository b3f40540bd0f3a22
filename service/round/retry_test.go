package round_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/round"
)

// broken is a process whose batches fail.
func (m *mill) broken(owner string) *round.Service {
	s := m.replica(owner)
	round.Interrupt(s, func(model.RoundStatus) error { return errDisk })
	return s
}

// A round that keeps failing is tried after 30 s, then after a minute, up to an hour; those who run it see why and when next.
func TestAFailingRoundWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	m := newMill(t, 30, 5)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	bad, minutes := m.broken("bad"), []float64{0.5, 1, 2, 4, 8, 16, 32, 60, 60}
	for n, wait := range minutes {
		if _, err := bad.Advance(m.ctx(), 20); !errors.Is(err, errDisk) {
			t.Fatal(n, err)
		}
		pause := time.Duration(wait * float64(time.Minute))
		r := m.row(id)
		if r.RetryAt == nil || !r.RetryAt.Equal(m.Clock.Now().Add(pause)) || r.Failures != int64(n+1) || r.Failure != "clear match round: "+errDisk.Error() {
			t.Fatalf("%d failures: until %v, %q", r.Failures, r.RetryAt, r.Failure)
		}
		m.Clock.Add(pause - time.Second)
		if n, err := m.s.Advance(m.ctx(), 20); n != 0 || err != nil {
			t.Fatalf("worked on %d too early: %v", n, err)
		}
		m.Clock.Add(time.Second)
	}
	m.Clock.Add(-time.Minute)
	own, err := m.s.Get(m.ctx(), m.officer, id)
	if err != nil || own.Failures != 9 || own.RetryAt == nil || own.Busy {
		t.Errorf("%+v %v", own, err)
	}
	if others, err := m.s.Get(m.ctx(), m.Staff("干事", access.HostStaff, m.hosts[0]), id); err != nil || others.Failures != 0 || others.RetryAt != nil || others.Failure != "" {
		t.Errorf("%+v %v", others, err)
	}
	m.Clock.Add(time.Minute)
	m.work(m.s)
	if r := m.row(id); r.Status != model.RoundFrozen || r.Failures != 0 || r.RetryAt != nil || r.Failure != "" {
		t.Errorf("%s, %d failures until %v, %q", r.Status, r.Failures, r.RetryAt, r.Failure)
	}
}

// What kills its process is no better than what fails: one may die of anything, after the second the next waits.
func TestARoundThatKillsWaitsToo(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 5)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	for n := range int64(5) {
		if err := m.dies(m.killed(fmt.Sprint("p", n), 1)); !errors.Is(err, errKilled) {
			t.Fatal(n, err)
		}
		got, err := m.s.Get(m.ctx(), m.officer, id)
		if err != nil || !got.Busy || got.RetryAt != nil {
			t.Fatalf("at work: %+v %v", got, err)
		}
		_, err = m.s.Retry(m.ctx(), m.officer, id)
		is(t, err, fault.ErrState)
		m.Clock.Add(30 * time.Second)
		r := m.row(id)
		if r.Failures != n || (r.RetryAt != nil) != (n > 1) || (r.Failure != "") != (n > 1) {
			t.Fatalf("%d: %d failures, until %v", n, r.Failures, r.RetryAt)
		}
		if n < 2 {
			continue
		}
		if wait := r.RetryAt.Sub(m.Clock.Now()); wait != 30*time.Second<<(n-1)-30*time.Second {
			t.Fatalf("%d: waits for %v", n, wait)
		}
		if n, err := m.s.Advance(m.ctx(), 20); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		m.Clock.Set(*r.RetryAt)
	}
	m.work(m.s)
	if r := m.row(id); r.Status != model.RoundFrozen || r.Failures != 0 {
		t.Errorf("%s after %d failures", r.Status, r.Failures)
	}
}

// meanwhile does something after a process has looked for work in a table, and before it takes it.
func (m *mill) meanwhile(table string, do func()) {
	m.TB.Helper()
	once := true
	err := m.DB.Callback().Query().After("gorm:query").Register("meanwhile", func(tx *gorm.DB) {
		if ids, ok := tx.Statement.Dest.(*[]int64); once && ok && len(*ids) > 0 && tx.Statement.Table == table {
			once = false
			do()
		}
	})
	if err != nil {
		m.TB.Fatal(err)
	}
	m.TB.Cleanup(func() {
		if once {
			m.TB.Error("nobody looked")
		}
	})
}

// Whose try failed between the look and the lease of another: the other waits all the same.
func TestAFailureBetweenLookAndLease(t *testing.T) {
	t.Parallel()
	m := newMill(t, 30, 5)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	if _, err := m.s.Freeze(m.ctx(), m.officer, id); err != nil {
		t.Fatal(err)
	}
	m.meanwhile("match_rounds", func() {
		if _, err := m.broken("bad").Advance(m.ctx(), 20); !errors.Is(err, errDisk) {
			t.Error(err)
		}
	})
	if n, err := m.s.Advance(m.ctx(), 20); n != 0 || err != nil {
		t.Errorf("worked on %d: %v", n, err)
	}
	m.is(id, model.RoundFreezing)
}

// A process that is told to stop has not failed: the next goes on at once.
func TestWhoIsToldToStopHasNotFailed(t *testing.T) {
	t.Parallel()
	m := newMill(t, 120, 5)
	id := m.open()
	m.Clock.Add(25 * time.Hour)
	ctx, stop := context.WithCancel(m.ctx())
	leaving := m.replica("leaving")
	round.Interrupt(leaving, func(model.RoundStatus) error { stop(); return nil })
	if _, err := leaving.Advance(ctx, 20); err == nil {
		t.Fatal("it did not stop")
	}
	if r := m.row(id); r.Status != model.RoundFreezing || r.LeaseOwner != "" || r.Failures != 0 || r.Failure != "" || r.RetryAt != nil {
		t.Fatalf("%+v", r)
	}
	m.work(m.s)
	m.is(id, model.RoundFrozen)
}

// Whoever runs a round need not wait: it is tried again at once when they ask for it.
func TestAFailedRoundIsTriedByHand(t *testing.T) {
	t.Parallel()
	m := newMill(t, 30, 5)
	id := m.open()
	retry := func(a access.Actor) error { _, err := m.s.Retry(m.ctx(), a, id); return err }
	is(t, retry(m.officer), fault.ErrState)
	m.Clock.Add(25 * time.Hour)
	bad := m.broken("bad")
	for range 7 {
		if _, err := bad.Advance(m.ctx(), 20); !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
		m.Clock.Set(*m.row(id).RetryAt)
	}
	if _, err := bad.Advance(m.ctx(), 20); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	is(t, retry(m.Staff("干事", access.HostStaff, m.hosts[0])), access.ErrDenied)
	got, err := m.s.Retry(m.ctx(), m.officer, id)
	if err != nil || got.RetryAt != nil || got.Failures != 0 || got.Failure == "" {
		t.Fatalf("%+v %v", got, err)
	}
	is(t, retry(m.officer), fault.ErrState) // nothing to wait for any more
	var noted int64
	if err := m.DB.Model(&model.AuditEntry{}).Where("object_id = ? AND action = ?", id, "match_round.retry").Count(&noted).Error; err != nil || noted != 1 {
		t.Errorf("noted %d times: %v", noted, err)
	}
	m.work(m.s)
	m.is(id, model.RoundFrozen)
	is(t, retry(m.officer), fault.ErrState)
}

// Officers who plan at the same moment get different numbers.
func TestTwoDraftsNeverGetOneNumber(t *testing.T) {
	t.Parallel()
	m := newMill(t, 5, 5)
	numbers := make([]int64, 8)
	for _, err := range testkit.Together(len(numbers), func(i int) error {
		d, err := m.s.Create(m.ctx(), m.officer, idem.Key{}, m.form())
		numbers[i] = d.Number
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	slices.Sort(numbers)
	if !slices.Equal(numbers, []int64{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("numbers %v", numbers)
	}
	row := m.row(m.open())
	if row.Number != 9 {
		t.Errorf("then %d", row.Number)
	}
	row.ID = m.NewID()
	insert := func() error { return m.DB.Transaction(func(tx *gorm.DB) error { return tx.Create(&row).Error }) }
	if err := insert(); !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Errorf("two rounds have number 9: %v", err)
	}
	row.Twin = row.ID // as the migration leaves those that are there already
	if err := insert(); err != nil {
		t.Error(err)
	}
}
