package notify_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/internal/wxsim"
	"baodao/model"
	"baodao/service/notify"
)

var errKilled = errors.New("killed")

// text tells a message apart at the simulator.
func text(n int) map[string]notify.Words {
	return map[string]notify.Words{"activity": notify.Own(fmt.Sprintf("活动%d", n)), "time": notify.Own("09:00"), "id": notify.Own(fmt.Sprint(n))}
}

// crowd is some people, each with acceptances, and a message for each of those.
func (k *kit) crowd(people, each int) {
	k.TB.Helper()
	for p := range people {
		name := fmt.Sprintf("p%d", p)
		user := k.person(name)
		for m := range each {
			k.accept(name, once)
			k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{name, fmt.Sprint(m)}, Data: text(m)})
		}
	}
}

// wantOnce demands that the simulator took every message, and none twice.
func (k *kit) wantOnce(want int) {
	k.TB.Helper()
	got := k.delivered()
	for what, times := range got {
		if times != 1 {
			k.TB.Errorf("%s was taken %d times", what, times)
		}
	}
	if len(got) != want {
		k.TB.Errorf("%d messages taken, want %d", len(got), want)
	}
	for _, n := range k.notices() {
		if n.State != model.NoticeSent || n.BusyUserID != nil {
			k.TB.Errorf("notice %d is %s (%s)", n.ID, n.State, n.Why)
		}
	}
}

// TestTwoWorkersNeverSendOneMessageTwice fails when what was locked is not looked at again.
func TestTwoWorkersNeverSendOneMessageTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.crowd(60, 2)
	k.accept("p0", once) // a second sending would go through
	for p := range 60 {
		k.accept(fmt.Sprintf("p%d", p), once)
	}
	for range 3 {
		var meet sync.WaitGroup
		meet.Add(2)
		var group errgroup.Group
		for range 2 {
			w := k.worker()
			var first sync.Once
			w.KillAt(func(step string) error {
				if step == "due" { // both have read the same list
					first.Do(func() { meet.Done(); meet.Wait() })
				}
				return nil
			})
			group.Go(func() error {
				defer first.Do(meet.Done)
				for {
					if n, err := w.Once(t.Context()); n == 0 || err != nil {
						return err
					}
				}
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		k.push()
		k.Clock.Add(2 * time.Second)
	}
	k.wantOnce(120)
	if k.calls() != 120 {
		t.Errorf("%d calls", k.calls())
	}
}

// TestADeathAtAnyStepDoublesAndLosesNothing kills a worker at every step, for the first or a later message of its batch, and
// lets another one go on.
func TestADeathAtAnyStepDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"due", "leasing", "claimed", "sending", "answered", "sent", "settling"} {
		for _, after := range []int32{0, 4} {
			t.Run(fmt.Sprint(step, after), func(t *testing.T) {
				t.Parallel()
				k := newKit(t)
				k.crowd(6, 1)
				for p := range 6 {
					k.accept(fmt.Sprintf("p%d", p), once) // nothing but our own care prevents a double
				}
				dying := k.worker()
				var seen atomic.Int32
				var dead atomic.Bool
				dying.KillAt(func(at string) error {
					if dead.Load() || at == step && seen.Add(1) > after {
						dead.Store(true)
						return errKilled
					}
					return nil
				})
				_, err := dying.Once(t.Context())
				if once := step != "sending" && step != "answered"; !once || after == 0 {
					if !errors.Is(err, errKilled) && (after == 0 || !once) {
						t.Fatal(err)
					}
				}
				other := k.worker()
				for range 6 {
					k.Clock.Add(time.Minute)
					k.push()
					k.drain(other)
				}
				k.wantOnce(6)
			})
		}
	}
}

// TestAnUnknownOutcomeIsRepeatedOnceAndOnlyWithoutProof: the answer is lost, with and without execution, with and without
// the event.
func TestAnUnknownOutcomeIsRepeatedOnceAndOnlyWithoutProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode        string
		event       bool
		accepts     int
		taken, call int
	}{
		"executed, the event proves it":                {"close_after", true, 2, 1, 1},
		"executed, no event, WeChat refuses to do two": {"close_after", false, 1, 1, 2},
		"not executed, repeated":                       {"close_before", true, 1, 1, 1}, // the simulator does not count what it did not read
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			user := k.person("li")
			for range c.accepts {
				k.accept("li", once)
			}
			k.tell(notify.SignupConfirmed, user)
			k.fail(c.mode, map[string]any{"count": 1})
			w := k.worker()
			k.drain(w)
			k.Clock.Add(119 * time.Second)
			if c.event {
				k.push()
			}
			k.drain(w)
			before := k.states()
			k.Clock.Add(2 * time.Second)
			k.drain(w)
			if got := k.states(); got != model.NoticeSent || k.sent() != c.taken || k.calls() != c.call || (before == model.NoticeSent) != (c.accepts == 2) {
				t.Errorf("%s, %d taken in %d calls, %s before the wait was over", got, k.sent(), k.calls(), before)
			}
		})
	}
}

func TestASecondUnknownOutcomeIsTheEnd(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, user)
	k.fail("close_before", nil)
	w := k.worker()
	for range 5 {
		k.drain(w)
		k.Clock.Add(5 * time.Minute)
	}
	if k.states() != "UNCONFIRMED" || k.calls() > 2 {
		t.Errorf("%s after %d calls", k.states(), k.calls())
	}
}

// TestAnHourWithoutWeChatLosesNothing: no answer to anything for an hour, then all goes out once.
func TestAnHourWithoutWeChatLosesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []map[string]any{{"mode": "close_before"}, {"mode": "status", "status": 502}, {"mode": "errcode", "errcode": -1}} {
		t.Run(fmt.Sprint(mode["mode"]), func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.crowd(40, 2)
			for p := range 40 {
				k.accept(fmt.Sprintf("p%d", p), once)
			}
			w := k.worker()
			k.admin(http.MethodPost, "fail", mode) // every path
			for range 60 {
				k.drain(w)
				k.Clock.Add(time.Minute)
			}
			down := k.calls()
			k.admin(http.MethodPost, "fail", map[string]any{"mode": "clear"})
			for range 60 {
				k.drain(w)
				k.push()
				k.Clock.Add(time.Minute)
			}
			k.wantOnce(80)
			if mode["mode"] != "errcode" && down > 80 {
				t.Errorf("%d calls while WeChat was down", down)
			}
		})
	}
}

// TestSendingsNeverExceedAcceptances plays chance: people accept, messages come, WeChat fails in every way, workers die.
func TestSendingsNeverExceedAcceptances(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			rng := rand.New(rand.NewPCG(seed, 1))
			users, accepts := make([]int64, 5), 0
			for i := range users {
				users[i] = k.person(fmt.Sprintf("p%d", i))
			}
			failures := []map[string]any{{"mode": "errcode", "errcode": -1}, {"mode": "close_after"}, {"mode": "close_before"}, {"mode": "truncated"}, {"mode": "errcode", "errcode": 43108}}
			for step := range 60 {
				who := rng.IntN(len(users))
				switch rng.IntN(5) {
				case 0, 1:
					k.accept(fmt.Sprintf("p%d", who), once)
					accepts++
				case 2, 3:
					k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: users[:who+1], Fact: []string{fmt.Sprint(step)}, Data: text(step)})
				default:
					f := failures[rng.IntN(len(failures))]
					f["path"], f["count"] = pathSend, 1
					k.admin(http.MethodPost, "fail", f)
				}
				w := k.worker()
				if rng.IntN(6) == 0 {
					w.KillAt(func(at string) error {
						if at == "answered" {
							return errKilled
						}
						return nil
					})
				}
				if _, err := w.Once(t.Context()); err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				k.push()
				k.Clock.Add(time.Duration(rng.IntN(90)) * time.Second)
			}
			k.admin(http.MethodPost, "fail", map[string]any{"mode": "clear"})
			for range 40 {
				k.drain(k.worker())
				k.push()
				k.Clock.Add(time.Minute)
			}
			for what, times := range k.delivered() {
				if times > 1 {
					t.Errorf("%s was taken %d times", what, times)
				}
			}
			if k.sent() > accepts {
				t.Errorf("%d sent, %d accepted", k.sent(), accepts)
			}
			for _, u := range users {
				if l := k.ledger(u, once); l.Used < 0 || l.Used > l.Granted {
					t.Errorf("ledger %+v", l)
				}
			}
		})
	}
}

func TestAPausedLaneOpensByItself(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(*wxsim.App) {})
	k.crowd(3, 1)
	k.fail("errcode", map[string]any{"errcode": 45009, "count": 1})
	w := k.worker()
	w.Parallel = 1
	k.drain(w)
	if k.calls() != 1 {
		t.Errorf("%d calls into a closed lane", k.calls())
	}
	k.Clock.Add(15 * time.Hour)
	k.drain(w)
	k.wantOnce(3)
}
