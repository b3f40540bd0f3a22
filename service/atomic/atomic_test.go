package atomic_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	_ "modernc.org/sqlite" // the driver under our databases

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/fault"
)

var (
	errDeadlock = &mysql.MySQLError{Number: 1213, Message: "Deadlock found"}
	errStop     = errors.New("stop here")
)

func newDB(t *testing.T) *gorm.DB { t.Helper(); return testkit.DB(t, testkit.NewClock()) }

// put writes a row that exists once.
func put(tx *gorm.DB, name string) error {
	return tx.Create(&model.Lease{Name: name, Until: testkit.Start}).Error
}

func count(t *testing.T, db *gorm.DB) (n int64) {
	t.Helper()
	if err := db.Model(&model.Lease{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDoCommitsOrUndoes(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	if err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error { return errors.Join(put(tx, "a"), put(tx, "b")) }); err != nil || count(t, db) != 2 {
		t.Fatal(err)
	}
	err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error { return errors.Join(put(tx, "c"), errStop) })
	if !errors.Is(err, errStop) || count(t, db) != 2 {
		t.Fatal("an error must undo everything", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = atomic.Do(t.Context(), db, func(tx *gorm.DB) error { _ = put(tx, "d"); panic("boom") })
	}()
	if count(t, db) != 2 {
		t.Fatal("a panic must undo everything")
	}
	if err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error { return put(tx, "e") }); err != nil || count(t, db) != 3 {
		t.Fatal("the connection must be usable after a panic", err)
	}
}

func TestDoTriesAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		failures, runs int
		with           error
		want           error
	}{
		"no failure":              {0, 1, nil, nil},
		"one deadlock":            {1, 2, errDeadlock, nil},
		"three deadlocks":         {3, 4, errDeadlock, nil},
		"a deadlock, wrapped":     {1, 2, fmt.Errorf("take seat: %w", errDeadlock), nil},
		"a lock wait timeout":     {1, 2, &mysql.MySQLError{Number: 1205}, nil},
		"four deadlocks":          {4, 4, errDeadlock, fault.ErrBusy},
		"a duplicate key":         {1, 1, gorm.ErrDuplicatedKey, gorm.ErrDuplicatedKey},
		"a refusal":               {1, 1, fault.ErrState, fault.ErrState},
		"another database error":  {1, 1, &mysql.MySQLError{Number: 1064}, &mysql.MySQLError{Number: 1064}},
		"a cancelled transaction": {1, 1, context.Canceled, context.Canceled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDB(t)
			runs := 0
			err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error {
				runs++
				if err := put(tx, "once"); err != nil { // fails if an earlier try was not undone
					return err
				}
				if runs <= c.failures {
					return c.with
				}
				return nil
			})
			if !errors.Is(err, c.want) || runs != c.runs {
				t.Fatalf("%v after %d runs", err, runs)
			}
			if want := map[bool]int64{true: 1}[err == nil]; count(t, db) != want {
				t.Fatal("rows", count(t, db), "want", want)
			}
		})
	}
}

func TestDoStopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	err := atomic.Do(ctx, db, func(*gorm.DB) error { runs++; cancel(); return errDeadlock })
	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Fatal(err, runs)
	}
	if err := atomic.Do(ctx, db, func(*gorm.DB) error { runs++; return nil }); err == nil || runs != 1 {
		t.Fatal("a dead context must not begin", err, runs)
	}
}

func TestALockedSQLiteIsRetryable(t *testing.T) {
	t.Parallel()
	dsn := "file:" + filepath.Join(t.TempDir(), "lock.db") + "?_txlock=immediate&_pragma=busy_timeout(0)"
	open := func() *sql.DB {
		db, err := sql.Open("sqlite", dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	holder, err := open().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = holder.Rollback() })
	_, err = open().BeginTx(t.Context(), nil)
	if err == nil || !atomic.Retryable(err) || !atomic.Retryable(fmt.Errorf("begin: %w", err)) {
		t.Fatal(err)
	}
	if atomic.Retryable(nil) || atomic.Retryable(errStop) {
		t.Fatal("not everything is")
	}
}

// TestForUpdateLosesNothing adds to a number that is read first; without the lock MySQL loses additions (see below).
func TestForUpdateLosesNothing(t *testing.T) {
	t.Parallel()
	if got := add(t, newDB(t), atomic.ForUpdate); got != 100 {
		t.Fatal("of 100 additions", got)
	}
}

// TestTheRaceIsReal shows on MySQL that the test above can fail. SQLite has one writer: there is nothing to lose.
func TestTheRaceIsReal(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		t.Skip("SQLite has one writer")
	}
	for range 20 {
		if add(t, newDB(t), func(tx *gorm.DB) *gorm.DB { return tx }) < 100 {
			return
		}
	}
	t.Fatal("no addition was lost without a lock: the test proves nothing")
}

// add has 10 goroutines add 1 to a number ten times each, reading it through read.
func add(t *testing.T, db *gorm.DB, read func(tx *gorm.DB) *gorm.DB) int64 {
	t.Helper()
	if err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error { return tx.Create(&model.Position{ID: 1, Capacity: 1000}).Error }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 10 {
				err := atomic.Do(t.Context(), db, func(tx *gorm.DB) error {
					var p model.Position
					if err := read(tx).First(&p, "id = ?", 1).Error; err != nil {
						return err
					}
					return tx.Model(&model.Position{}).Where("id = ?", 1).Update("taken", p.Taken+1).Error
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var p model.Position
	if err := db.First(&p, "id = ?", 1).Error; err != nil {
		t.Fatal(err)
	}
	return p.Taken
}
