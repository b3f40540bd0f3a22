package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/model"
	"baodao/service/notify"
	"baodao/service/vault"
)

const adminKey = "open sesame"

// loop is the whole program and the simulated WeChat, over real HTTP both ways, on the clock of the test.
type loop struct {
	*testkit.World

	built *app.Built
	log   *bytes.Buffer
	sim   *wxsim.Simulator
	wx    string // address of the simulator
	base  string // address of the program
	deps  app.Deps
}

func newLoop(t *testing.T) *loop {
	t.Helper()
	l := &loop{World: testkit.NewWorld(t), log: &bytes.Buffer{}}
	l.sim = app.Simulator(l.Clock.Now, adminKey)
	wx := httptest.NewServer(l.sim)
	t.Cleanup(wx.Close)
	l.wx = wx.URL
	gateway, err := wechat.New(wechat.Config{AppID: app.SimAppID, Secret: app.SimSecret, BaseURL: wx.URL, Now: l.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Close)
	zero := make([]byte, vault.KeyBytes)
	ring := config.Ring{Current: "test", Keys: map[string][]byte{"test": zero}}
	l.deps = app.Deps{
		DB: l.DB, Now: l.Clock.Now, NewID: l.NewID, AppID: app.SimAppID, WeChat: login{gateway}, Phones: app.Phones(gateway), Sender: app.NoticeSender(gateway),
		Templates: app.Templates(gateway), Push: app.PushConfig{Token: app.SimPushToken, AESKey: app.SimPushKey},
		Keys: config.Keys{Token: ring, Field: ring, Refresh: zero, Index: zero, Code: zero, Invite: zero, Client: zero},
		Log:  slog.New(slog.NewJSONHandler(l.log, nil)),
	}
	if l.built, err = app.Build(l.deps); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(l.built.Handler)
	t.Cleanup(server.Close)
	l.base = server.URL
	l.target(wxsim.Push{})
	file, err := notify.ParseTemplates(config.NoticesExample)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.built.Notify.SeedTemplates(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return l
}

// login is the gateway without the phone button.
type login struct{ *wechat.Gateway }

// target enters the program's address at the simulator, with events in the given shape.
func (l *loop) target(shape wxsim.Push) {
	l.TB.Helper()
	l.admin("push-target", map[string]any{
		"url": l.base + app.PushPath, "token": app.SimPushToken, "aes_key": app.SimPushKey, "xml": shape.XML, "string_numbers": shape.StringNumbers, "unencrypted": shape.Plain,
	})
}

// admin calls the simulator's admin API.
func (l *loop) admin(path string, body map[string]any) map[string]any {
	l.TB.Helper()
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	status, out := l.send(method, l.wx+"/_sim/"+path, body, "X-Sim-Key", adminKey)
	if status != http.StatusOK {
		l.TB.Fatalf("admin %s: %d %v", path, status, out)
	}
	return out
}

func (l *loop) send(method, address string, body any, header, value string) (int, map[string]any) {
	l.TB.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		l.TB.Fatal(err)
	}
	req, err := http.NewRequestWithContext(l.TB.Context(), method, address, bytes.NewReader(raw))
	if err != nil {
		l.TB.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(header, value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.TB.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		l.TB.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(said, &out) // an empty body is one
	return resp.StatusCode, out
}

// enter logs a person in and returns the token and the account.
func (l *loop) enter(name string) (token string, user int64) {
	l.TB.Helper()
	status, out := l.send(http.MethodPost, l.base+"/api/v1/auth/login", map[string]string{"code": "dev-" + name + "-0001"}, "X", "")
	if status != http.StatusOK {
		l.TB.Fatal(status, out)
	}
	if _, err := fmt.Sscan(out["user_id"].(string), &user); err != nil {
		l.TB.Fatal(err)
	}
	return out["access_token"].(string), user
}

// push delivers the simulator's events now and tells the statuses.
func (l *loop) push(how map[string]any) string {
	l.TB.Helper()
	return strings.Trim(fmt.Sprint(l.admin("push", how)["statuses"]), "[]")
}

// drain works on what was pushed and sends what is due.
func (l *loop) drain() {
	l.TB.Helper()
	if err := l.built.Push.Drain(l.TB.Context()); err != nil {
		l.TB.Fatal(err)
	}
	for range 3 {
		l.Clock.Add(2 * time.Second)
		if _, err := l.built.Outbox.Once(l.TB.Context()); err != nil {
			l.TB.Fatal(err)
		}
	}
}

// tell enqueues a notice.
func (l *loop) tell(fact string, user int64) {
	l.TB.Helper()
	err := l.DB.Transaction(func(tx *gorm.DB) error {
		return l.built.Notify.Enqueue(tx, notify.Event{
			Kind: notify.SignupConfirmed, UserIDs: []int64{user}, Fact: []string{fact}, Object: "activities", ObjectID: 7, Data: map[string]notify.Words{"activity": notify.Own("河道清洁")},
		})
	})
	if err != nil {
		l.TB.Fatal(err)
	}
}

func (l *loop) states() string {
	l.TB.Helper()
	var out []string
	if err := l.DB.Model(&model.Notice{}).Order("id").Pluck("state", &out).Error; err != nil {
		l.TB.Fatal(err)
	}
	return strings.Join(out, " ")
}

func (l *loop) granted(user int64) (n int64) {
	l.TB.Helper()
	var rows []model.SubscribeLedger
	if err := l.DB.Where("user_id = ?", user).Find(&rows).Error; err != nil {
		l.TB.Fatal(err)
	}
	for _, r := range rows {
		n += r.Granted
	}
	return n
}

// waiting counts the push events that nobody has taken.
func (l *loop) waiting() (n int64) {
	l.TB.Helper()
	if err := l.DB.Model(&model.PushEvent{}).Where("done_at IS NULL").Count(&n).Error; err != nil {
		l.TB.Fatal(err)
	}
	return n
}

// verdicts takes media verdicts for the trace ids that it knows.
type verdicts struct {
	known map[string]bool
	took  []string
	fail  error
}

// MediaVerdict notes the verdict.
func (v *verdicts) MediaVerdict(_ context.Context, trace, suggest string, label int) (bool, error) {
	if v.fail != nil || !v.known[trace] {
		return false, v.fail
	}
	v.took = append(v.took, fmt.Sprint(trace, " ", suggest, " ", label))
	return true, nil
}
