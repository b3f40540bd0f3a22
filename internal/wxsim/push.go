package wxsim

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WeChat's signature is SHA-1
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	pushTries = 4 // the first and three more
	pushGap   = 5 * time.Second
)

// Push is the address for events, and the shape in which the app's owner asked for them.
type Push struct {
	URL           string // empty: no events
	Token         string
	AESKey        string // EncodingAESKey, 43 characters
	XML           bool   // else JSON
	Plain         bool   // unencrypted
	StringNumbers bool   // CreateTime and label come as strings, as seen in life
}

// Tampering is how POST /_sim/push spoils deliveries, to test the receiver.
type Tampering struct {
	Twice     bool   `json:"twice"`         // deliver everything twice, with the same nonce
	Signature bool   `json:"bad_signature"` // wrong msg_signature
	AppID     string `json:"foreign_app"`   // encrypted for another app
	Truncated bool   `json:"truncated"`     // cipher text cut
	Seconds   int    `json:"old_by"`        // timestamp that many seconds in the past
	Plain     bool   `json:"plain"`         // unencrypted although configured otherwise
	Padding   int    `json:"padding"`       // spaces after the body
	Reverse   bool   `json:"reverse"`       // newest event first
}

// Run delivers due events every second until ctx ends. Only servers need it; tests call POST /_sim/push.
func (s *Simulator) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.Deliver(ctx, Tampering{})
		}
	}
}

// Deliver sends every due event once and returns the HTTP status of each, 0 for no answer. Events that were not
// taken with 200 and "success" or an empty body stay for another try.
func (s *Simulator) Deliver(ctx context.Context, how Tampering) []int {
	now := s.now()
	var statuses []int
	for _, configured := range s.opt.Apps {
		a := s.app(configured.AppID)
		due, target := a.takeDue(now)
		if how.Reverse {
			slices.Reverse(due)
		}
		for _, e := range due {
			status, err := a.post(ctx, target, e, now, how)
			statuses = append(statuses, status)
			if err == nil {
				continue
			}
			s.log.Warn("event not taken", "event", e.name, "try", e.tries, "error", err)
			if e.tries < pushTries {
				a.mu.Lock()
				a.announce(e, now.Add(pushGap))
				a.mu.Unlock()
			}
		}
	}
	return statuses
}

// takeDue removes the due events from the queue and tells where they go.
func (a *app) takeDue(now time.Time) ([]*event, Push) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var due, later []*event
	for _, e := range a.queue {
		if e.due.After(now) {
			later = append(later, e)
			continue
		}
		if e.made.IsZero() {
			e.made = now
		}
		e.tries++
		due = append(due, e)
	}
	a.queue = later
	return due, a.Push
}

// post sends one event.
func (a *app) post(ctx context.Context, to Push, e *event, now time.Time, how Tampering) (int, error) {
	plain, err := e.render(to)
	if err != nil {
		return 0, err
	}
	address, body, err := to.seal(a.AppID, e.openID, plain, now.Add(-time.Duration(how.Seconds)*time.Second), how)
	if err != nil {
		return 0, err
	}
	status, err := to.deliver(ctx, address, body)
	if how.Twice && err == nil {
		status, err = to.deliver(ctx, address, body)
	}
	return status, err
}

func (p Push) deliver(ctx context.Context, address string, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, pushGap)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make push request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.XML {
		req.Header.Set("Content-Type", "text/xml")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("push: %w", err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err != nil || resp.StatusCode != http.StatusOK || len(said) != 0 && string(said) != "success" {
		return resp.StatusCode, fmt.Errorf("answer HTTP %d %q", resp.StatusCode, said)
	}
	return resp.StatusCode, nil
}

// seal returns the address with its signatures, and the body, encrypted unless plain.
func (p Push) seal(appID, openID string, plain []byte, now time.Time, how Tampering) (string, []byte, error) {
	stamp, nonce := strconv.FormatInt(now.Unix(), 10), hex.EncodeToString(random(8))
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "openid": {openID}, "signature": {sign(p.Token, stamp, nonce)}}
	padding := strings.Repeat(" ", how.Padding)
	if p.Plain || how.Plain {
		return p.URL + "?" + q.Encode(), append(plain, padding...), nil
	}
	owner := appID
	if how.AppID != "" {
		owner = how.AppID
	}
	cipherText, err := encrypt(plain, owner, p.AESKey)
	if err != nil {
		return "", nil, err
	}
	if how.Truncated {
		cipherText = cipherText[:len(cipherText)/2-7]
	}
	text := base64.StdEncoding.EncodeToString(cipherText)
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", sign(p.Token, stamp, nonce, text))
	if how.Signature {
		q.Set("msg_signature", sign("not", "our", "token"))
	}
	members := map[string]any{"ToUserName": "gh_simulated", "Encrypt": text}
	if p.XML {
		var b strings.Builder
		writeXML(&b, members)
		return p.URL + "?" + q.Encode(), []byte("<xml>" + b.String() + "</xml>" + padding), nil
	}
	body, err := json.Marshal(members)
	if err != nil {
		return "", nil, fmt.Errorf("render push: %w", err)
	}
	return p.URL + "?" + q.Encode(), append(body, padding...), nil
}

// SetPush makes an app's events go to another address from now on, as when its owner enters one at WeChat. It outlives
// DELETE /_sim/state.
func (s *Simulator) SetPush(appID string, to Push) error {
	a := s.app(appID)
	if a == nil {
		return errors.New("no such app")
	}
	s.mu.Lock()
	s.targets[appID] = to
	s.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Push = to
	return nil
}

// Verify sends the GET check that WeChat makes when a push address is entered, and tells whether it was echoed.
func (s *Simulator) Verify(ctx context.Context, appID string) error {
	a := s.app(appID)
	if a == nil {
		return errors.New("no such app")
	}
	a.mu.Lock()
	to := a.Push
	a.mu.Unlock()
	if to.URL == "" {
		return errors.New("no push address")
	}
	return to.verify(ctx, s.now())
}

func (p Push) verify(ctx context.Context, now time.Time) error {
	stamp, nonce, echo := strconv.FormatInt(now.Unix(), 10), hex.EncodeToString(random(8)), hex.EncodeToString(random(8))
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "echostr": {echo}, "signature": {sign(p.Token, stamp, nonce)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"?"+q.Encode(), nil)
	if err != nil {
		return fmt.Errorf("make check: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("send check: %w", err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err != nil || resp.StatusCode != http.StatusOK || string(said) != echo {
		return fmt.Errorf("the check was answered with HTTP %d %q", resp.StatusCode, said)
	}
	return nil
}

// sign is WeChat's signature: SHA-1 over the sorted parts.
func sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // WeChat's signature is SHA-1
	return hex.EncodeToString(sum[:])
}

// encrypt is WeChat's: AES-256-CBC over 16 random bytes, length, message and app id, padded to 32.
func encrypt(plain []byte, appID, encodedKey string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(encodedKey + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("the AES key must have 43 base64 characters")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	text := binary.BigEndian.AppendUint32(random(16), uint32(len(plain))) //nolint:gosec // events are short
	text = append(append(text, plain...), appID...)
	pad := 32 - len(text)%32
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(text, text)
	return text, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
