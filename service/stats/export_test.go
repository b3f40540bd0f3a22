package stats

import (
	"strings"
	"time"

	"baodao/model"
)

func Arms(p int64, o model.Org, now time.Time) map[string][]any {
	m := moment{programmeID: p, asOf: now, day: "2026-10-12", from: "2026-09-01", to: "2027-09-01"}
	out := map[string][]any{}
	for _, a := range m.arms() {
		out[a.sql] = a.args(o)
	}
	return out
}

func ArmsFor(p int64, rs []Report, now time.Time) map[string][]any {
	m := moment{programmeID: p, asOf: now, day: "2026-10-12", from: "2026-09-01", to: "2027-09-01"}
	out := map[string][]any{}
	for _, a := range m.arms() {
		var args []any
		for _, r := range rs {
			args = append(args, a.args(r.Org)...)
		}
		out[strings.Repeat(a.sql+"\nUNION ALL\n", len(rs)-1)+a.sql] = args
	}
	return out
}
