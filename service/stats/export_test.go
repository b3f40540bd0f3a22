package stats

import (
	"time"

	"baodao/model"
)

// Statement is one count with its arguments, for the test of its plan.
type Statement struct {
	SQL  string
	Args []any
}

// Statements are the counts of one organisation.
func Statements(programmeID int64, o model.Org, at time.Time) []Statement {
	m := moment{programmeID: programmeID, asOf: at, day: "2026-10-12", from: "2026-09-01", to: "2027-09-01"}
	var out []Statement
	for _, arm := range m.arms() {
		out = append(out, Statement{arm.sql, arm.args(o)})
	}
	return out
}
