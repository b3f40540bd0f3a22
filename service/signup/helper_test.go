package signup_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/signup"
)

// bench is a world with one published activity.
type bench struct {
	*testkit.World
	s        *signup.Service
	project  model.Project
	activity model.Activity
	session  model.Session
	position model.Position
}

func newBench(t *testing.T, seats int64, change func(*model.Activity, *model.Session)) *bench {
	t.Helper()
	w := testkit.NewWorld(t)
	b := &bench{World: w, s: &signup.Service{DB: w.DB, Now: w.Clock.Now, NewID: w.NewID, Audit: w.Audit, Vault: w.Vault}}
	b.project = w.Project(w.Pair(w.Branch, w.Community), "清洁")
	b.activity, b.session, b.position = w.Activity(b.project, seats, change)
	return b
}

// students adds n students of the world's branch.
func (b *bench) students(n int) []access.Actor {
	b.TB.Helper()
	all := make([]access.Actor, n)
	for i := range all {
		all[i] = b.Student(fmt.Sprintf("学生%d", i), b.Branch)
	}
	return all
}

// key is an idempotency key made of a name.
func key(name string) idem.Key {
	sum := sha256.Sum256([]byte(name))
	return idem.Key{Value: name, Hash: sum[:]}
}

// must signs a student up.
func (b *bench) must(a access.Actor, position int64) model.Signup {
	b.TB.Helper()
	row, err := b.s.Create(b.TB.Context(), a, position, "", idem.Key{})
	if err != nil {
		b.TB.Fatalf("sign up: %v", err)
	}
	return row
}

// live counts the live signups of a position.
func (b *bench) live(position int64) int64 {
	b.TB.Helper()
	var n int64
	if err := b.DB.Model(&model.Signup{}).Where("position_id = ? AND live_activity_id IS NOT NULL", position).Count(&n).Error; err != nil {
		b.TB.Fatal(err)
	}
	return n
}

// taken reads the counter of a position.
func (b *bench) taken(position int64) int64 {
	b.TB.Helper()
	var p model.Position
	if err := b.DB.Where("id = ?", position).First(&p).Error; err != nil {
		b.TB.Fatal(err)
	}
	return p.Taken
}

// rows counts all rows that a sign-up writes.
func (b *bench) rows() int64 {
	b.TB.Helper()
	var sum int64
	for _, table := range []string{"signups", "audit_log", "idempotency_records"} {
		var n int64
		if err := b.DB.Table(table).Count(&n).Error; err != nil {
			b.TB.Fatal(err)
		}
		sum += n
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

func first(n int) page.Request { return page.Request{Limit: n} }

const hour = time.Hour
