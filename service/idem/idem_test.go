package idem_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
)

// effect is what an operation does and answers: it adds a lease, of which there is one for each name.
type effect struct {
	Name string
	N    int64
	Tags []string
}

var ann, bob = access.Actor{UserID: 1}, access.Actor{UserID: 2}

func key(value, request string) idem.Key {
	sum := sha256.Sum256([]byte(request))
	return idem.Key{Value: value, Hash: sum[:]}
}

// bench is a database and a counter that makes each effect different.
type bench struct {
	t     *testing.T
	db    *gorm.DB
	clock *testkit.Clock
	runs  atomic.Int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := testkit.NewClock()
	return &bench{t: t, db: testkit.DB(t, clock), clock: clock}
}

// do runs the operation; fail is returned after the effect was written.
func (b *bench) do(ctx context.Context, who access.Actor, operation string, k idem.Key, fail error) (effect, error) {
	return idem.Run(ctx, b.db, b.clock.Now(), who, operation, k, func(tx *gorm.DB) (effect, error) {
		n := b.runs.Add(1)
		e := effect{Name: fmt.Sprintf("effect-%d", n), N: n, Tags: []string{"a", "b"}}
		if err := tx.Create(&model.Lease{Name: e.Name, Until: b.clock.Now()}).Error; err != nil {
			return e, err
		}
		return e, fail
	})
}

func (b *bench) must(who access.Actor, operation string, k idem.Key) effect {
	b.t.Helper()
	e, err := b.do(b.t.Context(), who, operation, k, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) count(row any) int64 {
	b.t.Helper()
	var n int64
	if err := b.db.Model(row).Count(&n).Error; err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestARepeatGetsTheStoredAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.must(ann, "create", key("k", "body"))
	again := b.must(ann, "create", key("k", "body"))
	if again.N != first.N || again.Name != first.Name || len(again.Tags) != 2 || b.count(&model.Lease{}) != 1 {
		t.Fatal(first, again)
	}
}

func TestKeysBelongToCallerAndOperation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	seen := map[int64]bool{}
	for _, who := range []access.Actor{ann, bob, {ClientID: 1}, {ClientID: 2}} {
		for _, operation := range []string{"create", "other"} {
			for _, value := range []string{"k", "K", "k2"} {
				seen[b.must(who, operation, key(value, "body")).N] = true
			}
		}
	}
	if len(seen) != 24 {
		t.Fatal(len(seen))
	}
}

func TestAnotherRequestUnderTheKeyIsAMismatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(ann, "create", key("k", "body"))
	if _, err := b.do(t.Context(), ann, "create", key("k", "another body"), nil); !errors.Is(err, idem.ErrMismatch) {
		t.Fatal(err)
	}
	if b.count(&model.Lease{}) != 1 {
		t.Fatal("a mismatch had an effect")
	}
	b.must(ann, "create", key("k", "body")) // and the first one is still there
}

func TestARefusalIsNotStored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, refusal := range []error{fault.ErrState, errors.New("disk on fire")} {
		if _, err := b.do(t.Context(), ann, "create", key("k", "body"), refusal); !errors.Is(err, refusal) {
			t.Fatal(err)
		}
		if b.count(&model.Lease{}) != 0 || b.count(&model.IdempotencyRecord{}) != 0 {
			t.Fatal("a refusal left something behind")
		}
	}
	b.must(ann, "create", key("k", "even with another body"))
}

func TestWithoutAKeyEveryRequestActs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(ann, "create", idem.Key{})
	b.must(ann, "create", idem.Key{})
	if b.count(&model.Lease{}) != 2 || b.count(&model.IdempotencyRecord{}) != 0 {
		t.Fatal("no key, no record")
	}
	if _, err := b.do(t.Context(), ann, "create", idem.Key{}, fault.ErrState); !errors.Is(err, fault.ErrState) || b.count(&model.Lease{}) != 2 {
		t.Fatal("a refusal must undo its effect", err)
	}
}

func TestAHundredAtOnceHaveOneEffectAndOneAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const n = 100
	answers := make([]effect, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var err error
			for range 20 { // a client repeats when it is told that the first is still running, or to come back later
				if answers[i], err = b.do(t.Context(), ann, "create", key("k", "body"), nil); !errors.Is(err, idem.ErrInProgress) && !errors.Is(err, fault.ErrBusy) {
					break
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a.N != answers[0].N || a.Name != answers[0].Name {
			t.Fatal("two answers for one key", a, answers[0])
		}
	}
	if b.count(&model.Lease{}) != 1 || b.count(&model.IdempotencyRecord{}) != 1 {
		t.Fatal("effects", b.count(&model.Lease{}))
	}
}

func TestManyKeysAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const keys, repeats = 25, 4
	var wg sync.WaitGroup
	for i := range keys * repeats {
		wg.Go(func() {
			k := fmt.Sprintf("k%d", i%keys)
			if _, err := b.do(t.Context(), ann, "create", key(k, k), nil); err != nil && !errors.Is(err, idem.ErrInProgress) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := b.count(&model.Lease{}); got != keys {
		t.Fatal("effects", got)
	}
}

// TestTheEffectNeedsTheRecord is why the key is reserved in the transaction of the effect: with the record taken away
// in between, a repeat acts twice. It shows that the tests above can fail.
func TestTheEffectNeedsTheRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must(ann, "create", key("k", "body"))
	if err := b.db.Transaction(func(tx *gorm.DB) error { return tx.Where("1 = 1").Delete(&model.IdempotencyRecord{}).Error }); err != nil {
		t.Fatal(err)
	}
	b.must(ann, "create", key("k", "body"))
	if b.count(&model.Lease{}) != 2 {
		t.Fatal("the test does not test")
	}
}

func TestPurgeKeepsADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 5 {
		b.must(ann, "create", key(fmt.Sprint(i), "body"))
	}
	b.clock.Add(idem.Keep)
	b.must(ann, "create", key("young", "body"))
	if n, err := idem.Purge(t.Context(), b.db, b.clock.Now(), 100); err != nil || n != 0 {
		t.Fatal("purged at exactly a day", n, err)
	}
	b.clock.Add(time.Millisecond)
	for _, want := range []int64{2, 2, 1, 0} {
		if n, err := idem.Purge(t.Context(), b.db, b.clock.Now(), 2); err != nil || n != want {
			t.Fatal(n, want, err)
		}
	}
	if b.count(&model.IdempotencyRecord{}) != 1 {
		t.Fatal("the young one must stay")
	}
}

func TestALongAnswerSurvives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := strings.Repeat("好", 100_000)
	run := func() (string, error) {
		return idem.Run(t.Context(), b.db, b.clock.Now(), ann, "long", key("k", "body"), func(*gorm.DB) (string, error) { return long, nil })
	}
	for range 2 {
		if got, err := run(); err != nil || got != long {
			t.Fatal(len(got), err)
		}
	}
}
