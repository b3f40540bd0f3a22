package notify_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/app"
	"baodao/internal/testkit"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/internal/wxstore"
	"baodao/model"
	"baodao/service/notify"
	"baodao/service/vault"
)

const (
	appID     = "wx0123456789abcdef"
	appSecret = "0123456789abcdef0123456789abcdef"
	adminKey  = "open sesame"
	pushToken = "push-token"
	pushKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	pathSend  = "/cgi-bin/message/subscribe/send"
	once      = "tmpl-once"   // of SIGNUP_CONFIRMED
	always    = "tmpl-always" // of ACTIVITY_CANCELLED
)

// kit is the outbox in front of the simulator, over real HTTP both ways.
type kit struct {
	*testkit.World
	Notices *notify.Service
	Gateway *wechat.Gateway
	sim     string
	facts   int
}

func newKit(t *testing.T, change ...func(*wxsim.App)) *kit {
	t.Helper()
	k := &kit{World: testkit.NewWorld(t)}
	k.Notices = &notify.Service{DB: k.DB, Now: k.Clock.Now, NewID: k.NewID, Vault: k.Vault, AppID: appID}
	account := wxsim.App{AppID: appID, Secret: appSecret, Templates: []wxsim.Template{
		{ID: once, Title: "报名结果", Content: "活动:{{thing1.DATA}}\n时间:{{time2.DATA}}"},
		{ID: always, Title: "活动取消", Content: "活动:{{thing1.DATA}}", LongTerm: true},
	}, Push: wxsim.Push{URL: k.receiver(t), Token: pushToken, AESKey: pushKey}}
	for _, c := range change {
		c(&account)
	}
	sim := httptest.NewServer(wxsim.New(wxsim.Options{Apps: []wxsim.App{account}, AdminKey: adminKey, Now: k.Clock.Now}))
	t.Cleanup(sim.Close)
	k.sim = sim.URL
	k.Gateway = k.newGateway(t)
	now := k.Clock.Now()
	k.Insert(
		&model.NoticeTemplate{AppID: appID, Kind: string(notify.SignupConfirmed), TemplateID: once, Page: "pages/activity?id={id}", Fields: map[string]string{"thing1": "{activity}", "time2": "{time}"}, UpdatedAt: now},
		&model.NoticeTemplate{AppID: appID, Kind: string(notify.ActivityCancelled), TemplateID: always, Fields: map[string]string{"thing1": "{activity}"}, LongTerm: true, UpdatedAt: now},
	)
	return k
}

func (k *kit) newGateway(t *testing.T) *wechat.Gateway {
	t.Helper()
	tokens, err := wxstore.NewTokens(k.DB, k.Clock.Now, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	g, err := wechat.New(wechat.Config{AppID: appID, Secret: appSecret, BaseURL: k.sim, Now: k.Clock.Now, Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// receiver takes the simulator's push, as the program's own address will.
func (k *kit) receiver(t *testing.T) string {
	t.Helper()
	inbound, err := wechat.NewInbound(wechat.InboundConfig{AppID: appID, Token: pushToken, AESKey: pushKey, Now: k.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			var events []wechat.Event
			if events, err = inbound.Open(r.URL.Query(), "", body); err == nil {
				err = k.Notices.Subscribed(r.Context(), k.subscribeEvents(events))
			}
		}
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (k *kit) worker() *notify.Worker {
	return &notify.Worker{DB: k.DB, Now: k.Clock.Now, Vault: k.Vault, Sender: app.NoticeSender(k.Gateway), AppID: appID, Log: slog.New(slog.DiscardHandler)}
}

// person makes an account whose openid the simulator knows.
func (k *kit) person(name string) int64 {
	k.TB.Helper()
	u := k.User(name)
	k.Known(k.simulator(), u.ID, name)
	return u.ID
}

func (k *kit) simulator() testkit.Sim { return testkit.Sim{URL: k.sim, AdminKey: adminKey} }

func (k *kit) write(fn func(tx *gorm.DB) error) {
	k.TB.Helper()
	if err := k.DB.Transaction(fn); err != nil {
		k.TB.Fatal(err)
	}
}

// admin calls the simulator's admin API.
func (k *kit) admin(method, path string, body map[string]any) map[string]any {
	k.TB.Helper()
	return k.Admin(k.simulator(), method, path, body)
}

// accept is the person saying yes; the event reaches us unless the network loses it.
func (k *kit) accept(name string, templates ...string) {
	k.TB.Helper()
	k.admin(http.MethodPost, "subscribe", map[string]any{"name": name, "templates": templates, "result": "accept"})
	k.push()
	k.Clock.Add(time.Second) // answers of one second are one answer
}

func (k *kit) push() { k.TB.Helper(); k.admin(http.MethodPost, "push", map[string]any{}) }

func (k *kit) fail(mode string, more map[string]any) {
	k.TB.Helper()
	body := map[string]any{"mode": mode, "path": pathSend}
	for key, v := range more {
		body[key] = v
	}
	k.admin(http.MethodPost, "fail", body)
}

// tell enqueues a new event for the users and returns what it calls the fact.
func (k *kit) tell(kind notify.Kind, users ...int64) string {
	k.TB.Helper()
	k.facts++
	fact := fmt.Sprintf("act%d", k.facts)
	k.enqueue(notify.Event{Kind: kind, UserIDs: users, Fact: []string{fact, "v1"}})
	return fact
}

func (k *kit) enqueue(e notify.Event) {
	k.TB.Helper()
	if e.Data == nil {
		e.Data = map[string]notify.Words{"activity": notify.Own("河道清洁"), "time": notify.Own("09:00"), "id": notify.Own("7")}
	}
	e.Object, e.ObjectID = "activities", 7
	k.write(func(tx *gorm.DB) error { return k.Notices.Enqueue(tx, e) })
}

// drain runs the worker over everything that is due now.
func (k *kit) drain(w *notify.Worker) {
	k.TB.Helper()
	for range 1000 {
		n, err := w.Once(k.TB.Context())
		if err != nil {
			k.TB.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	k.TB.Fatal("the outbox does not come to rest")
}

func (k *kit) notices() []model.Notice {
	k.TB.Helper()
	var rows []model.Notice
	if err := k.DB.Order("id").Find(&rows).Error; err != nil {
		k.TB.Fatal(err)
	}
	return rows
}

// states tells the states of all notices, oldest first.
func (k *kit) states() string {
	k.TB.Helper()
	var out []string
	for _, n := range k.notices() {
		out = append(out, n.State)
	}
	return strings.Join(out, " ")
}

func (k *kit) ledger(user int64, template string) model.SubscribeLedger {
	k.TB.Helper()
	var rows []model.SubscribeLedger
	if err := k.DB.Where("user_id = ? AND template = ?", user, template).Find(&rows).Error; err != nil {
		k.TB.Fatal(err)
	}
	if len(rows) == 0 {
		return model.SubscribeLedger{}
	}
	return rows[0]
}

// delivered counts what the simulator took, by openid and message text.
func (k *kit) delivered() map[string]int {
	k.TB.Helper()
	out := map[string]int{}
	list, _ := k.admin(http.MethodGet, "sends", nil)["sends"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		if m["errcode"] == 0.0 {
			fields, _ := m["fields"].(map[string]any)
			out[fmt.Sprint(m["openid"], " ", fields["thing1"])]++
		}
	}
	return out
}

func (k *kit) sent() int {
	k.TB.Helper()
	n, _ := k.admin(http.MethodGet, "sends", nil)["sent"].(float64)
	return int(n)
}

func (k *kit) calls() int {
	k.TB.Helper()
	paths, _ := k.admin(http.MethodGet, "counters", nil)["paths"].(map[string]any)
	n, _ := paths[pathSend].(map[string]any)
	calls, _ := n["calls"].(float64)
	return int(calls)
}

// subscribeEvents says events as the outbox takes them.
func (k *kit) subscribeEvents(events []wechat.Event) []notify.SubscribeEvent {
	kinds := map[wechat.EventKind]string{
		wechat.EventSubscribed: notify.EventAnswer, wechat.EventUnsubscribed: notify.EventMute, wechat.EventNoticeSent: notify.EventSent,
	}
	var out []notify.SubscribeEvent
	for _, e := range events {
		if kind := kinds[e.Kind]; kind != "" {
			out = append(out, notify.SubscribeEvent{
				Kind: kind, Key: e.Key, Person: k.Vault.Index(vault.OpenID, e.OpenID), Template: e.Template, Accepted: e.Accepted, MsgID: e.MsgID, ErrorCode: e.ErrorCode,
			})
		}
	}
	return out
}
