package remind_test

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/service/remind"
)

func remindQueries(k *kit, now time.Time) map[string]*gorm.DB {
	return remind.Queries(k.World.DB.Session(&gorm.Session{DryRun: true}), now, k.session, []int64{k.Branch.ID}, k.University.Path)
}

// planStep is one step of what an engine says it does.
type planStep struct{ Detail, Table, Type, Key string }

func (s planStep) has(word string) bool {
	return slices.ContainsFunc([]string{s.Key, s.Type}, func(x string) bool { return x == word }) || strings.Contains(s.Detail, word)
}

func (k *kit) plan(q *gorm.DB) (steps []planStep) {
	k.TB.Helper()
	stmt := q.Find(&[]map[string]any{}).Statement
	explain := "EXPLAIN QUERY PLAN "
	if testkit.OnMySQL() {
		explain = "EXPLAIN "
	}
	if err := k.World.DB.Raw(explain+stmt.SQL.String(), stmt.Vars...).Scan(&steps).Error; err != nil {
		k.TB.Fatal(err)
	}
	return steps
}
