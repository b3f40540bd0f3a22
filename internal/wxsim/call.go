package wxsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	bodyCap  = 1 << 20
	jsonType = "application/json; encoding=utf-8"
)

// call is one request to the simulated API.
type call struct {
	path   string
	query  url.Values
	body   []byte
	fields envelope
	now    time.Time
	rid    string
}

// envelope holds the members of a JSON body that decide where a request belongs.
type envelope struct {
	AppID  string `json:"appid"`
	OpenID string `json:"openid"`
	ToUser string `json:"touser"`
}

// appID is the app a request speaks for: named in the query, in the body, or by the token's prefix.
func (c *call) appID() string {
	id, _, marked := strings.Cut(c.query.Get("access_token"), tokenMark)
	if !marked {
		id = "" // not one of our tokens; it must not end in a log as an app id
	}
	for _, named := range []string{c.query.Get("appid"), c.fields.AppID} {
		if named != "" {
			id = named
		}
	}
	return id
}

// openID is the person a request is about, or empty.
func (c *call) openID() string {
	if c.fields.ToUser != "" {
		return c.fields.ToUser
	}
	return c.fields.OpenID
}

// answer is what goes back.
type answer struct {
	status int
	kind   string // Content-Type
	body   []byte
	code   int // errcode, for the counters
}

// ok answers with v as JSON.
func ok(v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return answer{status: http.StatusOK, kind: jsonType, body: []byte(`{"errcode":-1,"errmsg":"system error"}`), code: -1}
	}
	return answer{status: http.StatusOK, kind: jsonType, body: body}
}

// fail answers with an errcode the way WeChat does: HTTP 200 and the request id inside the text.
func (c *call) fail(code int, text string) answer {
	a := ok(struct {
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}{code, text + " rid: " + c.rid})
	a.code = code
	return a
}

// newRID makes a request id in WeChat's form: three groups of eight hex digits.
func (s *Simulator) newRID(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rids++
	return fmt.Sprintf("%08x-%08x-%08x", now.Unix()&0xffffffff, s.rids*0x9e3779b1&0xffffffff, s.rids&0xffffffff)
}

// serveAPI runs one API request through the failure switches and the handler.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	c := &call{path: r.URL.Path, query: r.URL.Query(), now: now, rid: s.newRID(now)}
	w.Header().Set("Rid", c.rid)
	if s.trips(c, closeBefore) {
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyCap))
	if err != nil {
		s.write(w, r, c, c.fail(47001, "data format error"), nil)
		return
	}
	c.body = body
	readable := json.Unmarshal(body, &c.fields) == nil
	sw := s.pick(c)
	if sw != nil && sw.instead(w, r, c) {
		s.count(c, sw.ErrCode)
		return
	}
	a := s.execute(r.Method, c, readable)
	if sw != nil && sw.Mode == executeTwice {
		a = s.execute(r.Method, c, readable)
	}
	s.count(c, a.code)
	s.log.LogAttrs(r.Context(), slogLevel(a.code), "simulated WeChat call", logAttrs(c, a)...)
	s.write(w, r, c, a, sw)
}

// execute applies the checks that all paths share, in WeChat's order, then runs the handler under the app's lock.
func (s *Simulator) execute(method string, c *call, readable bool) answer {
	rt, known := s.routes[c.path]
	switch {
	case !known:
		return c.fail(40066, "invalid url")
	case method != rt.method && rt.method == http.MethodGet:
		return c.fail(43001, "require GET method")
	case method != rt.method:
		return c.fail(43002, "require POST method")
	case method == http.MethodPost && !readable:
		return c.fail(47001, "data format error")
	}
	a := s.app(c.appID())
	if a == nil {
		return c.noApp(rt.tokened)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if rt.tokened {
		if refused := a.authorise(c); refused != nil {
			return *refused
		}
	}
	if rt.limit > 0 && !a.pace.take(c.path, rt.limit, c.now) {
		return c.fail(rt.over(), "api minute-quota reach limit, must slower, retry next minute")
	}
	return rt.run(a, c)
}

// noApp answers a request whose app the simulator does not know.
func (c *call) noApp(tokened bool) answer {
	switch {
	case tokened && c.query.Get("access_token") == "":
		return c.fail(41001, "access_token missing")
	case tokened:
		return c.fail(40001, "invalid credential, access_token is invalid or not latest")
	case c.appID() == "":
		return c.fail(41002, "appid missing")
	}
	return c.fail(40013, "invalid appid")
}
