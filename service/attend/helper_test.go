package attend_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/signup"
)

const minute = time.Minute

// bench is a world with a project that has a team, and one published activity of two hours.
type bench struct {
	*testkit.World
	s                         *attend.Service
	signups                   *signup.Service
	project                   model.Project
	activity                  model.Activity
	session                   model.Session
	position                  model.Position
	lead, advisor             access.Actor
	clerk, officer, secretary access.Actor // of the host, of the department, of the branch
	nonces                    int
}

func newBench(t *testing.T, change func(*model.Activity, *model.Session)) *bench {
	t.Helper()
	w := testkit.NewWorld(t)
	b := &bench{World: w}
	b.s = &attend.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault, CodeKey: make([]byte, 32), LedgerKey: []byte("not in the database")}
	b.signups = &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault}
	b.project = w.Project(w.Pair(w.Branch, w.Community), "清洁")
	b.lead, b.advisor = w.Student("队长", w.Branch), w.Staff("老师", access.Advisor, w.Branch)
	w.Team(b.project, model.TeamLead, b.lead)
	w.Team(b.project, model.TeamAdvisor, b.advisor)
	b.clerk = w.Staff("干事", access.HostStaff, w.Community)
	b.officer = w.Staff("系里", access.CommitteeOfficer, w.Department)
	b.secretary = w.Staff("支书", access.BranchSecretary, w.Branch)
	b.activity, b.session, b.position = w.Activity(b.project, 1000, change)
	return b
}

// joins signs a student up for a position.
func (b *bench) joins(a access.Actor, position int64) model.Signup {
	b.TB.Helper()
	row, err := b.signups.Create(b.TB.Context(), a, position, "", idem.Key{})
	if err != nil {
		b.TB.Fatalf("sign up: %v", err)
	}
	return row
}

// member adds a student who has a seat.
func (b *bench) member(name string) (access.Actor, model.Signup) {
	b.TB.Helper()
	a := b.Student(name, b.Branch)
	return a, b.joins(a, b.position.ID)
}

// code is the session's code of this instant.
func (b *bench) code(session int64, kind string) string {
	return attend.MakeCode(b.s.CodeKey, session, kind, attend.StepOf(b.Clock.Now())).Text
}

// scan redeems the present code under a nonce of its own.
func (b *bench) scan(a access.Actor, session int64, kind string) (model.CheckIn, error) {
	b.TB.Helper()
	b.nonces++
	return b.s.Redeem(b.TB.Context(), a, attend.Try{Code: b.code(session, kind), Nonce: fmt.Sprintf("nonce-%04d", b.nonces)})
}

// serve checks a student in and out of a session, at minutes counted from its start.
func (b *bench) serve(a access.Actor, session model.Session, in, out int) {
	b.TB.Helper()
	b.Clock.Set(session.StartsAt.Add(time.Duration(in) * minute))
	if _, err := b.scan(a, session.ID, model.KindIn); err != nil {
		b.TB.Fatalf("check in: %v", err)
	}
	b.Clock.Set(session.StartsAt.Add(time.Duration(out) * minute))
	if _, err := b.scan(a, session.ID, model.KindOut); err != nil {
		b.TB.Fatalf("check out: %v", err)
	}
}

// claims reads the claims of a student, oldest first.
func (b *bench) claims(a access.Actor) []model.HoursClaim {
	b.TB.Helper()
	var rows []model.HoursClaim
	if err := b.DB.Where("student_id = ?", a.StudentID).Order("id").Find(&rows).Error; err != nil {
		b.TB.Fatal(err)
	}
	return rows
}

// claim reads the one claim of a student.
func (b *bench) claim(a access.Actor) model.HoursClaim {
	b.TB.Helper()
	rows := b.claims(a)
	if len(rows) != 1 {
		b.TB.Fatalf("%d claims, want one", len(rows))
	}
	return rows[0]
}

// count counts the rows of a table.
func (b *bench) count(table string, where ...any) int64 {
	b.TB.Helper()
	var n int64
	q := b.DB.Table(table)
	if len(where) > 0 {
		q = q.Where(where[0], where[1:]...)
	}
	if err := q.Count(&n).Error; err != nil {
		b.TB.Fatal(err)
	}
	return n
}

// everything counts the rows of all tables that this package writes.
func (b *bench) everything() (sum int64) {
	b.TB.Helper()
	for _, table := range []string{"check_ins", "attendances", "hours_claims", "hours_entries", "audit_log", "idempotency_records"} {
		sum += b.count(table)
	}
	return sum
}

// is compares refusals; nil wants none.
func is(t *testing.T, got error, want *fault.Fault) {
	t.Helper()
	if want == nil && got != nil {
		t.Fatalf("refused: %v", got)
	}
	if want != nil && !errors.Is(got, want) {
		t.Fatalf("got %v, want %s", got, want.Code)
	}
}

// key is an idempotency key made of a name.
func key(name string) idem.Key {
	sum := sha256.Sum256([]byte(name))
	return idem.Key{Value: name, Hash: sum[:]}
}

func first(n int) page.Request { return page.Request{Limit: n} }

func ids(claims ...model.HoursClaim) attend.Choice {
	var c attend.Choice
	for _, row := range claims {
		c.IDs = append(c.IDs, row.ID)
	}
	return c
}

// exec runs one statement in a transaction.
func (b *bench) exec(sql string, args ...any) error {
	return b.DB.Transaction(func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error })
}
