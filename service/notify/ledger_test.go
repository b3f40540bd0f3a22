package notify_test

import (
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/notify"
)

// rest drains again and again, as far apart as one person's messages must be.
func (k *kit) rest(times int) {
	k.TB.Helper()
	for range times {
		k.drain(k.worker())
		k.Clock.Add(2 * time.Second)
	}
}

func TestThreeAcceptancesAreThreeMessages(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	for range 3 {
		k.accept("li", once)
	}
	for range 4 {
		k.tell(notify.SignupConfirmed, user)
	}
	k.rest(5)
	if l := k.ledger(user, once); k.states() != "SENT SENT SENT PARKED" || k.calls() != 3 || l.Granted != 3 || l.Used != 3 {
		t.Errorf("%s in %d calls, ledger %+v", k.states(), k.calls(), l)
	}
}

// TestAnAcceptanceThatNobodyToldUsOf: "always keep" may suppress the event. One attempt a day finds out.
func TestAnAcceptanceThatNobodyToldUsOf(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	for range 3 {
		k.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": once, "result": "accept", "silent": true})
	}
	k.tell(notify.SignupConfirmed, user)
	k.tell(notify.SignupConfirmed, user)
	k.rest(3)
	if k.states() != "SENT PARKED" || k.calls() != 1 {
		t.Errorf("%s in %d calls", k.states(), k.calls())
	}
	if l := k.ledger(user, once); l.Granted != 0 || l.Used != 0 {
		t.Errorf("ledger %+v", l)
	}
}

func TestANoIsANo(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	k.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": once, "result": "reject"})
	k.push()
	k.tell(notify.SignupConfirmed, user)
	k.rest(2)
	if k.states() != model.NoticeParked || k.calls() != 0 {
		t.Fatalf("%s in %d calls", k.states(), k.calls())
	}
	k.Clock.Add(time.Second)
	k.accept("li", once)
	k.rest(2)
	if k.states() != model.NoticeSent || k.calls() != 1 {
		t.Errorf("%s in %d calls after the next yes", k.states(), k.calls())
	}
}

// TestEventsInReverse: WeChat repeats what it thinks is lost, so that order means nothing.
func TestEventsInReverse(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	for range 3 {
		k.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": once, "result": "accept"})
		k.Clock.Add(time.Second)
	}
	k.admin(http.MethodPost, "push", map[string]any{"reverse": true})
	if l := k.ledger(user, once); l.Granted != 3 {
		t.Errorf("%d granted of 3", l.Granted)
	}
}

// TestWeChatKnowsBetterThanTheLedger: 43101 although a unit seemed to be left.
func TestWeChatKnowsBetterThanTheLedger(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.write(func(tx *gorm.DB) error {
		return tx.Create(&model.SubscribeLedger{UserID: user, Template: once, Granted: 5, Used: 1, UpdatedAt: k.Clock.Now()}).Error
	})
	for range 3 {
		k.tell(notify.SignupConfirmed, user)
	}
	k.rest(4)
	if l := k.ledger(user, once); k.states() != "PARKED PARKED PARKED" || k.calls() != 1 || l.Used != l.Granted {
		t.Errorf("%s in %d calls, ledger %+v", k.states(), k.calls(), l)
	}
}

// TestAClockThatJumpsDoublesNothing: the clock leaps over the lease before a sending, or between sending and settling while
// another worker looks.
func TestAClockThatJumpsDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"claimed", "sent"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.crowd(5, 1)
			for p := range 5 {
				k.accept([]string{"p0", "p1", "p2", "p3", "p4"}[p], once)
			}
			w, jumped := k.worker(), false
			w.KillAt(func(at string) error {
				if at == step && !jumped {
					jumped = true
					k.Clock.Add(2 * time.Hour)
					k.drain(k.worker())
				}
				return nil
			})
			k.drain(w)
			k.Clock.Add(3 * time.Minute)
			k.push()
			k.rest(3)
			k.wantOnce(5)
			if k.calls() != 5 {
				t.Errorf("%d calls", k.calls())
			}
		})
	}
}
