package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/internal/wxsim"
)

const loginPath = "/sns/jscode2session"

func TestLoginGivesTheSamePersonTheSameIDs(t *testing.T) {
	r := start(t)
	first, union, err := r.Login(t.Context(), "dev-li-0001")
	if err != nil || first == "" || union == "" {
		t.Fatalf("login: %q %q %v", first, union, err)
	}
	again, _, err := r.Login(t.Context(), "dev-li-0002")
	if err != nil || again != first {
		t.Fatalf("second login: %q %v, want %q", again, err, first)
	}
	plain := startApp(t, wxsim.App{AppID: appID, Secret: secret})
	if _, union, err = plain.Login(t.Context(), "dev-li-0001"); err != nil || union != "" {
		t.Fatalf("unbound app: unionid %q, %v", union, err)
	}
	plain.admin(http.MethodPost, "user", map[string]any{"name": "li", "union_id": "oUnionLater0000000000000000"})
	if _, union, err = plain.Login(t.Context(), "dev-li-0002"); err != nil || union == "" {
		t.Fatalf("unionid that appears later: %q, %v", union, err)
	}
}

func TestLoginRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(r rig) string // returns the code
		want    error
	}{
		"reused code": {func(r rig) string {
			_, _, _ = r.Login(t.Context(), "dev-li-0001")
			return "dev-li-0001"
		}, wechat.ErrCodeInvalid},
		"expired code": {func(r rig) string {
			code, _ := r.admin(http.MethodPost, "login-code", map[string]any{"name": "li"})["code"].(string)
			r.clock.Advance(5 * time.Minute)
			return code
		}, wechat.ErrCodeInvalid},
		"code of another app": {func(rig) string {
			other := startApp(t, wxsim.App{AppID: "wxfedcba9876543210", Secret: secret})
			code, _ := other.admin(http.MethodPost, "login-code", map[string]any{"name": "li"})["code"].(string)
			return code
		}, wechat.ErrCodeInvalid},
		"person at risk": {func(r rig) string {
			r.admin(http.MethodPost, "user", map[string]any{"name": "li", "risky": true})
			return "dev-li-0001"
		}, wechat.ErrRiskyUser},
		"too many logins": {func(r rig) string {
			for i := range 100 {
				_, _, _ = r.Login(t.Context(), fmt.Sprintf("dev-li-%04d", i))
			}
			return "dev-li-more"
		}, wechat.ErrBusy},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			code := tc.prepare(r)
			id, _, err := r.Login(t.Context(), code)
			if id != "" || !errors.Is(err, tc.want) {
				t.Fatalf("%q %v, want %v", id, err, tc.want)
			}
			var f *wechat.Failure
			if !errors.As(err, &f) || f.Code == 0 || f.RID == "" {
				t.Fatalf("the cause must carry errcode and rid: %v", err)
			}
			wantNoSecret(t, err, code)
		})
	}
}

func TestMalformedCodesNeverReachTheWire(t *testing.T) {
	r := start(t)
	for _, code := range []string{
		"", "short", "good-code&appid=wxEVIL", "good-code#x", "good-code\r\nHost: evil", "good code 1", "good-code%26",
		"登录码登录码登录码", strings.Repeat("a", 129), strings.Repeat("a", 300), "good-code\x00",
	} {
		if _, _, err := r.Login(t.Context(), code); !errors.Is(err, wechat.ErrCodeInvalid) {
			t.Errorf("%q: %v", code, err)
		} else {
			wantNoSecret(t, err, "good-code")
		}
	}
	if n := r.calls(loginPath); n != 0 {
		t.Fatalf("%d calls reached the wire", n)
	}
}

func TestStrangeAnswersToALoginAreUnavailable(t *testing.T) {
	for mode, more := range map[string]map[string]any{
		"empty_object": nil, "null": nil, "html": nil, "truncated": nil, "close_before": nil, "close_after": nil,
		"status":   {"status": 502},
		"redirect": {"location": "http://127.0.0.1:9/?stolen"},
		"huge":     {"bytes": 2 << 20},
		"set":      {"field": "openid", "value": "short"},
		"errcode":  {"errcode": 40125},
	} {
		t.Run(mode, func(t *testing.T) {
			r := start(t)
			r.fail(loginPath, mode, more)
			id, _, err := r.Login(t.Context(), "dev-li-0001")
			if id != "" || !errors.Is(err, wechat.ErrUnavailable) {
				t.Fatalf("%q %v", id, err)
			}
			wantNoSecret(t, err, "dev-li-0001", "stolen")
			if n := r.calls(loginPath); n > 1 {
				t.Fatalf("%d calls for one login", n)
			}
		})
	}
}

func TestDroppedLoginIsNotReplayed(t *testing.T) {
	r := start(t)
	for i := range 5 { // any kept connection would be used from here on
		if _, _, err := r.Login(t.Context(), fmt.Sprintf("dev-li-%04d", i)); err != nil {
			t.Fatal(err)
		}
	}
	r.fail(loginPath, "close_after", nil)
	if _, _, err := r.Login(t.Context(), "dev-li-drop"); !errors.Is(err, wechat.ErrUnavailable) {
		t.Fatalf("dropped: %v", err)
	}
	if n := r.calls(loginPath); n != 6 {
		t.Fatalf("%d calls, want 6: the code must be sent once", n)
	}
	if _, _, err := r.Login(t.Context(), "dev-li-drop"); !errors.Is(err, wechat.ErrCodeInvalid) {
		t.Fatalf("the person's retry: %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var canary atomic.Int32
	g := against(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/trap" {
			canary.Add(1)
			return
		}
		http.Redirect(w, r, "/trap", http.StatusTemporaryRedirect)
	})
	if _, _, err := g.Login(t.Context(), "dev-li-0001"); !errors.Is(err, wechat.ErrUnavailable) {
		t.Fatal(err)
	}
	if canary.Load() != 0 {
		t.Fatal("the redirect was followed")
	}
}

func TestBodyIsCappedEvenWithoutALength(t *testing.T) {
	var sent atomic.Int64
	g := against(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := []byte(strings.Repeat(" ", 64<<10))
		for r.Context().Err() == nil && sent.Load() < 64<<20 {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	if _, _, err := g.Login(t.Context(), "dev-li-0001"); !errors.Is(err, wechat.ErrUnavailable) {
		t.Fatal(err)
	}
	if n := sent.Load(); n > 16<<20 {
		t.Fatalf("the server could send %d bytes", n)
	}
}

func TestLoginObeysTheContext(t *testing.T) {
	for _, mode := range []string{"hang", "slow_header", "slow_body"} {
		r := start(t)
		r.fail(loginPath, mode, map[string]any{"delay_ms": 60_000})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, _, err := r.Login(ctx, "dev-li-0001")
		cancel()
		if !errors.Is(err, wechat.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%s: %v", mode, err)
		}
		wantNoSecret(t, err, "dev-li-0001")
	}
}

func TestLoginGivesUpAfterThreeSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the real limit")
	}
	r := start(t)
	r.fail(loginPath, "hang", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 7500*time.Millisecond) // less than all other calls have
	defer cancel()
	_, _, err := r.Login(ctx, "dev-li-0001")
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Fatalf("the login's own limit must come first: %v", err)
	}
}

func TestNetworkErrorsShowNoSecret(t *testing.T) {
	g := gateway(t, wechat.Config{AppID: appID, Secret: secret, BaseURL: "http://127.0.0.1:1", Now: newWatch().Now})
	_, _, err := g.Login(t.Context(), "dev-li-0001")
	if !errors.Is(err, wechat.ErrUnavailable) {
		t.Fatal(err)
	}
	wantNoSecret(t, err, "dev-li-0001")
	if !strings.Contains(err.Error(), loginPath) {
		t.Fatalf("the path helps to find the fault: %v", err)
	}
	echo := against(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 "+r.URL.RawQuery+"\r\n\r\n")
			_ = conn.Close()
		}
	})
	_, _, err = echo.Login(t.Context(), "dev-li-0001")
	wantNoSecret(t, err, "dev-li-0001")
}

func TestTwoAppsInOneProcessStayApart(t *testing.T) {
	a := start(t)
	b := startApp(t, wxsim.App{AppID: "wxfedcba9876543210", Secret: "another" + secret})
	ids := map[*wechat.Gateway]*sync.Map{a.Gateway: {}, b.Gateway: {}}
	var all sync.WaitGroup
	for i := range 20 {
		for g, seen := range ids {
			all.Go(func() {
				id, _, err := g.Login(t.Context(), fmt.Sprintf("dev-li-%04d", i))
				if err != nil {
					t.Error(err)
				}
				seen.Store(id, true)
			})
		}
	}
	all.Wait()
	count := 0
	for _, seen := range ids {
		seen.Range(func(any, any) bool { count++; return true })
	}
	if count != 2 || a.calls(loginPath) != 20 || b.calls(loginPath) != 20 {
		t.Fatalf("%d openids, %d and %d calls", count, a.calls(loginPath), b.calls(loginPath))
	}
}
