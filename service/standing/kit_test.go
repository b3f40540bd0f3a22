package standing_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/standing"
)

// desk is a world with the service and those who may or may not decide about students.
type desk struct {
	*testkit.World
	*standing.Service
	secretary, department, university access.Actor
	stranger                          access.Actor // secretary of another branch of the department
	li                                access.Actor // student of the branch
	signups                           int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	w := testkit.NewWorld(t)
	d := &desk{World: w, Service: &standing.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit}}
	d.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	d.department = w.Staff("系里", access.CommitteeOfficer, w.Department)
	d.university = w.Staff("校里", access.CommitteeOfficer, w.University)
	d.stranger = w.Staff("别班支书", access.BranchSecretary, w.Org(w.Department, model.OrgLeagueBranch, "壬班团支部"))
	d.li = w.Student("李", w.Branch)
	return d
}

// tx runs f in a transaction.
func (d *desk) tx(f func(tx *gorm.DB) error) error { return d.World.DB.Transaction(f) }

// penalise writes a penalty for a signup of its own, as a caller does: with the student's row locked.
func (d *desk) penalise(who access.Actor, kind string) model.ReliabilityEntry {
	d.TB.Helper()
	d.signups++
	p := standing.Penalty{StudentID: who.StudentID, SignupID: d.signups, ProgrammeID: d.Programme.ID, Kind: kind, OrgPath: d.Community.Path}
	if err := d.fine(p); err != nil {
		d.TB.Fatal(err)
	}
	var row model.ReliabilityEntry
	if err := d.World.DB.First(&row, "signup_id = ? AND kind = ?", d.signups, kind).Error; err != nil {
		d.TB.Fatal(err)
	}
	return row
}

// fine locks the student and writes a penalty.
func (d *desk) fine(p standing.Penalty) error {
	return d.tx(func(tx *gorm.DB) error {
		if err := standing.LockStudent(tx, p.StudentID); err != nil {
			return err
		}
		return d.Penalise(tx, access.System("test"), p)
	})
}

// suspensions are all of a student, in the order they began.
func (d *desk) suspensions(who access.Actor) []model.SignupSuspension {
	d.TB.Helper()
	var rows []model.SignupSuspension
	if err := d.World.DB.Where("student_id = ?", who.StudentID).Order("id").Find(&rows).Error; err != nil {
		d.TB.Fatal(err)
	}
	return rows
}

// suspended tells whether a student may not sign up now.
func (d *desk) suspended(who access.Actor) bool {
	d.TB.Helper()
	until, err := standing.Suspended(d.World.DB, d.Clock.Now(), []int64{who.StudentID, 5})
	if err != nil {
		d.TB.Fatal(err)
	}
	at, in := until[who.StudentID]
	if len(until) > 1 || in != at.After(d.Clock.Now()) {
		d.TB.Fatal(until)
	}
	return in
}

// rules changes the programme's policy.
func (d *desk) rules(change func(p *model.Policy)) {
	d.TB.Helper()
	p := testkit.SmallPolicy()
	change(&p)
	d.Insert(&model.ProgrammePolicy{ProgrammeID: d.Programme.ID, Version: 100 + d.World.NewID(), Policy: p, CreatedAt: d.Clock.Now()})
}

// count counts rows.
func (d *desk) count(table, where string, args ...any) (n int64) {
	d.TB.Helper()
	if err := d.World.DB.Table(table).Where(where, args...).Count(&n).Error; err != nil {
		d.TB.Fatal(err)
	}
	return n
}

// written counts every row that the package writes.
func (d *desk) written() string {
	out := ""
	for _, table := range []string{"student_proofs", "consents", "reliability_entries", "signup_suspensions", "audit_log", "idempotency_records"} {
		out += fmt.Sprintf("%s %d; ", table, d.count(table, "1=1"))
	}
	return out
}

// refused demands a refusal that names these fields and writes nothing.
func (d *desk) refused(t *testing.T, want error, fields []string, do func() error) {
	t.Helper()
	before := d.written()
	err := do()
	var got []string
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		for _, field := range f.Fields {
			got = append(got, field.Pointer+" "+field.Code)
		}
	}
	if !errors.Is(err, want) || !slices.Equal(got, fields) {
		t.Errorf("got %v %q, want %v %q", err, got, want, fields)
	}
	if after := d.written(); after != before {
		t.Errorf("something was written: %s, was %s", after, before)
	}
}

// together runs f n times at once and counts the answers by error ("" for success).
func together(n int, f func(i int) error) map[string]int {
	out := map[string]int{}
	for _, err := range testkit.Together(n, f) {
		name := ""
		if err != nil {
			name = err.Error()
		}
		out[name]++
	}
	return out
}
