package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// EmptySchema makes a database on the server, gone after the test, and returns its DSN.
func EmptySchema(tb testing.TB, dsn string) string {
	tb.Helper()
	var raw [6]byte
	if _, err := rand.Read(raw[:]); err != nil {
		tb.Fatal(err)
	}
	name := "t_" + hex.EncodeToString(raw[:])
	ctx := context.WithoutCancel(tb.Context())
	server := connect(tb, dsn)
	if err := create(ctx, server, name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if _, err := server.ExecContext(ctx, "DROP DATABASE "+name); err != nil {
			tb.Error(err)
		}
	})
	return within(tb, dsn, name)
}

// migratedSchema returns the DSN of a migrated schema without rows. On a server that is thrown away after the tests
// (TEST_MYSQL_PRIVATE=1, set by internal/testkit/mariadb) schemas are used again: making one takes a hundred times as long as
// emptying one. A named lock, which falls with its connection, says whose a schema is.
func migratedSchema(tb testing.TB, dsn string) string {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	if os.Getenv("TEST_MYSQL_PRIVATE") != "1" {
		address := EmptySchema(tb, dsn)
		if err := migrate(ctx, "mysql:"+address); err != nil {
			tb.Fatal(err)
		}
		return address
	}
	p, err := fresh(ctx, tb, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := connect(tb, dsn).Conn(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() }) // and with the pool its lock
	name, err := claim(ctx, conn)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.settle(ctx, tb, conn, dsn, name); err != nil {
		tb.Fatal(err)
	}
	return within(tb, dsn, name)
}

// pattern is the schema that the others shall equal.
type pattern struct {
	shape  string
	tables []string
	filled map[string]bool // tables that have rows after a migration
}

const patternName = "t_pattern"

var made struct {
	once    sync.Once
	pattern pattern
	err     error
}

// fresh reads the pattern, which the first test of all makes.
func fresh(ctx context.Context, tb testing.TB, dsn string) (pattern, error) {
	tb.Helper()
	made.once.Do(func() {
		made.err = func() error {
			conn, err := connect(tb, dsn).Conn(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close() }()
			if err := create(ctx, conn, patternName); err != nil {
				return err
			}
			if err := migrate(ctx, "mysql:"+within(tb, dsn, patternName)); err != nil { // one at a time: migrations have a lock
				return err
			}
			p := &made.pattern
			if p.shape, err = shape(ctx, conn, patternName); err != nil {
				return err
			}
			if p.tables, err = column(ctx, conn, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", patternName); err != nil {
				return err
			}
			p.filled, err = p.withRows(ctx, conn, patternName)
			return err
		}()
	})
	return made.pattern, made.err
}

// settle makes the schema equal to the pattern: by emptying its tables, or anew when a test changed more than rows.
func (p pattern) settle(ctx context.Context, tb testing.TB, conn *sql.Conn, dsn, name string) error {
	tb.Helper()
	have, err := shape(ctx, conn, name)
	if err == nil && have == p.shape && p.empty(ctx, conn, name) == nil {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name); err != nil {
		return err
	}
	if err := create(ctx, conn, name); err != nil {
		return err
	}
	return migrate(ctx, "mysql:"+within(tb, dsn, name))
}

// manyRows is how many deleted rows may stay behind in a table until the server has cleared them away.
const manyRows = 50

func (p pattern) empty(ctx context.Context, conn *sql.Conn, name string) error {
	if _, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5"); err != nil {
		return err
	}
	dirty, err := p.withRows(ctx, conn, name)
	if err != nil {
		return err
	}
	for _, table := range p.tables {
		if !dirty[table] && !p.filled[table] {
			continue
		}
		done, err := conn.ExecContext(ctx, "DELETE FROM "+name+"."+table)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > manyRows { // the plans of queries are tested: they shall not see them
			if _, err := conn.ExecContext(ctx, "TRUNCATE TABLE "+name+"."+table); err != nil {
				return err
			}
		}
		if p.filled[table] {
			if _, err := conn.ExecContext(ctx, "INSERT INTO "+name+"."+table+" SELECT * FROM "+patternName+"."+table); err != nil {
				return err
			}
		}
	}
	return nil
}

// withRows finds the tables of a schema that have a row.
func (p pattern) withRows(ctx context.Context, conn *sql.Conn, name string) (map[string]bool, error) {
	parts := make([]string, len(p.tables))
	for i, table := range p.tables {
		parts[i] = fmt.Sprintf("SELECT '%s' WHERE EXISTS (SELECT 1 FROM %s.%s)", table, name, table)
	}
	names, err := column(ctx, conn, strings.Join(parts, " UNION ALL "))
	out := make(map[string]bool, len(names))
	for _, table := range names {
		out[table] = true
	}
	return out, err
}

// shape sums up the columns, indexes, constraints and triggers of a schema.
func shape(ctx context.Context, conn *sql.Conn, name string) (string, error) {
	lines, err := column(ctx, conn, `
SELECT CONCAT_WS(',', COUNT(*), SUM(CRC32(CONCAT_WS(',', table_name, column_name, column_type, is_nullable)))) FROM information_schema.columns WHERE table_schema = ?
UNION ALL SELECT CONCAT_WS(',', COUNT(*), SUM(CRC32(CONCAT_WS(',', table_name, index_name, seq_in_index, column_name, non_unique)))) FROM information_schema.statistics WHERE table_schema = ?
UNION ALL SELECT COUNT(*) FROM information_schema.table_constraints WHERE constraint_schema = ?
UNION ALL SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = ?`, name, name, name, name)
	return strings.Join(lines, ";"), err
}

// claim takes the first schema that nobody uses.
func claim(ctx context.Context, conn *sql.Conn) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprint("t_pool_", n)
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", name).Scan(&got); err != nil || got.Int64 == 1 {
			return name, err
		}
	}
}

func create(ctx context.Context, server interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, name string,
) error {
	_, err := server.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	return err
}

func column(ctx context.Context, conn *sql.Conn, query string, args ...any) (out []string, err error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// connect opens a pool of connections that is closed after the test.
func connect(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	server, err := sql.Open("mysql", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// within is the DSN of one schema of the server.
func within(tb testing.TB, dsn, name string) string {
	tb.Helper()
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	cfg.DBName = name
	return cfg.FormatDSN()
}
