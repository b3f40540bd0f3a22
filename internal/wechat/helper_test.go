package wechat_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/internal/wxsim"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "5ecre7-0123456789-abcdefgh-XYZ+/="
	adminKey = "open sesame"
)

// watch is a clock that tests move.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func newWatch() *watch { return &watch{now: time.Date(2026, 3, 2, 4, 0, 30, 0, time.UTC)} }

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) Advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// rig is a gateway in front of a simulator behind a real HTTP server, all on one clock.
type rig struct {
	*wechat.Gateway
	t               *testing.T
	url             string
	clock           *watch
	calling, called *atomic.Int64 // calls that came to the simulator, and those that it is done with
}

func start(t *testing.T) rig {
	t.Helper()
	return startApp(t, wxsim.App{AppID: appID, Secret: secret, OpenPlatform: "campus"})
}

func startApp(t *testing.T, app wxsim.App) rig {
	t.Helper()
	clock := newWatch()
	sim := wxsim.New(wxsim.Options{Apps: []wxsim.App{app}, AdminKey: adminKey, Now: clock.Now})
	var calling, called atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/_sim/") {
			calling.Add(1)
			defer called.Add(1)
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return rig{gateway(t, wechat.Config{AppID: app.AppID, Secret: app.Secret, BaseURL: srv.URL, Now: clock.Now}), t, srv.URL, clock, &calling, &called}
}

func gateway(t *testing.T, cfg wechat.Config) *wechat.Gateway {
	t.Helper()
	g, err := wechat.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// against makes a gateway in front of a hand-made server.
func against(t *testing.T, h http.HandlerFunc) *wechat.Gateway {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return gateway(t, wechat.Config{AppID: appID, Secret: secret, BaseURL: srv.URL, Now: newWatch().Now})
}

// admin calls the simulator's admin API and returns the answer.
func (r rig) admin(method, path string, body map[string]any) map[string]any {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Sim-Key", adminKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("admin %s: HTTP %d %s %v", path, resp.StatusCode, answer, err)
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// fail arms a failure switch that hits once.
func (r rig) fail(path, mode string, more map[string]any) {
	r.t.Helper()
	body := map[string]any{"mode": mode, "path": path, "count": 1}
	for k, v := range more {
		body[k] = v
	}
	r.admin(http.MethodPost, "fail", body)
}

// calls is how often the simulator saw path.
func (r rig) calls(path string) int {
	r.t.Helper()
	paths, _ := r.admin(http.MethodGet, "counters", nil)["paths"].(map[string]any)
	n, _ := paths[path].(map[string]any)
	calls, _ := n["calls"].(float64)
	return int(calls)
}

// wantNoSecret fails when an error text shows any of the hidden words or the app's secret.
func wantNoSecret(t *testing.T, err error, hidden ...string) {
	t.Helper()
	if err == nil {
		return
	}
	for _, h := range append(hidden, secret, "5ecre7", "appid=", "access_token=", "session_key", "_TOK_") {
		if strings.Contains(err.Error(), h) {
			t.Fatalf("the error shows %q: %v", h, err)
		}
	}
}
