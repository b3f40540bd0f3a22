// Package atomic runs transactions: all of it or nothing, and again when the database asks for it.
package atomic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"baodao/service/fault"
)

// tries is how often a transaction is run before the caller is told to come back later.
const tries = 4

// Do runs fn in one transaction and commits it. A deadlock or a lock that could not be had undoes everything and runs fn
// again, so fn must have no effect but on tx; after four tries it is fault.ErrBusy. It is the only place that begins a transaction.
func Do(ctx context.Context, db *gorm.DB, fn func(tx *gorm.DB) error) error {
	var err error
	for try := range tries {
		if try > 0 {
			if err := pause(ctx, try); err != nil {
				return err
			}
		}
		err = db.WithContext(ctx).Transaction(fn)
		if !Retryable(err) {
			return err
		}
	}
	return fault.ErrBusy.Because(fmt.Errorf("gave up after %d tries: %w", tries, err))
}

// Retryable tells whether the database undid the transaction because others were in the way.
func Retryable(err error) bool {
	if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return my.Number == 1213 || my.Number == 1205
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
	}
	return false
}

// pause waits 5–20 ms times the number of the try.
func pause(ctx context.Context, try int) error {
	t := time.NewTimer(time.Duration(try) * (5 + time.Duration(rand.IntN(15))) * time.Millisecond) //nolint:gosec // jitter
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// ForUpdate locks the rows that a query reads until the transaction ends, so that what is decided from them still holds at
// the commit. SQLite leaves it out: its one writer already has the whole database.
func ForUpdate(tx *gorm.DB) *gorm.DB { return tx.Clauses(clause.Locking{Strength: "UPDATE"}) }

// ForShare keeps the rows that a query reads as they are until the transaction ends, and lets others do the same: only who
// wants to change them waits. What was locked so must not be changed in the same transaction. SQLite leaves it out as well.
func ForShare(tx *gorm.DB) *gorm.DB { return tx.Clauses(clause.Locking{Strength: "SHARE"}) }
