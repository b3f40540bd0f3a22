package wechat_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/internal/wxsim"
)

// mailbox is a push endpoint as the router would have it.
type mailbox struct {
	mu     sync.Mutex
	in     *wechat.Inbound
	events []wechat.Event
	broken bool // events cannot be kept
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Method == http.MethodGet {
		echo, err := m.in.Challenge(r.URL.Query())
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, echo)
		return
	}
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	events, err := m.in.Open(r.URL.Query(), r.Header.Get("Content-Type"), body)
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if m.broken {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	for _, e := range events {
		if !slices.ContainsFunc(m.events, func(have wechat.Event) bool { return have.Key == e.Key }) {
			m.events = append(m.events, e)
		}
	}
	_, _ = io.WriteString(w, "success")
}

func (m *mailbox) names() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, e := range m.events {
		names = append(names, fmt.Sprintf("%s(%s)", strings.TrimSuffix(strings.TrimPrefix(e.Name, "subscribe_msg_"), "_event"), e.Template))
	}
	return strings.Join(names, " ")
}

// startPush is a simulator that pushes to a mailbox.
func startPush(t *testing.T, shape wxsim.Push) (rig, *mailbox, *wxsim.Simulator) {
	t.Helper()
	clock := newWatch()
	in, err := wechat.NewInbound(wechat.InboundConfig{AppID: appID, Token: "pushtoken", AESKey: docKey(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	box := &mailbox{in: in}
	target := httptest.NewServer(box)
	t.Cleanup(target.Close)
	app := noticeApp()
	app.Push = shape
	app.Push.URL, app.Push.Token, app.Push.AESKey = target.URL, "pushtoken", docKey()
	sim := wxsim.New(wxsim.Options{Apps: []wxsim.App{app}, AdminKey: adminKey, Now: clock.Now})
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	g := gateway(t, wechat.Config{AppID: appID, Secret: secret, BaseURL: srv.URL, Now: clock.Now})
	return rig{Gateway: g, t: t, url: srv.URL, clock: clock}, box, sim
}

func TestEventsArriveInEveryShape(t *testing.T) {
	for _, shape := range []wxsim.Push{{}, {XML: true}, {StringNumbers: true}, {XML: true, StringNumbers: true}} {
		t.Run(fmt.Sprintf("xml %v strings %v", shape.XML, shape.StringNumbers), func(t *testing.T) {
			r, box, sim := startPush(t, shape)
			if err := sim.Verify(t.Context(), appID); err != nil {
				t.Fatal(err)
			}
			id := r.person("li", 0)
			r.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "templates": []string{"once", "always"}, "result": "accept"})
			if _, err := r.Notify(t.Context(), notice(id)); err != nil {
				t.Fatal(err)
			}
			trace, err := r.SubmitMedia(t.Context(), id, "https://example.org/a.jpg", wechat.Image)
			if err != nil {
				t.Fatal(err)
			}
			r.admin(http.MethodPost, "media-result", map[string]any{"trace_id": trace, "suggest": "risky", "label": 20002})
			r.admin(http.MethodPost, "mute", map[string]any{"name": "li"})
			r.clock.Advance(time.Second)
			r.admin(http.MethodPost, "push", map[string]any{})
			want := "popup(once) popup(always) sent(once) wxa_media_check() change(once) change(always)"
			if got := box.names(); got != want {
				t.Fatalf("%s", got)
			}
			media := box.events[slices.IndexFunc(box.events, func(e wechat.Event) bool { return e.Kind == wechat.EventMediaVerdict })]
			if media.TraceID != trace || media.Verdict.Suggest != wechat.Risky || media.Verdict.Label != 20002 || media.OpenID != id {
				t.Fatalf("%+v", media)
			}
		})
	}
}

func TestTamperedPushesAreRefusedAndRepeated(t *testing.T) {
	for name, how := range map[string]map[string]any{
		"signature": {"bad_signature": true}, "app": {"foreign_app": "wxother00000000000"}, "cut": {"truncated": true},
		"old": {"old_by": 601}, "plain": {"plain": true}, "large": {"padding": 1 << 19},
	} {
		r, box, _ := startPush(t, wxsim.Push{})
		r.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
		if s := fmt.Sprint(r.admin(http.MethodPost, "push", how)["statuses"]); s != "[403]" || box.names() != "" {
			t.Fatalf("%s: %s %s", name, s, box.names())
		}
		r.clock.Advance(5 * time.Second)
		if s := fmt.Sprint(r.admin(http.MethodPost, "push", map[string]any{})["statuses"]); s != "[200]" || box.names() != "popup(once)" {
			t.Fatalf("%s, repeated: %s %s", name, s, box.names())
		}
	}
}

func TestPushIsRepeatedThreeTimesWhenWeAreDown(t *testing.T) {
	r, box, _ := startPush(t, wxsim.Push{})
	box.broken = true
	r.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	tries := 0
	for range 10 {
		statuses, _ := r.admin(http.MethodPost, "push", map[string]any{})["statuses"].([]any)
		tries += len(statuses)
		r.clock.Advance(5 * time.Second)
	}
	if tries != 4 {
		t.Fatalf("%d tries", tries)
	}
}

func TestSamePushTwiceIsTakenOnce(t *testing.T) {
	r, box, _ := startPush(t, wxsim.Push{})
	r.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	r.admin(http.MethodPost, "push", map[string]any{"twice": true})
	if box.names() != "popup(once)" {
		t.Fatal(box.names())
	}
}
