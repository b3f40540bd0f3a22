package wxsim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSwitchesSpoilAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		arm    map[string]any
		status int
		body   string // part of the answer
	}{
		"errcode":  {map[string]any{"mode": "errcode", "errcode": -1}, 200, `"errcode":-1`},
		"502":      {map[string]any{"mode": "status", "status": 502}, 502, "<html>"},
		"html":     {map[string]any{"mode": "html"}, 200, "<html>"},
		"empty":    {map[string]any{"mode": "empty_object"}, 200, "{}"},
		"null":     {map[string]any{"mode": "null"}, 200, "null"},
		"redirect": {map[string]any{"mode": "redirect", "location": "http://127.0.0.1:9/"}, 302, ""},
		"huge":     {map[string]any{"mode": "huge", "bytes": 2 << 20}, 200, "xxxx"},
		"cut":      {map[string]any{"mode": "truncated"}, 200, `{"access_token`},
		"slow":     {map[string]any{"mode": "slow_header", "delay_ms": 1}, 200, `"expires_in":7200`},
		"drip":     {map[string]any{"mode": "slow_body", "delay_ms": 1}, 200, `"expires_in":7200`},
		"twice":    {map[string]any{"mode": "twice"}, 200, `"expires_in":7200`},
		"set":      {map[string]any{"mode": "set", "field": "expires_in", "value": 299}, 200, `"expires_in":299`},
		"type":     {map[string]any{"mode": "content_type", "type": "image/png"}, 200, `"expires_in":7200`},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t)
			tc.arm["path"], tc.arm["count"] = "/cgi-bin/stable_token", 1
			g.admin("fail", tc.arm)
			r := g.stable(false)
			if r.status != tc.status || !strings.Contains(string(r.raw), tc.body) {
				t.Fatalf("HTTP %d %.200s", r.status, r.raw)
			}
			wantCode(t, "after the count is used up", g.stable(false), 0)
		})
	}
}

func TestSwitchesDropConnections(t *testing.T) {
	g := start(t)
	post := func(d time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		_, err := g.do(ctx, http.MethodGet, "/sns/jscode2session?appid="+appID+"&secret="+secret+"&grant_type=authorization_code&js_code=dev-li-0001", nil)
		return err
	}
	for _, mode := range []string{"close_before", "close_after"} {
		g.admin("fail", map[string]any{"mode": mode, "count": 1, "path": "/sns/jscode2session"})
		if post(5*time.Second) == nil {
			t.Fatalf("%s: got an answer", mode)
		}
	}
	wantCode(t, "close_after executed, close_before did not", g.login(appID, "dev-li-0001"), 40163)
	g.admin("fail", map[string]any{"mode": "hang"})
	if post(50*time.Millisecond) == nil {
		t.Fatal("hang: got an answer")
	}
	g.admin("fail", map[string]any{"mode": "clear"})
	wantCode(t, "cleared", g.stable(false), 0)
}

func TestSwitchScopes(t *testing.T) {
	g := start(t)
	g.admin("fail", map[string]any{"mode": "errcode", "errcode": -1, "path": "/sns/jscode2session", "skip": 1, "count": 1})
	wantCode(t, "other path", g.stable(false), 0)
	wantCode(t, "skipped", g.login(appID, "dev-li-0001"), 0)
	wantCode(t, "hit", g.login(appID, "dev-li-0002"), -1)
	wantCode(t, "used up", g.login(appID, "dev-li-0003"), 0)
	g.admin("fail", map[string]any{"mode": "errcode", "errcode": -1, "probability": 0.5, "seed": 7})
	hits := 0
	for range 200 {
		if g.stable(false).code() == -1 {
			hits++
		}
	}
	if hits < 60 || hits > 140 {
		t.Fatalf("%d of 200 at probability 0.5", hits)
	}
}

func TestAdminGuardCountersAndReset(t *testing.T) {
	g := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+"/_sim/counters", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Fatalf("without key: HTTP %d", resp.StatusCode)
	}
	g.login(appID, "dev-li-0001")
	g.login(appID, "dev-li-0001")
	raw := string(g.call(http.MethodGet, "/_sim/counters", nil).raw)
	if !strings.Contains(raw, `"/sns/jscode2session":{"calls":2,"errors":{"40163":1}}`) {
		t.Fatalf("counters: %s", raw)
	}
	g.call(http.MethodDelete, "/_sim/state", nil)
	wantCode(t, "after the reset", g.login(appID, "dev-li-0001"), 0)
}
