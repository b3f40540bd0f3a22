package router_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"baodao/api"
	"baodao/router"
	"baodao/service/access"
)

// throttled is the sample API with a limit on each kind of line, and a clock that the test moves.
type throttled struct {
	*edge
	clock atomic.Int64 // nanoseconds after moment
}

func newThrottled(t *testing.T, limits router.Limits) *throttled {
	t.Helper()
	e := &throttled{edge: newEdge(t)}
	s := e.sample
	routes := []router.Route{
		router.Post("/oauth/token", access.Public, "createToken", api.HandleOAuth(200, s.token), "s", "s").IgnoreToken(),
		router.Delete("/login/:id", access.Public, "login", api.Handle(204, s.remove), "s", "s").IgnoreToken().Limited(router.LimitLogin),
		router.Delete("/refresh/:id", access.Public, "refresh", api.Handle(204, s.remove), "s", "s").IgnoreToken().Limited(router.LimitRefresh),
		router.Delete("/signup/:id", access.SignedIn, "signup", api.Handle(204, s.remove), "s", "s").Limited(router.LimitSignup),
		router.Delete("/check-in/:id", access.SignedIn, "checkIn", api.Handle(204, s.remove), "s", "s").Limited(router.LimitCheckIn),
		router.Get("/search", access.Public, "search", api.Handle(200, s.list), "s", "s").Limited(router.LimitSearch),
		router.Get("/notes/:id", access.Public, "getNote", api.Handle(200, s.get), "s", "s", "sample.tired", "sample.gone"),
	}
	engine, err := router.New(router.Config{Auth: tokens{}, Now: e.now, Log: e.logger(), Limits: limits}, routes)
	if err != nil {
		t.Fatal(err)
	}
	e.handler = engine
	return e
}

func (e *throttled) now() time.Time { return moment.Add(time.Duration(e.clock.Load())) }

// from sends a request from an address and returns status and Retry-After.
func (e *throttled) from(address, line, token string) (status int, after string) {
	e.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	req := httptest.NewRequestWithContext(e.t.Context(), method, "/api/v1"+path, http.NoBody)
	req.RemoteAddr = address
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res := httptest.NewRecorder()
	e.handler.ServeHTTP(res, req)
	if res.Code == http.StatusTooManyRequests && problemOf(e.t, res).Code != "rate.limited" {
		e.t.Errorf("%s: %s", line, res.Body)
	}
	return res.Code, res.Header().Get("Retry-After")
}

func TestEachLineHasItsLimit(t *testing.T) {
	limits := router.Limits{Login: 5, Refresh: 6, Signup: 2, CheckIn: 3, Search: 4, SearchAddress: 7, Other: 8}
	for name, c := range map[string]struct {
		line, token string
		allowed     int // 0: all of them
		after       string
	}{
		"login":                           {"DELETE /login/9", "", 5, "12"},
		"login, whatever token":           {"DELETE /login/9", "person", 5, "12"},
		"refresh":                         {"DELETE /refresh/9", "", 6, "10"},
		"sign-up":                         {"DELETE /signup/9", "person", 2, "30"},
		"sign-up of a program":            {"DELETE /signup/9", "client", 2, "30"},
		"check-in":                        {"DELETE /check-in/9", "person", 3, "20"},
		"search by place":                 {"GET /search?lat=30", "person", 4, "15"},
		"search by place, nobody":         {"GET /search?lat=30", "", 7, "9"},
		"a plain list":                    {"GET /search?limit=5", "person", 8, "8"},
		"a plain list, nobody":            {"GET /search?limit=5", "", 0, ""},
		"everything else":                 {"GET /notes/9", "person", 8, "8"},
		"everything else, nobody":         {"GET /notes/9", "", 0, ""},
		"a refusal counts like a success": {"GET /notes/1", "person", 8, "8"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newThrottled(t, limits)
			if c.allowed == 0 {
				c.allowed = 50
			}
			for i := range c.allowed {
				if status, _ := e.from("192.0.2.1:1", c.line, c.token); status == 429 {
					t.Fatalf("request %d is refused", i+1)
				}
			}
			if c.after == "" {
				return
			}
			for range 3 {
				if status, after := e.from("192.0.2.1:2", c.line, c.token); status != 429 || after != c.after {
					t.Fatalf("one too many: %d, Retry-After %q, want %s", status, after, c.after)
				}
			}
			e.clock.Store(int64(13 * time.Second * 3))
			if status, _ := e.from("192.0.2.1:2", c.line, c.token); status == 429 {
				t.Error("still refused later")
			}
		})
	}
}

func TestLimitsAreOfOneCallerAndOneKindOfRequest(t *testing.T) {
	e := newThrottled(t, router.Limits{Login: 1, Signup: 1, CheckIn: 1, Other: 1})
	for _, first := range [][3]string{
		{"192.0.2.1:1", "DELETE /login/9", ""},
		{"192.0.2.2:1", "DELETE /login/9", ""},
		{"[2001:db8::1]:1", "DELETE /login/9", ""},
		{"192.0.2.1:1", "DELETE /signup/9", "person"},
		{"192.0.2.1:1", "DELETE /check-in/9", "person"},
		{"192.0.2.1:1", "GET /notes/9", "person"},
		{"192.0.2.1:1", "DELETE /check-in/9", "auditor"},
		{"192.0.2.1:1", "DELETE /check-in/9", "client"},
	} {
		if status, _ := e.from(first[0], first[1], first[2]); status == 429 {
			t.Errorf("%v is refused for what others did", first)
		}
		if status, _ := e.from(first[0], first[1], first[2]); status != 429 {
			t.Errorf("%v passes twice", first)
		}
	}
	if log := e.log.String(); strings.Contains(log, "192.0.2.1") || strings.Contains(log, "2001:db8::1\"") {
		t.Errorf("the log holds a whole address: %s", log)
	}
}

func TestNoLimitsByDefault(t *testing.T) {
	e := newThrottled(t, router.Limits{})
	for range 2000 {
		if status, _ := e.from("192.0.2.1:1", "DELETE /signup/9", "person"); status != 204 {
			t.Fatal(status)
		}
	}
	if d := router.DefaultLimits(); d.CheckIn < 10 || d.Login < 600 || d.Other == 0 || d.Search == 0 || d.SearchAddress == 0 || d.Phone == 0 || d.Signup == 0 || d.Refresh == 0 {
		t.Errorf("%+v", d)
	}
}

func TestLimitsUnderARush(t *testing.T) {
	e := newThrottled(t, router.Limits{Signup: 10})
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 10 {
				if status, _ := e.from("192.0.2.1:1", "DELETE /signup/9", "person"); status == 204 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 10 {
		t.Errorf("%d passed, want 10", passed.Load())
	}
}

func TestWhoIsIdleIsForgottenAndMemoryIsBounded(t *testing.T) {
	var clock atomic.Int64
	b := router.NewBuckets(func() time.Time { return moment.Add(time.Duration(clock.Load())) }, 100)
	for i := range 10_000 {
		b.Take(fmt.Sprint(i), 10)
		if n := b.Len(); n > 100 {
			t.Fatalf("%d are remembered", n)
		}
	}
	for range 11 {
		b.Take("busy", 10)
	}
	clock.Add(int64(time.Minute) - 1)
	if b.Take("busy", 10) > 0 {
		t.Error("not full again after a minute")
	}
	b.Take("other", 10)
	for range 3 {
		clock.Add(int64(time.Minute))
		b.Take("other", 10)
	}
	if n := b.Len(); n != 1 {
		t.Errorf("%d are remembered, want the one who still asks", n)
	}
}

func TestTheContractSaysWhichLinesAreLimited(t *testing.T) {
	var document struct {
		Paths map[string]map[string]struct {
			ID    string   `json:"operationId"`
			Codes []string `json:"x-error-codes"`
		} `json:"paths"`
	}
	res := newThrottled(t, router.Limits{}).do("GET /openapi.json", "")
	if err := json.Unmarshal(res.Body.Bytes(), &document); err != nil || len(document.Paths) != 7 {
		t.Fatal(err, len(document.Paths))
	}
	for path, operations := range document.Paths {
		for _, op := range operations {
			if says := slices.Contains(op.Codes, "rate.limited"); says != (op.ID != "createToken") {
				t.Errorf("%s: rate.limited is documented: %t", path, says)
			}
		}
	}
}

func TestTheRoutesThatHaveALimitOfTheirOwn(t *testing.T) {
	want := map[string]router.Limit{
		"login": router.LimitLogin, "refreshTokens": router.LimitRefresh, "redeemBootstrap": router.LimitBootstrap, "redeemInvitation": router.LimitInvitation,
		"createJoinRequest": router.LimitJoin, "joinMatchGroup": router.LimitJoin, "listActivities": router.LimitSearch, "createSignup": router.LimitSignup, "redeemCheckInCode": router.LimitCheckIn, "redeemPassCode": router.LimitCheckIn, "uploadOfflineBatch": router.LimitCheckIn,
		"bindMyPhone":  router.LimitPhone,
		"createUpload": router.LimitUpload,
	}
	have := map[string]router.Limit{}
	for _, r := range router.Routes(router.Handlers{}) {
		if limit := router.LimitOf(r); limit != "" {
			have[r.ID] = limit
		}
	}
	if !maps.Equal(have, want) {
		t.Errorf("%v, want %v", have, want)
	}
}
