package stats_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/stats"
)

func TestExp(t *testing.T) {
	if os.Getenv("EXP") == "" {
		t.Skip()
	}
	w := testkit.NewWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	begin := time.Now()
	var hours []model.HoursEntry
	var members []model.Membership
	posted := w.Clock.Now().Add(-time.Hour)
	claim := int64(0)
	deps := 25
	per := 50
	for d := 0; d < deps; d++ {
		dep := w.Org(w.University, model.OrgDepartmentCommittee, fmt.Sprint("系", d))
		for b := 0; b < per; b++ {
			br := w.Org(dep, model.OrgLeagueBranch, fmt.Sprint("班", d, b))
			for k := 0; k < 40; k++ {
				id := w.NewID()
				members = append(members, model.Membership{ID: w.NewID(), StudentID: id, OrgID: br.ID, FromOn: "2025-09-01", CreatedAt: posted})
				if r.IntN(2) == 0 {
					continue
				}
				for e := 0; e < 20; e++ {
					claim++
					day := time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(700)).Format(time.DateOnly)
					hours = append(hours, model.HoursEntry{ID: w.NewID(), StudentID: id, Minutes: 60, Class: model.ClassVolunteer, ClaimID: claim, ProgrammeID: w.Programme.ID, ActivityID: 1, ServedOn: model.Date(day), BranchID: br.ID, BranchPath: br.Path, PostedAt: posted})
				}
			}
		}
	}
	err := w.DB.Transaction(func(tx *gorm.DB) error {
		r.Shuffle(len(hours), func(i, j int) { hours[i], hours[j] = hours[j], hours[i] })
		if err := tx.CreateInBatches(members, 500).Error; err != nil {
			return err
		}
		return tx.CreateInBatches(hours, 500).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(members), len(hours))
	dba, _ := w.DB.DB()
	run := func(label string) {
		for _, o := range []model.Org{w.University, w.Department, w.Branch} {
			for i := 0; i < 2; i++ {
				start := time.Now()
				s := &stats.Service{DB: w.DB, Now: w.Clock.Now}
				a := w.Staff("x"+label+o.Name+fmt.Sprint(i), "COMMITTEE_OFFICER", w.University)
				_, err := s.Indicators(context.Background(), a, o.ID, w.Programme.ID, nil)
				if err != nil {
					t.Fatal(err)
				}
				t.Log(label, o.Name, time.Since(start))
			}
		}
		start := time.Now()
		s := &stats.Service{DB: w.DB, Now: w.Clock.Now}
		a := w.Staff("y"+label, "COMMITTEE_OFFICER", w.University)
		_ = start
		pg, err := s.Children(context.Background(), a, w.University.ID, w.Programme.ID, nil, pageReq())
		if err != nil {
			t.Fatal(err)
		}
		t.Log(label, "children", len(pg.Items), time.Since(start))
		for name, args := range stats.ArmsFor(w.Programme.ID, pg.Items, w.Clock.Now()) {
			st := time.Now()
			rows, err := dba.Query(name, args...)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
			}
			rows.Close()
			t.Log("ARM", name[:60], time.Since(st))
			rows, _ = dba.Query("EXPLAIN "+name, args...)
			cols, _ := rows.Columns()
			keys := map[string]int{}
			for rows.Next() {
				vals := make([]any, len(cols))
				p := make([]any, len(cols))
				for i := range vals {
					p[i] = &vals[i]
				}
				rows.Scan(p...)
				if testkit.OnMySQL() {
					keys[fmt.Sprintf("%s %s %s %s", vals[1], vals[2], vals[3], vals[5])]++
				}
			}
			t.Log(keys)
		}
		o := pg.Items[3].Org
		for name, args := range stats.Arms(w.Programme.ID, o, w.Clock.Now()) {
			for _, q := range []string{"EXPLAIN QUERY PLAN ", "ANALYZE FORMAT=JSON "} {
				if testkit.OnMySQL() != strings.HasPrefix(q, "ANALYZE") {
					continue
				}
				st := time.Now()
				rows, err := dba.Query(q+name, args...)
				if err != nil {
					t.Log(err)
					continue
				}
				cols, _ := rows.Columns()
				for rows.Next() {
					vals := make([]any, len(cols))
					p := make([]any, len(cols))
					for i := range vals {
						p[i] = &vals[i]
					}
					rows.Scan(p...)
					for i := range vals {
						if b, ok := vals[i].([]byte); ok {
							vals[i] = string(b)
						}
					}
					t.Log(vals...)
				}
				rows.Close()
				t.Log(time.Since(st))
			}
		}
	}
	start0 := time.Now()
	t.Log("loaded", start0.Sub(begin))
	if os.Getenv("ASIS") != "" {
		run("asis")
	}
	for _, q := range strings.Split(os.Getenv("EXP"), ";") {
		if len(q) < 5 {
			continue
		}
		st := time.Now()
		if _, err := dba.Exec(q); err != nil {
			t.Log(q, err)
		}
		t.Log(q, time.Since(st))
	}
	run("indexed")
}
