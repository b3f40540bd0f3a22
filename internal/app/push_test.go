package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/wxsim"
	"baodao/model"
)

const signupTemplate = "sim-signup-result"

func (l *loop) subscribe(name, result string) {
	l.TB.Helper()
	l.admin("subscribe", map[string]any{"name": name, "template": signupTemplate, "result": result})
}

func TestASubscriptionBecomesAMessage(t *testing.T) {
	t.Parallel()
	for name, shape := range map[string]wxsim.Push{"JSON": {}, "XML": {XML: true}, "JSON with strings": {StringNumbers: true}, "XML with strings": {XML: true, StringNumbers: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t)
			l.target(shape)
			_, li := l.enter("li")
			l.subscribe("li", "accept")
			if have := l.push(map[string]any{}); have != "200" {
				t.Fatal(have)
			}
			l.drain()
			l.tell("one", li)
			l.tell("two", li)
			l.drain()
			if have := l.states(); have != "SENT PARKED" {
				t.Fatal(have)
			}
			l.subscribe("li", "accept")
			l.push(map[string]any{}) // with it, the event that the first was sent
			l.drain()
			if have := l.states(); have != "SENT SENT" || l.waiting() != 0 {
				t.Fatal(have, l.waiting())
			}
			sends := fmt.Sprint(l.admin("sends", nil)["sends"])
			if !strings.Contains(sends, "pages/activity/detail?id=7") || !strings.Contains(sends, "河道清洁") || !strings.Contains(sends, "报名成功") {
				t.Fatal(sends)
			}
			l.admin("mute", map[string]any{"name": "li"})
			l.push(map[string]any{})
			l.drain()
			l.tell("three", li)
			l.drain()
			if have := l.states(); have != "SENT SENT PARKED" {
				t.Fatal(have)
			}
		})
	}
}

func TestSpoiledPushesChangeNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		how  map[string]any
		want string
	}{
		"bad signature": {map[string]any{"bad_signature": true}, "403"}, "another app": {map[string]any{"foreign_app": "wx1111111111111111"}, "403"},
		"truncated": {map[string]any{"truncated": true}, "403"}, "plaintext": {map[string]any{"plain": true}, "403"},
		"old": {map[string]any{"old_by": 660}, "403"}, "from the future": {map[string]any{"old_by": -660}, "403"},
		"a mebibyte": {map[string]any{"padding": 1 << 20}, "413"}, "replayed": {map[string]any{"twice": true}, "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t)
			_, li := l.enter("li")
			l.subscribe("li", "accept")
			if have := l.push(tc.how); have != tc.want {
				t.Fatalf("answered %s, want %s", have, tc.want)
			}
			l.drain()
			counted := int64(0)
			if name == "replayed" {
				counted = 1 // once for the two
			}
			if have := l.granted(li); have != counted {
				t.Fatalf("%d acceptances counted", have)
			}
			l.Clock.Add(6 * time.Second)
			if have := l.push(map[string]any{}); have != "200" && tc.want != "200" { // WeChat's repetition
				t.Fatal(have)
			}
			l.drain()
			if have := l.granted(li); have != 1 {
				t.Fatalf("%d acceptances counted after the repetition", have)
			}
		})
	}
}

func TestEventsInAnyOrderCountOnce(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	_, li := l.enter("li")
	for range 3 {
		l.subscribe("li", "accept")
		l.Clock.Add(time.Second)
	}
	if have := l.push(map[string]any{"reverse": true}); have != "200 200 200" {
		t.Fatal(have)
	}
	l.drain()
	err := l.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.PushEvent{}).Where("1 = 1").Update("done_at", nil).Error
	})
	if err != nil { // the process died before it noted them
		t.Fatal(err)
	}
	l.drain()
	if l.granted(li) != 3 || l.waiting() != 0 {
		t.Fatalf("%d counted, %d wait", l.granted(li), l.waiting())
	}
}

func TestAVerdictWaitsForItsRow(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	trace := l.submit()
	l.drain()
	if l.waiting() != 1 {
		t.Fatal("without anybody to take it, a verdict stays")
	}
	taker := &verdicts{known: map[string]bool{}}
	l.built.Push.Verdicts = taker
	for range 40 { // an hour and more, and the row is still not committed
		l.Clock.Add(2 * time.Minute)
		l.drain()
	}
	taker.fail = errors.New("the database is away")
	l.Clock.Add(20 * time.Minute)
	if err := l.built.Push.Drain(t.Context()); err == nil {
		t.Fatal("the failure is not told")
	}
	taker.fail, taker.known[trace] = nil, true
	l.Clock.Add(20 * time.Minute)
	l.drain()
	if l.waiting() != 0 || len(taker.took) != 1 || !strings.HasPrefix(taker.took[0], trace+" pass") {
		t.Fatal(taker.took)
	}
	l.submit()
	l.drain()
	for range 10 {
		l.Clock.Add(10 * time.Hour)
		l.drain()
	}
	if l.waiting() != 0 || len(taker.took) != 1 || !strings.Contains(l.log.String(), "push event given up") {
		t.Fatal("a verdict that nobody waits for stays for ever")
	}
}

// submit has a picture judged and delivers the verdict.
func (l *loop) submit() (trace string) {
	l.TB.Helper()
	_, out := l.send(http.MethodPost, l.wx+"/cgi-bin/stable_token", map[string]any{"grant_type": "client_credential", "appid": app.SimAppID, "secret": app.SimSecret}, "X", "")
	openID := l.admin("user", map[string]any{"name": "li"})["openid"]
	_, out = l.send(http.MethodPost, l.wx+"/wxa/media_check_async?access_token="+fmt.Sprint(out["access_token"]),
		map[string]any{"media_url": "https://example.org/a.png", "media_type": 2, "version": 2, "scene": 1, "openid": openID}, "X", "")
	trace, _ = out["trace_id"].(string)
	if trace == "" {
		l.TB.Fatal(out)
	}
	l.Clock.Add(2 * time.Second)
	if have := l.push(map[string]any{}); have != "200" {
		l.TB.Fatal(have)
	}
	return trace
}

func TestOldPushesAreForgotten(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.enter("li")
	l.subscribe("li", "accept")
	l.push(map[string]any{})
	l.drain()
	err := l.DB.Transaction(func(tx *gorm.DB) error { // as an earlier version wrote it
		return tx.Create(&model.WechatNonce{KeyHash: make([]byte, 32), Until: l.Clock.Now().Add(20 * time.Minute)}).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func() (events, nonces int64) {
		if err := errors.Join(l.DB.Model(&model.PushEvent{}).Count(&events).Error, l.DB.Model(&model.WechatNonce{}).Count(&nonces).Error); err != nil {
			t.Fatal(err)
		}
		return events, nonces
	}
	purge := func() {
		for _, job := range l.built.Jobs {
			if job.Name == "purge-push" {
				if err := job.Do(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	purge()
	if e, n := count(); e != 1 || n != 1 {
		t.Fatal(e, n)
	}
	l.Clock.Add(time.Hour)
	purge()
	if e, n := count(); e != 1 || n != 0 {
		t.Fatal(e, n)
	}
	l.Clock.Add(8 * 24 * time.Hour)
	purge()
	if e, n := count(); e != 0 || n != 0 {
		t.Fatal(e, n)
	}
}
