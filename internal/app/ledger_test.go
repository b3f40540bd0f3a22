package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/model"
	"baodao/service/attend"
)

// TestTheHeadOfTheLedgerIsKept: every hour the head goes to the file, unless the ledger no longer contains the last one.
func TestTheHeadOfTheLedgerIsKept(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	deps := l.deps
	deps.LedgerHeads = filepath.Join(t.TempDir(), "heads.log")
	built, err := app.Build(deps)
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string) error {
		for _, job := range built.Jobs {
			if job.Name == name {
				return job.Do(t.Context())
			}
		}
		return errors.New("no such job")
	}
	keep := func() error { return run("keep-ledger-head") }
	heads := func() []string {
		raw, err := os.ReadFile(deps.LedgerHeads)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' })
	}
	l.Insert(&model.HoursEntry{ID: 5, StudentID: 7, Minutes: 60, Class: model.ClassVolunteer, Basis: model.BasisCheckIn, ClaimID: 9, ServedOn: "2026-10-01", PostedAt: l.Clock.Now()})
	if err := built.Attend.OpenLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing is new
		if err := keep(); err != nil || len(heads()) != 1 {
			t.Fatal(err, heads())
		}
		l.Clock.Add(time.Hour)
	}
	if err := run("verify-ledger"); err != nil {
		t.Fatal(err)
	}
	if err := l.DB.Transaction(func(tx *gorm.DB) error { // the forger begins the chain anew
		tx.Exec("DROP TRIGGER IF EXISTS hours_links_no_delete")
		tx.Exec("DROP TRIGGER IF EXISTS hours_entries_no_update")
		return errors.Join(tx.Exec("UPDATE hours_entries SET minutes = 600").Error, tx.Exec("DELETE FROM hours_links").Error,
			tx.Exec("UPDATE hours_heads SET seq = 0, sign = x''").Error)
	}); err != nil {
		t.Fatal(err)
	}
	if err := built.Attend.OpenLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := built.Attend.Verify(t.Context()); err != nil {
		t.Fatal("only the kept head can tell", err)
	}
	if _, ok := errors.AsType[*attend.Flaw](run("verify-ledger")); !ok {
		t.Error("the whole ledger is not held to what was kept")
	}
	if flaw, ok := errors.AsType[*attend.Flaw](keep()); !ok || flaw.Seq != 1 || len(heads()) != 1 {
		t.Errorf("%v, %v", flaw, heads())
	}
}
