package checker_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
)

// A server whose guard begins with stalls comes to a halt for ever after a statement and before its transaction is committed:
// a moment at which it can be killed. The rest of the guard is a stall.
const stalls = "stalls: "

// stall names the n-th create or update of a table; of updates only those that set a column.
type stall struct {
	verb, table, column string
	n                   int64
}

func (s stall) String() string {
	return stalls + fmt.Sprintf("%s %s %s %d", s.verb, s.table, s.column, s.n)
}

// install makes the server stall, once; it says so where it logs.
func (s stall) install(db *gorm.DB) error {
	var seen atomic.Int64
	halt := func(tx *gorm.DB) {
		if tx.Statement.Table != s.table || tx.Error != nil {
			return
		}
		set, _ := tx.Statement.Dest.(map[string]any)
		if _, ok := set[s.column]; s.verb == "update" && !ok || seen.Add(1) != s.n {
			return
		}
		fmt.Fprintln(os.Stderr, stalled)
		select {}
	}
	if s.verb == "create" {
		return db.Callback().Create().After("gorm:create").Register("stall", halt)
	}
	return db.Callback().Update().After("gorm:update").Register("stall", halt)
}

const stalled = "now it stalls"

// stallOf reads the stall that a guard names, if it names one.
func stallOf(guard string) (s stall, ok bool, err error) {
	what, ok := strings.CutPrefix(guard, stalls)
	if ok {
		_, err = fmt.Sscan(what, &s.verb, &s.table, &s.column, &s.n)
	}
	return s, ok, err
}

// aheadVariable is by how much the clock of a server is ahead, so that nobody need wait for leases of the dead to run out.
const aheadVariable = "CHECKER_AHEAD"

// clockOf is the clock of a server.
func clockOf(ahead string) (clock.Clock, error) {
	if ahead == "" {
		return clock.System, nil
	}
	d, err := time.ParseDuration(ahead)
	return func() time.Time { return clock.System().Add(d) }, err
}
