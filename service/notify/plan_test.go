package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"baodao/internal/testkit"
)

// spoken keeps the statements that are sent.
type spoken struct {
	logger.Interface

	all []string
}

// Trace is told of one.
func (s *spoken) Trace(_ context.Context, _ time.Time, statement func() (string, int64), _ error) {
	sql, _ := statement()
	s.all = append(s.all, sql)
}

// TestTheOutboxIsReadByItsIndexes: SQLite holds only those messages in them that wait or are in flight, and uses them for
// nothing but questions that say so in the same words. Without them every look into the outbox reads all of it.
func TestTheOutboxIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if testkit.OnMySQL() {
		return // which has no such indexes
	}
	w, said := k.worker(), &spoken{Interface: logger.Discard}
	w.DB = k.DB.Session(&gorm.Session{Logger: said})
	if _, err := w.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, sql := range said.all {
		var index string
		switch {
		case strings.Contains(sql, "lease_until <="):
			index = "uq_notice_busy"
		case strings.Contains(sql, "next_at <="):
			index = "ix_notice_due"
		default:
			continue
		}
		asked[index]++
		var steps []struct{ Detail string }
		if err := k.DB.Raw("EXPLAIN QUERY PLAN " + sql).Scan(&steps).Error; err != nil || len(steps) == 0 || !strings.Contains(steps[0].Detail, index) {
			t.Errorf("%v: %+v by %s: %v", err, steps, index, sql)
		}
	}
	if asked["uq_notice_busy"] != 1 || asked["ix_notice_due"] < 2 {
		t.Errorf("asked %v: %v", asked, said.all)
	}
}
