// Package testkit gives tests a real database, a clock that stands still, ids in order and a world of made-up people.
package testkit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/database"
	"baodao/service/audit"
	"baodao/service/vault"
)

// Start is the instant at which every test clock stands: a Monday morning in term time.
// It is 09:00 in China.
var Start = time.Date(2026, 10, 12, 1, 0, 0, 0, time.UTC)

// Clock is a clock that moves only when told to. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that stands at Start.
func NewClock() *Clock { return &Clock{at: Start} }

// Now is the clock.Clock.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// Add moves the clock.
func (c *Clock) Add(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// Set puts the clock.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t.UTC().Truncate(time.Millisecond)
}

// IDs returns a maker of ids that counts up from 1001.
func IDs() func() int64 {
	var last atomic.Int64
	last.Store(1000)
	return func() int64 { return last.Add(1) }
}

// DB returns an empty, migrated database that is gone after the test: a SQLite file, or with TEST_MYSQL_DSN a schema of its own there.
func DB(tb testing.TB, clock *Clock) *gorm.DB {
	tb.Helper()
	url := "sqlite:" + sqliteFile(tb)
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		url = "mysql:" + migratedSchema(tb, dsn)
	}
	ctx := context.WithoutCancel(tb.Context())
	db, err := database.Open(ctx, database.Options{URL: url, Now: clock.Now, Conns: 8})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := database.Close(db); err != nil {
			tb.Error(err)
		}
	})
	return db
}

// OnMySQL tells whether DB gives a MySQL schema.
func OnMySQL() bool { return os.Getenv("TEST_MYSQL_DSN") != "" }

var template struct {
	once sync.Once
	data []byte
	err  error
}

// sqliteFile copies a database that was migrated once for all tests of the package.
func sqliteFile(tb testing.TB) string {
	tb.Helper()
	template.once.Do(func() { template.data, template.err = makeTemplate(tb.Context()) })
	if template.err != nil {
		tb.Fatal(template.err)
	}
	path := filepath.Join(tb.TempDir(), "test.db")
	if err := os.WriteFile(path, template.data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func makeTemplate(ctx context.Context) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "baodao-test")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "template.db")
	if err := migrate(ctx, "sqlite:"+path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// migrate brings the database at an address up to date.
func migrate(ctx context.Context, url string) error {
	db, err := database.Open(ctx, database.Options{URL: url})
	if err != nil {
		return err
	}
	_, err = database.Migrate(ctx, db)
	return errors.Join(err, database.Close(db))
}

// Vault returns a vault with fixed keys.
func Vault(tb testing.TB, clock *Clock) *vault.Vault {
	tb.Helper()
	v, err := vault.New("test", map[string][]byte{"test": make([]byte, vault.KeyBytes)}, make([]byte, vault.KeyBytes), clock.Now)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// Audit returns an audit log.
func Audit(clock *Clock, newID func() int64) *audit.Log {
	return &audit.Log{Now: clock.Now, NewID: newID}
}
