package wechat

import (
	"crypto/subtle"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"baodao/service/fault"
)

// ErrPushRefused refuses a message that claims to come from WeChat and does not prove it. Answer it with 403 and no body.
var ErrPushRefused = fault.Define(fault.Forbidden, "wechat.push_refused", "消息未通过验证。", "The message is not proved to come from WeChat.")

const (
	pushBodyMost = 64 << 10
	pushWindow   = 10 * time.Minute
)

// InboundConfig is what the app's owner entered at WeChat for the message push: safe mode, JSON or XML.
type InboundConfig struct {
	AppID  string
	Token  string
	AESKey string           // EncodingAESKey, 43 characters
	Now    func() time.Time // clock; it must be set
}

// Inbound receives WeChat's message push. It takes safe mode only: whatever is not encrypted, not signed with
// msg_signature, or older or newer than ten minutes is refused. What comes again is read again, and answered like the first
// time: whoever keeps the events keeps each of them once, by its key.
type Inbound struct{ cfg InboundConfig }

// NewInbound makes an Inbound, or tells what is wrong with the configuration.
func NewInbound(cfg InboundConfig) (*Inbound, error) {
	err := errors.Join(
		require(wellFormed(cfg.AppID, 4, 64), "app id is missing or malformed"),
		require(len(cfg.Token) >= 3 && len(cfg.Token) <= 32, "push token must have 3 to 32 characters"),
		require(len(cfg.AESKey) == 43, "AES key must have 43 characters"),
		require(cfg.Now != nil, "clock is missing"))
	if err != nil {
		return nil, fmt.Errorf("configure wechat push: %w", err)
	}
	return &Inbound{cfg: cfg}, nil
}

// Challenge answers the GET check that WeChat makes when the push address is entered: write echo as the whole body. Errors:
// ErrPushRefused.
func (in *Inbound) Challenge(q url.Values) (echo string, err error) {
	if !same(q.Get("signature"), util.Signature(in.cfg.Token, q.Get("timestamp"), q.Get("nonce"))) {
		return "", refused("signature of the check is wrong")
	}
	if err := in.fresh(q.Get("timestamp")); err != nil {
		return "", err
	}
	if echo = q.Get("echostr"); !wellFormed(echo, 1, 128) {
		return "", refused("echostr is malformed")
	}
	return echo, nil
}

// Open proves, decrypts and reads one push. The Content-Type is not relied on: it is wrong in life. Answer a good push
// with "success" within 5 s, events of unknown sort included, or WeChat sends it again, up to three times.
// Errors: ErrPushRefused.
func (in *Inbound) Open(q url.Values, _ string, body []byte) ([]Event, error) {
	if len(body) > pushBodyMost {
		return nil, refused("body is too large")
	}
	if q.Get("encrypt_type") != "aes" {
		return nil, refused("message is not encrypted")
	}
	cipherText, err := envelope(body)
	if err != nil {
		return nil, err
	}
	want := util.Signature(in.cfg.Token, q.Get("timestamp"), q.Get("nonce"), cipherText)
	if !same(q.Get("msg_signature"), want) {
		return nil, refused("msg_signature is wrong")
	}
	if err := in.fresh(q.Get("timestamp")); err != nil {
		return nil, err
	}
	_, plain, err := util.DecryptMsg(in.cfg.AppID, cipherText, in.cfg.AESKey)
	if err != nil {
		return nil, refused("message cannot be decrypted for this app")
	}
	return readEvents(plain)
}

// fresh refuses timestamps that are not of the last or next ten minutes.
func (in *Inbound) fresh(stamp string) error {
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refused("timestamp is malformed")
	}
	if age := in.cfg.Now().Sub(time.Unix(seconds, 0)); age > pushWindow || age < -pushWindow {
		return refused("timestamp is too far from now")
	}
	return nil
}

// envelope returns the cipher text of a push body, JSON or XML.
func envelope(body []byte) (string, error) {
	var e struct {
		Encrypt string `json:"Encrypt" xml:"Encrypt"`
	}
	err := errors.New("neither JSON nor XML")
	switch text := strings.TrimSpace(string(body)); {
	case strings.HasPrefix(text, "{"):
		err = json.Unmarshal(body, &e)
	case strings.HasPrefix(text, "<"):
		err = xml.Unmarshal(body, &e)
	}
	if err != nil || e.Encrypt == "" {
		return "", refused("body holds no encrypted message")
	}
	return e.Encrypt, nil
}

// same compares in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refused(why string) error { return ErrPushRefused.Because(errors.New("wechat push: " + why)) }
