package signup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/signup"
)

// TestNoStatementReadsAWholeTable: with many activities, waiting lists and lotteries, everything that a sign-up, a cancel, a
// look at one's turn and the jobs of the clock read comes through an index.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2, waits).whole()
	b.policy(func(p *model.Policy) { p.OfferMinutes, p.TermMaxActivities, p.SignupConsent = 30, 9, "" })
	b.crowd(400, 3)
	s := b.students(4)
	plain := b.s.DB
	db, heard := testkit.Hear(plain, "SELECT")
	b.s.DB = db
	r := b.all(s...)
	b.cancel(s[0], r[0])
	b.turn(s[3], r[3])
	_, err := b.s.CreateGroup(t.Context(), b.secretary(), b.party(true, b.students(2)...), key("g"))
	is(t, err, nil)
	b.Clock.Add(31 * time.Minute)
	_, err = b.s.Sweep(t.Context(), 10)
	is(t, err, nil)
	_, err = b.s.Decide(t.Context(), b.Staff("干事", access.HostStaff, b.Community), b.activity.ID, signup.Remove, ids(r[1]), "调整")
	is(t, err, nil)
	b.Clock.Set(b.activity.SignupClosesAt)
	_, err = b.s.DrawDue(t.Context(), 2)
	is(t, err, nil)
	_, err = b.s.ListMine(t.Context(), s[3], "", page.Request{Limit: 5})
	is(t, err, nil)
	seen := map[string]bool{}
	for _, sql := range heard.Said() {
		if shape := strings.Split(sql, "WHERE")[0]; !seen[shape+fmt.Sprint(len(sql)/40)] {
			seen[shape+fmt.Sprint(len(sql)/40)] = true
			for _, how := range testkit.ReadsWhole(t, plain, sql, "signups", "positions", "activities", "activity_sessions", "lotteries") {
				t.Errorf("reads all of %s: %s", how, sql)
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d statements were looked at", len(seen))
	}
}

// crowd adds n activities with as many signups each, some of which wait, and lotteries that are drawn.
func (b *bench) crowd(n, each int) {
	b.TB.Helper()
	var rows []any
	for i := range n {
		a := b.activity
		a.ID = b.NewID()
		a.StartsAt = a.StartsAt.AddDate(0, 1, i)
		drawn := b.Clock.Now()
		lots := model.Lottery{ActivityID: a.ID, Nonce: make([]byte, 32), Commitment: make([]byte, 32), Seed: make([]byte, 32), DrawnAt: &drawn, CreatedAt: drawn}
		p := model.Position{ID: b.NewID(), ActivityID: a.ID, Title: "岗位", Capacity: 9, Version: 1, CreatedAt: drawn, UpdatedAt: drawn}
		if i == 0 {
			p.Waiting, p.QueueNo = int64(each), int64(each)
		}
		rows = append(rows, &a, &lots, &p, &model.Session{ID: b.NewID(), ActivityID: a.ID, StartsAt: a.StartsAt, EndsAt: a.StartsAt.Add(hour), Place: "某地"})
		for j := range each {
			no := int64(j + 1)
			row := model.Signup{ID: b.NewID(), ActivityID: a.ID, PositionID: p.ID, StudentID: b.NewID(), Status: model.SignupCancelled, Version: 1, CreatedAt: drawn, UpdatedAt: drawn}
			if i == 0 {
				row.LiveActivityID, row.QueueNo, row.Status = &a.ID, &no, model.SignupWaitlisted
			}
			rows = append(rows, &row)
		}
	}
	b.Insert(rows...)
	b.tx(func(tx *gorm.DB) error {
		if testkit.OnMySQL() {
			return tx.Exec("ANALYZE TABLE signups, positions, activities, activity_sessions, lotteries").Error
		}
		return tx.Exec("ANALYZE").Error
	})
}
