package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/notify"
)

// TestAnHourWithoutWeChatWhileLifeGoesOn: messages go on being enqueued while WeChat is away; two workers go on trying. When it
// is back every message is taken, and none twice. People accepted for good, so that nothing but our care prevents a double.
func TestAnHourWithoutWeChatWhileLifeGoesOn(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"close_before", "status", "html"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			const people, rounds = 4, 20
			users := make([]int64, people)
			for p := range users {
				users[p] = k.person(fmt.Sprintf("p%d", p))
				k.accept(fmt.Sprintf("p%d", p), always)
			}
			one, two := k.worker(), k.worker()
			told := 0
			tell := func() error {
				told++
				e := notify.Event{Kind: notify.ActivityCancelled, UserIDs: users, Fact: []string{fmt.Sprint(told)}, Object: "activities", ObjectID: 7, Data: text(told)}
				return k.DB.Transaction(func(tx *gorm.DB) error { return k.Notices.Enqueue(tx, e) })
			}
			k.mustAll(tell)
			k.mustAll(nil, one, two) // as long as it answers
			k.admin(http.MethodPost, "fail", map[string]any{"mode": mode, "status": 503})
			for range rounds {
				k.Clock.Add(3 * time.Minute)
				k.mustAll(tell, one, two)
			}
			if k.sent() != people {
				t.Errorf("%d sent by a WeChat that is away", k.sent())
			}
			k.admin(http.MethodPost, "fail", map[string]any{"mode": "clear"})
			for range 2 * rounds {
				k.Clock.Add(10 * time.Second)
				k.push()
				k.mustAll(tell, one, two)
				k.Clock.Add(2 * time.Second)
				k.mustAll(nil, one, two)
			}
			for range rounds {
				k.Clock.Add(10 * time.Second)
				k.push()
				k.mustAll(nil, one, two)
			}
			k.wantOnce(people * told)
		})
	}
}

// mustAll enqueues and runs the workers, all at the same time.
func (k *kit) mustAll(tell func() error, workers ...*notify.Worker) {
	k.TB.Helper()
	var group errgroup.Group
	if tell != nil {
		group.Go(tell)
	}
	for _, w := range workers {
		group.Go(func() error {
			_, err := w.Once(k.TB.Context())
			return err
		})
	}
	if err := group.Wait(); err != nil {
		k.TB.Fatal(err)
	}
}

// TestThePaceIsKept: ten a second, whatever is due.
func TestThePaceIsKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.crowd(12, 1)
	w := k.worker()
	w.Rate = 20
	began := time.Now() //nolint:forbidigo // how long it really takes
	k.drain(w)
	if took := time.Since(began); took < 450*time.Millisecond { //nolint:forbidigo // how long it really takes
		t.Errorf("12 messages at 20 a second in %s", took)
	}
	k.wantOnce(12)
}

// TestAWorkerThatIsStoppedLeavesNothingInDoubt: the end comes while messages wait for their turn. Those under way are brought
// to their end, the others go back as they were, with their unit, and the next worker sends them.
func TestAWorkerThatIsStoppedLeavesNothingInDoubt(t *testing.T) {
	t.Parallel()
	for _, pace := range []float64{0, 10} {
		t.Run(fmt.Sprint(pace), func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.crowd(30, 1)
			ctx, stop := context.WithCancel(t.Context())
			w := k.worker()
			w.Rate, w.Parallel = pace, 2
			var first sync.Once
			w.KillAt(func(step string) error {
				if step == "answered" {
					first.Do(stop)
				}
				return nil
			})
			if err := w.Run(ctx); err != nil {
				t.Fatal(err)
			}
			sent := 0
			for _, n := range k.notices() {
				switch n.State {
				case model.NoticeSent:
					sent++
				case model.NoticePending:
					if n.Reserved || n.BusyUserID != nil || n.LeaseUntil != nil || k.ledger(n.UserID, once).Used != 0 {
						t.Errorf("%+v", n)
					}
				default:
					t.Errorf("%s is left %s", n.DedupeKey, n.State)
				}
			}
			if sent == 0 || sent > 10 || sent != k.sent() {
				t.Errorf("%d sent, WeChat took %d", sent, k.sent())
			}
			k.Clock.Add(2 * time.Second)
			k.drain(k.worker())
			k.wantOnce(30)
		})
	}
}
