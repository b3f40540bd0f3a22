package database_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/database"
	"baodao/internal/testkit"
	"baodao/model"
	"baodao/model/migrations"
)

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	names := map[string][]string{}
	for _, engine := range []string{database.MySQL, database.SQLite} {
		files, err := fs.ReadDir(migrations.Files, engine)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names[engine] = append(names[engine], f.Name())
		}
	}
	if !slices.Equal(names[database.MySQL], names[database.SQLite]) {
		t.Fatalf("mysql has %v, sqlite has %v", names[database.MySQL], names[database.SQLite])
	}
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	db := testkit.DB(t, testkit.NewClock())
	err := db.Transaction(func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO schema_migrations (version_id, is_applied) VALUES (9999, 1)").Error
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.Migrate(t.Context(), db); !errors.Is(err, database.ErrNewer) {
		t.Fatalf("want ErrNewer, have %v", err)
	}
}

// TestSameAnswersOnBothEngines holds what the code relies on, whatever the engine.
func TestSameAnswersOnBothEngines(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	at := time.Date(2026, 3, 1, 8, 30, 0, 123_000_000, time.FixedZone("CST", 8*3600))
	names := []string{"𠮷", "𠮶", "😀", "Straße", "straße", "a", "A"}
	err := db.Transaction(func(tx *gorm.DB) error {
		for i, n := range names {
			row := model.Region{Code: strings.Repeat("0", 11) + string(rune('1'+i)), Level: model.RegionTown, Name: n}
			if err := tx.Create(&row).Error; err != nil {
				return err
			}
		}
		res := tx.Model(&model.Region{}).Where("name = ?", "𠮷").Update("level", model.RegionTown)
		if res.RowsAffected != 1 {
			t.Errorf("an update that changes nothing counts %d rows, want 1 (rows matched)", res.RowsAffected)
		}
		return tx.Create(&model.Lease{Name: "t", Owner: "o", Until: at}).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		var count int64
		if err := db.Model(&model.Region{}).Where("name = ?", n).Count(&count).Error; err != nil || count != 1 {
			t.Errorf("%q is found %d times, want once (%v)", n, count, err)
		}
	}
	var lease model.Lease
	if err := db.Where("name = ? AND until = ?", "t", at.UTC()).First(&lease).Error; err != nil {
		t.Fatalf("an instant is found by its UTC form: %v", err)
	}
	if !lease.Until.Equal(at) || lease.Until.Location() != time.UTC {
		t.Fatalf("stored %s, read %s", at, lease.Until)
	}
	err = db.Transaction(func(tx *gorm.DB) error { return tx.Create(&model.Lease{Name: "t", Owner: "p", Until: at}).Error })
	if !errors.Is(err, gorm.ErrDuplicatedKey) {
		t.Fatalf("a second row with the same key: %v", err)
	}
}

func TestSQLiteRefusesAWriteOutsideATransaction(t *testing.T) {
	t.Parallel()
	if testkit.OnMySQL() {
		return // one pool serves both there
	}
	db := testkit.DB(t, testkit.NewClock())
	if err := db.Create(&model.Lease{Name: "t", Owner: "o", Until: testkit.Start}).Error; err == nil {
		t.Fatal("a plain write went through the readers")
	}
}

// TestASilentConnectionIsNotWaitedForLong: row locks of a process that was paused inside a transaction stop everybody else.
func TestASilentConnectionIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	if !testkit.OnMySQL() {
		return // a file has no server that could wait
	}
	var seconds int
	if err := testkit.DB(t, testkit.NewClock()).Raw("SELECT @@SESSION.wait_timeout").Scan(&seconds).Error; err != nil || seconds != 40 {
		t.Fatalf("the server waits %d s: %v", seconds, err)
	}
}

// TestTwoProcessesMigrateAtOnce starts real processes on one empty database.
func TestTwoProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "two.db")
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		url = "mysql:" + testkit.EmptySchema(t, dsn)
	}
	var children []*exec.Cmd
	for range 3 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrateChild$", "-test.v")
		c.Env = append(os.Environ(), "BAODAO_TEST_MIGRATE="+url)
		out := &strings.Builder{}
		c.Stdout, c.Stderr = out, out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, c)
	}
	applied := 0
	for _, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("%v\n%s", err, c.Stdout)
		}
		if strings.Contains(c.Stdout.(*strings.Builder).String(), "applied some") {
			applied++
		}
	}
	if applied != 1 {
		t.Fatalf("%d of 3 processes migrated, want exactly one", applied)
	}
}

// TestOpenWaitsForWhoTurnsTheFileToWAL: another process holds a new file for a moment while ours is the second to touch it.
func TestOpenWaitsForWhoTurnsTheFileToWAL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new.db")
	first, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	tx, err := first.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	let := time.AfterFunc(200*time.Millisecond, func() { _ = tx.Rollback() })
	defer let.Stop()
	db, err := database.Open(t.Context(), database.Options{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Close(db); err != nil {
		t.Fatal(err)
	}
}

// TestMigrateChild is the child process of TestTwoProcessesMigrateAtOnce; alone it does nothing.
func TestMigrateChild(t *testing.T) {
	url := os.Getenv("BAODAO_TEST_MIGRATE")
	if url == "" {
		return
	}
	db, err := database.Open(t.Context(), database.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	n, err := database.Migrate(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		t.Log("applied some")
	}
	if err := database.Close(db); err != nil {
		t.Fatal(err)
	}
}
