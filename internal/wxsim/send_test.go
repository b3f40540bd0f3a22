package wxsim_test

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"baodao/internal/wxsim"
)

const sendPath = "/cgi-bin/message/subscribe/send"

func notices() wxsim.App {
	return wxsim.App{
		AppID: appID, Secret: secret, Pages: []string{"pages/home"}, Sensitive: []string{"forbidden"},
		Templates: []wxsim.Template{
			{ID: "once", Title: "once", Content: "活动:{{thing1.DATA}}\n时间:{{time2.DATA}}"},
			{ID: "always", Title: "always", Content: "活动:{{thing1.DATA}}\n结果:{{enum2.DATA}}", LongTerm: true, Enums: map[string][]string{"enum2": {"通过", "未通过"}}},
		},
	}
}

// tokened calls an API with a live token.
func (g rig) tokened(path string, body any) reply {
	g.t.Helper()
	return g.call(http.MethodPost, path+"?access_token="+g.stable(false).str("access_token"), body)
}

func message(openID, template string, fields map[string]string) map[string]any {
	data := map[string]any{}
	for k, v := range fields {
		data[k] = map[string]string{"value": v}
	}
	return map[string]any{"touser": openID, "template_id": template, "page": "pages/home?id=1", "data": data}
}

func TestSendChecksInOrder(t *testing.T) {
	g := start(t, notices())
	person := g.login(appID, "dev-li-0001").str("openid")
	good := map[string]string{"thing1": "扫雪", "time2": "15:01"}
	m := message("onobody00000000000000000000", "none", nil)
	m["page"] = "pages/nowhere"
	wantCode(t, "no token", g.call(http.MethodPost, sendPath, m), 41001)
	wantCode(t, "person before template", g.tokened(sendPath, m), 40003)
	m["touser"] = person
	wantCode(t, "template before page", g.tokened(sendPath, m), 40037)
	m["template_id"] = "once"
	wantCode(t, "page before fields", g.tokened(sendPath, m), 41030)
	m["page"] = "pages/home"
	missing := g.tokened(sendPath, m)
	wantCode(t, "fields before words", missing, 47003)
	if !strings.Contains(missing.str("errmsg"), "data.thing1") {
		t.Fatalf("the field must be named: %s", missing.raw)
	}
	wantCode(t, "words before balance", g.tokened(sendPath, message(person, "once", map[string]string{"thing1": "forbidden", "time2": "15:01"})), 45168)
	wantCode(t, "no balance", g.tokened(sendPath, message(person, "once", good)), 43101)
	g.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	wantCode(t, "47003 does not consume", g.tokened(sendPath, m), 47003)
	sent := g.tokened(sendPath, message(person, "once", good))
	wantCode(t, "sent", sent, 0)
	if !strings.Contains(string(sent.raw), `"msgid":3248682510344192001`) {
		t.Fatalf("msgid above 2^53: %s", sent.raw)
	}
	wantCode(t, "used up", g.tokened(sendPath, message(person, "once", good)), 43101)
	log := string(g.call(http.MethodGet, "/_sim/sends", nil).raw)
	if strings.Count(log, `"touser"`) != 0 || !strings.Contains(log, `"sent":1`) || !strings.Contains(log, `"msgid":"3248682510344192001"`) {
		t.Fatalf("sends: %s", log)
	}
}

func TestFieldLimits(t *testing.T) {
	g := start(t, notices())
	person := g.login(appID, "dev-li-0001").str("openid")
	for range 9 {
		g.admin("subscribe", map[string]any{"name": "li", "template": "once", "result": "accept"})
	}
	g.admin("subscribe", map[string]any{"name": "li", "template": "always", "result": "accept"})
	base := map[string]map[string]string{
		"once": {"thing1": "扫雪", "time2": "15:01"}, "always": {"thing1": "扫雪", "enum2": "通过"},
	}
	for _, tc := range []struct {
		template, key, value string
		code                 int
	}{
		{"once", "thing1", strings.Repeat("雪", 20), 0},
		{"once", "thing1", strings.Repeat("雪", 21), 47003},
		{"once", "thing1", strings.Repeat("🌨", 20), 0},
		{"once", "thing1", "两\n行", 47003},
		{"once", "thing1", "", 47003},
		{"once", "time2", "2019年10月1日 15:01", 0},
		{"once", "time2", "明天", 47003},
		{"always", "enum2", "未通过", 0},
		{"always", "enum2", "也许", 47003},
	} {
		fields := maps.Clone(base[tc.template])
		fields[tc.key] = tc.value
		wantCode(t, tc.key+" "+tc.value, g.tokened(sendPath, message(person, tc.template, fields)), tc.code)
	}
}

func TestLongTermMuteAndSerial(t *testing.T) {
	app := notices()
	app.Serial = true
	g := start(t, app)
	person := g.login(appID, "dev-li-0001").str("openid")
	g.admin("subscribe", map[string]any{"name": "li", "template": "always", "result": "accept"})
	m := message(person, "always", map[string]string{"thing1": "扫雪", "enum2": "通过"})
	wantCode(t, "first", g.tokened(sendPath, m), 0)
	wantCode(t, "within the second", g.tokened(sendPath, m), 43108)
	g.advance(2 * time.Second)
	wantCode(t, "long-term is not counted", g.tokened(sendPath, m), 0)
	g.admin("mute", map[string]any{"name": "li"})
	g.advance(2 * time.Second)
	wantCode(t, "muted", g.tokened(sendPath, m), 43101)
	g.admin("mute", map[string]any{"name": "li", "on": false})
	g.advance(2 * time.Second)
	wantCode(t, "unmuted", g.tokened(sendPath, m), 0)
}

func TestTokensRevokedRejectedAndExpired(t *testing.T) {
	g := start(t, notices())
	use := func(token string) reply {
		return g.call(http.MethodGet, "/wxaapi/newtmpl/gettemplate?access_token="+token, nil)
	}
	old := g.stable(false).str("access_token")
	wantCode(t, "live", use(old), 0)
	g.advance(116 * time.Minute)
	next := g.stable(false).str("access_token")
	wantCode(t, "the old one lives on", use(old), 0)
	g.advance(5 * time.Minute)
	wantCode(t, "till its end", use(old), 42001)
	g.admin("token/reject", map[string]any{})
	wantCode(t, "rejected", use(next), 40001)
	if g.stable(false).str("access_token") != next {
		t.Fatal("a rejected token is still handed out")
	}
	forced := g.stable(true).str("access_token")
	wantCode(t, "forced", use(forced), 0)
	g.admin("token/revoke", map[string]any{})
	wantCode(t, "revoked", use(forced), 40001)
	wantCode(t, "of no app", use("nonsense"), 40001)
}

func TestPhoneCodesAreTheirOwn(t *testing.T) {
	g := start(t)
	const path = "/wxa/business/getuserphonenumber"
	mint := func() reply { return g.admin("phone-code", map[string]any{"name": "li"}) }
	code := mint()
	wantCode(t, "a phone code is no login code", g.login(appID, code.str("code")), 40029)
	wantCode(t, "openid of another", g.tokened(path, map[string]any{"code": code.str("code"), "openid": "oSomebodyElse"}), 40029)
	wantCode(t, "good", g.tokened(path, map[string]any{"code": code.str("code"), "openid": code.str("openid")}), 0)
	wantCode(t, "again", g.tokened(path, map[string]any{"code": code.str("code")}), 40163)
	late := mint().str("code")
	g.advance(5 * time.Minute)
	wantCode(t, "late", g.tokened(path, map[string]any{"code": late}), 40029)
	wantCode(t, "development code", g.tokened(path, map[string]any{"code": "dev-li-phone"}), 0)
}

func TestContentCodesLinksAndRetired(t *testing.T) {
	app := notices()
	app.Review, app.Risky = []string{"unsure"}, []string{"bad"}
	g := start(t, app)
	person := g.login(appID, "dev-li-0001").str("openid")
	text := func(s string) reply {
		return g.tokened("/wxa/msg_sec_check", map[string]any{"version": 2, "scene": 2, "openid": person, "content": s})
	}
	for content, want := range map[string]string{"fine": "pass", "unsure thing": "review", "a bad thing": "risky"} {
		if r := text(content); r.code() != 0 || !strings.Contains(string(r.raw), `"suggest":"`+want+`"`) {
			t.Fatalf("%s: %s", content, r.raw)
		}
	}
	wantCode(t, "too long", text(strings.Repeat("字", 2501)), 45002)
	g.advance(2*time.Hour + time.Second)
	wantCode(t, "not seen", text("fine"), 61010)
	code := func(scene, page string) reply {
		return g.tokened("/wxa/getwxacodeunlimit", map[string]any{"scene": scene, "page": page})
	}
	if r := code("a=1", "pages/home"); !strings.HasPrefix(string(r.raw), "\xff\xd8\xff") {
		t.Fatalf("no JPEG: %.80q", r.raw)
	}
	wantCode(t, "scene", code("百分", "pages/home"), 40129)
	wantCode(t, "long scene", code(strings.Repeat("a", 33), "pages/home"), 40169)
	wantCode(t, "page", code("a", "pages/nowhere"), 41030)
	for path, member := range map[string]string{"/wxa/generate_urllink": "url_link", "/wxa/generatescheme": "openlink"} {
		if r := g.tokened(path, map[string]any{"path": "/pages/home", "expire_type": 1, "expire_interval": 3}); r.str(member) == "" {
			t.Fatalf("%s: %s", path, r.raw)
		}
	}
	wantCode(t, "template message", g.tokened("/cgi-bin/message/wxopen/template/send", map[string]any{}), 45103)
	wantCode(t, "uniform message", g.tokened("/cgi-bin/message/wxopen/template/uniform_send", map[string]any{}), 45109)
}

func TestMinuteQuotaOfPageCodes(t *testing.T) {
	g := start(t)
	token := g.stable(false).str("access_token")
	over := reply{}
	for i := range 5001 {
		over = g.call(http.MethodPost, "/wxa/getwxacodeunlimit?access_token="+token, `{"scene":"`+strconv.Itoa(i)+`","width":1}`)
	}
	wantCode(t, "the 5001st", over, 45009)
}
