package wxsim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestStableTokenLife(t *testing.T) {
	g := start(t)
	first := g.stable(false)
	token := first.str("access_token")
	if !strings.HasPrefix(token, appID+"_TOK_") || first.m["expires_in"] != 7200.0 {
		t.Fatalf("first token: %s", first.raw)
	}
	g.advance(100 * time.Minute)
	if same := g.stable(false); same.str("access_token") != token || same.m["expires_in"] != 1200.0 {
		t.Fatalf("the token must stay, with the remaining life: %s", same.raw)
	}
	g.advance(15 * time.Minute)
	if next := g.stable(false); next.str("access_token") == token {
		t.Fatal("inside the last five minutes there must be a new token")
	}
}

func TestForcedTokenIsThrottled(t *testing.T) {
	g := start(t)
	first := g.stable(false).str("access_token")
	forced := g.stable(true).str("access_token")
	if forced == first {
		t.Fatal("the first force must renew")
	}
	if again := g.stable(true).str("access_token"); again != forced {
		t.Fatal("a force within 30 s must change nothing")
	}
	for range 19 {
		g.advance(30 * time.Second)
		forced = g.stable(true).str("access_token")
	}
	g.advance(time.Minute)
	if extra := g.stable(true).str("access_token"); extra != forced {
		t.Fatal("the 21st force of a day must change nothing")
	}
	g.advance(24 * time.Hour)
	if next := g.stable(true).str("access_token"); next == forced {
		t.Fatal("a new day allows forces again")
	}
}

func TestTokenEndpointRefusals(t *testing.T) {
	g := start(t)
	body := map[string]any{"grant_type": "client_credential", "appid": appID, "secret": "wrong"}
	wantCode(t, "secret", g.call(http.MethodPost, "/cgi-bin/stable_token", body), 40125)
	body["secret"], body["grant_type"] = secret, "other"
	wantCode(t, "grant", g.call(http.MethodPost, "/cgi-bin/stable_token", body), 40002)
	body["appid"] = "wxnobody"
	wantCode(t, "app", g.call(http.MethodPost, "/cgi-bin/stable_token", body), 40013)
	plain := g.call(http.MethodGet, "/cgi-bin/token?grant_type=client_credential&appid="+appID+"&secret="+secret, nil)
	if plain.str("access_token") == "" || plain.str("access_token") == g.stable(false).str("access_token") {
		t.Fatalf("the plain token is its own: %s", plain.raw)
	}
}
