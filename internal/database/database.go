// Package database opens the two engines so that the same code gives the same answers on both, and migrates their schema.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Engines.
const (
	SQLite = "sqlite"
	MySQL  = "mysql"
)

// Options says how to open a database.
type Options struct {
	URL   string           // sqlite:PATH, or mysql: and a DSN of go-sql-driver
	Now   func() time.Time // for created_at and updated_at
	Conns int              // MySQL connections, or SQLite readers; 0: 32 and 4
	Log   *slog.Logger     // slow and failed statements, without values
}

// Open opens the database and checks that it is one this version can be trusted with. It does not migrate.
func Open(ctx context.Context, o Options) (*gorm.DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	engine, rest, ok := strings.Cut(o.URL, ":")
	if !ok {
		return nil, errors.New("database: want sqlite:PATH or mysql:DSN")
	}
	var dialector gorm.Dialector
	var err error
	switch engine {
	case SQLite:
		dialector, err = openSQLite(ctx, rest, o.Conns)
	case MySQL:
		dialector, err = openMySQL(ctx, rest, o.Conns)
	default:
		return nil, fmt.Errorf("database: unknown engine %q, want sqlite or mysql", engine)
	}
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(dialector, &gorm.Config{
		NowFunc:                o.Now,
		TranslateError:         true,
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 quiet(o.Log),
	})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, translateRows(db)
}

// Close closes every connection, so that SQLite folds its log into the file.
func Close(db *gorm.DB) error {
	if p, ok := db.ConnPool.(*pools); ok {
		return p.Close()
	}
	pool, err := db.DB()
	if err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return pool.Close()
}
