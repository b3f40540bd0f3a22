package audit_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
)

var (
	officer = access.Actor{UserID: 7, RequestID: "req-1"}
	errStop = errors.New("stop here")
)

// desk is a world in which an organisation is moved.
type desk struct {
	*testkit.World
}

func newDesk(t *testing.T) desk { t.Helper(); return desk{testkit.NewWorld(t)} }

func (d desk) tx(f func(tx *gorm.DB) error) error { return d.DB.Transaction(f) }

func (d desk) org(id int64) model.Org {
	d.TB.Helper()
	var o model.Org
	if err := d.DB.First(&o, "id = ?", id).Error; err != nil {
		d.TB.Fatal(err)
	}
	return o
}

func (d desk) log() []model.AuditEntry {
	d.TB.Helper()
	var rows []model.AuditEntry
	if err := d.DB.Order("id").Find(&rows).Error; err != nil {
		d.TB.Fatal(err)
	}
	return rows
}

func suspend(d desk) audit.Move {
	return audit.Move{
		Action: "org.suspend", To: "SUSPENDED", Reason: "整改", OrgPath: d.Branch.Path, Set: map[string]any{"name": "停用支部"}, Data: map[string]any{"n": 3},
	}
}

func TestMoveChangesStateVersionAndLogTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Clock.Add(time.Hour)
	row := d.Branch
	if err := d.tx(func(tx *gorm.DB) error { return d.Audit.Move(tx, officer, &row, suspend(d)) }); err != nil {
		t.Fatal(err)
	}
	now := d.org(row.ID)
	if now.Status != model.OrgSuspended || now.Version != 2 || now.Name != "停用支部" || !now.UpdatedAt.Equal(d.Clock.Now()) {
		t.Fatalf("%+v", now)
	}
	if row.Status != model.OrgActive || row.Version != 1 {
		t.Fatal("the row in memory keeps what was read")
	}
	log := d.log()
	if len(log) != 1 {
		t.Fatal(log)
	}
	want := model.AuditEntry{
		ID: log[0].ID, At: d.Clock.Now(), UserID: 7, Action: "org.suspend", Object: "orgs", ObjectID: row.ID, OrgPath: d.Branch.Path,
		FromState: "ACTIVE", ToState: "SUSPENDED", Reason: "整改", RequestID: "req-1", Data: `{"n":3}`,
	}
	if log[0] != want {
		t.Fatalf("have %+v\nwant %+v", log[0], want)
	}
}

func TestMoveIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		row  func(o model.Org) model.Org
		to   string
		want error
	}{
		"a move that the table has not":  {func(o model.Org) model.Org { return o }, "PENDING", fault.ErrState},
		"to where it stands":             {func(o model.Org) model.Org { return o }, "ACTIVE", fault.ErrState},
		"to nowhere":                     {func(o model.Org) model.Org { return o }, "", fault.ErrState},
		"to something invented":          {func(o model.Org) model.Org { return o }, "FROZEN", fault.ErrState},
		"from a state that ends":         {func(o model.Org) model.Org { o.Status = model.OrgDissolved; return o }, "ACTIVE", fault.ErrState},
		"a version that is over":         {func(o model.Org) model.Org { o.Version = 0; return o }, "SUSPENDED", fault.ErrStale},
		"a version that is not yet":      {func(o model.Org) model.Org { o.Version = 2; return o }, "SUSPENDED", fault.ErrStale},
		"a state that is not the stored": {func(o model.Org) model.Org { o.Status = model.OrgPending; return o }, "ACTIVE", fault.ErrStale},
		"a row that is gone":             {func(o model.Org) model.Org { o.ID = 42; return o }, "SUSPENDED", fault.ErrStale},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			row := c.row(d.Branch)
			err := d.tx(func(tx *gorm.DB) error { return d.Audit.Move(tx, officer, &row, audit.Move{Action: "x", To: c.to}) })
			if !errors.Is(err, c.want) || d.org(d.Branch.ID).Version != 1 || len(d.log()) != 0 {
				t.Fatal(err, d.log())
			}
		})
	}
}

func TestAMoveAndItsLogAreUndoneTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	row := d.Branch
	err := d.tx(func(tx *gorm.DB) error {
		if err := d.Audit.Move(tx, officer, &row, suspend(d)); err != nil {
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) || d.org(row.ID).Status != model.OrgActive || len(d.log()) != 0 {
		t.Fatal(err, d.log())
	}
}

func TestWithoutItsLogNothingMoves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	broken := &audit.Log{Now: d.Clock.Now, NewID: func() int64 { return 1 }}
	row := d.Branch
	move := func() error {
		return d.tx(func(tx *gorm.DB) error { return broken.Move(tx, officer, &row, suspend(d)) })
	}
	if err := move(); err != nil {
		t.Fatal(err)
	}
	row = d.org(row.ID)
	err := d.tx(func(tx *gorm.DB) error {
		return broken.Move(tx, officer, &row, audit.Move{Action: "org.resume", To: "ACTIVE"})
	})
	if err == nil || d.org(row.ID).Status != model.OrgSuspended {
		t.Fatal("a move whose entry cannot be written must not happen", err)
	}
}

func TestOfManyMoversOneWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 20 {
		row := d.Branch
		wg.Go(func() {
			err := d.tx(func(tx *gorm.DB) error { return d.Audit.Move(tx, officer, &row, suspend(d)) })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, fault.ErrStale) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || d.org(d.Branch.ID).Version != 2 || len(d.log()) != 1 {
		t.Fatal("winners", won)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	edit := func(want int64) error {
		row := d.org(d.Branch.ID)
		return d.tx(func(tx *gorm.DB) error {
			return d.Audit.Edit(tx, officer, &row, want, audit.Move{Action: "org.rename", Set: map[string]any{"name": fmt.Sprint("支部", want)}})
		})
	}
	if err := edit(1); err != nil {
		t.Fatal(err)
	}
	for _, seen := range []int64{1, 0, 3} {
		if err := edit(seen); !errors.Is(err, fault.ErrStale) {
			t.Fatal(seen, err)
		}
	}
	if err := edit(2); err != nil {
		t.Fatal(err)
	}
	o, log := d.org(d.Branch.ID), d.log()
	if o.Name != "支部2" || o.Version != 3 || o.Status != model.OrgActive || len(log) != 2 || log[1].FromState != "ACTIVE" || log[1].ToState != "ACTIVE" {
		t.Fatal(o, log)
	}
}

// TestNoEditIsLost: however many edit at once, the version counts exactly the edits that were acknowledged.
func TestNoEditIsLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mu sync.Mutex
	done := int64(0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				var row model.Org
				if err := d.DB.First(&row, "id = ?", d.Branch.ID).Error; err != nil {
					t.Error(err)
					return
				}
				err := d.tx(func(tx *gorm.DB) error {
					return d.Audit.Edit(tx, officer, &row, row.Version, audit.Move{Action: "org.rename", Set: map[string]any{"name": "新名"}})
				})
				mu.Lock()
				if err == nil {
					done++
				} else if !errors.Is(err, fault.ErrStale) {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if v := d.org(d.Branch.ID).Version; v != 1+done || int64(len(d.log())) != done || done == 0 {
		t.Fatal("version", v, "acknowledged", done, "logged", len(d.log()))
	}
}

func TestWriteNamesTheClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.tx(func(tx *gorm.DB) error {
		return d.Audit.Write(tx, access.Actor{ClientID: 5, RequestID: "r"}, audit.Entry{Action: "a", Object: "o", ObjectID: 1})
	})
	if log := d.log(); err != nil || len(log) != 1 || log[0].ClientID != 5 || log[0].UserID != 0 || log[0].Data != "{}" {
		t.Fatal(log, err)
	}
	err = d.tx(func(tx *gorm.DB) error {
		return d.Audit.Write(tx, officer, audit.Entry{Action: "a", Data: map[string]any{"f": func() {}}})
	})
	if err == nil || len(d.log()) != 1 {
		t.Fatal("data that is no JSON must not be swallowed", err)
	}
}

func TestMoveAllIsAllOrNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var rows []*model.Org
	for i := range 230 {
		o := d.Org(d.Department, model.OrgLeagueBranch, fmt.Sprint("支部", i))
		rows = append(rows, &o)
	}
	all := func() error {
		return d.tx(func(tx *gorm.DB) error {
			return audit.MoveAll(tx, d.Audit, officer, rows, audit.Move{Action: "org.suspend", To: "SUSPENDED"})
		})
	}
	moved := func() (n int64) {
		if err := d.DB.Model(&model.Org{}).Where("status = ?", "SUSPENDED").Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	rows[217].Version = 9
	if err := all(); !errors.Is(err, fault.ErrStale) || moved() != 0 || len(d.log()) != 0 {
		t.Fatal("one stale row must stop them all", err, moved())
	}
	rows[217].Version, rows[3].Status = 1, model.OrgDissolved
	if err := all(); !errors.Is(err, fault.ErrState) || moved() != 0 || len(d.log()) != 0 {
		t.Fatal("one illegal row must stop them all", err, moved())
	}
	rows[3].Status = model.OrgActive
	if err := all(); err != nil || moved() != 230 || len(d.log()) != 230 {
		t.Fatal(err, moved())
	}
	if err := d.tx(func(tx *gorm.DB) error {
		return audit.MoveAll(tx, d.Audit, officer, rows[:0], audit.Move{Action: "x", To: "ACTIVE"})
	}); err != nil {
		t.Fatal("no rows, nothing to do", err)
	}
}
