package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"baodao/internal/testkit/apitest"
	"baodao/model"
	"baodao/service/access"
)

// docEncrypt is the message of WeChat's example.
const docEncrypt = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="

const docQuery = "timestamp=1714112445&nonce=415670741&encrypt_type=aes&signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"

// said demands a status and a whole body.
func said(t *testing.T, a *apitest.Answer, status int, body string) {
	t.Helper()
	if a.Status(status); string(a.Body) != body {
		t.Fatalf("%q, want %q", a.Body, body)
	}
}

func TestTheAddressOfThePushIsChecked(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	a.Clock.Set(time.Unix(1714036504, 0))
	const good = "timestamp=1714036504&nonce=1514711492&echostr=4375120948345356249&signature=f464b24fc39322e44b38aa78f5edd27bd1441696"
	answer := a.Do(apitest.Nobody, "GET /wechat/push?"+good, nil)
	said(t, answer, 200, "4375120948345356249")
	if media := answer.Header.Get("Content-Type"); media != "text/plain" {
		t.Error(media)
	}
	for name, query := range map[string]string{
		"wrong signature": strings.Replace(good, "f464", "f465", 1), "other nonce": strings.Replace(good, "1514711492", "1514711493", 1),
		"markup": good + "<b>", "nothing": "", "no signature": "timestamp=1714036504&nonce=1514711492&echostr=1",
	} {
		t.Run(name, func(*testing.T) { said(t, a.Do(apitest.Nobody, "GET /wechat/push?"+query, nil), 403, "") })
	}
	a.Clock.Add(11 * time.Minute)
	said(t, a.Do(apitest.Nobody, "GET /wechat/push?"+good, nil), 403, "")
}

func TestPushesThatDoNotProveThemselvesAreRefused(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	a.Clock.Set(time.Unix(1714112445, 0))
	body := `{"ToUserName":"gh_97417a04a28d","Encrypt":"` + docEncrypt + `"}`
	edit := func(key, value string) string {
		q, err := url.ParseQuery(docQuery)
		if err != nil {
			t.Fatal(err)
		}
		q.Set(key, value)
		return q.Encode()
	}
	resign := func(text string) (query, body string) {
		return edit("msg_signature", apitest.Sign(apitest.PushToken, "1714112445", "415670741", text)), `{"Encrypt":"` + text + `"}`
	}
	cutQuery, cutBody := resign(docEncrypt[:44])
	foreignQuery, foreignBody := resign(apitest.Seal(`{"Event":"debug_demo"}`, "wx0000000000000000"))
	before := a.Snapshot()
	for name, tc := range map[string]struct{ query, body string }{
		"wrong msg_signature":  {edit("msg_signature", strings.Repeat("0", 40)), body},
		"signature only":       {edit("msg_signature", ""), body},
		"not encrypted":        {edit("encrypt_type", ""), body},
		"plaintext downgrade":  {"timestamp=1714112445&nonce=415670741&signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d", `{"Event":"subscribe_msg_popup_event"}`},
		"raw mode":             {edit("encrypt_type", "raw"), body},
		"timestamp one":        {edit("timestamp", "1"), body},
		"truncated cipher":     {cutQuery, cutBody},
		"another app":          {foreignQuery, foreignBody},
		"empty body":           {docQuery, ""},
		"neither JSON nor XML": {docQuery, "Encrypt=" + docEncrypt},
		"nothing":              {"", ""},
	} {
		t.Run(name, func(*testing.T) { said(t, a.Do(apitest.Nobody, "POST /wechat/push?"+tc.query, tc.body), 403, "") })
	}
	a.Do(apitest.Nobody, "POST /wechat/push?"+docQuery, body+strings.Repeat(" ", 64<<10)).Problem(413, "request.too_large")
	a.Do(apitest.Nobody, "POST /wechat/push?"+docQuery, body+strings.Repeat(" ", 1<<20)).Problem(413, "request.too_large")
	if after := a.Snapshot(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("something was written: %v, before %v", after, before)
	}
	said(t, a.Do(apitest.Nobody, "POST /wechat/push?"+docQuery, body), 200, "success")
	said(t, a.Do(apitest.Nobody, "POST /wechat/push?"+docQuery, body), 200, "success") // as the first time
	a.Clock.Add(-11 * time.Minute)
	said(t, a.Do(apitest.Nobody, "POST /wechat/push?"+docQuery, body), 403, "")
	for _, secret := range []string{"o9AgO5Kd5ggOC-bXrbNODIiE3bGY", apitest.PushToken + `"`, docEncrypt[:20], "msg_signature="} {
		if strings.Contains(a.Log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}

func TestEveryShapeOfAPushIsKeptOnceAndWithoutTheOpenID(t *testing.T) {
	t.Parallel()
	const openID = "oPerson000000000000000000000"
	popup := `"FromUserName":"` + openID + `","MsgType":"event","Event":"subscribe_msg_popup_event"`
	for name, tc := range map[string]struct{ message, want string }{
		"object, time as text":  {`{` + popup + `,"CreateTime":"1714112445","List":{"TemplateId":"a","SubscribeStatusString":"accept"}}`, "ANSWER a true"},
		"array, time as number": {`{` + popup + `,"CreateTime":1714112445,"List":[{"TemplateId":"a","SubscribeStatusString":"accept"},{"TemplateId":"b","SubscribeStatusString":"reject"}]}`, "ANSWER a true|ANSWER b false"},
		"XML": {`<xml><FromUserName>` + openID + `</FromUserName><CreateTime>1</CreateTime><Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent>
			<List><TemplateId>a</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>`, "MUTE a false"},
		"sent":             {`{"Event":"subscribe_msg_sent_event","FromUserName":"` + openID + `","CreateTime":1,"List":{"TemplateId":"a","MsgID":"3248682510344192008","ErrorCode":"-1"}}`, "SENT a false"},
		"media, text":      {`{"Event":"wxa_media_check","appid":"x","trace_id":"t1","errcode":0,"result":{"suggest":"risky","label":"20002"}}`, "MEDIA  false t1 risky 20002"},
		"media, number":    {`{"Event":"wxa_media_check","AppID":"x","trace_id":"t2","errcode":0,"result":{"suggest":"pass","label":100}}`, "MEDIA  false t2 pass 100"},
		"media, not heard": {`{"Event":"wxa_media_check","trace_id":"t3","errCode":-1010,"result":{"suggest":"pass","label":100}}`, "MEDIA  false t3 review 100"},
		"unknown event":    {`{"Event":"new_thing","FromUserName":"` + openID + `","CreateTime":1}`, ""},
		"no list":          {`{` + popup + `,"CreateTime":1}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := apitest.New(t)
			for range 3 { // WeChat repeats with another nonce
				said(t, a.Push(tc.message), 200, "success")
			}
			if have := kept(t, a.DB); have != tc.want {
				t.Errorf("%q, want %q", have, tc.want)
			}
			var raw []string
			if err := a.DB.Table("push_events").Pluck("payload", &raw).Error; err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.Join(raw, ""), openID) || strings.Contains(a.Log.String(), openID) {
				t.Errorf("the openid is written down: %v", raw)
			}
		})
	}
}

func kept(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var rows []model.PushEvent
	if err := db.Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		p := r.Payload
		line := fmt.Sprint(r.Kind, " ", p.Template, " ", p.Accepted)
		if p.TraceID != "" {
			line += fmt.Sprint(" ", p.TraceID, " ", p.Suggest, " ", p.Label)
		}
		out[line] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(out)), "|")
}

func TestASlowDatabaseLetsWeChatRepeat(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	slow := true
	err := a.DB.Callback().Create().Before("gorm:create").Register("test:slow", func(tx *gorm.DB) {
		if slow && tx.Statement.Table == "push_events" {
			<-tx.Statement.Context.Done()
			_ = tx.AddError(tx.Statement.Context.Err())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	q := "timestamp=" + fmt.Sprint(a.Clock.Now().Unix()) + "&nonce=1&encrypt_type=aes"
	text := apitest.Seal(`{"Event":"wxa_media_check","trace_id":"t1","errcode":0,"result":{"suggest":"pass","label":100}}`, apitest.AppID)
	q += "&msg_signature=" + apitest.Sign(apitest.PushToken, fmt.Sprint(a.Clock.Now().Unix()), "1", text)
	// WeChat waits 5 s and the push ends after 3; any other request does after 10, and a busy machine needs some time for itself.
	late := time.AfterFunc(8*time.Second, func() { t.Error("not answered after 8 s: WeChat has gone") })
	defer late.Stop()
	a.Do(apitest.Nobody, "POST /wechat/push?"+q, `{"Encrypt":"`+text+`"}`).Problem(500, "server.internal")
	if have := kept(t, a.DB); have != "" {
		t.Fatal(have)
	}
	slow = false
	said(t, a.Do(apitest.Nobody, "POST /wechat/push?"+q, `{"Encrypt":"`+text+`"}`), 200, "success") // the same nonce
	if have := kept(t, a.DB); have != "MEDIA  false t1 pass 100" {
		t.Fatal(have)
	}
}

func TestMyPhoneNumber(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	li, wang := access.Actor{UserID: a.User("李").ID}, access.Actor{UserID: a.User("王").ID}
	bind := func(code string) *apitest.Answer { return a.Do(li, "POST /me/phone", object{"code": code}) }
	if bind("tel-13800001234").Status(200).Get("phone") != "138****1234" {
		t.Error("not masked")
	}
	read := a.Do(li, "GET /me", nil).Status(200)
	if read.Get("phone") != "138****1234" || strings.Contains(string(read.Body), "00001234") {
		t.Errorf("%s", read.Body)
	}
	if a.Do(wang, "POST /me/phone", object{"code": "tel-13800001234"}).Status(200).Get("phone") != "138****1234" {
		t.Error("a family may share a number")
	}
	bind("no-such-code").Problem(422, "wechat.phone_code_invalid")
	bind("tel-12").Problem(422, "request.invalid")
	bind("tel-0000000").Problem(409, "account.phone_unusable")
	limited := bind("tel-13800001235").Problem(429, "rate.limited")
	if limited.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if gone := a.Do(li, "DELETE /me/phone", nil).Status(200); strings.Contains(string(gone.Body), `"phone"`) {
		t.Errorf("%s", gone.Body)
	}
	a.Do(li, "DELETE /me/phone", nil).Status(200)
	a.Do(apitest.Nobody, "DELETE /me/phone", nil).Problem(401, "auth.required")
	var bound int64
	if err := a.DB.Table("users").Where("phone_enc IS NOT NULL OR phone_idx IS NOT NULL").Count(&bound).Error; err != nil || bound != 1 {
		t.Errorf("%d numbers are left: %v", bound, err)
	}
	var entries []model.AuditEntry
	if err := a.DB.Where("action LIKE ?", "account.phone%").Find(&entries).Error; err != nil || len(entries) != 4+1+2 {
		t.Errorf("%d audit rows: %v", len(entries), err) // 4 tries, 2 bound, 1 removed
	}
	if strings.Contains(fmt.Sprint(entries), "1234") || strings.Contains(a.Log.String(), "00001234") {
		t.Error("the number is in the audit log or in the log")
	}
}

func TestWhatTheSubscribeDialogAnswered(t *testing.T) {
	t.Parallel()
	a := apitest.New(t)
	li := access.Actor{UserID: a.User("李").ID}
	a.Insert(&model.NoticeTemplate{AppID: apitest.AppID, Kind: "SIGNUP_CONFIRMED", TemplateID: "one", Fields: map[string]string{}, UpdatedAt: a.Clock.Now()})
	tell := func(id, result string) *apitest.Answer {
		return a.Do(li, "POST /me/subscriptions", object{"answers": []object{{"template_id": id, "result": result}}})
	}
	for _, result := range []string{"accept", "filter", "reject", "ban"} {
		tell("one", result).Status(204)
	}
	tell("two", "accept").Problem(422, "notification.template_unknown")
	tell("one", "acceptWithAudio").Problem(422, "request.invalid")
	a.Do(apitest.Nobody, "POST /me/subscriptions", object{"answers": []object{{"template_id": "one", "result": "accept"}}}).Problem(401, "auth.required")
}
