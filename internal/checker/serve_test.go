package checker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/config"
	"baodao/internal/app"
	"baodao/model"
)

// The test binary is also the server: with serveVariable it is what `baodao serve` is, without a guard that the variable names.
const serveVariable = "CHECKER_SERVE"

func TestMain(m *testing.M) {
	guard := os.Getenv(serveVariable)
	if guard == "" {
		m.Run()
		return
	}
	if err := serve(guard); err != nil {
		panic(err)
	}
}

// serve is one server. It dies with the test: its standard input ends then.
func serve(guard string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	now, err := clockOf(os.Getenv(aheadVariable))
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, log, now, nil)
	if err != nil {
		return err
	}
	if err := weaken(a.DB, guard); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return err
	}
	return a.Serve(ctx, listener)
}

// The guards that a server may be started without.
const (
	sound    = "sound"    // all are there
	blind    = "blind"    // it does not see a live signup in the same activity
	generous = "generous" // it believes in more seats than there are, and no statement looks again
	unlocked = "unlocked" // it takes no lock, and no statement looks again
	unfair   = "unfair"   // the waiting list is read from its end
	forgets  = "forgets"  // it does not look up what a key got before
)

// weaken takes a guard away by changing the server's statements on their way to the database.
func weaken(db *gorm.DB, guard string) error {
	if s, ok, err := stallOf(guard); ok {
		return errors.Join(err, s.install(db))
	}
	query, update := db.Callback().Query(), db.Callback().Update()
	switch guard {
	case sound:
		return nil
	case blind:
		return db.Callback().Row().Before("gorm:row").Register("blind", hide("s.live_activity_id AS activity_id"))
	case forgets:
		err := db.Callback().Create().Before("gorm:create").Register("forgets", func(tx *gorm.DB) {
			if tx.Statement.Table == "idempotency_records" {
				tx.Statement.AddClause(clause.OnConflict{DoNothing: true})
			}
		})
		if err != nil {
			return err
		}
		return query.Before("gorm:query").Register("forgets", func(tx *gorm.DB) {
			if tx.Statement.Table == "idempotency_records" {
				nothing(tx)
			}
		})
	case unfair:
		return query.Before("gorm:query").Register("unfair", func(tx *gorm.DB) {
			if by, ok := tx.Statement.Clauses["ORDER BY"].Expression.(clause.OrderBy); ok && len(by.Columns) == 1 && by.Columns[0].Column.Name == "queue_no" {
				tx.Statement.Clauses["ORDER BY"] = clause.Clause{Name: "ORDER BY", Expression: clause.OrderBy{Columns: []clause.OrderByColumn{{Column: clause.Column{Name: "queue_no DESC", Raw: true}}}}}
			}
		})
	case generous:
		if err := query.After("gorm:query").Register("generous", imagine); err != nil {
			return err
		}
	case unlocked:
		if err := query.Before("gorm:query").Register("unlocked", func(tx *gorm.DB) { delete(tx.Statement.Clauses, "FOR") }); err != nil {
			return err
		}
	}
	return update.Before("gorm:update").Register("careless", careless)
}

// nothing makes a query find nothing.
func nothing(tx *gorm.DB) {
	tx.Statement.AddClause(clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "1 = 0"}}})
}

// hide makes the query that selects a column find nothing.
func hide(column string) func(*gorm.DB) {
	return func(tx *gorm.DB) {
		if strings.Contains(strings.Join(tx.Statement.Selects, ","), column) || strings.Contains(fmt.Sprint(tx.Statement.Clauses["SELECT"]), column) {
			nothing(tx)
		}
	}
}

// imagine adds seats to positions that are read.
func imagine(tx *gorm.DB) {
	if rows, ok := tx.Statement.Dest.(*[]model.Position); ok {
		for i := range *rows {
			(*rows)[i].Capacity += 2
		}
	}
}

// careless leaves of the condition of a change of seats the id only.
func careless(tx *gorm.DB) {
	set, ok := tx.Statement.Dest.(map[string]any)
	where, found := tx.Statement.Clauses["WHERE"].Expression.(clause.Where)
	if _, seats := set["queue_no"]; !ok || !seats || !found || tx.Statement.Table != "positions" {
		return
	}
	first, ok := where.Exprs[0].(clause.Expr)
	if !ok || len(first.Vars) == 0 {
		return
	}
	where.Exprs = []clause.Expression{clause.Expr{SQL: "id = ?", Vars: first.Vars[:1]}}
	tx.Statement.Clauses["WHERE"] = clause.Clause{Name: "WHERE", Expression: where}
}

// loosen takes away a guard of the database itself.
func (s *stage) loosen(guard string) {
	s.t.Helper()
	var mysql, sqlite string
	switch guard {
	case blind:
		mysql, sqlite = "DROP INDEX uq_live_signup ON signups", "DROP INDEX uq_live_signup"
	case generous:
		mysql = "ALTER TABLE positions DROP CONSTRAINT ck_position_seats"
		sqlite = "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (taken >= 0 AND taken <= capacity)', 'CHECK (1)') WHERE name = 'positions'"
	default:
		return
	}
	err := s.DB.Connection(func(tx *gorm.DB) error {
		if s.onMySQL {
			return tx.Exec(mysql).Error
		}
		for _, q := range []string{"PRAGMA query_only = 0", "PRAGMA writable_schema = 1", sqlite, "PRAGMA writable_schema = RESET", "PRAGMA query_only = 1"} {
			if err := tx.Exec(q).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
