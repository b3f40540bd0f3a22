package attend_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
)

// statements counts what the database is asked.
func (b *bench) statements() *atomic.Int64 {
	b.TB.Helper()
	var n atomic.Int64
	count := func(*gorm.DB) { n.Add(1) }
	c := b.DB.Callback()
	if err := errors.Join(
		c.Query().Register("test:count", count), c.Row().Register("test:count", count), c.Raw().Register("test:count", count),
		c.Create().Register("test:count", count), c.Update().Register("test:count", count), c.Delete().Register("test:count", count),
	); err != nil {
		b.TB.Fatal(err)
	}
	return &n
}

// What a batch asks the database does not grow with the tries in it.
func TestABatchOfTriesAsksAsOneDoes(t *testing.T) {
	t.Parallel()
	asked := map[string]int64{}
	for _, size := range []int{1, 60} {
		b := newBench(t, nil)
		members := make([]access.Actor, size)
		for i := range members {
			members[i], _ = b.member(fmt.Sprint("学生", i))
		}
		n := b.statements()
		for _, kind := range []string{model.KindIn, model.KindOut} {
			b.Clock.Set(b.session.StartsAt)
			if kind == model.KindOut {
				b.Clock.Set(b.session.EndsAt)
			}
			tries := make([]attend.Try, size)
			for i := range tries {
				tries[i] = attend.Try{Code: b.code(b.session.ID, kind), Nonce: kind + fmt.Sprint(i)}
			}
			before := n.Load()
			if err := b.s.RedeemTogether(context.WithoutCancel(t.Context()), members, tries); err != nil {
				t.Fatal(err)
			}
			asked[fmt.Sprint(kind, " ", size)] = n.Load() - before
		}
		if got := b.count("hours_claims", "minutes = 120"); got != int64(size) {
			t.Errorf("%d claims of %d", got, size)
		}
	}
	for _, kind := range []string{model.KindIn, model.KindOut} {
		if one, many := asked[kind+" 1"], asked[kind+" 60"]; one == 0 || many > one {
			t.Errorf("%s: %d statements for one, %d for sixty", kind, one, many)
		}
	}
}

// Somebody who comes and goes, and repeats both, within one batch gets what they would get one after the other.
func TestOneStudentManyTimesInABatch(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	me, _ := b.member("我")
	b.Clock.Set(b.session.StartsAt.Add(119 * minute))
	in, out := b.code(b.session.ID, model.KindIn), b.code(b.session.ID, model.KindOut)
	tries := []attend.Try{{Code: in, Nonce: "a"}, {Code: in, Nonce: "a"}, {Code: out, Nonce: "b"}, {Code: out, Nonce: "b"}}
	if err := b.s.RedeemTogether(t.Context(), []access.Actor{me, me, me, me}, tries); err != nil {
		t.Fatal(err)
	}
	if b.count("check_ins") != 2 || b.count("attendances", "out_at IS NOT NULL") != 1 || len(b.claims(me)) != 1 {
		t.Errorf("%d rows, claims %+v", b.count("check_ins"), b.claims(me))
	}
	err := b.s.RedeemTogether(t.Context(), []access.Actor{me, me}, []attend.Try{{Code: in, Nonce: "c"}, {Code: out, Nonce: "d"}})
	if !errors.Is(err, attend.ErrAlreadyIn) || !errors.Is(err, attend.ErrAlreadyOut) {
		t.Error(err)
	}
}
