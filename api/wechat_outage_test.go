package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
)

const (
	wxApp = "wx0123456789abcdef"
	wxKey = "open sesame"
)

// realLogin sends the codes of the simulator to a gateway, all others to the test's own WeChat.
type realLogin struct {
	*apitest.API

	gateway *wechat.Gateway
}

// Login tells the two apart by the code.
func (l realLogin) Login(ctx context.Context, code string) (openID, unionID string, err error) {
	if strings.HasPrefix(code, "dev-") {
		return l.gateway.Login(ctx, code)
	}
	return l.API.Login(ctx, code)
}

// withWeChat puts a real gateway in front of a simulator into the program.
func withWeChat(t *testing.T, sim **httptest.Server) func(*apitest.API, *app.Deps) {
	t.Helper()
	return func(a *apitest.API, d *app.Deps) {
		*sim = httptest.NewServer(wxsim.New(wxsim.Options{AdminKey: wxKey, Now: a.Clock.Now, Apps: []wxsim.App{{AppID: wxApp, Secret: "secret"}}}))
		t.Cleanup((*sim).Close)
		g, err := wechat.New(wechat.Config{AppID: wxApp, Secret: "secret", BaseURL: (*sim).URL, Now: a.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(g.Close)
		d.WeChat = realLogin{a, g}
	}
}

func simAdmin(t *testing.T, sim, path string, body map[string]any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sim+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sim-Key", wxKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
}

// loginTakes is a little less than how long a login waits for WeChat: whoever waits with it takes longer, and on a busy machine
// whoever does not still takes less.
const loginTakes = 2900 * time.Millisecond

// TestAnOutageOfWeChatStopsLoginsOnly: WeChat hangs, breaks or is gone. A login is refused within three seconds, and at once
// when there were a few; whatever does not need WeChat does not notice.
func TestAnOutageOfWeChatStopsLoginsOnly(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(sim *httptest.Server){
		"hangs": func(sim *httptest.Server) { simAdmin(t, sim.URL, "fail", map[string]any{"mode": "hang"}) },
		"breaks": func(sim *httptest.Server) {
			simAdmin(t, sim.URL, "fail", map[string]any{"mode": "status", "status": 502})
		},
		"refuses": func(sim *httptest.Server) { sim.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sim *httptest.Server
			e := newEvent(t, withWeChat(t, &sim))
			e.Do(apitest.Nobody, "POST /auth/login", map[string]string{"code": "dev-li-first"}).Status(200)
			newcomer := e.Student("王同学", e.Branch)
			e.at(0)
			_, _, later := e.Activity(e.project, 10, nil)
			e.Token(e.me)
			e.Token(e.clerk)
			fail(sim)

			login := func(n int) time.Duration {
				began := time.Now() //nolint:forbidigo // how long it really takes
				res := e.Do(apitest.Nobody, "POST /auth/login", map[string]string{"code": fmt.Sprint("dev-li-again", n)}).Problem(503, "wechat.unavailable")
				if wait, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
					t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
				}
				return time.Since(began) //nolint:forbidigo // how long it really takes
			}
			var first sync.WaitGroup
			for n := range 8 {
				first.Go(func() {
					if took := login(n); took > 7500*time.Millisecond {
						t.Errorf("a login is refused after %s", took)
					}
				})
			}
			swift := func(what string, do func()) {
				began := time.Now() //nolint:forbidigo // how long it really takes
				do()
				if took := time.Since(began); took > loginTakes { //nolint:forbidigo // how long it really takes
					t.Errorf("%s took %s", what, took)
				}
			}
			for range 2 { // with logins hanging, and with the breaker open
				swift("list", func() { e.Do(apitest.Nobody, "GET /activities", nil).Status(200) })
				swift("inbox", func() { e.Do(e.me, "GET /me/notifications", nil).Status(200) })
				swift("signups", func() { e.Do(e.me, "GET /me/signups", nil).Status(200) })
				first.Wait()
			}
			swift("check-in", func() { e.Do(e.me, redeem, scan(e.code("IN"), "outage-in-1")).Status(200) })
			swift("sign-up", func() { e.Do(newcomer, path("POST /positions/%d/signups", later.ID), map[string]string{}).Status(201) })
			for n := range 20 {
				if took := login(100 + n); took > loginTakes {
					t.Errorf("login %d is refused after %s although the breaker is open", n, took)
				}
			}
		})
	}
}

// TestLoginsComeBackByThemselves fails when the breaker stays open.
func TestLoginsComeBackByThemselves(t *testing.T) {
	t.Parallel()
	var sim *httptest.Server
	a := apitest.New(t, withWeChat(t, &sim))
	simAdmin(t, sim.URL, "fail", map[string]any{"mode": "close_before"})
	login := func(n int) *apitest.Answer {
		return a.Do(apitest.Nobody, "POST /auth/login", map[string]string{"code": fmt.Sprint("dev-li-", n)})
	}
	for n := range 9 {
		login(n).Problem(503, "wechat.unavailable")
	}
	simAdmin(t, sim.URL, "fail", map[string]any{"mode": "clear"})
	login(10).Problem(503, "wechat.unavailable")
	a.Clock.Add(time.Minute)
	for n := range 3 {
		login(20 + n).Status(200)
	}
}
