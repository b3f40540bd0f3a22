package wxsim

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

const (
	codeLife        = 5 * time.Minute
	codeMemory      = 24 * time.Hour
	maxCodes        = 200_000
	loginsPerMinute = 100
)

// code is a login or phone code.
type code struct {
	value  string
	user   string // name
	minted time.Time
	used   bool
}

// codeBook remembers codes for a day, and never more than maxCodes of them.
type codeBook struct {
	byValue map[string]*code
	order   []*code // oldest first
}

func newCodeBook() *codeBook { return &codeBook{byValue: map[string]*code{}} }

// add notes a code and forgets the old ones.
func (b *codeBook) add(c *code) {
	b.drop(c.minted)
	b.byValue[c.value] = c
	b.order = append(b.order, c)
}

// drop forgets codes older than a day, and the oldest when there is no room for one more.
func (b *codeBook) drop(now time.Time) {
	n := 0
	for n < len(b.order) && (len(b.order)-n >= maxCodes || now.Sub(b.order[n].minted) >= codeMemory) {
		delete(b.byValue, b.order[n].value)
		b.order[n] = nil
		n++
	}
	b.order = b.order[n:]
}

// find returns the code, or an invented one for a development code that was never seen, or nil.
func (b *codeBook) find(value string, now time.Time) *code {
	b.drop(now)
	if c := b.byValue[value]; c != nil {
		return c
	}
	if name := developerName(value); name != "" {
		return &code{value: value, user: name, minted: now}
	}
	return nil
}

// developerName returns the name inside a code of the form dev-<name>-<anything>, or "" if it has another form.
func developerName(value string) string {
	if !plainText(value, 8, 128) {
		return ""
	}
	rest, isDev := strings.CutPrefix(value, "dev-")
	name, tail, cut := strings.Cut(rest, "-")
	if !isDev || !cut || tail == "" || strings.Contains(name, "_") {
		return ""
	}
	return name
}

// plainText tells whether s has least to most characters of [A-Za-z0-9_-].
func plainText(s string, least, most int) bool {
	bad := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	return len(s) >= least && len(s) <= most && !strings.ContainsFunc(s, bad)
}

// login is GET /sns/jscode2session.
func (a *app) login(c *call) answer {
	if refused := a.credentials(c, c.query.Get("secret"), c.query.Get("grant_type"), "authorization_code"); refused != nil {
		return *refused
	}
	value := c.query.Get("js_code")
	if value == "" {
		return c.fail(41008, "missing code")
	}
	code := a.codes.find(value, c.now)
	switch {
	case code == nil:
		return c.fail(40029, "invalid code,")
	case code.used:
		return c.fail(40163, "code been used,")
	case c.now.Sub(code.minted) >= codeLife:
		return c.fail(40029, "invalid code,")
	case !a.pace.take("login "+code.user, loginsPerMinute, c.now):
		return c.fail(45011, "api minute-quota reach limit, must slower, retry next minute")
	}
	u := a.visit(code.user, c.now)
	if u == nil {
		return c.fail(-1, "system error")
	}
	code.used = true
	if a.codes.byValue[value] == nil {
		a.codes.add(code)
	}
	if u.Risky {
		return c.fail(40226, "code blocked")
	}
	return ok(struct {
		SessionKey string `json:"session_key"`
		OpenID     string `json:"openid"`
		UnionID    string `json:"unionid,omitempty"`
	}{a.sessionKey(u.Name, c.now), u.OpenID, u.UnionID})
}

// sessionKey changes from login to login, but not within the same ten minutes.
func (a *app) sessionKey(name string, now time.Time) string {
	raw := digest("session", a.Secret, name, strconv.FormatInt(now.Unix()/600, 10))
	return base64.StdEncoding.EncodeToString([]byte(raw[:16]))
}
