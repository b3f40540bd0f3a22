package recommend_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/page"
	"baodao/service/recommend"
)

// large are the tables that grow.
var large = []string{"activities", "positions", "activity_sessions", "position_needs", "signups", "match_blocks", "round_inputs", "audit_log"}

// TestNoStatementReadsAWholeTable: among many others, what a tick and a question read comes through an index. The log is
// walked by its primary key, whatever it is asked for.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	me := h.Student("我", h.Branch)
	h.willing(me, nil)
	a, _, p := h.Activity(h.project, 2, nil)
	h.among(700)
	s := h.replica()
	db, heard := testkit.Hear(h.DB, "SELECT")
	s.DB, s.Survey.DB = db, db
	h.tick(s)
	h.change("activities", a.ID, "")
	h.change("position_needs", p.ID, "")
	h.change("match_rounds", 5, "")
	row := model.Signup{ID: h.NewID(), LiveActivityID: &a.ID, StudentID: me.StudentID, ActivityID: a.ID, PositionID: p.ID, Status: model.SignupConfirmed, Version: 1, CreatedAt: h.Clock.Now(), UpdatedAt: h.Clock.Now()}
	h.Insert(&row)
	h.change("signups", row.ID, "")
	for range 10 {
		h.tick(s)
	}
	h.ask(s, me, recommend.Ask{Category: "CULTURE"}, page.Request{})
	h.Clock.Add(2 * time.Minute)
	h.ask(s, me, recommend.Ask{}, page.Request{})
	said := slices.Compact(slices.Sorted(slices.Values(heard.Said())))
	if len(said) < 20 {
		t.Fatalf("only %d statements were heard", len(said))
	}
	for _, sql := range said {
		h.explain(sql)
	}
}

// among fills the large tables with what has nothing to do with the test: activities that are over, and their log.
func (h *house) among(n int) {
	h.TB.Helper()
	now := h.Clock.Now()
	var rows []any
	for i := range n {
		a := model.Activity{ID: h.NewID(), ProgrammeID: 7, HostOrgID: h.Community.ID, Carriers: []string{}, SignupOpensAt: now, SignupClosesAt: now, CancelUntil: now, StartsAt: now, EndsAt: now, CreatedAt: now, UpdatedAt: now}
		p := model.Position{ID: h.NewID(), ActivityID: a.ID, Capacity: 1, CreatedAt: now, UpdatedAt: now}
		rows = append(rows, &a, &p, &model.Session{ID: h.NewID(), ActivityID: a.ID, StartsAt: now, EndsAt: now},
			&model.PositionNeeds{PositionID: p.ID, CreatedAt: now, UpdatedAt: now},
			&model.Signup{ID: h.NewID(), StudentID: h.NewID(), ActivityID: a.ID, PositionID: p.ID, Status: model.SignupCancelled, Version: 1, CreatedAt: now, UpdatedAt: now},
			&model.MatchBlock{StudentID: h.NewID(), OrgID: h.Community.ID, Side: model.BlockByHost, ReasonEnc: []byte{}, CreatedAt: now},
			&model.RoundInput{RoundID: 1, Side: model.SideGiving, Seq: int64(i), RefID: p.ID, Line: []byte{}},
			&model.AuditEntry{ID: h.NewID(), At: now, Action: "x", Object: "orgs", ObjectID: p.ID, Data: "{}"})
	}
	h.Insert(rows...)
	h.write(map[bool]string{true: "ANALYZE TABLE " + strings.Join(large, ", "), false: "ANALYZE"}[testkit.OnMySQL()])
}

// explain demands that a statement reads none of the large tables from end to end, and the log by its primary key.
func (h *house) explain(sql string) {
	h.TB.Helper()
	if strings.Contains(sql, "MAX(id)") {
		return // both engines take the last entry of the key
	}
	for _, how := range testkit.ReadsWhole(h.TB, h.DB, sql, large...) {
		h.TB.Errorf("reads all of %s: %.300s", how, sql)
	}
	for _, s := range testkit.Plan(h.TB, h.DB, sql) {
		if s.Table == "audit_log" && s.Key != "PRIMARY" || strings.Contains(s.Detail, "audit_log") && !strings.Contains(s.Detail, "PRIMARY KEY") {
			h.TB.Errorf("the log is walked by %v: %s", s, sql)
		}
	}
}
