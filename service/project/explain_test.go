package project_test

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

// rowsOf is how many activities the plans are judged with; a page must touch a small part of them.
const rowsOf = 3000

// TestTheListWalksItsIndex holds the trap of PERFORMANCE.md §2: a page in the middle of the list must cost what the
// first one costs, on each engine by what that engine says.
func TestTheListWalksItsIndex(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.fill(t, rowsOf, func(_ int, a *model.Activity) {
		lat, lng := int64(36_650_000), int64(117_120_000)
		a.LatE6, a.LngE6 = &lat, &lng
	})
	middle := all[rowsOf/2]
	tests := map[string]struct {
		filter project.Filter
		after  []int64
	}{
		"first page":           {},
		"page in the middle":   {after: []int64{middle.StartsAt.UnixMilli(), middle.ID}},
		"middle, by mode":      {filter: project.Filter{Mode: "ONSITE"}, after: []int64{middle.StartsAt.UnixMilli(), middle.ID}},
		"middle, open only":    {filter: project.Filter{OpenOnly: true}, after: []int64{middle.StartsAt.UnixMilli(), middle.ID}},
		"middle, by time":      {filter: project.Filter{StartsTo: h.Clock.Now().Add(rowsOf * time.Hour)}, after: []int64{middle.StartsAt.UnixMilli(), middle.ID}},
		"middle, by programme": {filter: project.Filter{ProgrammeID: h.Programme.ID}, after: []int64{middle.StartsAt.UnixMilli(), middle.ID}},
	}
	for _, known := range []string{"no statistics", "statistics"} {
		if known == "statistics" || testkit.OnMySQL() {
			h.analyze(t)
		}
		for name, tt := range tests {
			t.Run(known+", "+name, func(t *testing.T) {
				sql, args, err := project.ListSQL(h.World.DB, tt.filter, h.Clock.Now(), tt.after, 21)
				must(t, err)
				if testkit.OnMySQL() {
					h.walksOnMySQL(t, sql, args)
				} else {
					h.walksOnSQLite(t, sql, args, "ix_activity_listed (listed_at>?")
				}
			})
		}
	}
}

func (h *house) analyze(t testing.TB) {
	t.Helper()
	tables := "activities, activity_sessions, positions, orgs"
	if testkit.OnMySQL() {
		must(t, h.World.DB.Exec("ANALYZE TABLE "+tables).Error)
		return
	}
	h.write(t, func(tx *gorm.DB) error { return tx.Exec("ANALYZE").Error })
}

func (h *house) walksOnSQLite(t *testing.T, sql string, args []any, index string) {
	t.Helper()
	var steps []struct{ Detail string }
	must(t, h.World.DB.Raw("EXPLAIN QUERY PLAN "+sql, args...).Scan(&steps).Error)
	plan := ""
	for _, s := range steps {
		plan += s.Detail + "\n"
	}
	t.Logf("plan:\n%s", plan)
	if !strings.Contains(plan, index) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN") {
		t.Errorf("plan:\n%s", plan)
	}
}

func (h *house) walksOnMySQL(t *testing.T, sql string, args []any) {
	t.Helper()
	var steps []struct {
		Table, Type, Key, Extra string
	}
	must(t, h.World.DB.Raw("EXPLAIN "+sql, args...).Scan(&steps).Error)
	if s := steps[0]; s.Table != "a" || s.Type != "range" || s.Key != "ix_activity_listed" || strings.Contains(s.Extra, "filesort") || strings.Contains(s.Extra, "temporary") {
		t.Errorf("plan: %+v", steps)
	}
	read := h.rowsRead(t, sql, args)
	t.Logf("%d rows read: %+v", read, steps)
	// Each row touches the activity, two organisations, its session and twice its position; an index walk reads one more.
	if read > 21*12 {
		t.Errorf("a page of 21 rows read %d rows: %+v", read, steps)
	}
}

// rowsRead runs a query on one connection of its own and asks the server how many rows it touched.
func (h *house) rowsRead(t *testing.T, sql string, args []any) int64 {
	t.Helper()
	var before, after int64
	must(t, h.World.DB.WithContext(t.Context()).Connection(func(tx *gorm.DB) (err error) {
		if before, err = handlerReads(tx); err != nil {
			return err
		}
		var rows []map[string]any
		if err := tx.Raw(sql, args...).Scan(&rows).Error; err != nil {
			return err
		}
		after, err = handlerReads(tx)
		return err
	}))
	return after - before
}

func handlerReads(tx *gorm.DB) (sum int64, err error) {
	var counters []struct {
		Value int64 `gorm:"column:Value"`
	}
	if err := tx.Raw("SHOW SESSION STATUS LIKE 'Handler_read%'").Scan(&counters).Error; err != nil {
		return 0, err
	}
	for _, c := range counters {
		sum += c.Value
	}
	return sum, nil
}

// TestNearUsesTheCells: around a place only the cells of the circle are read.
func TestNearUsesTheCells(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t, rowsOf, func(i int, a *model.Activity) {
		lat, lng := int64(30_000_000+i*3_000), int64(110_000_000+(i*7919%rowsOf)*3_000) // over 9 degrees each way
		a.LatE6, a.LngE6 = &lat, &lng
	})
	h.analyze(t)
	f := project.Filter{Near: &project.Near{Center: geo.FromDegrees(34.5, 114.5), RadiusM: 10_000}}
	sql, args, err := project.NearSQL(h.World.DB, f, h.Clock.Now())
	must(t, err)
	if !testkit.OnMySQL() {
		var steps []struct{ Detail string }
		must(t, h.World.DB.Raw("EXPLAIN QUERY PLAN "+sql, args...).Scan(&steps).Error)
		plan := ""
		for _, s := range steps {
			plan += s.Detail + "\n"
		}
		if !strings.Contains(plan, "ix_activity_cell") || strings.Contains(plan, "SCAN") {
			t.Errorf("plan:\n%s", plan)
		}
		return
	}
	var steps []struct{ Type, Key string }
	must(t, h.World.DB.Raw("EXPLAIN "+sql, args...).Scan(&steps).Error)
	if steps[0].Type != "range" || steps[0].Key != "ix_activity_cell" {
		t.Errorf("plan: %+v", steps)
	}
	read := h.rowsRead(t, sql, args)
	t.Logf("%d rows read: %+v", read, steps)
	if read > rowsOf/20 {
		t.Errorf("read %d of %d rows", read, rowsOf)
	}
}
