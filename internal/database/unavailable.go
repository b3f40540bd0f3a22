package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/libtnb/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"baodao/service/fault"
)

// mysqlDialector and sqliteDialector tell an outage from a bug.
type (
	mysqlDialector  struct{ mysql.Dialector }
	sqliteDialector struct{ *sqlite.Dialector }
)

// Translate makes an outage fault.ErrBusy and the rest what GORM makes of it.
func (d mysqlDialector) Translate(err error) error { return outage(err, d.Dialector.Translate) }

// Translate makes an outage fault.ErrBusy and the rest what GORM makes of it.
func (d sqliteDialector) Translate(err error) error { return outage(err, d.Dialector.Translate) }

// translateRows does for Rows, whose errors GORM does not translate, what it does for everything else.
func translateRows(db *gorm.DB) error {
	err := db.Callback().Row().After("gorm:row").Register("baodao:outage", func(tx *gorm.DB) {
		tx.Error = outage(tx.Error, func(err error) error { return err })
	})
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return nil
}

// outage is fault.ErrBusy because of err when the database could not be asked: the next try may succeed.
func outage(err error, otherwise func(error) error) error {
	if _, told := errors.AsType[*fault.Fault](err); told || err == nil {
		return err
	}
	if unavailable(err) {
		return fault.ErrBusy.Because(err)
	}
	return otherwise(err)
}

// closedPool is the text of an error that database/sql does not export.
const closedPool = "sql: database is closed"

// unavailable tells whether the database is away, full of connections, or busy beyond its timeout. A client that is gone
// is no outage.
func unavailable(err error) bool {
	if my, ok := errors.AsType[*mysqldriver.MySQLError](err); ok {
		return slices.Contains(mysqlOutages(), my.Number)
	}
	if lite, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return slices.Contains([]int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT}, lite.Code()&0xff)
	}
	if _, ok := errors.AsType[net.Error](err); ok || err.Error() == closedPool {
		return true
	}
	for _, gone := range []error{driver.ErrBadConn, mysqldriver.ErrInvalidConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// mysqlOutages are the numbers by which MySQL and MariaDB say so: too many connections, shutting down, lock wait timeout,
// deadlock, interrupted or killed, read only, a statement over its time, an idle connection ended.
func mysqlOutages() []uint16 {
	return []uint16{1040, 1053, 1203, 1205, 1213, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 4031}
}

// statements logs failures and slow statements, never the values in them. A key that is taken already is an answer to the
// question whether it was free, and what gave way to others is tried again by its transaction, which says so when it gives up:
// they are worth a debug line only, and a lock that did not come in its time a warning.
type statements struct {
	logger.Interface
	log *slog.Logger
}

// quiet logs through slog.
func quiet(log *slog.Logger) logger.Interface {
	return statements{log: log, Interface: logger.NewSlogLogger(log, logger.Config{
		SlowThreshold:             time.Second,
		LogLevel:                  logger.Warn,
		IgnoreRecordNotFoundError: true,
		ParameterizedQueries:      true,
	})}
}

// LogMode changes the level.
func (s statements) LogMode(level logger.LogLevel) logger.Interface {
	return statements{Interface: s.Interface.LogMode(level), log: s.log}
}

// ParamsFilter keeps the values out of the log.
func (s statements) ParamsFilter(_ context.Context, sql string, _ ...any) (statement string, values []any) {
	return sql, nil
}

// Trace logs one statement.
func (s statements) Trace(ctx context.Context, begin time.Time, what func() (sql string, rows int64), err error) {
	level, said := slog.LevelDebug, "key is taken"
	switch {
	case isDeadlock(err):
		said = "gave way to others"
	case waited(err):
		level, said = slog.LevelWarn, "waited in vain for a lock"
	case !errors.Is(err, gorm.ErrDuplicatedKey):
		s.Interface.Trace(ctx, begin, what, err)
		return
	}
	if s.log.Enabled(ctx, level) {
		text, _ := what()
		s.log.Log(ctx, level, said, "sql", text, "error", err)
	}
}

func isDeadlock(err error) bool {
	my, ok := errors.AsType[*mysqldriver.MySQLError](err)
	return ok && my.Number == 1213
}

// waited tells whether a lock did not come in time.
func waited(err error) bool {
	if my, ok := errors.AsType[*mysqldriver.MySQLError](err); ok {
		return my.Number == 1205
	}
	lite, ok := errors.AsType[*sqlitedriver.Error](err)
	return ok && slices.Contains([]int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}, lite.Code()&0xff)
}
