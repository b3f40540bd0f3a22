package apitest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The mini-program of these tests, and what was entered for its message push. They are those of WeChat's own examples.
const (
	AppID     = "wxba5fad812f8e6fb9"
	PushToken = "AAAAA"
	PushKey   = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// Push delivers a message as WeChat does, in safe mode; change may spoil the query afterwards.
func (a *API) Push(message string, change ...func(url.Values)) *Answer {
	a.TB.Helper()
	text := Seal(message, AppID)
	q := url.Values{"timestamp": {fmt.Sprint(a.Clock.Now().Unix())}, "nonce": {rand.Text()}, "encrypt_type": {"aes"}}
	q.Set("signature", Sign(PushToken, q.Get("timestamp"), q.Get("nonce")))
	q.Set("msg_signature", Sign(PushToken, q.Get("timestamp"), q.Get("nonce"), text))
	for _, c := range change {
		c(q)
	}
	return a.Do(Nobody, "POST /wechat/push?"+q.Encode(), `{"ToUserName":"gh_1","Encrypt":"`+text+`"}`)
}

// Sign is WeChat's signature over the parts.
func Sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// Seal encrypts a message for an app.
func Seal(message, appID string) string {
	key, err := base64.StdEncoding.DecodeString(PushKey + "=")
	if err != nil {
		panic(err)
	}
	text := binary.BigEndian.AppendUint32([]byte(rand.Text()[:16]), uint32(len(message)))
	text = append(append(text, message...), appID...)
	pad := 32 - len(text)%32
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}
