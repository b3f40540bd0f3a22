package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"baodao/model/migrations"
)

// ErrNewer says that the database was migrated by a newer version of the program.
var ErrNewer = errors.New("the database is newer than this program: use the newer program")

// versionTable is where goose keeps what has been applied.
const versionTable = "schema_migrations"

// lockWait bounds how long one process waits for another that migrates.
const lockWait = 5 * time.Minute

// Status is one migration and whether it has been applied.
type Status struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate applies what is missing. Only one process at a time does so; the others wait and then find nothing to do.
func Migrate(ctx context.Context, db *gorm.DB) (applied int, err error) {
	pool, err := db.DB()
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	unlock, err := lock(ctx, db, pool)
	if err != nil {
		return 0, fmt.Errorf("lock migrations: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	provider, err := newProvider(db, pool)
	if err != nil {
		return 0, err
	}
	if err := refuseNewer(ctx, provider); err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}

// Pending tells how many migrations are missing; a newer database is ErrNewer.
func Pending(ctx context.Context, db *gorm.DB) (int, error) {
	all, err := Migrations(ctx, db)
	n := 0
	for _, m := range all {
		if !m.Applied {
			n++
		}
	}
	return n, err
}

// Migrations lists every migration, oldest first. It writes nothing: a database that was never migrated has none applied.
func Migrations(ctx context.Context, db *gorm.DB) ([]Status, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	provider, err := newProvider(db, pool)
	if err != nil {
		return nil, err
	}
	var applied []int64
	tx := db.WithContext(ctx)
	if tx.Migrator().HasTable(versionTable) {
		if err := tx.Table(versionTable).Where("is_applied = ?", true).Order("version_id").Pluck("version_id", &applied).Error; err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
	}
	sources := provider.ListSources()
	out := make([]Status, len(sources))
	for i, m := range sources {
		out[i] = Status{Version: m.Version, Name: m.Path, Applied: slices.Contains(applied, m.Version)}
	}
	if len(applied) > 0 && applied[len(applied)-1] > out[len(out)-1].Version {
		return nil, fmt.Errorf("schema %d, program %d: %w", applied[len(applied)-1], out[len(out)-1].Version, ErrNewer)
	}
	return out, nil
}

func newProvider(db *gorm.DB, pool *sql.DB) (*goose.Provider, error) {
	dialect, dir := goose.DialectSQLite3, SQLite
	if db.Name() == MySQL {
		dialect, dir = goose.DialectMySQL, MySQL
	}
	files, err := fs.Sub(migrations.Files, dir)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, pool, files, goose.WithTableName(versionTable))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

func refuseNewer(ctx context.Context, p *goose.Provider) error {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("schema %d, program %d: %w", current, target, ErrNewer)
	}
	return nil
}

// lock keeps other processes out for the whole run. Both locks fall when the process dies.
func lock(ctx context.Context, db *gorm.DB, pool *sql.DB) (unlock func() error, err error) {
	if db.Name() == MySQL {
		return lockMySQL(ctx, pool)
	}
	return lockSQLite(ctx, pool)
}

func lockMySQL(ctx context.Context, pool *sql.DB) (func() error, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const name = "LEFT(CONCAT(DATABASE(), '.baodao.migrate'), 64)"
	var got sql.NullInt64
	_, err = conn.ExecContext(ctx, "SET SESSION wait_timeout = 28800") // it says nothing while others migrate
	if err == nil {
		err = conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", ?)", int(lockWait.Seconds())).Scan(&got)
	}
	if err == nil && got.Int64 != 1 {
		err = errors.New("another process has been migrating for too long")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+name+")")
		return errors.Join(err, conn.Close())
	}, nil
}

// lockSQLite holds an exclusive transaction on a second file beside the database.
func lockSQLite(ctx context.Context, pool *sql.DB) (func() error, error) {
	var seq int
	var schema, file string
	if err := pool.QueryRowContext(ctx, "PRAGMA database_list").Scan(&seq, &schema, &file); err != nil {
		return nil, err
	}
	dsn := sqliteDSN(file+".lock", "exclusive", "")
	dsn = strings.Replace(dsn, "busy_timeout(3000)", fmt.Sprintf("busy_timeout(%d)", lockWait.Milliseconds()), 1)
	dsn = strings.Replace(dsn, "journal_mode(WAL)", "journal_mode(DELETE)", 1)
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}
