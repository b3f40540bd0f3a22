package wxsim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

const maxUsers = 1_000_000 // memory bound: development codes make users, and anybody may send them

// app is the state of one mini-program. Everything behind mu.
type app struct {
	App
	mu     sync.Mutex
	users  map[string]*user // by openid
	codes  *codeBook        // login codes
	phones *codeBook        // phone codes
	pace   *pacer
	counts map[string]*count // by path
	stable stableTokens
	plain  plainTokens
	serial int // numbers minted codes, traces and links

	grants   map[grantKey]*grant
	lastSend map[string]time.Time // by openid; only with Serial
	sends    []sentMessage
	sent     int // all sends ever, the forgotten included
	jobs     map[string]mediaJob
	jobOrder []string // traces, oldest first
	queue    []*event // not delivered yet
}

// user is an invented person in one app.
type user struct {
	Name    string
	OpenID  string
	UnionID string
	Seen    time.Time // last use of the mini-program
	Risky   bool      // logins are refused with 40226
	Muted   bool      // switched all notices off
}

func newApp(a App) *app {
	return &app{
		App:      a,
		users:    map[string]*user{},
		codes:    newCodeBook(),
		phones:   newCodeBook(),
		pace:     newPacer(),
		counts:   map[string]*count{},
		grants:   map[grantKey]*grant{},
		lastSend: map[string]time.Time{},
		jobs:     map[string]mediaJob{},
	}
}

// visit returns the user called name, invented when new, and notes that the person uses the mini-program now. It is nil
// when there is no room for another user.
func (a *app) visit(name string, now time.Time) *user {
	id := a.openID(name)
	u := a.users[id]
	if u == nil {
		if len(a.users) >= maxUsers {
			return nil
		}
		u = &user{Name: name, OpenID: id, UnionID: a.unionID(name)}
		a.users[id] = u
	}
	u.Seen = now
	return u
}

// openID derives a person's id in this app: 28 characters beginning with o, always the same for the same name.
func (a *app) openID(name string) string { return "o" + digest("openid", a.AppID, name)[:27] }

// unionID derives a person's id on the Open Platform account; apps bound to the same one share it.
func (a *app) unionID(name string) string {
	if a.OpenPlatform == "" {
		return ""
	}
	return "o" + digest("unionid", a.OpenPlatform, name)[:27]
}

// digest is the base64url SHA-256 of the parts.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// credentials checks secret and grant type of a login or token request; nil means that they are right.
func (a *app) credentials(c *call, secret, grant, wantGrant string) *answer {
	var refused answer
	switch {
	case secret == "":
		refused = c.fail(41004, "appsecret missing")
	case subtle.ConstantTimeCompare([]byte(secret), []byte(a.Secret)) != 1:
		refused = c.fail(40125, "invalid appsecret, view more at http://t.cn/RAEkdVq")
	case grant != wantGrant:
		refused = c.fail(40002, "invalid grant_type")
	default:
		return nil
	}
	return &refused
}
