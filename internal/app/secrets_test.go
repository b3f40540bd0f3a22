package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/testkit"
	"baodao/internal/wxsim"
	"baodao/model"
)

const (
	plantedApp    = "wxplanted000000001"
	plantedSecret = "PLANTED-app-secret-5d1c"
	simKey        = "open sesame"
	sendPath      = "/cgi-bin/message/subscribe/send"
	signupTmpl    = "tmpl-signup"
)

// house is the whole program on real sockets in front of a simulator, and everything that ever came out of it.
type house struct {
	t       *testing.T
	a       *app.App
	sim     string
	base    string
	needles map[string]string // what must not be found, by name
	log     buffer
	answers buffer // bodies and headers, without what is meant for the caller's eyes only
	stop    func()
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }

func (b *buffer) Bytes() []byte { b.mu.Lock(); defer b.mu.Unlock(); return bytes.Clone(b.b.Bytes()) }

func hexKey(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, needles: map[string]string{"app secret": plantedSecret, "push token": "PLANTED-push-token", "push key": "PLANTEDpushKey0123456789abcdefghijklmnopqrs"}}
	sim := httptest.NewServer(wxsim.New(wxsim.Options{Now: clock.System, AdminKey: simKey, Apps: []wxsim.App{{
		AppID: plantedApp, Secret: plantedSecret, OpenPlatform: "campus", Templates: []wxsim.Template{{ID: signupTmpl, Title: "报名", Content: "活动:{{thing1.DATA}}"}},
	}}}))
	t.Cleanup(sim.Close)
	h.sim = sim.URL
	database := "sqlite:" + filepath.Join(t.TempDir(), "planted.db")
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		database = "mysql:" + testkit.EmptySchema(t, dsn)
	}
	env := []string{
		"BAODAO_DB=" + database, "BAODAO_DATA=" + t.TempDir(), "BAODAO_LOG_LEVEL=debug", "BAODAO_METRICS_ADDR=127.0.0.1:0",
		"BAODAO_WECHAT_APPID=" + plantedApp, "BAODAO_WECHAT_SECRET=" + plantedSecret, "BAODAO_WECHAT_BASE_URL=" + sim.URL,
		"BAODAO_WECHAT_PUSH_TOKEN=" + h.needles["push token"], "BAODAO_WECHAT_PUSH_AES_KEY=" + h.needles["push key"],
	}
	for name, ring := range map[string]string{"TOKEN_KEYS": "t1:", "REFRESH_KEY": "", "FIELD_KEYS": "f1:", "INDEX_KEY": "", "CODE_KEY": "", "INVITE_KEY": "", "CLIENT_KEY": ""} {
		key := hexKey(t)
		raw, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		h.needles[name] = string(raw)
		env = append(env, "BAODAO_"+name+"="+ring+key)
	}
	cfg, err := config.Load(env)
	if err != nil {
		t.Fatal(err)
	}
	h.a, err = app.Open(t.Context(), cfg, slog.New(slog.NewJSONHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), clock.System, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.serve()
	return h
}

func (h *house) serve() {
	h.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(h.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.base = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	done := make(chan error, 1)
	go func() { done <- h.a.Serve(ctx, listener) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(func() {
		h.stop()
		if err := h.a.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

// do sends a request to the program; secret answers are returned and not kept.
func (h *house) do(method, path, token string, body any, keep bool) (int, map[string]any) {
	h.t.Helper()
	status, header, raw := h.exchange(method, h.base+path, map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": rand.Text()}, body)
	if keep {
		_ = header.Write(&h.answers)
		_, _ = h.answers.Write(raw)
	}
	out := map[string]any{}
	_ = json.Unmarshal(raw, &out)
	return status, out
}

func (h *house) exchange(method, address string, headers map[string]string, body any) (int, http.Header, []byte) {
	h.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			h.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, address, in)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, v := range headers {
		req.Header.Set(name, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, res.Header, raw
}

func (h *house) admin(path string, body map[string]any) map[string]any {
	h.t.Helper()
	status, _, raw := h.exchange(http.MethodPost, h.sim+"/_sim/"+path, map[string]string{"X-Sim-Key": simKey}, body)
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil || status != http.StatusOK {
		h.t.Fatalf("%s: %d %s", path, status, raw)
	}
	return out
}

func text(m map[string]any, key string) string { s, _ := m[key].(string); return s }

// TestNoPlantedSecretComesOut runs the program through logins, a phone number, messages and failures of all of them with
// secrets that can be recognised, and then looks for them in the log, the answers, the metrics and every table.
func TestNoPlantedSecretComesOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	access, user := h.logins()
	h.phone(user)
	h.messages(user, access)
	h.tokens()
	h.metrics()
	h.stop()

	places := h.places()
	for _, found := range leaks(places, h.needles) {
		t.Error(found)
	}
	h.selfCheck(places)
}

// logins makes good and bad logins, and returns an access token of ours and the account.
func (h *house) logins() (access string, user int64) {
	h.t.Helper()
	code := 0
	login := func(keep bool) (int, map[string]any) {
		code++
		value := fmt.Sprintf("dev-li-PLANTEDcode%d", code)
		h.needles["code "+value] = value
		return h.do(http.MethodPost, "/api/v1/auth/login", "", map[string]any{"code": value}, keep)
	}
	status, tokens := login(false)
	if status != http.StatusOK {
		h.t.Fatal(status, tokens)
	}
	access = text(tokens, "access_token")
	h.needles["access token"], h.needles["refresh token"] = access, text(tokens, "refresh_token")
	code-- // again the same code
	if status, _ := login(true); status != http.StatusUnprocessableEntity {
		h.t.Error("a used code:", status)
	}
	for _, mode := range []map[string]any{
		{"mode": "errcode", "errcode": 40226},
		{"mode": "errcode", "errcode": 45011},
		{"mode": "html"},
		{"mode": "empty_object"},
		{"mode": "truncated"},
		{"mode": "close_after"},
		{"mode": "status", "status": 502},
		{"mode": "set", "field": "openid"},
	} {
		mode["path"], mode["count"] = "/sns/jscode2session", 1
		h.admin("fail", mode)
		if status, _ := login(true); status < 400 {
			h.t.Error(mode, status)
		}
	}
	h.do(http.MethodGet, "/api/v1/me", access, nil, true)
	h.do(http.MethodGet, "/api/v1/me", access+"x", nil, true)
	h.do(http.MethodPost, "/api/v1/auth/refresh", "", map[string]any{"refresh_token": h.needles["refresh token"] + "x"}, true)
	_, _, raw := h.exchange(http.MethodGet, h.sim+"/sns/jscode2session?"+url.Values{
		"appid": {plantedApp}, "secret": {plantedSecret}, "js_code": {"dev-li-forTheTest"}, "grant_type": {"authorization_code"},
	}.Encode(), nil, nil)
	var session map[string]any
	if err := json.Unmarshal(raw, &session); err != nil {
		h.t.Fatal(err)
	}
	h.needles["openid"], h.needles["unionid"], h.needles["session key"] = text(session, "openid"), text(session, "unionid"), text(session, "session_key")
	var users []int64
	if err := h.a.DB.Model(&model.User{}).Pluck("id", &users).Error; err != nil || len(users) != 1 {
		h.t.Fatal(users, err)
	}
	return access, users[0]
}
