package wechat_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"baodao/internal/wechat"
)

func TestConfiguration(t *testing.T) {
	now := newWatch().Now
	for name, tc := range map[string]struct {
		cfg  wechat.Config
		good bool
	}{
		"production":                    {wechat.Config{AppID: appID, Secret: secret, Now: now, Production: true}, true},
		"the real address said aloud":   {wechat.Config{AppID: appID, Secret: secret, Now: now, Production: true, BaseURL: "https://api.weixin.qq.com"}, true},
		"simulator":                     {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://127.0.0.1:8080/wx"}, true},
		"simulator over IPv6":           {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://[::1]:8080"}, true},
		"simulator by name":             {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://localhost:8080"}, true},
		"proxy":                         {wechat.Config{AppID: appID, Secret: secret, Now: now, ProxyURL: "http://proxy:3128"}, true},
		"simulator in production":       {wechat.Config{AppID: appID, Secret: secret, Now: now, Production: true, BaseURL: "http://127.0.0.1:8080"}, false},
		"another host":                  {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://example.org"}, false},
		"a host that begins right":      {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://127.0.0.1.example.org"}, false},
		"WeChat without TLS":            {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://api.weixin.qq.com"}, false},
		"user in the address":           {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://127.0.0.1@example.org"}, false},
		"query in the address":          {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "http://127.0.0.1:1/?a=b"}, false},
		"no scheme":                     {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "127.0.0.1:8080"}, false},
		"another scheme":                {wechat.Config{AppID: appID, Secret: secret, Now: now, BaseURL: "ftp://127.0.0.1"}, false},
		"no secret":                     {wechat.Config{AppID: appID, Now: now}, false},
		"no app id":                     {wechat.Config{Secret: secret, Now: now}, false},
		"app id with another parameter": {wechat.Config{AppID: "wx1&secret=x", Secret: secret, Now: now}, false},
		"no clock":                      {wechat.Config{AppID: appID, Secret: secret}, false},
		"bad proxy":                     {wechat.Config{AppID: appID, Secret: secret, Now: now, ProxyURL: "proxy"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wechat.New(tc.cfg)
			if (err == nil) != tc.good {
				t.Fatalf("%v", err)
			}
			wantNoSecret(t, err)
		})
	}
}

func TestSDKCannotSendWithoutAGateway(t *testing.T) {
	start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.weixin.qq.com/cgi-bin/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := util.DefaultHTTPClient.Do(req)
	if err == nil {
		resp.Body.Close()
		t.Fatal("a request that no gateway made was sent")
	}
}

func TestObserveAndTrial(t *testing.T) {
	r := startApp(t, noticeApp())
	var seen []string
	g := gateway(t, wechat.Config{
		AppID: appID, Secret: secret, BaseURL: r.url, Now: r.clock.Now, Trial: true,
		Observe: func(op, outcome string, _ time.Duration) { seen = append(seen, op+" "+outcome) },
	})
	id := r.person("li", 1)
	if _, err := g.Notify(t.Context(), notice(id)); err != nil {
		t.Fatal(err)
	}
	_, _ = g.Notify(t.Context(), notice(id))
	_, _, _ = g.Login(t.Context(), "bad&code")
	_, _, _ = g.Login(t.Context(), "dev-li-first")
	if got := strings.Join(seen, ", "); got != "token ok, notify ok, notify gone, login invalid, login refused" {
		t.Fatal(got)
	}
	if sent := fmt.Sprint(r.admin(http.MethodGet, "sends", nil)["sends"]); !strings.Contains(sent, "miniprogram_state:trial") {
		t.Fatal(sent)
	}
	if _, err := g.PageCode(t.Context(), wechat.PageCode{Scene: "a", Page: "pages/tomorrow"}); err != nil {
		t.Fatalf("the trial version has pages that are not released: %v", err)
	}
	g.Close()
}
