package signup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/signup"
	"baodao/service/standing"
)

// whole gives the service all that the program gives it: notices, penalties and a key for lotteries.
func (b *bench) whole() *bench {
	b.s.Notify = &notify.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Vault: b.Vault}
	b.s.Standing = &standing.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit}
	b.s.SeedKey = bytes.Repeat([]byte{7}, 32)
	return b
}

// afresh is b's world with another programme, and an activity of five seats in it.
func (b *bench) afresh(t *testing.T, change func(*model.Activity, *model.Session)) *bench {
	t.Helper()
	world, one := *b.World, *b
	world.TB, one.World = t, &world
	world.Programme, world.Policy = world.AddProgramme(fmt.Sprint("S", b.NewID()), b.University), testkit.SmallPolicy()
	one.project = world.Project(world.Pair(b.Branch, b.Community), "清洁")
	one.activity, one.session, one.position = world.Activity(one.project, 5, change)
	return &one
}

// replica makes b use another process on the same database, which remembers nothing.
func (b *bench) replica() *signup.Service {
	b.s = &signup.Service{DB: b.DB, Now: b.Clock.Now, NewID: b.NewID, Audit: b.Audit, Vault: b.Vault, Notify: b.s.Notify, Standing: b.s.Standing, SeedKey: b.s.SeedKey, Content: b.s.Content}
	return b.s
}

// tx runs f in a transaction.
func (b *bench) tx(f func(tx *gorm.DB) error) {
	b.TB.Helper()
	if err := b.DB.Transaction(f); err != nil {
		b.TB.Fatal(err)
	}
}

// put sets columns of a row.
func (b *bench) put(table string, id int64, set map[string]any) {
	b.TB.Helper()
	b.tx(func(tx *gorm.DB) error { return tx.Table(table).Where("id = ?", id).Updates(set).Error })
}

// policy gives the programme a new version of its policy.
func (b *bench) policy(change func(p *model.Policy)) {
	b.TB.Helper()
	change(&b.Policy)
	b.Programme.PolicyVersion++
	b.Insert(&model.ProgrammePolicy{ProgrammeID: b.Programme.ID, Version: b.Programme.PolicyVersion, Policy: b.Policy, CreatedAt: b.Clock.Now()})
}

// strangers adds students whose branch is not paired with the host, in another department.
func (b *bench) strangers(n int) []access.Actor {
	b.TB.Helper()
	branch := b.Org(b.Org(b.University, model.OrgDepartmentCommittee, "壬系团委"), model.OrgLeagueBranch, "癸班团支部")
	all := make([]access.Actor, n)
	for i := range all {
		all[i] = b.Student("外系", branch)
	}
	return all
}

// seats reads the position.
func (b *bench) seats() model.Position {
	b.TB.Helper()
	var p model.Position
	if err := b.DB.Where("id = ?", b.position.ID).First(&p).Error; err != nil {
		b.TB.Fatal(err)
	}
	return p
}

// state reads what became of a signup.
func (b *bench) state(id int64) model.SignupStatus {
	b.TB.Helper()
	row, err := signup.ByID(b.DB, id)
	if err != nil {
		b.TB.Fatal(err)
	}
	return row.Status
}

// states reads what became of signups.
func (b *bench) states(rows ...model.Signup) string {
	b.TB.Helper()
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(b.state(r.ID))
	}
	return strings.Join(out, " ")
}

// all signs students up, one after the other.
func (b *bench) all(students ...access.Actor) []model.Signup {
	b.TB.Helper()
	out := make([]model.Signup, len(students))
	for i, a := range students {
		out[i] = b.must(a, b.position.ID)
	}
	return out
}

// tries signs a student up and answers with the refusal.
func (b *bench) tries(a access.Actor) error {
	_, err := b.s.Create(b.TB.Context(), a, b.position.ID, "", idem.Key{})
	return err
}

// heard are the kinds of notices that a person got, in order.
func (b *bench) heard(a access.Actor) string {
	b.TB.Helper()
	var kinds []string
	if err := b.DB.Model(&model.Notification{}).Where("user_id = ?", a.UserID).Order("id").Pluck("kind", &kinds).Error; err != nil {
		b.TB.Fatal(err)
	}
	return strings.Join(kinds, " ")
}

// sweep does what the clock asks for.
func (b *bench) sweep() {
	b.TB.Helper()
	if _, err := b.s.Sweep(b.TB.Context(), 100); err != nil {
		b.TB.Fatal(err)
	}
}

// counts tells whether the columns of every position say what the rows say.
func (b *bench) counts() {
	b.TB.Helper()
	var positions []model.Position
	var rows []model.Signup
	if err := b.DB.Find(&positions).Error; err != nil {
		b.TB.Fatal(err)
	}
	if err := b.DB.Find(&rows).Error; err != nil {
		b.TB.Fatal(err)
	}
	for _, p := range positions {
		want := model.Position{}
		for _, r := range rows {
			if r.PositionID != p.ID {
				continue
			}
			if (r.LiveActivityID != nil) != r.Status.Live() || (r.QueueNo != nil) != (r.Status == model.SignupWaitlisted) || (r.OfferedUntil != nil) != (r.Status == model.SignupOffered) {
				b.TB.Errorf("columns do not fit the status: %+v", r)
			}
			switch {
			case r.Status.Seated():
				want.Taken++
				if r.Paired {
					want.PairedTaken++
				}
				if r.Status == model.SignupOffered {
					want.Held++
				}
			case r.Status == model.SignupWaitlisted:
				want.Waiting++
			}
		}
		if p.Taken != want.Taken || p.PairedTaken != want.PairedTaken || p.Held != want.Held || p.Waiting != want.Waiting || p.Taken > p.Capacity {
			b.TB.Errorf("position says %+v, rows say %+v", p, want)
		}
	}
}

// waits makes an activity one with a waiting list.
func waits(a *model.Activity, _ *model.Session) { a.Waitlist = true }

// at makes a change of the activity alone.
func at(change func(*model.Activity)) func(*model.Activity, *model.Session) {
	return func(a *model.Activity, _ *model.Session) { change(a) }
}

// another adds a published activity with one session.
func (b *bench) another(start, end time.Time, lat int64) int64 {
	b.TB.Helper()
	_, _, p := b.Activity(b.project, 50, func(a *model.Activity, s *model.Session) {
		s.StartsAt, s.EndsAt, a.StartsAt, a.EndsAt, s.LatE6 = start, end, start, end, &lat
	})
	return p.ID
}

// audience says whom the activity is meant for.
func (b *bench) audience(a model.Audience) {
	b.TB.Helper()
	raw, err := json.Marshal(a)
	if err != nil {
		b.TB.Fatal(err)
	}
	b.put("activities", b.activity.ID, map[string]any{"audience": string(raw)})
}

// isFault tells whether err is this refusal; nil wants none.
func isFault(err error, want *fault.Fault) bool {
	if want == nil {
		return err == nil
	}
	return errors.Is(err, want)
}
