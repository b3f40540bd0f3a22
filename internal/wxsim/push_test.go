package wxsim_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baodao/internal/wxsim"
)

// listen is a push address that hands on every body it gets and checks that signatures are there.
func listen(t *testing.T) (address string, bodies chan string) {
	t.Helper()
	bodies = make(chan string, 16)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || len(r.URL.Query().Get("signature")) != 40 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		bodies <- string(raw)
		_, _ = io.WriteString(w, r.URL.Query().Get("echostr"))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, bodies
}

func TestPlainEventsInBothFormats(t *testing.T) {
	for _, asXML := range []bool{false, true} {
		app := notices()
		address, bodies := listen(t)
		app.Push = wxsim.Push{URL: address, Token: "token", Plain: true, XML: asXML}
		app.AutoMedia, app.Risky = true, []string{"bad"}
		g := start(t, app)
		g.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
		g.admin("push", map[string]any{})
		popup := <-bodies
		want := []string{`"List":{"PopupScene":"0","SubscribeStatusString":"accept","TemplateId":"once"}`}
		if asXML {
			want = []string{"<SubscribeMsgPopupEvent><List>", "<TemplateId>once</TemplateId>"}
		}
		for _, part := range want {
			if !strings.Contains(popup, part) {
				t.Fatalf("no %s in %s", part, popup)
			}
		}
		person := g.login(appID, "dev-li-0001").str("openid")
		wantCode(t, "media", g.tokened("/wxa/media_check_async", map[string]any{
			"version": 2, "scene": 3, "openid": person, "media_type": 2, "media_url": "https://example.org/bad.jpg",
		}), 0)
		g.admin("push", map[string]any{})
		if len(bodies) != 0 {
			t.Fatal("the verdict takes a second")
		}
		g.advance(time.Second)
		g.admin("push", map[string]any{})
		if verdict := <-bodies; !strings.Contains(verdict, "risky") || !strings.Contains(verdict, "wxa_media_check") {
			t.Fatal(verdict)
		}
	}
}

func TestRunDeliversByItselfUntilItsEnd(t *testing.T) {
	app := notices()
	address, bodies := listen(t)
	app.Push = wxsim.Push{URL: address, Token: "token", AESKey: strings.Repeat("A", 43)}
	sim := wxsim.New(wxsim.Options{Apps: []wxsim.App{app}, AdminKey: adminKey})
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	rig{t, srv.URL}.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "reject"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	if body := <-bodies; !strings.Contains(body, `"Encrypt":"`) || strings.Contains(body, "reject") {
		t.Fatalf("not encrypted: %s", body)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestSwitchForOnePerson(t *testing.T) {
	g := start(t, notices())
	li, wu := g.login(appID, "dev-li-0001").str("openid"), g.login(appID, "dev-wu-0001").str("openid")
	g.admin("fail", map[string]any{"mode": "errcode", "errcode": -1, "openid": li})
	fields := map[string]string{"thing1": "扫雪", "time2": "15:01"}
	wantCode(t, "li", g.tokened(sendPath, message(li, "once", fields)), -1)
	wantCode(t, "wu", g.tokened(sendPath, message(wu, "once", fields)), 43101)
	check := g.tokened("/wxa/msg_sec_check", map[string]any{"version": 2, "scene": 1, "openid": li, "content": "x"})
	wantCode(t, "li elsewhere", check, -1)
}

func TestThePushAddressIsEnteredAsAtWeChat(t *testing.T) {
	address, bodies := listen(t)
	g := start(t, notices())
	g.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	if r := g.call(http.MethodPost, "/_sim/push-target", map[string]any{"url": "http://127.0.0.1:1/", "token": "token"}); r.status != http.StatusUnprocessableEntity {
		t.Fatalf("an address that does not answer: %d", r.status)
	}
	enter := map[string]any{"url": address, "token": "token", "aes_key": strings.Repeat("A", 43), "unencrypted": true}
	g.admin("push-target", enter)
	<-bodies // the check
	g.admin("push", map[string]any{})
	if len(bodies) != 0 {
		t.Fatal("what happened before the address was entered is not told")
	}
	if r := g.call(http.MethodDelete, "/_sim/state", nil); r.status != http.StatusOK {
		t.Fatal(r.status)
	}
	g.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	g.admin("push", map[string]any{})
	if body := <-bodies; !strings.Contains(body, "accept") {
		t.Fatal(body)
	}
}
