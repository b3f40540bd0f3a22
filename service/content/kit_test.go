package content_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/internal/wxstore"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
	"baodao/service/notify"
)

const (
	appID    = "wx0123456789abcdef"
	secret   = "0123456789abcdef0123456789abcdef"
	adminKey = "open sesame"
)

// kit is the checks in front of the simulator, over real HTTP. Risky words hold 赌, doubtful ones 微信号.
type kit struct {
	*testkit.World
	Checks    *content.Service
	author    access.Actor // of the community
	town      access.Actor // above it
	security  access.Actor
	sim       string
	asked     int             // texts that WeChat was asked about
	submitted func(id string) // told the trace id before it is stored
	published int
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{World: testkit.NewWorld(t)}
	account := wxsim.App{AppID: appID, Secret: secret, Risky: []string{"赌"}, Review: []string{"微信号"}}
	sim := httptest.NewServer(wxsim.New(wxsim.Options{Apps: []wxsim.App{account}, AdminKey: adminKey, Now: k.Clock.Now}))
	t.Cleanup(sim.Close)
	k.sim = sim.URL
	tokens, err := wxstore.NewTokens(k.DB, k.Clock.Now, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := wechat.New(wechat.Config{AppID: appID, Secret: secret, BaseURL: sim.URL, Now: k.Clock.Now, Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Close)
	k.Checks = &content.Service{
		DB: k.DB, Now: k.Clock.Now, NewID: k.NewID, Audit: k.Audit, Vault: k.Vault, Checker: counted{app.ContentChecker(gateway), k},
		Notify:  &notify.Service{DB: k.DB, Now: k.Clock.Now, NewID: k.NewID, Vault: k.Vault, AppID: appID},
		Address: func(int64) string { return "https://example.org/picture" }, ReviewDue: 14 * 24 * time.Hour,
	}
	k.author = k.known(k.Staff("author", access.HostStaff, k.Community), "author")
	k.town = k.known(k.Staff("town", access.TownOfficer, k.Town), "town")
	k.security = k.Staff("security", access.SecurityAdmin, model.Org{})
	return k
}

// counted counts what is asked.
type counted struct {
	content.Checker
	k *kit
}

func (c counted) CheckText(ctx context.Context, openID string, use content.Use, text string) (content.Verdict, error) {
	c.k.asked++
	return c.Checker.CheckText(ctx, openID, use, text)
}

func (c counted) SubmitImage(ctx context.Context, openID, address string) (string, bool, error) {
	trace, unseen, err := c.Checker.SubmitImage(ctx, openID, address)
	if c.k.submitted != nil && trace != "" {
		c.k.submitted(trace)
	}
	return trace, unseen, err
}

// known gives an actor an openid that the simulator knows.
func (k *kit) known(who access.Actor, name string) access.Actor {
	k.TB.Helper()
	k.Known(k.simulator(), who.UserID, name)
	return who
}

func (k *kit) simulator() testkit.Sim { return testkit.Sim{URL: k.sim, AdminKey: adminKey} }

func (k *kit) write(fn func(tx *gorm.DB) error) {
	k.TB.Helper()
	if err := atomic.Do(k.TB.Context(), k.DB, fn); err != nil {
		k.TB.Fatal(err)
	}
}

// admin calls the simulator's admin API.
func (k *kit) admin(path string, body map[string]any) map[string]any {
	k.TB.Helper()
	return k.Admin(k.simulator(), http.MethodPost, path, body)
}

// down makes WeChat fail until up.
func (k *kit) down() { k.admin("fail", map[string]any{"mode": "status", "status": 500}) }
func (k *kit) up()   { k.admin("fail", map[string]any{"mode": "clear"}) }

// visits is a person using the mini-program now.
func (k *kit) visits(name string) { k.admin("user", map[string]any{"name": name}) }

// publish publishes texts of an activity of the community, title first.
func (k *kit) publish(who access.Actor, all ...string) error {
	k.TB.Helper()
	return k.run(who, all, k.Checks.Passed)
}

// submit has them looked at for later.
func (k *kit) submit(who access.Actor, all ...string) error {
	k.TB.Helper()
	return k.run(who, all, k.Checks.Offered)
}

func (k *kit) run(who access.Actor, all []string, look func(*gorm.DB, access.Actor, content.Use, string, []content.Text) error) error {
	pointers := []string{"/title", "/summary", "/risk_note"}
	var list []content.Text
	for i, text := range all {
		list = append(list, content.Text{At: pointers[i], Text: text})
	}
	_, err := content.Do(k.TB.Context(), k.Checks, who, func() (int, error) {
		return 0, atomic.Do(k.TB.Context(), k.DB, func(tx *gorm.DB) error {
			if err := look(tx, who, content.Activity, k.Community.Path, list); err != nil {
				return err
			}
			k.published++
			return nil
		})
	})
	return err
}

// only returns the one check there is.
func (k *kit) only() model.ContentCheck {
	k.TB.Helper()
	var rows []model.ContentCheck
	if err := k.DB.Find(&rows).Error; err != nil || len(rows) != 1 {
		k.TB.Fatalf("%d checks, %v", len(rows), err)
	}
	return rows[0]
}

func (k *kit) is(status model.CheckStatus, why string) model.ContentCheck {
	k.TB.Helper()
	row := k.only()
	if row.Status != status || row.Why != why {
		k.TB.Fatalf("is %s %s, want %s %s", row.Status, row.Why, status, why)
	}
	return row
}

func (k *kit) advance() {
	k.TB.Helper()
	if err := k.Checks.Advance(k.TB.Context(), 100); err != nil {
		k.TB.Fatal(err)
	}
}
