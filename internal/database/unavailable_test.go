package database_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/database"
	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/fault"
)

// ways are the ways in which the services ask the database.
func ways(ctx context.Context) map[string]func(db *gorm.DB) error {
	return map[string]func(db *gorm.DB) error{
		"find":  func(db *gorm.DB) error { return db.WithContext(ctx).Find(&[]model.Lease{}).Error },
		"first": func(db *gorm.DB) error { return db.WithContext(ctx).First(&model.Lease{}).Error },
		"scan": func(db *gorm.DB) error {
			var n int
			return db.WithContext(ctx).Raw("SELECT 1").Scan(&n).Error
		},
		"prepared": func(db *gorm.DB) error {
			return db.Session(&gorm.Session{PrepareStmt: true, Context: ctx}).Find(&[]model.Lease{}).Error
		},
		"rows": func(db *gorm.DB) error {
			rows, err := db.WithContext(ctx).Raw("SELECT 1").Rows()
			if err != nil {
				return err
			}
			defer rows.Close()
			return rows.Err()
		},
		"transaction": func(db *gorm.DB) error {
			return db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
				return tx.Create(&model.Lease{Name: "n", Until: testkit.Start}).Error
			})
		},
	}
}

func TestAnOutageIsBusyHoweverTheDatabaseIsAsked(t *testing.T) {
	t.Parallel()
	db := testkit.DB(t, testkit.NewClock())
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	for name, ask := range ways(late) {
		if err := ask(db); !errors.Is(err, fault.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s after the deadline: %v", name, err)
		}
	}
	if err := database.Close(db); err != nil {
		t.Fatal(err)
	}
	for name, ask := range ways(t.Context()) {
		if err := ask(db); !errors.Is(err, fault.ErrBusy) {
			t.Errorf("%s when the pool is closed: %v", name, err)
		}
	}
}

func TestABugIsNoOutage(t *testing.T) {
	t.Parallel()
	db := testkit.DB(t, testkit.NewClock())
	for _, err := range []error{
		db.Exec("SELECT nothing").Error, db.First(&model.Lease{}, "name = ?", "none").Error,
		db.Raw("SELECT nothing").Scan(new(int)).Error,
		db.Transaction(func(tx *gorm.DB) error { return tx.Exec("INSERT INTO leases (name) VALUES (NULL)").Error }),
	} {
		if err == nil || errors.Is(err, fault.ErrBusy) {
			t.Error(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range ways(gone) {
		if err := ask(db); errors.Is(err, fault.ErrBusy) || err == nil {
			t.Errorf("%s of a client that is gone: %v", name, err)
		}
	}
}

// TestAKilledConnectionIsBusy has MySQL end the connections of a transaction that goes on.
func TestAKilledConnectionIsBusy(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		t.Skip("SQLite has no server that could go")
	}
	db := testkit.DB(t, testkit.NewClock())
	err := db.Transaction(func(tx *gorm.DB) error {
		var id int64
		if err := tx.Raw("SELECT CONNECTION_ID()").Scan(&id).Error; err != nil {
			t.Fatal(err)
		}
		if err := db.Exec("KILL ?", id).Error; err != nil {
			t.Fatal(err)
		}
		return tx.Find(&[]model.Lease{}).Error
	})
	if !errors.Is(err, fault.ErrBusy) {
		t.Error(err)
	}
}

func TestABusySQLiteIsBusy(t *testing.T) {
	t.Parallel()
	if testkit.OnMySQL() {
		t.Skip("MySQL locks rows")
	}
	url := "sqlite:" + filepath.Join(t.TempDir(), "busy.db")
	var both [2]*gorm.DB
	for i := range both {
		db, err := database.Open(t.Context(), database.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = database.Close(db) })
		both[i] = db
	}
	err := both[0].Transaction(func(*gorm.DB) error {
		return both[1].Transaction(func(*gorm.DB) error { return nil })
	})
	if !errors.Is(err, fault.ErrBusy) {
		t.Error(err)
	}
}

func TestATakenKeyIsNoErrorInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	url := "sqlite:" + filepath.Join(t.TempDir(), "log.db")
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		url = "mysql:" + testkit.EmptySchema(t, dsn)
	}
	db, err := database.Open(t.Context(), database.Options{URL: url, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	if _, err := database.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	put := func() error {
		return db.Transaction(func(tx *gorm.DB) error { return tx.Create(&model.Lease{Name: "secret", Until: testkit.Start}).Error })
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	if err := put(); !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "ERROR") || !strings.Contains(text, "DEBUG") || strings.Contains(text, "secret") {
		t.Errorf("a taken key: %s", text)
	}
	log.Reset()
	if err := db.Where("nothing = ?", "secret").Find(&[]model.Lease{}).Error; err == nil {
		t.Fatal("a broken statement passes")
	}
	if text := log.String(); !strings.Contains(text, "ERROR") || strings.Contains(text, "secret") {
		t.Errorf("a broken statement: %s", text)
	}
}
