package notify_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"baodao/internal/testkit"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/notify"
)

// hint is what the mini-program says that its person answered.
func (k *kit) hint(user int64, template, answer string) {
	k.TB.Helper()
	if err := k.Notices.Hint(k.TB.Context(), access.Actor{UserID: user}, map[string]string{template: answer}); err != nil {
		k.TB.Fatal(err)
	}
}

// silent is the person saying yes without an event, or with one that nobody delivers.
func (k *kit) silent(name, template string) {
	k.TB.Helper()
	k.admin(http.MethodPost, "subscribe", map[string]any{"name": name, "template": template, "result": "accept", "silent": true})
}

// flush sends everything that can be sent, though a person gets one message at a time.
func (k *kit) flush(w *notify.Worker) {
	k.TB.Helper()
	for range 3 {
		k.Clock.Add(10 * time.Second)
		k.drain(w)
	}
}

func (k *kit) balance(user int64) int64 {
	k.TB.Helper()
	l := k.ledger(user, once)
	return l.Granted - l.Used
}

func TestAHintLiftsTheBalanceFromNothingToOneUntilTheEventComes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li := k.person("li")
	for range 3 {
		k.hint(li, once, notify.AnswerAccept)
		if have := k.balance(li); have != 1 {
			t.Fatalf("balance %d", have)
		}
	}
	k.accept("li", once) // the event of the same answer
	if have := k.balance(li); have != 1 {
		t.Fatalf("counted twice: %d", have)
	}
	k.accept("li", once)
	if have := k.balance(li); have != 2 {
		t.Fatalf("a second answer: %d", have)
	}
	k.hint(li, once, notify.AnswerAccept)
	if have := k.balance(li); have != 2 {
		t.Fatalf("a hint lifts from nothing only: %d", have)
	}
}

func TestAHintSendsOneMessageAndNoSecond(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, w := k.person("li"), k.worker()
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, li)
	k.tell(notify.SignupConfirmed, li)
	k.flush(w)
	if have := k.states(); have != "SENT PARKED" {
		t.Fatal(have)
	}
	k.Clock.Add(3 * time.Minute)
	k.silent("li", once)
	k.hint(li, once, notify.AnswerAccept) // the event is lost
	k.flush(w)
	if have := k.states(); have != "SENT SENT" {
		t.Fatal(have)
	}
	k.hint(li, once, notify.AnswerAccept)
	k.tell(notify.SignupConfirmed, li)
	k.flush(w)
	if have := k.states(); have != "SENT SENT PARKED" || k.balance(li) != 0 {
		t.Fatal(have, k.balance(li))
	}
	k.Clock.Add(25 * time.Hour)
	k.silent("li", once)
	k.hint(li, once, notify.AnswerAccept)
	k.flush(w)
	if have := k.states(); have != "SENT SENT SENT" {
		t.Fatal(have)
	}
}

func TestAHintAfterItsEventCountsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, w := k.person("li"), k.worker()
	k.tell(notify.SignupConfirmed, li)
	k.accept("li", once)
	k.flush(w)
	k.hint(li, once, notify.AnswerAccept) // the event was faster, and its unit is used
	k.flush(w)
	if have := k.balance(li); have != 0 || k.states() != "SENT" {
		t.Fatal(have, k.states())
	}
}

func TestAFalseHintCostsNoLaterAcceptance(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li, w := k.person("li"), k.worker()
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, li)
	k.flush(w)
	k.Clock.Add(time.Hour)
	k.hint(li, once, notify.AnswerAccept) // a lie
	k.tell(notify.SignupConfirmed, li)
	k.flush(w) // 43101
	if have := k.states(); have != "SENT PARKED" || k.balance(li) != 0 {
		t.Fatal(have, k.balance(li))
	}
	k.accept("li", once)
	k.flush(w)
	if have := k.states(); have != "SENT SENT" {
		t.Fatalf("the true acceptance was taken for the lie: %s", have)
	}
}

func TestARefusalThatIsHintedMutes(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{notify.AnswerReject, notify.AnswerBan} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			li, w := k.person("li"), k.worker()
			k.accept("li", once)
			k.hint(li, once, notify.AnswerFilter)
			if k.ledger(li, once).Muted {
				t.Fatal("filter says nothing")
			}
			k.hint(li, once, answer)
			k.tell(notify.SignupConfirmed, li)
			k.flush(w)
			if have := k.states(); have != "PARKED" || !k.ledger(li, once).Muted {
				t.Fatal(have)
			}
			k.hint(li, once, notify.AnswerAccept)
			k.flush(w)
			if have := k.states(); have != "SENT" {
				t.Fatal(have)
			}
		})
	}
}

func TestHintsAboutUnknownTemplatesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li := k.person("li")
	err := k.Notices.Hint(t.Context(), access.Actor{UserID: li}, map[string]string{once: notify.AnswerAccept, "other": notify.AnswerAccept})
	if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Code != "notification.template_unknown" || k.ledger(li, once).UserID != 0 {
		t.Fatal(err)
	}
	if err := k.Notices.Hint(t.Context(), access.Actor{}, map[string]string{once: notify.AnswerAccept}); err == nil {
		t.Fatal("nobody has a ledger")
	}
}

// TestSendsNeverExceedAcceptances tells lies, loses events, repeats and mixes everything: the simulator never takes more
// messages than there were acceptances.
func TestSendsNeverExceedAcceptances(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		k := newKit(t)
		random := rand.New(rand.NewPCG(seed, 7))
		li, w, accepted := k.person("li"), k.worker(), 0
		for range 40 {
			switch random.IntN(6) {
			case 0:
				k.accept("li", once)
				accepted++
			case 1:
				k.silent("li", once)
				accepted++
			case 2:
				k.hint(li, once, []string{notify.AnswerAccept, notify.AnswerReject, notify.AnswerFilter, notify.AnswerBan}[random.IntN(4)])
			case 3, 4:
				k.tell(notify.SignupConfirmed, li)
			case 5:
				k.Clock.Add(time.Duration(random.IntN(600)) * time.Minute)
			}
			k.flush(w)
			l := k.ledger(li, once)
			if l.Used > l.Granted {
				t.Fatalf("seed %d: %+v", seed, l)
			}
		}
		sent, ok := k.admin(http.MethodGet, "sends", nil)["sent"].(float64)
		if !ok || int(sent) > accepted {
			t.Fatalf("seed %d: %v sent, %d accepted", seed, sent, accepted)
		}
		if testkit.OnMySQL() && seed > 1 {
			return // slower there, and nothing else
		}
	}
}
