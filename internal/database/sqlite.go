package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
)

// minSQLite is the first release without the WAL-reset corruption bug.
const minSQLite = 3051003

// touchWait bounds how long firstTouch waits for other processes, touchPause lies between its tries.
const (
	touchWait  = 10 * time.Second
	touchPause = 10 * time.Millisecond
)

// pools gives SQLite one writer and several readers behind the one handle that GORM holds: a transaction gets the writer,
// a plain read one of the readers. Readers refuse to write, so a write outside a transaction fails in the first test.
type pools struct {
	*sql.DB // readers
	writer  *sql.DB
}

// BeginTx starts a transaction on the writer; it is an immediate one, so it never fails later for want of the lock.
func (p *pools) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	return p.writer.BeginTx(ctx, opts)
}

// Readers returns the readers, for measurements beside GORM.
func (p *pools) Readers() *sql.DB { return p.DB }

// GetDBConn returns the writer, for migrations and statistics.
func (p *pools) GetDBConn() (*sql.DB, error) { return p.writer, nil }

// Close closes both pools.
func (p *pools) Close() error { return errors.Join(p.DB.Close(), p.writer.Close()) }

func openSQLite(ctx context.Context, path string, readers int) (gorm.Dialector, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("database: sqlite needs a file")
	}
	if readers == 0 {
		readers = 4
	}
	writer, err := sql.Open(sqlite.DriverName, sqliteDSN(path, "immediate", ""))
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	writer.SetMaxOpenConns(1)
	if err := firstTouch(ctx, writer); err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite %s: %w", path, err), writer.Close())
	}
	reader, err := sql.Open(sqlite.DriverName, sqliteDSN(path, "deferred", "&_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite: %w", err), writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return sqliteDialector{&sqlite.Dialector{Conn: &pools{DB: reader, writer: writer}}}, nil
}

func sqliteDSN(path, lock, more string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(3000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_txlock=" + lock + "&_timezone=UTC" + more
}

// firstTouch makes the first connection, which turns a new file to WAL, and refuses a SQLite that is too old. Of several
// processes that do so with one new file SQLite tells some at once that it is locked, whatever busy_timeout says: they ask again.
func firstTouch(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, touchWait)
	defer cancel()
	again := time.NewTicker(touchPause)
	defer again.Stop()
	version, err := sqliteVersion(ctx, db)
	for err != nil && unavailable(err) {
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
		version, err = sqliteVersion(ctx, db)
	}
	if err == nil && version < minSQLite {
		err = fmt.Errorf("sqlite %d is older than %d", version, minSQLite)
	}
	return err
}

// sqliteVersion reads 3.51.3 as 3051003.
func sqliteVersion(ctx context.Context, db *sql.DB) (int, error) {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&text); err != nil {
		return 0, fmt.Errorf("read sqlite version: %w", err)
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(text, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return 0, fmt.Errorf("read sqlite version %q: %w", text, err)
	}
	return major*1000000 + minor*1000 + patch, nil
}
