package testkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Heard keeps the statements that are run through a database.
type Heard struct {
	logger.Interface

	verbs []string
	mu    sync.Mutex
	said  []string
}

// Hear is a database that listens for statements that begin with one of some verbs, and what it has heard.
func Hear(db *gorm.DB, verbs ...string) (*gorm.DB, *Heard) {
	h := &Heard{Interface: logger.Discard, verbs: verbs}
	return db.Session(&gorm.Session{Logger: h}), h
}

// LogMode changes nothing.
func (h *Heard) LogMode(logger.LogLevel) logger.Interface { return h }

// Trace notes a statement.
func (h *Heard) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	sql, _ := fc()
	verb, _, _ := strings.Cut(sql, " ")
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.verbs, verb) {
		h.said = append(h.said, sql)
	}
}

// Said is what was run so far, in order.
func (h *Heard) Said() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.said)
}

// Step is one step of a plan: Table, Type and Key on MySQL, Detail on SQLite.
type Step struct{ Table, Type, Key, Detail string }

// Plan is how the engine would run a statement.
func Plan(t testing.TB, db *gorm.DB, sql string) (steps []Step) {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if OnMySQL() {
		explain = "EXPLAIN "
	}
	if err := db.Raw(explain + sql).Scan(&steps).Error; err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return steps
}

// ReadsWhole names those of some tables that a statement reads from end to end, by themselves or by an index, and how.
func ReadsWhole(t testing.TB, db *gorm.DB, sql string, tables ...string) (out []string) {
	t.Helper()
	plain := strings.ReplaceAll(sql, "`", "")
	for _, s := range Plan(t, db, sql) {
		for _, table := range tables {
			whole := func(name string) bool {
				return s.Table == name && (s.Type == "ALL" || s.Type == "index") || strings.HasPrefix(s.Detail+" ", "SCAN "+name+" ") ||
					strings.HasPrefix(s.Detail, "SEARCH "+name+" USING AUTOMATIC") // SQLite makes an index of all rows for the one statement
			}
			if slices.ContainsFunc(calledIn(plain, table), whole) {
				out = append(out, fmt.Sprintf("%s: %v", table, s))
			}
		}
	}
	return out
}

// calledIn are a table's name and what a statement calls it besides.
func calledIn(sql, table string) []string {
	names := []string{table}
	for _, rest := range strings.Split(sql, table+" ")[1:] {
		if words := strings.Fields(strings.TrimPrefix(rest, "AS ")); len(words) > 0 {
			names = append(names, words[0])
		}
	}
	return names
}
