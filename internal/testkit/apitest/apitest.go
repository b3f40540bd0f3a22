// Package apitest drives the whole API over the real router, and holds every answer against the contract.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/testkit/contract"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/vault"
)

// API is the whole program over a World, without sockets.
type API struct {
	*testkit.World
	Built    *app.Built
	Log      *bytes.Buffer // everything that was logged
	contract *contract.Contract

	mu     sync.Mutex
	codes  map[string]string // login code → openid
	tokens map[int64]string  // by user
	nonces int
	logins int
}

// New builds a world and the program over it.
func New(t *testing.T) *API {
	t.Helper()
	a := &API{World: testkit.NewWorld(t), Log: &bytes.Buffer{}, codes: map[string]string{}, tokens: map[int64]string{}}
	zero := make([]byte, vault.KeyBytes)
	var err error
	a.Built, err = app.Build(app.Deps{
		DB: a.DB, Now: a.Clock.Now, NewID: a.NewID, WeChat: a,
		Keys: config.Keys{
			Token: config.Ring{Current: "test", Keys: map[string][]byte{"test": zero}}, Field: config.Ring{Current: "test", Keys: map[string][]byte{"test": zero}},
			Refresh: zero, Index: zero, Code: zero, Invite: zero, Client: zero,
		},
		Log: slog.New(slog.NewJSONHandler(&locked{w: a.Log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.contract = Contract(t)
	return a
}

// locked lets goroutines share a buffer.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes under the lock.
func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// Login is the WeChat of these tests: it knows the codes that As made.
func (a *API) Login(_ context.Context, code string) (openID, unionID string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if openID, ok := a.codes[code]; ok {
		delete(a.codes, code)
		return openID, "", nil
	}
	return "", "", fault.ErrInvalid
}

// Nobody is not signed in.
var Nobody access.Actor

// Token logs the actor in and returns an access token; the same one until Forget.
func (a *API) Token(who access.Actor) string {
	a.TB.Helper()
	a.mu.Lock()
	token, ok := a.tokens[who.UserID]
	a.mu.Unlock()
	if ok {
		return token
	}
	token = a.SignIn(who).Status(http.StatusOK).Get("access_token")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens[who.UserID] = token
	return token
}

// SignIn logs the actor in anew and returns the whole answer; the token that Token keeps stays as it is.
func (a *API) SignIn(who access.Actor) *Answer {
	a.TB.Helper()
	a.mu.Lock()
	a.logins++
	code := fmt.Sprintf("code-%d-%d", who.UserID, a.logins)
	a.codes[code] = a.OpenIDs[who.UserID]
	a.mu.Unlock()
	return a.Do(Nobody, "POST /auth/login", map[string]string{"code": code})
}

// Forget makes the next request of every actor log in anew.
func (a *API) Forget() { a.mu.Lock(); defer a.mu.Unlock(); clear(a.tokens) }

// Option changes a request.
type Option func(*http.Request)

// Header sets a header; an empty value removes it.
func Header(name, value string) Option {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
			return
		}
		r.Header.Set(name, value)
	}
}

// IfMatch sends a version.
func IfMatch(version int64) Option { return Header("If-Match", fmt.Sprintf("%q", fmt.Sprint(version))) }

// Do sends "METHOD /path" (below /api/v1) as the actor. body is nil, a string or bytes sent as they are, or anything else as JSON.
// A POST gets an Idempotency-Key of its own unless an option says otherwise. The answer is checked against the contract.
func (a *API) Do(who access.Actor, what string, body any, options ...Option) *Answer {
	a.TB.Helper()
	method, path, ok := strings.Cut(what, " ")
	if !ok {
		a.TB.Fatalf("%q: want METHOD /path", what)
	}
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			a.TB.Fatal(err)
		}
	}
	req := httptest.NewRequestWithContext(a.TB.Context(), method, "http://baodao.test/api/v1"+path, bytes.NewReader(raw))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if who.UserID != 0 {
		req.Header.Set("Authorization", "Bearer "+a.Token(who))
	}
	if method == http.MethodPost {
		a.mu.Lock()
		a.nonces++
		req.Header.Set("Idempotency-Key", fmt.Sprintf("test-%d", a.nonces))
		a.mu.Unlock()
	}
	for _, o := range options {
		o(req)
	}
	rec := httptest.NewRecorder()
	a.Built.Handler.ServeHTTP(rec, req)
	res := rec.Result()
	answer := &Answer{Code: res.StatusCode, Header: res.Header, Body: rec.Body.Bytes(), t: a.TB, what: what}
	a.contract.Check(a.TB, req, res, answer.Body)
	return answer
}

// Snapshot counts the rows of every table, to show that a refusal wrote nothing. Logins are left out.
func (a *API) Snapshot() map[string]int64 {
	a.TB.Helper()
	tables, err := a.DB.Migrator().GetTables()
	if err != nil {
		a.TB.Fatal(err)
	}
	counts := map[string]int64{}
	for _, name := range tables {
		if strings.HasPrefix(name, "sqlite_") || name == "login_sessions" || name == "check_ins" {
			continue
		}
		var n int64
		q := a.DB.Table(name)
		if name == "audit_log" {
			q = q.Where("action NOT LIKE 'auth.%'")
		}
		if err := q.Count(&n).Error; err != nil {
			a.TB.Fatal(err)
		}
		counts[name] = n
	}
	return counts
}

// Refused demands a refusal that wrote nothing.
func (a *API) Refused(who access.Actor, what string, body any, status int, code string, options ...Option) *Answer {
	a.TB.Helper()
	if who.UserID != 0 {
		a.Token(who)
	}
	before := a.Snapshot()
	answer := a.Do(who, what, body, options...).Problem(status, code)
	if after := a.Snapshot(); !maps.Equal(before, after) {
		a.TB.Errorf("%s: refused, yet rows changed: %v, now %v", what, before, after)
	}
	return answer
}

var shared struct {
	once sync.Once
	c    *contract.Contract
}

// Contract is the contract that all tests of the process share, so that coverage of operations can be asked at the end.
func Contract(t testing.TB) *contract.Contract {
	t.Helper()
	shared.once.Do(func() {
		doc, err := app.OpenAPI() // CI holds docs/openapi.json to be the same bytes
		if err != nil {
			t.Fatal(err)
		}
		shared.c = contract.New(t, doc)
	})
	return shared.c
}
