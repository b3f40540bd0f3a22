package notify_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"baodao/model"
	"baodao/service/notify"
)

// sender is a WeChat that answers what the test says.
type sender func(m notify.Message) (string, error)

func (s sender) Send(_ context.Context, m notify.Message) (string, error) { return s(m) }
func (s sender) Ready(context.Context) bool                               { return true }

func (k *kit) workerOf(s sender) *notify.Worker {
	w := k.worker()
	w.Sender = s
	return w
}

// gate is a sending that waits until the test answers it.
type gate struct {
	began  chan struct{}
	answer chan error
	ended  chan error
}

// send lets a worker of its own take one batch, and returns when its first message is on the way.
func (k *kit) send() gate {
	g := gate{began: make(chan struct{}), answer: make(chan error), ended: make(chan error, 1)}
	w := k.workerOf(func(notify.Message) (string, error) {
		close(g.began)
		return "", <-g.answer
	})
	go func() {
		_, err := w.Once(k.TB.Context())
		g.ended <- err
	}()
	select {
	case <-g.began:
	case err := <-g.ended:
		k.TB.Fatalf("nothing was sent: %v: %s", err, k.states())
	}
	return g
}

// end answers the message and waits until the worker has noted it.
func (g gate) end(t *testing.T, answer error) {
	t.Helper()
	g.answer <- answer
	if err := <-g.ended; err != nil {
		t.Fatal(err)
	}
}

// TestALateAnswerDoesNotSettleAnothersLease: a worker that was taken for dead must not note its outcome over the lease of
// the one that repeats the message just now.
func TestALateAnswerDoesNotSettleAnothersLease(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("xiaoli")
	k.accept("xiaoli", once)
	k.tell(notify.SignupConfirmed, user)
	late := k.send()
	k.Clock.Add(61 * time.Second)
	k.drain(k.worker()) // takes the message from the dead
	if k.states() != model.NoticeUnconfirmed {
		t.Fatal(k.states())
	}
	k.Clock.Add(3 * time.Minute)
	next := k.send()
	owner := k.notices()[0].LeaseOwner
	late.end(t, &notify.SendError{Kind: notify.Refused, Code: 43101})
	if n := k.notices()[0]; n.State != model.NoticeSending || n.LeaseOwner != owner || n.BusyUserID == nil {
		t.Errorf("the late answer made it %s (%s)", n.State, n.Why)
	}
	next.end(t, nil)
	if k.states() != model.NoticeSent {
		t.Error(k.states())
	}
}

// TestNothingNewForAPersonInDoubt: while one message of a person is of unknown outcome no new one goes to them, because an
// event could prove either; others are not held up.
func TestNothingNewForAPersonInDoubt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	doubted, other := k.person("xiaoli"), k.person("xiaowang")
	for range 2 {
		k.accept("xiaoli", once)
		k.accept("xiaowang", once)
	}
	var taken []string
	answer := error(&notify.SendError{Kind: notify.Unknown})
	w := k.workerOf(func(m notify.Message) (string, error) {
		taken = append(taken, m.Fields["thing1"])
		return "", answer
	})
	say := func(user int64, text string) {
		k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{text}, Data: map[string]notify.Words{"activity": notify.Own(text), "time": notify.Own("09:00"), "id": notify.Own("7")}})
	}
	say(doubted, "first")
	k.drain(w)
	answer = nil
	say(doubted, "second")
	say(other, "other's")
	k.Clock.Add(10 * time.Second)
	k.drain(w)
	if want := []string{"first", "other's"}; !slices.Equal(taken, want) {
		t.Fatalf("sent %v, want %v: %s", taken, want, k.states())
	}
	k.Clock.Add(2 * time.Minute)
	k.drain(w) // the one repetition settles the doubt
	k.Clock.Add(2 * time.Second)
	k.drain(w)
	if want := []string{"first", "other's", "first", "second"}; !slices.Equal(taken, want) || k.states() != "SENT SENT SENT" {
		t.Errorf("sent %v, want %v: %s", taken, want, k.states())
	}
}

// TestTheRepetitionIsTheOnlyOne counts the attempts themselves: a message of unknown outcome is tried twice and no third time,
// even when the worker dies over the second.
func TestTheRepetitionIsTheOnlyOne(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		k := newKit(t)
		user := k.person("xiaoli")
		k.accept("xiaoli", once)
		k.tell(notify.SignupConfirmed, user)
		tries := 0
		w := k.workerOf(func(notify.Message) (string, error) {
			tries++
			return "", &notify.SendError{Kind: notify.Unknown}
		})
		w.KillAt(func(step string) error {
			if dies && tries == 2 && step == "sent" {
				return errKilled
			}
			return nil
		})
		for range 6 {
			if _, err := w.Once(t.Context()); err != nil && !dies {
				t.Fatal(err)
			}
			k.Clock.Add(5 * time.Minute)
		}
		if tries != 2 || k.states() != model.NoticeUnconfirmed {
			t.Errorf("dies %v: %d attempts, then %s", dies, tries, k.states())
		}
	}
}

// TestTheRepetitionThatSomebodyDoesNotWantIsNoneLater: who switched the template off in between keeps the doubt for good.
func TestTheRepetitionThatSomebodyDoesNotWantIsNoneLater(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.accept("xiaoli", once)
	k.tell(notify.SignupConfirmed, k.person("xiaoli"))
	tries := 0
	w := k.workerOf(func(notify.Message) (string, error) {
		tries++
		return "", &notify.SendError{Kind: notify.Unknown}
	})
	k.drain(w)
	k.admin(http.MethodPost, "mute", map[string]any{"name": "xiaoli"})
	k.push()
	for range 2 {
		k.Clock.Add(5 * time.Minute)
		k.drain(w)
		k.accept("xiaoli", once)
		k.push()
	}
	if n := k.notices()[0]; tries != 1 || n.State != model.NoticeUnconfirmed || n.Why != "muted" {
		t.Errorf("%d attempts, then %s (%s)", tries, n.State, n.Why)
	}
}
