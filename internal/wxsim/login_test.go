package wxsim_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"baodao/internal/wxsim"
)

func TestDeveloperCodeLogsInTheNamedPersonOnce(t *testing.T) {
	g := start(t)
	first := g.login(appID, "dev-li-0001")
	wantCode(t, "first use", first, 0)
	if id := first.str("openid"); len(id) != 28 || id[0] != 'o' || first.str("session_key") == "" || first.str("unionid") == "" {
		t.Fatalf("unlike a real answer: %s", first.raw)
	}
	wantCode(t, "second use", g.login(appID, "dev-li-0001"), 40163)
	again := g.login(appID, "dev-li-0002")
	if again.str("openid") != first.str("openid") {
		t.Fatal("the same name must stay the same person")
	}
	if other := g.login(appID, "dev-wang-0001"); other.str("openid") == first.str("openid") {
		t.Fatal("two names share an openid")
	}
	g.advance(25 * time.Hour)
	wantCode(t, "a day later the code is forgotten", g.login(appID, "dev-li-0001"), 0)
}

func TestCodeShapes(t *testing.T) {
	g := start(t)
	for _, code := range []string{"dev-li", "dev-li-", "dev--12345", "dev-a_b-123", "xdev-li-1234", "never-minted-1", "dev-li-1 &#x"} {
		wantCode(t, code, g.login(appID, code), 40029)
	}
	wantCode(t, "no code", g.login(appID, ""), 41008)
}

func TestMintedCodeExpiresAndIsBoundToItsApp(t *testing.T) {
	other := "wxfedcba9876543210"
	g := start(t, wxsim.App{AppID: appID, Secret: secret}, wxsim.App{AppID: other, Secret: secret})
	mint := func() string {
		return g.admin("login-code", map[string]any{"app_id": appID, "name": "li"}).str("code")
	}
	wantCode(t, "wrong app", g.login(other, mint()), 40029)
	code := mint()
	g.advance(5*time.Minute - time.Second)
	good := g.login(appID, code)
	wantCode(t, "in time", good, 0)
	if good.str("unionid") != "" {
		t.Fatal("an unbound app has no unionid")
	}
	late := mint()
	g.advance(5 * time.Minute)
	wantCode(t, "too late", g.login(appID, late), 40029)
}

func TestLoginRateAndRisk(t *testing.T) {
	g := start(t)
	for i := range 100 {
		wantCode(t, "within the minute", g.login(appID, fmt.Sprintf("dev-li-%04d", i)), 0)
	}
	wantCode(t, "the 101st", g.login(appID, "dev-li-more"), 45011)
	wantCode(t, "another person", g.login(appID, "dev-wu-more"), 0)
	g.advance(time.Minute)
	wantCode(t, "the next minute", g.login(appID, "dev-li-more"), 0)
	g.admin("user", map[string]any{"name": "zhao", "risky": true})
	wantCode(t, "risky", g.login(appID, "dev-zhao-1"), 40226)
}

func TestWrongCredentialsAndMethods(t *testing.T) {
	g := start(t)
	const tail = "&js_code=dev-li-0001&grant_type=authorization_code"
	for path, code := range map[string]int{
		"/sns/jscode2session?secret=x" + tail:                            41002,
		"/sns/jscode2session?appid=wxnobody&secret=x" + tail:             40013,
		"/sns/jscode2session?appid=" + appID + tail:                      41004,
		"/sns/jscode2session?appid=" + appID + "&secret=bad" + tail:      40125,
		"/sns/jscode2session?appid=" + appID + "&secret=" + secret + "x": 40125,
		"/sns/jscode2session?appid=" + appID + "&secret=" + secret:       40002,
		"/cgi-bin/nothing": 40066,
	} {
		wantCode(t, path, g.call(http.MethodGet, path, nil), code)
	}
	wantCode(t, "POST login", g.call(http.MethodPost, "/sns/jscode2session", "{}"), 43001)
	wantCode(t, "GET stable token", g.call(http.MethodGet, "/cgi-bin/stable_token", nil), 43002)
	wantCode(t, "not JSON", g.call(http.MethodPost, "/cgi-bin/stable_token", "a=b"), 47001)
}
