package wechat_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"baodao/internal/wechat"
	"baodao/service/fault"
)

func TestPhone(t *testing.T) {
	const path = "/wxa/business/getuserphonenumber"
	r := startApp(t, noticeApp())
	id := r.person("li", 0)
	mint := func() string {
		code, _ := r.admin(http.MethodPost, "phone-code", map[string]any{"name": "li"})["code"].(string)
		return code
	}
	code := mint()
	phone, err := r.Phone(t.Context(), code, id)
	if err != nil || len(phone.Pure) != 11 || phone.Country != "86" {
		t.Fatalf("%+v %v", phone, err)
	}
	if _, err = r.Phone(t.Context(), code, id); !errors.Is(err, wechat.ErrPhoneCode) {
		t.Fatalf("reused: %v", err)
	}
	if _, err = r.Phone(t.Context(), mint(), r.person("wang", 0)); !errors.Is(err, wechat.ErrPhoneCode) {
		t.Fatalf("another person's code: %v", err)
	}
	if _, err = r.Phone(t.Context(), "a&b", id); !errors.Is(err, wechat.ErrPhoneCode) {
		t.Fatalf("malformed: %v", err)
	}
	r.fail(path, "set", map[string]any{"field": "phone_info.countryCode", "value": 86})
	if phone, err = r.Phone(t.Context(), mint(), ""); err != nil || phone.Country != "86" {
		t.Fatalf("country code as a number: %+v %v", phone, err)
	}
	for field, value := range map[string]any{"phone_info.watermark.appid": "wxother", "phone_info.purePhoneNumber": "<b>", "phone_info": nil} {
		r.fail(path, "set", map[string]any{"field": field, "value": value})
		if phone, err = r.Phone(t.Context(), mint(), ""); phone.Pure != "" || !errors.Is(err, wechat.ErrUnavailable) {
			t.Fatalf("%s: %+v %v", field, phone, err)
		}
	}
	r.fail(path, "errcode", map[string]any{"errcode": 45009})
	_, err = r.Phone(t.Context(), mint(), "")
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != "wechat.unavailable" || f.RetryAfter != time.Hour {
		t.Fatalf("quota: %v", err)
	}
}

func TestCheckText(t *testing.T) {
	const path = "/wxa/msg_sec_check"
	r := startApp(t, noticeApp())
	id := r.person("li", 0)
	long := strings.Repeat("字", 2499)
	for text, want := range map[string]wechat.Suggestion{
		"": wechat.Pass, "fine & <b>well</b>": wechat.Pass, "unsure": wechat.Review, "bad": wechat.Risky,
		long + long + "bad": wechat.Risky, "unsure" + long: wechat.Review, strings.Repeat("字", 20_001): wechat.Review,
		"broken \xff text": wechat.Pass,
	} {
		v, err := r.CheckText(t.Context(), id, wechat.UseForum, text)
		if err != nil || v.Suggest != want {
			t.Fatalf("%.20q: %+v %v", text, v, err)
		}
	}
	r.fail(path, "set", map[string]any{"field": "result.label", "value": "20002"})
	if v, err := r.CheckText(t.Context(), id, wechat.UseForum, "x"); err != nil || v.Label != 20002 {
		t.Fatalf("label as text: %+v %v", v, err)
	}
	r.fail(path, "set", map[string]any{"field": "result.suggest", "value": "maybe"})
	if v, err := r.CheckText(t.Context(), id, wechat.UseForum, "x"); err != nil || v.Suggest != wechat.Review {
		t.Fatalf("unknown judgement: %+v %v", v, err)
	}
	r.fail(path, "set", map[string]any{"field": "result"})
	if v, err := r.CheckText(t.Context(), id, wechat.UseForum, "x"); !errors.Is(err, wechat.ErrUnavailable) || v.Suggest == wechat.Pass {
		t.Fatalf("no judgement must not pass: %+v %v", v, err)
	}
	r.fail(path, "errcode", map[string]any{"errcode": 87014})
	if v, err := r.CheckText(t.Context(), id, wechat.UseForum, "x"); err != nil || v.Suggest != wechat.Risky {
		t.Fatalf("87014: %+v %v", v, err)
	}
	r.clock.Advance(2*time.Hour + time.Second)
	if v, err := r.CheckText(t.Context(), id, wechat.UseForum, "x"); err != nil || v.Suggest != wechat.Review || !v.Unseen {
		t.Fatalf("not seen: %+v %v", v, err)
	}
	if _, err := r.SubmitMedia(t.Context(), id, "https://example.org/a.jpg", wechat.Image); !errors.Is(err, wechat.ErrUnseen) {
		t.Fatalf("not seen: %v", err)
	}
	if _, err := r.CheckText(t.Context(), "bad id", wechat.UseForum, "x"); !errors.Is(err, wechat.ErrUnavailable) {
		t.Fatalf("malformed openid: %v", err)
	}
}

func TestSubmitMedia(t *testing.T) {
	r := startApp(t, noticeApp())
	id := r.person("li", 0)
	trace, err := r.SubmitMedia(t.Context(), id, "https://example.org/a.jpg?x=1&y=2", wechat.Image)
	if err != nil || trace == "" {
		t.Fatalf("%q %v", trace, err)
	}
	for _, address := range []string{"", "http://example.org/a.jpg", "file:///etc/passwd", "https:///a", "::"} {
		if _, err := r.SubmitMedia(t.Context(), id, address, wechat.Image); !errors.Is(err, wechat.ErrUnavailable) {
			t.Fatalf("%q: %v", address, err)
		}
	}
}

func TestPageCode(t *testing.T) {
	const path = "/wxa/getwxacodeunlimit"
	r := startApp(t, noticeApp())
	pic, err := r.PageCode(t.Context(), wechat.PageCode{Scene: "a=1&b=2", Page: "pages/home"})
	if err != nil || pic.Type != "image/jpeg" || len(pic.Data) < 100 {
		t.Fatalf("%s %d %v", pic.Type, len(pic.Data), err)
	}
	if pic, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a", Transparent: true}); err != nil || pic.Type != "image/png" {
		t.Fatalf("transparent: %s %v", pic.Type, err)
	}
	r.fail(path, "content_type", map[string]any{"type": "text/plain"})
	if _, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a"}); err != nil {
		t.Fatalf("the type is not relied on: %v", err)
	}
	for _, bad := range []wechat.PageCode{
		{},
		{Scene: strings.Repeat("a", 33)},
		{Scene: "百"},
		{Scene: "a%20"},
		{Scene: "a", Page: "/pages/home"},
		{Scene: "a", Page: "pages/home?x=1"},
		{Scene: "a", Width: 279},
		{Scene: "a", Width: 1281},
	} {
		_, err := r.PageCode(t.Context(), bad)
		wantFailure(t, err, 0, wechat.KindInvalid)
	}
	pic, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a", Page: "pages/tomorrow"})
	if err != nil || !pic.PageDropped || pic.Type != "image/jpeg" {
		t.Fatalf("a page that is not released: want the home page: %v %v", pic.PageDropped, err)
	}
	r.fail(path, "errcode", map[string]any{"errcode": 41030, "count": 2})
	pic, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a", Page: "pages/tomorrow"})
	if wantFailure(t, err, 41030, wechat.KindInvalid); pic.PageDropped {
		t.Fatal("nothing was made")
	}
	r.fail(path, "errcode", map[string]any{"errcode": 45009})
	_, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a"})
	if f := wantFailure(t, err, 45009, wechat.KindThrottled); f.RetryAt.Sub(r.clock.Now()) > time.Minute {
		t.Fatalf("the quota is a minute's: %v", f.RetryAt)
	}
	for _, mode := range []string{"html", "empty_object", "truncated"} {
		r.fail(path, mode, nil)
		_, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a"})
		wantFailure(t, err, 0, wechat.KindUnknown)
	}
	r.fail(path, "huge", map[string]any{"bytes": 5 << 20})
	_, err = r.PageCode(t.Context(), wechat.PageCode{Scene: "a"})
	wantFailure(t, err, 0, wechat.KindUnknown)
}

func TestRevokedTokenIsReplacedForPicturesToo(t *testing.T) {
	r := startApp(t, noticeApp())
	for range 2 {
		if _, err := r.PageCode(t.Context(), wechat.PageCode{Scene: "a"}); err != nil {
			t.Fatal(err)
		}
		r.admin(http.MethodPost, "token/revoke", map[string]any{})
	}
}

func TestShareLink(t *testing.T) {
	r := startApp(t, noticeApp())
	link, err := r.ShareLink(t.Context(), wechat.Link{Page: "/pages/home", Query: "id=1", Days: 30})
	if err != nil || !strings.HasPrefix(link, "https://") {
		t.Fatalf("%q %v", link, err)
	}
	for _, bad := range []wechat.Link{{}, {Days: 31}, {Days: 1, Query: strings.Repeat("x", 1025)}} {
		_, err := r.ShareLink(t.Context(), bad)
		wantFailure(t, err, 0, wechat.KindInvalid)
	}
	_, err = r.ShareLink(t.Context(), wechat.Link{Page: "/pages/tomorrow", Days: 1})
	wantFailure(t, err, 40165, wechat.KindInvalid)
}
