package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/internal/wxsim"
)

const sendPath = "/cgi-bin/message/subscribe/send"

func noticeApp() wxsim.App {
	return wxsim.App{
		AppID: appID, Secret: secret, Pages: []string{"pages/home"},
		Sensitive: []string{"forbidden"}, Review: []string{"unsure"}, Risky: []string{"bad"},
		Templates: []wxsim.Template{
			{ID: "once", Title: "报名结果", Content: "活动:{{thing1.DATA}}\n时间:{{time2.DATA}}\n"},
			{ID: "always", Title: "通知", Content: "结果:{{enum2.DATA}}", LongTerm: true, Enums: map[string][]string{"enum2": {"通过"}}},
		},
	}
}

// person logs somebody in who has accepted n messages, and returns the openid.
func (r rig) person(name string, n int) string {
	r.t.Helper()
	id, _, err := r.Login(r.t.Context(), "dev-"+name+"-first")
	if err != nil {
		r.t.Fatal(err)
	}
	for range n {
		r.admin(http.MethodPost, "subscribe", map[string]any{"name": name, "template": "once", "result": "accept"})
	}
	return id
}

func notice(openID string) wechat.Notice {
	return wechat.Notice{
		OpenID: openID, Template: "once", Page: "pages/home?id=7",
		Fields: map[string]string{"thing1": "扫雪", "time2": "2026年3月2日 15:01"},
	}
}

// wantFailure checks that err is a Failure with this code and kind.
func wantFailure(t *testing.T, err error, code int, kind wechat.Kind) *wechat.Failure {
	t.Helper()
	var f *wechat.Failure
	if !errors.As(err, &f) || f.Code != code || f.Kind != kind {
		t.Fatalf("%v, want errcode %d, %v", err, code, kind)
	}
	wantNoSecret(t, err)
	return f
}

func TestNotifySendsOncePerAcceptance(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 1)
	receipt, err := r.Notify(t.Context(), notice(id))
	if err != nil || receipt.MsgID != "3248682510344192001" {
		t.Fatalf("%+v %v", receipt, err)
	}
	_, err = r.Notify(t.Context(), notice(id))
	wantFailure(t, err, 43101, wechat.KindGone)
	sent := fmt.Sprint(r.admin(http.MethodGet, "sends", nil)["sends"])
	if !strings.Contains(sent, "miniprogram_state:formal") || !strings.Contains(sent, "page:pages/home?id=7") {
		t.Fatal(sent)
	}
}

func TestNotifyMakesTextsFit(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 9)
	for given, want := range map[string]string{
		strings.Repeat("雪", 20): strings.Repeat("雪", 20),
		strings.Repeat("雪", 21): strings.Repeat("雪", 19) + "…",
		strings.Repeat("🌨", 30): strings.Repeat("🌨", 19) + "…",
		" 两\r\n行\u2028三\x00 ":   "两  行 三",
		"":                      "无",
		"<a> & \"b\"":           "<a> & \"b\"",
	} {
		n := notice(id)
		n.Fields["thing1"] = given
		if _, err := r.Notify(t.Context(), n); err != nil {
			t.Fatalf("%q: %v", given, err)
		}
		sent, _ := r.admin(http.MethodGet, "sends", nil)["sends"].([]any)
		last, _ := sent[len(sent)-1].(map[string]any)
		fields, _ := last["fields"].(map[string]any)
		if fields["thing1"] != want {
			t.Fatalf("%q became %q, want %q", given, fields["thing1"], want)
		}
	}
}

func TestFieldsThatCannotFitAreFoundBeforeTheWire(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 1)
	for key, value := range map[string]string{
		"time2": "明天", "date3": "soon", "phrase4": "六个字太长了", "number5": strings.Repeat("9", 33), "amount6": "很多",
		"character_string7": "中文", "phone_number8": strings.Repeat("1", 18), "car_number9": "鲁A1234567", "letter10": "a1",
		"symbol11": "!!!!!!", "name12": "十一个汉字的名字太长了呀", "enum13": "", "thing": "no number", "other1": "no such type",
	} {
		n := notice(id)
		n.Fields[key] = value
		_, err := r.Notify(t.Context(), n)
		if f := wantFailure(t, err, 0, wechat.KindInvalid); f.Field != key {
			t.Fatalf("%s: field %q", key, f.Field)
		}
	}
	_, err := r.Notify(t.Context(), wechat.Notice{OpenID: "bad id", Template: "once"})
	wantFailure(t, err, 0, wechat.KindInvalid)
	if n := r.calls(sendPath); n != 0 {
		t.Fatalf("%d calls", n)
	}
	n := notice(id)
	delete(n.Fields, "time2")
	_, err = r.Notify(t.Context(), n)
	if f := wantFailure(t, err, 47003, wechat.KindInvalid); f.Field != "time2" {
		t.Fatalf("WeChat named the field: %+v", f)
	}
}

func TestEachErrcodeHasItsReaction(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 1)
	now := r.clock.Now() // 12:00:30 in China
	const none = time.Duration(-1)
	for code, want := range map[int]struct {
		kind     wechat.Kind
		from, to time.Duration // window of RetryAt after now
	}{
		-1: {wechat.KindBusy, none, 0}, 200001: {wechat.KindBusy, none, 0}, 85431: {wechat.KindBusy, none, 0},
		43108: {wechat.KindBusy, 2 * time.Second, 5 * time.Second},
		45011: {wechat.KindThrottled, 30 * time.Second, 35 * time.Second},
		45009: {wechat.KindQuota, 12*time.Hour - 30*time.Second, 12*time.Hour - 30*time.Second},
		43101: {wechat.KindGone, none, 0}, 40003: {wechat.KindRefused, none, 0}, 43104: {wechat.KindRefused, none, 0},
		40037: {wechat.KindRefused, none, 0}, 45168: {wechat.KindRefused, none, 0}, 87014: {wechat.KindRefused, none, 0},
		47001: {wechat.KindInvalid, none, 0}, 47003: {wechat.KindInvalid, none, 0}, 41028: {wechat.KindInvalid, none, 0},
		40066: {wechat.KindInvalid, none, 0}, 41001: {wechat.KindInvalid, none, 0},
		43107: {wechat.KindConfig, 10 * time.Minute, 10 * time.Minute}, 48001: {wechat.KindConfig, 10 * time.Minute, 10 * time.Minute},
		50002: {wechat.KindConfig, 10 * time.Minute, 10 * time.Minute}, 45103: {wechat.KindConfig, 10 * time.Minute, 10 * time.Minute},
		89506: {wechat.KindConfig, 24 * time.Hour, 24 * time.Hour}, 89507: {wechat.KindConfig, time.Hour, time.Hour},
		99999: {wechat.KindUnknown, none, 0},
	} {
		r.fail(sendPath, "errcode", map[string]any{"errcode": code})
		_, err := r.Notify(t.Context(), notice(id))
		f := wantFailure(t, err, code, want.kind)
		if wait := f.RetryAt.Sub(now); want.from == none && !f.RetryAt.IsZero() || want.from != none && (wait < want.from || wait > want.to) {
			t.Errorf("%d: wait %v", code, wait)
		}
		if f.RID == "" {
			t.Errorf("%d: no rid", code)
		}
	}
}

func TestNotifyWithoutThePageWhenItIsNotReleased(t *testing.T) {
	r := startApp(t, noticeApp())
	var said bytes.Buffer
	r.Gateway = gateway(t, wechat.Config{AppID: appID, Secret: secret, BaseURL: r.url, Now: r.clock.Now, Log: slog.New(slog.NewTextHandler(&said, nil))})
	n := notice(r.person("li", 1))
	n.Page = "pages/tomorrow?id=7"
	receipt, err := r.Notify(t.Context(), n)
	if err != nil || !receipt.PageDropped || receipt.MsgID == "" {
		t.Fatalf("%+v %v", receipt, err)
	}
	if log := said.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "page=pages/tomorrow ") || strings.Contains(log, n.OpenID) {
		t.Errorf("no alarm, or one that tells too much: %s", log)
	}
}

func TestSendOfUnknownOutcomeIsSaidAndNotRepeated(t *testing.T) {
	for mode, more := range map[string]map[string]any{
		"close_after": nil, "close_before": nil, "html": nil, "empty_object": nil, "null": nil, "truncated": nil, "status": {"status": 502},
	} {
		r := startApp(t, noticeApp())
		id := r.person("li", 2)
		if _, err := r.Templates(t.Context()); err != nil { // a kept connection
			t.Fatal(err)
		}
		r.fail(sendPath, mode, more)
		_, err := r.Notify(t.Context(), notice(id))
		wantFailure(t, err, 0, wechat.KindUnknown)
		if n := r.calls(sendPath); n > 1 {
			t.Fatalf("%s: sent %d times", mode, n)
		}
	}
}

func TestEveryMethodObeysTheContext(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 1)
	if _, err := r.Templates(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.admin(http.MethodPost, "fail", map[string]any{"mode": "hang"})
	for name, call := range map[string]func(ctx context.Context) error{
		"phone":     func(ctx context.Context) error { _, err := r.Phone(ctx, "dev-li-phone", id); return err },
		"notify":    func(ctx context.Context) error { _, err := r.Notify(ctx, notice(id)); return err },
		"templates": func(ctx context.Context) error { _, err := r.Templates(ctx); return err },
		"text":      func(ctx context.Context) error { _, err := r.CheckText(ctx, id, wechat.UseForum, "x"); return err },
		"media": func(ctx context.Context) error {
			_, err := r.SubmitMedia(ctx, id, "https://x.org/a.jpg", wechat.Image)
			return err
		},
		"page code": func(ctx context.Context) error { _, err := r.PageCode(ctx, wechat.PageCode{Scene: "a"}); return err },
		"link":      func(ctx context.Context) error { _, err := r.ShareLink(ctx, wechat.Link{Days: 1}); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		err := call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		wantNoSecret(t, err)
	}
}

func TestTemplatesAreRead(t *testing.T) {
	r := startApp(t, noticeApp())
	list, err := r.Templates(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	once, always := list[0], list[1]
	if once.LongTerm || len(once.Fields) != 2 || once.Fields[0].Key != "thing1" || once.Fields[0].Label != "活动" {
		t.Fatalf("%+v", once)
	}
	if !always.LongTerm || len(always.Fields[0].Enum) != 1 {
		t.Fatalf("%+v", always)
	}
}

// TestFittedFieldsAreAccepted holds the gateway's idea of each field type against the simulator's, which was written apart.
func TestFittedFieldsAreAccepted(t *testing.T) {
	samples := map[string][]string{
		"thing": {strings.Repeat("雪", 40), "a", ""}, "name": {"十个汉字的名字刚好长", strings.Repeat("n", 20), "Li 李"},
		"number": {"0", "-12.50", strings.Repeat("9", 32)}, "letter": {strings.Repeat("z", 32)}, "symbol": {"!?#$%", "￥"},
		"character_string": {strings.Repeat("~", 32), "No. 7/8"}, "phrase": {"审核通过了", ""},
		"time": {"15:01", "2019年10月1日 15:01", "9:00~11:30", "2019年10月1日 9:00~2019年10月2日 11:30"},
		"date": {"2019年10月1日", "2019-12-25 09:42", "2019年10月1日 15:01"}, "amount": {"¥1234567890.12", "100元", "￥3"},
		"phone_number": {"0631-5200000", "+86 138 0000 1234"}, "car_number": {"鲁K12345", "鲁KD12345"},
	}
	app := noticeApp()
	for kind := range samples {
		app.Templates = append(app.Templates, wxsim.Template{ID: kind, Content: "字段:{{" + kind + "1.DATA}}", LongTerm: true})
	}
	r := startApp(t, app)
	id := r.person("li", 0)
	for kind, values := range samples {
		r.admin(http.MethodPost, "subscribe", map[string]any{"name": "li", "template": kind, "result": "accept"})
		for _, v := range values {
			n := wechat.Notice{OpenID: id, Template: kind, Fields: map[string]string{kind + "1": v}}
			if _, err := r.Notify(t.Context(), n); err != nil {
				t.Errorf("%s %q: %v", kind, v, err)
			}
		}
	}
}
