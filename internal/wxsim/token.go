package wxsim

import (
	"encoding/json"
	"strconv"
	"time"
)

const (
	tokenMark   = "_TOK_" // between the app id and the rest of a token
	tokenLife   = 2 * time.Hour
	renewWindow = 5 * time.Minute
	forceGap    = 30 * time.Second
	forcesADay  = 20
)

// issued is one access token.
type issued struct {
	value   string
	expires time.Time
}

func (t issued) live(now time.Time) bool { return t.value != "" && now.Before(t.expires) }

// stableTokens is the state behind /cgi-bin/stable_token.
type stableTokens struct {
	current, previous issued
	minted            int
	lastForce         time.Time
	forceDay          string
	forces            int  // on forceDay
	rejected          bool // the current token is handed out, but refused by the APIs
}

// plainTokens is the state behind /cgi-bin/token, isolated from the stable one.
type plainTokens struct {
	current, previous issued
	minted            int
}

// mint makes token number n of a sort.
func (a *app) mint(sort string, n int, now time.Time) issued {
	tail := digest("token", a.Secret, sort, strconv.Itoa(n)) + digest("tail", a.Secret, sort, strconv.Itoa(n))
	return issued{value: a.AppID + tokenMark + sort + strconv.Itoa(n) + "_" + tail, expires: now.Add(tokenLife)}
}

// stableToken is POST /cgi-bin/stable_token: the same token until its last 5 minutes; then a new one, while the
// old lives on. A forced refresh kills the old one, but only 30 s after the last force and 20 times a day.
func (a *app) stableToken(c *call) answer {
	var in struct {
		Secret string `json:"secret"`
		Grant  string `json:"grant_type"`
		Force  bool   `json:"force_refresh"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return c.fail(47001, "data format error")
	}
	if refused := a.credentials(c, in.Secret, in.Grant, "client_credential"); refused != nil {
		return *refused
	}
	t := &a.stable
	switch {
	case in.Force && t.mayForce(c.now):
		t.previous = issued{}
		t.renew(a, c.now)
	case !t.current.live(c.now):
		t.renew(a, c.now)
	case t.current.expires.Sub(c.now) <= renewWindow:
		t.previous = t.current
		t.renew(a, c.now)
	}
	return tokenAnswer(t.current, c.now)
}

func (t *stableTokens) renew(a *app, now time.Time) {
	t.minted++
	t.current = a.mint("S", t.minted, now)
	t.rejected = false
}

// mayForce tells whether a forced refresh has an effect now, and counts it if so.
func (t *stableTokens) mayForce(now time.Time) bool {
	day := now.In(chinaTime()).Format(time.DateOnly)
	if day != t.forceDay {
		t.forceDay, t.forces = day, 0
	}
	if t.forces >= forcesADay || !t.lastForce.IsZero() && now.Sub(t.lastForce) < forceGap {
		return false
	}
	t.forces++
	t.lastForce = now
	return true
}

// chinaTime is UTC+8, in which WeChat counts days; it has no daylight saving.
func chinaTime() *time.Location { return time.FixedZone("CST", 8*60*60) }

// plainToken is GET /cgi-bin/token: each call makes a new token and leaves the one before 5 more minutes.
func (a *app) plainToken(c *call) answer {
	if refused := a.credentials(c, c.query.Get("secret"), c.query.Get("grant_type"), "client_credential"); refused != nil {
		return *refused
	}
	t := &a.plain
	t.previous = t.current
	if grace := c.now.Add(renewWindow); t.previous.expires.After(grace) {
		t.previous.expires = grace
	}
	t.minted++
	t.current = a.mint("P", t.minted, c.now)
	return tokenAnswer(t.current, c.now)
}

func tokenAnswer(t issued, now time.Time) answer {
	return ok(struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}{t.value, int64(t.expires.Sub(now) / time.Second)})
}

// authorise checks the access token of a request; nil means that it is good.
func (a *app) authorise(c *call) *answer {
	value := c.query.Get("access_token")
	var refused answer
	switch {
	case value == "":
		refused = c.fail(41001, "access_token missing")
	case a.stable.rejected && value == a.stable.current.value:
		refused = c.fail(40001, "invalid credential, access_token is invalid or not latest")
	default:
		for _, t := range []issued{a.stable.current, a.stable.previous, a.plain.current, a.plain.previous} {
			if t.value == value && t.live(c.now) {
				return nil
			}
			if t.value == value {
				refused = c.fail(42001, "access_token expired")
				return &refused
			}
		}
		refused = c.fail(40001, "invalid credential, access_token is invalid or not latest")
	}
	return &refused
}
