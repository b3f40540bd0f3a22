package wechat_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"baodao/internal/wechat"
)

// The vectors are the examples of WeChat's own documents.
const (
	docApp   = "wxba5fad812f8e6fb9"
	docToken = "AAAAA"
	docBody  = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)

func docKey() string { return strings.Repeat("A", 43) }

func docInbound(t *testing.T, at int64) *wechat.Inbound {
	t.Helper()
	in, err := wechat.NewInbound(wechat.InboundConfig{
		AppID: docApp, Token: docToken, AESKey: docKey(), Now: func() time.Time { return time.Unix(at, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func docQuery() url.Values {
	return url.Values{
		"timestamp": {"1714112445"}, "nonce": {"415670741"}, "encrypt_type": {"aes"},
		"signature": {"6c5c811b55cc85e0e1b54100749188c20beb3f5d"}, "msg_signature": {"046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"},
	}
}

func jsonBody(cipherText string) []byte {
	return fmt.Appendf(nil, `{"ToUserName":"gh_97417a04a28d","Encrypt":%q}`, cipherText)
}

func TestDocumentedVectors(t *testing.T) {
	q := url.Values{"timestamp": {"1714036504"}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}, "signature": {"f464b24fc39322e44b38aa78f5edd27bd1441696"}}
	if echo, err := docInbound(t, 1714036504).Challenge(q); err != nil || echo != "4375120948345356249" {
		t.Fatalf("check: %q %v", echo, err)
	}
	if s := util.Signature(docToken, "1714037059", "486452656"); s != "899cf89e464efb63f54ddac96b0a0a235f53aa78" {
		t.Fatalf("plain signature: %s", s)
	}
	for _, body := range [][]byte{jsonBody(docBody), []byte("<xml><Encrypt><![CDATA[" + docBody + "]]></Encrypt></xml>")} {
		events, err := docInbound(t, 1714112445).Open(docQuery(), "application/json", body)
		if err != nil || len(events) != 1 {
			t.Fatalf("push: %+v %v", events, err)
		}
		e := events[0]
		if e.Name != "debug_demo" || e.Kind != wechat.EventOther || e.OpenID != "o9AgO5Kd5ggOC-bXrbNODIiE3bGY" || e.At.Unix() != 1714112445 {
			t.Fatalf("push: %+v", e)
		}
	}
	sealed, err := util.EncryptMsg([]byte("707722b803182950"), []byte(`{"demo_resp":"good luck"}`), docApp, docKey())
	const want = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
	if err != nil || string(sealed) != want {
		t.Fatalf("reply: %s %v", sealed, err)
	}
	if s := util.Signature(docToken, "1713424427", "415670741", want); s != "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1" {
		t.Fatalf("reply signature: %s", s)
	}
}

func TestForgedPushesAreRefused(t *testing.T) {
	const at = 1714112445
	for name, tc := range map[string]struct {
		at   int64
		edit func(q url.Values) []byte
	}{
		"wrong msg_signature": {at, func(q url.Values) []byte { q.Set("msg_signature", strings.Repeat("0", 40)); return jsonBody(docBody) }},
		"signature only":      {at, func(q url.Values) []byte { q.Del("msg_signature"); return jsonBody(docBody) }},
		"not said encrypted":  {at, func(q url.Values) []byte { q.Del("encrypt_type"); return jsonBody(docBody) }},
		"plain text": {at, func(q url.Values) []byte {
			q.Del("encrypt_type")
			return []byte(`{"Event":"subscribe_msg_popup_event"}`)
		}},
		"plain said to be encrypted": {at, func(url.Values) []byte { return []byte(`{"Event":"subscribe_msg_popup_event"}`) }},
		"old":                        {at + 601, func(url.Values) []byte { return jsonBody(docBody) }},
		"from the future":            {at - 601, func(url.Values) []byte { return jsonBody(docBody) }},
		"timestamp one":              {at, func(q url.Values) []byte { return resign(q, "1", docBody) }},
		"no timestamp":               {at, func(q url.Values) []byte { return resign(q, "", docBody) }},
		"short cipher text":          {at, func(q url.Values) []byte { return resign(q, "", docBody[:40]) }},
		"odd cipher text":            {at, func(q url.Values) []byte { return resign(q, strconv.Itoa(at), docBody[:44]) }},
		"no base64":                  {at, func(q url.Values) []byte { return resign(q, strconv.Itoa(at), "***") }},
		"bad padding":                {at, func(q url.Values) []byte { return resign(q, strconv.Itoa(at), docBody[:len(docBody)-128]) }},
		"another app":                {at, func(q url.Values) []byte { return resign(q, strconv.Itoa(at), seal(t, `{"Event":"x"}`, appID)) }},
		"no message":                 {at, func(q url.Values) []byte { return resign(q, strconv.Itoa(at), seal(t, "x", docApp)) }},
		"too large":                  {at, func(url.Values) []byte { return append(jsonBody(docBody), make([]byte, 64<<10)...) }},
		"empty":                      {at, func(url.Values) []byte { return nil }},
		"neither format":             {at, func(url.Values) []byte { return []byte("Encrypt=" + docBody) }},
	} {
		t.Run(name, func(t *testing.T) {
			q := docQuery()
			body := tc.edit(q)
			events, err := docInbound(t, tc.at).Open(q, "application/json", body)
			if events != nil || !errors.Is(err, wechat.ErrPushRefused) {
				t.Fatalf("%+v %v", events, err)
			}
		})
	}
}

// resign signs a cipher text as WeChat would, who knows the push token.
func resign(q url.Values, stamp, cipherText string) []byte {
	q.Set("timestamp", stamp)
	q.Set("msg_signature", util.Signature(docToken, stamp, q.Get("nonce"), cipherText))
	return jsonBody(cipherText)
}

func seal(t *testing.T, message, app string) string {
	t.Helper()
	text, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(message), app, docKey())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A push that comes again is read again: its events have the same keys, by which they are kept once.
func TestAPushThatComesAgainHasTheSameKeys(t *testing.T) {
	in := docInbound(t, 1714112445)
	first, err := in.Open(docQuery(), "", jsonBody(docBody))
	if err != nil {
		t.Fatal(err)
	}
	again, err := in.Open(docQuery(), "", jsonBody(docBody))
	if err != nil || len(again) == 0 || !slices.EqualFunc(first, again, func(a, b wechat.Event) bool { return a.Key == b.Key && a.Key != "" }) {
		t.Errorf("first %v, again %v, %v", first, again, err)
	}
}

func TestChallengeRefusals(t *testing.T) {
	good := url.Values{"timestamp": {"1714036504"}, "nonce": {"1514711492"}, "echostr": {"4375120948345356249"}, "signature": {"f464b24fc39322e44b38aa78f5edd27bd1441696"}}
	for key, value := range map[string]string{"signature": "", "nonce": "1", "echostr": "<script>"} {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q.Set(key, value)
		if _, err := docInbound(t, 1714036504).Challenge(q); !errors.Is(err, wechat.ErrPushRefused) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := docInbound(t, 1714036504+601).Challenge(good); !errors.Is(err, wechat.ErrPushRefused) {
		t.Errorf("old: %v", err)
	}
}

func TestEventShapes(t *testing.T) {
	const popup = `"FromUserName":"oPerson000000000000000000000","MsgType":"event","Event":"subscribe_msg_popup_event"`
	for name, tc := range map[string]struct {
		message string
		want    string // kind, template, accepted, code, verdict of each event
	}{
		"single object, CreateTime as text": {`{` + popup + `,"CreateTime":"1714112445","List":{"TemplateId":"a","SubscribeStatusString":"accept"}}`, "1 a true 0 "},
		"array, CreateTime as a number":     {`{` + popup + `,"CreateTime":1714112445,"List":[{"TemplateId":"a","SubscribeStatusString":"accept"},{"TemplateId":"b","SubscribeStatusString":"reject"}]}`, "1 a true 0 |1 b false 0 "},
		"group as in XML, but JSON":         {`{` + popup + `,"CreateTime":1,"SubscribeMsgPopupEvent":{"List":{"TemplateId":"a","SubscribeStatusString":"accept"}}}`, "1 a true 0 "},
		"no list":                           {`{` + popup + `,"CreateTime":1}`, ""},
		"nonsense list":                     {`{` + popup + `,"CreateTime":{},"List":[1,"x",null,[]]}`, ""},
		"XML list": {`<xml><FromUserName><![CDATA[oP]]></FromUserName><CreateTime>1</CreateTime><Event><![CDATA[subscribe_msg_change_event]]></Event><SubscribeMsgChangeEvent>
			<List><TemplateId><![CDATA[a]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString></List>
			<List><TemplateId>b</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>`, "2 a false 0 |2 b false 0 "},
		"sent":                {`{"Event":"subscribe_msg_sent_event","FromUserName":"oP","CreateTime":1,"List":{"TemplateId":"a","MsgID":"3248682510344192008","ErrorCode":"-1","ErrorStatus":"failed"}}`, "3 a false -1 "},
		"media, label number": {`{"Event":"wxa_media_check","trace_id":"t1","errcode":0,"result":{"suggest":"risky","label":20002}}`, "4  false 0 risky"},
		"media, label text":   {`{"Event":"wxa_media_check","trace_id":"t1","errcode":0,"result":{"suggest":"pass","label":"100"}}`, "4  false 0 pass"},
		"media, failed":       {`{"Event":"wxa_media_check","trace_id":"t1","errCode":-1010,"result":{"suggest":"pass","label":100}}`, "4  false -1010 review"},
		"unknown event":       {`{"Event":"new_thing","FromUserName":"oP","CreateTime":1}`, "0  false 0 "},
	} {
		t.Run(name, func(t *testing.T) {
			q := docQuery()
			body := resign(q, "1714112445", seal(t, tc.message, docApp))
			events, err := docInbound(t, 1714112445).Open(q, "application/xml", body)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			keys := map[string]bool{}
			for _, e := range events {
				got = append(got, fmt.Sprintf("%d %s %v %d %s", e.Kind, e.Template, e.Accepted, e.ErrorCode, e.Verdict.Suggest))
				keys[e.Key] = true
			}
			if strings.Join(got, "|") != tc.want || len(keys) != len(events) {
				t.Fatalf("%q, want %q; %d keys", got, tc.want, len(keys))
			}
		})
	}
}

func TestInboundConfiguration(t *testing.T) {
	if _, err := wechat.NewInbound(wechat.InboundConfig{}); err == nil {
		t.Fatal("empty configuration taken")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(docBody, `{"Event":"wxa_media_check"}`)
	f.Add("", "<xml><a>")
	f.Fuzz(func(t *testing.T, cipherText, message string) {
		for _, text := range []string{cipherText, seal(t, message, docApp)} {
			q := docQuery()
			body := resign(q, "1714112445", text)
			events, err := docInbound(t, 1714112445).Open(q, "", body)
			if err != nil && (events != nil || !errors.Is(err, wechat.ErrPushRefused)) {
				t.Fatalf("%+v %v", events, err)
			}
		}
	})
}
