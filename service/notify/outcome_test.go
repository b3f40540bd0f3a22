package notify_test

import (
	"net/http"
	"testing"
	"time"

	"baodao/internal/wxsim"
	"baodao/model"
	"baodao/service/notify"
	"baodao/service/vault"
)

// TestEachAnswerHasItsConsequence: one acceptance, one message, one answer of WeChat.
func TestEachAnswerHasItsConsequence(t *testing.T) {
	t.Parallel()
	code := func(n int) map[string]any { return map[string]any{"errcode": n} }
	for name, c := range map[string]struct {
		mode     string
		more     map[string]any
		state    string
		used     int64
		attempts int
		from, to time.Duration // next_at
		lane     string
	}{
		"taken":                   {state: model.NoticeSent, used: 1},
		"busy":                    {mode: "errcode", more: code(-1), state: model.NoticePending, attempts: 1, from: 4 * time.Second, to: 6 * time.Second},
		"two at once":             {mode: "errcode", more: code(43108), state: model.NoticePending, attempts: 1, from: 2 * time.Second, to: 5 * time.Second},
		"token refused for good":  {mode: "errcode", more: code(40001), state: model.NoticePending, from: time.Second, to: 2 * time.Minute, lane: "app"},
		"quota of the minute":     {mode: "errcode", more: code(45011), state: model.NoticePending, from: time.Second, to: 66 * time.Second, lane: "app"},
		"quota of the day":        {mode: "errcode", more: code(45009), state: model.NoticePending, from: 14 * time.Hour, to: 15 * time.Hour, lane: "app"},
		"no subscription":         {mode: "errcode", more: code(43101), state: model.NoticeParked, used: 1},
		"person unknown":          {mode: "errcode", more: code(40003), state: model.NoticeDropped},
		"word refused":            {mode: "errcode", more: code(45168), state: model.NoticeDropped},
		"template gone":           {mode: "errcode", more: code(40037), state: model.NoticeDropped},
		"field wrong":             {mode: "errcode", more: code(47003), state: model.NoticeDropped},
		"not granted":             {mode: "errcode", more: code(48001), state: model.NoticePending, from: 9 * time.Minute, to: 11 * time.Minute, lane: "app"},
		"template banned":         {mode: "errcode", more: code(43107), state: model.NoticePending, from: 9 * time.Minute, to: 11 * time.Minute, lane: "template:" + once},
		"code that nobody knows":  {mode: "errcode", more: code(99999), state: model.NoticePending, attempts: 1, from: 4 * time.Second, to: 6 * time.Second},
		"connection cut after":    {mode: "close_after", state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
		"connection cut before":   {mode: "close_before", state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
		"bad gateway":             {mode: "status", more: map[string]any{"status": 502}, state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
		"a web page":              {mode: "html", state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
		"an object with nothing":  {mode: "empty_object", state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
		"an answer cut in halves": {mode: "truncated", state: model.NoticeUnconfirmed, used: 1, from: 2 * time.Minute, to: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			user := k.person("li")
			k.accept("li", once)
			k.tell(notify.SignupConfirmed, user)
			if c.mode != "" {
				k.fail(c.mode, c.more)
			}
			now := k.Clock.Now()
			k.drain(k.worker())
			n := k.notices()[0]
			if n.State != c.state || n.Attempts != c.attempts || n.BusyUserID != nil {
				t.Errorf("state %s, %d attempts, why %s", n.State, n.Attempts, n.Why)
			}
			if wait := n.NextAt.Sub(now); c.to > 0 && (wait < c.from || wait > c.to) {
				t.Errorf("next after %s, want %s to %s", wait, c.from, c.to)
			}
			if l := k.ledger(user, once); l.Granted != 1 || l.Used != c.used {
				t.Errorf("ledger %d of %d used, want %d", l.Used, l.Granted, c.used)
			}
			var lanes []model.NoticeLane
			if err := k.DB.Find(&lanes).Error; err != nil {
				t.Fatal(err)
			}
			if c.lane == "" && len(lanes) > 0 || c.lane != "" && (len(lanes) != 1 || lanes[0].Name != c.lane) {
				t.Errorf("lanes %v", lanes)
			}
		})
	}
}

func TestARefusedPersonOrTemplateIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]int{"stale": 40003, "template": 40037} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			user := k.person("li")
			k.accept("li", once)
			k.accept("li", once)
			k.tell(notify.SignupConfirmed, user)
			k.tell(notify.SignupConfirmed, user)
			k.fail("errcode", map[string]any{"errcode": code, "count": 1})
			k.drain(k.worker())
			k.Clock.Add(2 * time.Second)
			k.drain(k.worker())
			if got := k.states(); got != "DROPPED DROPPED" || k.calls() != 1 || k.notices()[1].Why != name {
				t.Errorf("%s, %d calls", got, k.calls())
			}
			k.tell(notify.SignupConfirmed, user)
			if entries := len(k.inbox(user)); entries != 3 {
				t.Errorf("%d entries in the inbox", entries)
			}
		})
	}
}

func TestABusyWeChatIsGivenUpAfterEightAttempts(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	k.tell(notify.SignupConfirmed, user)
	k.fail("errcode", map[string]any{"errcode": -1})
	for range 12 {
		k.drain(k.worker())
		k.Clock.Add(40 * time.Minute)
	}
	if n := k.notices()[0]; n.State != model.NoticeDropped || n.Attempts != 8 || k.calls() != 8 || k.ledger(user, once).Used != 0 {
		t.Errorf("%s after %d attempts, %d calls", n.State, n.Attempts, k.calls())
	}
}

// TestFiftyMessagesToOnePersonGoOneByOne: WeChat refuses two at once, and none is lost for it.
func TestFiftyMessagesToOnePersonGoOneByOne(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(a *wxsim.App) { a.Serial = true })
	user := k.person("li")
	k.accept("li", always)
	for range 50 {
		k.tell(notify.ActivityCancelled, user)
	}
	a, b := k.worker(), k.worker()
	for range 60 {
		k.drain(a)
		k.drain(b)
		k.Clock.Add(1300 * time.Millisecond)
	}
	if k.sent() != 50 || k.calls() != 50 {
		t.Errorf("%d sent in %d calls", k.sent(), k.calls())
	}
}

func TestWhatCameTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.accept("li", once)
	at := k.Clock.Now().Add(time.Hour)
	k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{"later"}, NotBefore: at, ExpiresAt: at.Add(time.Hour)})
	k.drain(k.worker())
	if k.states() != "PENDING" || len(k.inbox(user)) != 0 {
		t.Error("told before its time")
	}
	k.Clock.Add(2 * time.Hour)
	k.drain(k.worker())
	if k.states() != "EXPIRED" || k.calls() != 0 || len(k.inbox(user)) != 1 || k.ledger(user, once).Used != 0 {
		t.Errorf("%s, %d calls", k.states(), k.calls())
	}
}

func TestWithoutAcceptanceTheMessageWaitsForTheNextOne(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.tell(notify.SignupConfirmed, user)
	k.drain(k.worker())
	k.tell(notify.SignupConfirmed, user)
	k.Clock.Add(2 * time.Second)
	k.drain(k.worker())
	if k.states() != "PARKED PARKED" || k.calls() != 1 {
		t.Fatalf("%s: one attempt a day while the ledger is unsure, not %d", k.states(), k.calls())
	}
	k.accept("li", once)
	k.drain(k.worker())
	k.Clock.Add(2 * time.Second)
	k.drain(k.worker())
	if k.states() != "SENT PARKED" || k.calls() != 2 {
		t.Errorf("%s, %d calls", k.states(), k.calls())
	}
}

func TestRepeatedEventsCountOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.person("li")
	k.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": once, "result": "accept"})
	e := notify.SubscribeEvent{Kind: notify.EventAnswer, Key: "the same", Person: k.Vault.Index(vault.OpenID, k.OpenIDs[user]), Template: once, Accepted: true}
	foreign := notify.SubscribeEvent{Kind: notify.EventAnswer, Key: "other", Person: k.Vault.Index(vault.OpenID, "nobody"), Template: once, Accepted: true}
	if err := k.Notices.Subscribed(t.Context(), []notify.SubscribeEvent{e, e, foreign, e}); err != nil {
		t.Fatal(err)
	}
	if l := k.ledger(user, once); l.Granted != 1 {
		t.Errorf("%d granted", l.Granted)
	}
}

func TestMutedAndUnwantedMessagesAreNotSent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	muted, off := k.person("li"), k.person("wang")
	k.accept("li", once)
	k.accept("wang", once)
	k.admin(http.MethodPost, "mute", map[string]any{"name": "li"})
	k.push()
	if _, err := k.Notices.SetPreferences(t.Context(), k.actor(off), map[notify.Kind]bool{notify.SignupConfirmed: false}); err != nil {
		t.Fatal(err)
	}
	k.tell(notify.SignupConfirmed, muted, off)
	k.drain(k.worker())
	if k.states() != "PARKED DROPPED" || k.calls() != 0 || k.notices()[0].Why != "muted" || k.notices()[1].Why != "preference" {
		t.Errorf("%s, %d calls", k.states(), k.calls())
	}
	if l := k.ledger(muted, once); l.Used != l.Granted {
		t.Errorf("ledger %+v", l)
	}
}
