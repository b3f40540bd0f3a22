package wxsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"baodao/internal/wxsim"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "0123456789abcdef0123456789abcdef"
	adminKey = "open sesame"
)

// rig is a simulator behind a real HTTP server.
type rig struct {
	t   *testing.T
	url string
}

func start(t *testing.T, apps ...wxsim.App) rig {
	t.Helper()
	if len(apps) == 0 {
		apps = []wxsim.App{{AppID: appID, Secret: secret, OpenPlatform: "campus"}}
	}
	noon := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	sim := wxsim.New(wxsim.Options{Apps: apps, AdminKey: adminKey, Now: func() time.Time { return noon }})
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	return rig{t, srv.URL}
}

// reply is any answer, read loosely.
type reply struct {
	status int
	raw    []byte
	m      map[string]any
}

func (r reply) code() int {
	f, _ := r.m["errcode"].(float64)
	return int(f)
}

func (r reply) str(name string) string {
	s, _ := r.m[name].(string)
	return s
}

func (g rig) do(ctx context.Context, method, path string, body any) (reply, error) {
	g.t.Helper()
	var reader io.Reader
	if body != nil {
		text, isText := body.(string)
		if !isText {
			raw, err := json.Marshal(body)
			if err != nil {
				g.t.Fatal(err)
			}
			text = string(raw)
		}
		reader = bytes.NewReader([]byte(text))
	}
	req, err := http.NewRequestWithContext(ctx, method, g.url+path, reader)
	if err != nil {
		g.t.Fatal(err)
	}
	if strings.HasPrefix(path, "/_sim/") {
		req.Header.Set("X-Sim-Key", adminKey)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // else net/http repeats a dropped GET by itself
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	out := reply{status: resp.StatusCode, raw: raw}
	_ = json.Unmarshal(raw, &out.m) // not every answer is an object
	return out, err
}

func (g rig) call(method, path string, body any) reply {
	g.t.Helper()
	r, err := g.do(g.t.Context(), method, path, body)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (g rig) admin(path string, body any) reply {
	g.t.Helper()
	r := g.call(http.MethodPost, "/_sim/"+path, body)
	if r.status != http.StatusOK {
		g.t.Fatalf("admin %s: %d %s", path, r.status, r.raw)
	}
	return r
}

func (g rig) advance(d time.Duration) {
	g.t.Helper()
	g.admin("clock/advance", map[string]any{"seconds": d.Seconds()})
}

func (g rig) login(id, code string) reply {
	g.t.Helper()
	q := url.Values{"appid": {id}, "secret": {secret}, "js_code": {code}, "grant_type": {"authorization_code"}}
	return g.call(http.MethodGet, "/sns/jscode2session?"+q.Encode(), nil)
}

func (g rig) stable(force bool) reply {
	g.t.Helper()
	return g.call(http.MethodPost, "/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": force,
	})
}

func wantCode(t *testing.T, what string, r reply, code int) {
	t.Helper()
	if r.status != http.StatusOK || r.code() != code {
		t.Fatalf("%s: HTTP %d %s, want errcode %d", what, r.status, r.raw, code)
	}
	if code != 0 && !strings.Contains(r.str("errmsg"), " rid: ") {
		t.Fatalf("%s: errmsg without rid: %s", what, r.raw)
	}
}
