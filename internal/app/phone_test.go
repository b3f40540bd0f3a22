package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// code is what the phone button gives.
func (l *loop) code(name string) string {
	l.TB.Helper()
	return l.admin("phone-code", map[string]any{"name": name})["code"].(string)
}

func (l *loop) bind(token, code string) (int, map[string]any) {
	l.TB.Helper()
	return l.send(http.MethodPost, l.base+"/api/v1/me/phone", map[string]string{"code": code}, "Authorization", "Bearer "+token)
}

func TestAPhoneNumberComesFromWeChatOnly(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	token, li := l.enter("li")
	phone := l.admin("user", map[string]any{"name": "li"})["phone"].(string)
	used := l.code("li")
	if status, out := l.bind(token, used); status != 200 || out["phone"] != phone[:3]+"****"+phone[7:] {
		t.Fatal(status, out)
	}
	for name, code := range map[string]string{"used": used, "of somebody else": l.code("wang")} {
		if status, out := l.bind(token, code); status != 422 || out["code"] != "wechat.phone_code_invalid" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, out := l.bind(token, l.code("li")); status != 429 {
		t.Errorf("the fourth try of a day: %d %v", status, out)
	}
	l.Clock.Add(24 * time.Hour)
	token = l.again("li")
	expired := l.code("li")
	l.Clock.Add(6 * time.Minute)
	if status, _ := l.bind(token, expired); status != 422 {
		t.Errorf("expired: %d", status)
	}
	var user model.User
	if err := l.DB.First(&user, "id = ?", li).Error; err != nil || strings.Contains(string(user.PhoneEnc), phone) || len(user.PhoneIdx) != 32 {
		t.Fatalf("%+v %v", user, err)
	}
	if strings.Contains(l.log.String(), phone) {
		t.Error("the number is in the log")
	}
}

func TestPhoneAnswersOfEveryShape(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	token, _ := l.enter("li")
	set := func(field string, value any) {
		l.admin("fail", map[string]any{"mode": "clear"})
		l.admin("fail", map[string]any{"mode": "set", "path": "/wxa/business/getuserphonenumber", "field": field, "value": value})
	}
	set("phone_info.countryCode", 86)
	if status, out := l.bind(token, l.code("li")); status != 200 {
		t.Errorf("the country as a number: %d %v", status, out)
	}
	set("phone_info.countryCode", "852")
	if status, out := l.bind(token, l.code("li")); status != 200 || !strings.HasPrefix(out["phone"].(string), "+85") {
		t.Errorf("another country: %d %v", status, out)
	}
	l.Clock.Add(24 * time.Hour)
	token = l.again("li")
	set("phone_info.watermark.appid", "wx1111111111111111")
	for range 5 { // WeChat's fault uses up none of the person's tries
		if status, out := l.bind(token, l.code("li")); status != 503 || out["code"] != "wechat.unavailable" {
			t.Fatalf("for another app: %d %v", status, out)
		}
	}
	l.admin("fail", map[string]any{"mode": "clear"})
	l.admin("fail", map[string]any{"mode": "status", "status": 502, "path": "/wxa/business/getuserphonenumber"})
	if status, _ := l.bind(token, l.code("li")); status != 503 {
		t.Errorf("WeChat is away: %d", status)
	}
	l.admin("fail", map[string]any{"mode": "clear"})
	if status, out := l.bind(token, l.code("li")); status != 200 {
		t.Errorf("WeChat is back: %d %v", status, out)
	}
	err := l.DB.Transaction(func(tx *gorm.DB) error { return tx.Where("1 = 1").Delete(&model.PersonKey{}).Error })
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := l.bind(token, l.code("li")); status < 400 {
		t.Errorf("a person whose key is destroyed: %d", status)
	}
}

// again logs a person in with a fresh code.
func (l *loop) again(name string) string {
	l.TB.Helper()
	code := l.admin("login-code", map[string]any{"name": name})["code"]
	status, out := l.send(http.MethodPost, l.base+"/api/v1/auth/login", map[string]any{"code": code}, "X", "")
	if status != http.StatusOK {
		l.TB.Fatal(status, out)
	}
	return out["access_token"].(string)
}
