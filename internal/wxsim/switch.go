package wxsim

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// The modes of a Switch. The first group answers without executing, the second executes and then spoils the answer.
const (
	giveErrCode  = "errcode"      // ErrCode
	giveStatus   = "status"       // HTTP status, with an HTML body
	giveHTML     = "html"         // HTTP 200 with HTML
	giveEmpty    = "empty_object" // {}
	giveNull     = "null"         // null
	giveRedirect = "redirect"     // HTTP 302 to Location
	giveHuge     = "huge"         // Bytes bytes of valid JSON
	hang         = "hang"         // nothing until the caller gives up
	closeBefore  = "close_before" // connection closed before the body is read

	truncate     = "truncated"    // half of the JSON
	slowHeader   = "slow_header"  // DelayMS before the header
	slowBody     = "slow_body"    // DelayMS in the middle of the body
	closeAfter   = "close_after"  // executed, connection closed without an answer
	executeTwice = "twice"        // executed twice, second answer given
	contentType  = "content_type" // Content-Type becomes Type
	setField     = "set"          // member Field of the JSON (dots go down) becomes Value; no Value deletes it
)

// Switch is a failure to inject, in the body of POST /_sim/fail. Empty scopes match everything; Count 0 is without
// end; Probability 0 is always.
type Switch struct {
	Mode        string          `json:"mode"`
	Path        string          `json:"path"`
	AppID       string          `json:"app_id"`
	OpenID      string          `json:"openid"`
	Skip        int             `json:"skip"`  // matching requests to let through first
	Count       int             `json:"count"` // requests to hit
	Probability float64         `json:"probability"`
	Seed        uint64          `json:"seed"`
	ErrCode     int             `json:"errcode"`
	Status      int             `json:"status"`
	DelayMS     int             `json:"delay_ms"`
	Location    string          `json:"location"`
	Bytes       int             `json:"bytes"`
	Type        string          `json:"type"`
	Field       string          `json:"field"`
	Value       json.RawMessage `json:"value"`
}

// armed is a Switch in force.
type armed struct {
	Switch
	rng *rand.Rand
}

func arm(sw Switch) *armed {
	return &armed{Switch: sw, rng: rand.New(rand.NewPCG(sw.Seed, sw.Seed))} //nolint:gosec // reproducible, not secret
}

// knownMode tells whether a Switch can be armed.
func knownMode(mode string) bool {
	switch mode {
	case giveErrCode, giveStatus, giveHTML, giveEmpty, giveNull, giveRedirect, giveHuge, hang, closeBefore,
		truncate, slowHeader, slowBody, closeAfter, executeTwice, contentType, setField:
		return true
	}
	return false
}

// trips tells whether a switch of this mode hits c.
func (s *Simulator) trips(c *call, mode string) bool {
	return s.choose(c, func(sw *armed) bool { return sw.Mode == mode }) != nil
}

// pick returns the first switch that hits c, other than those that trips asks for.
func (s *Simulator) pick(c *call) *armed {
	return s.choose(c, func(sw *armed) bool { return sw.Mode != closeBefore })
}

func (s *Simulator) choose(c *call, fits func(*armed) bool) *armed {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, sw := range s.switches {
		if !fits(sw) || !sw.covers(c) {
			continue
		}
		if sw.Skip > 0 {
			sw.Skip--
			continue
		}
		if sw.Probability > 0 && sw.rng.Float64() >= sw.Probability {
			continue
		}
		if sw.Count == 1 {
			s.switches = append(s.switches[:i:i], s.switches[i+1:]...)
		} else if sw.Count > 1 {
			sw.Count--
		}
		return sw
	}
	return nil
}

func (sw *armed) covers(c *call) bool {
	return (sw.Path == "" || sw.Path == c.path) &&
		(sw.AppID == "" || sw.AppID == c.appID()) &&
		(sw.OpenID == "" || sw.OpenID == c.openID())
}

// instead answers in place of the handler, and tells whether it did.
func (sw *armed) instead(w http.ResponseWriter, r *http.Request, c *call) bool {
	const page = "<html><body>Service unavailable</body></html>"
	a := answer{status: http.StatusOK, kind: jsonType}
	switch sw.Mode {
	case giveErrCode:
		a = c.fail(sw.ErrCode, "injected failure")
	case giveStatus:
		a = answer{status: sw.Status, kind: "text/html", body: []byte(page)}
	case giveHTML:
		a.kind, a.body = "text/html", []byte(page)
	case giveEmpty:
		a.body = []byte("{}")
	case giveNull:
		a.body = []byte("null")
	case giveRedirect:
		w.Header().Set("Location", sw.Location)
		a.status = http.StatusFound
	case giveHuge:
		a.body = fmt.Appendf(nil, `{"errcode":0,"padding":%q}`, strings.Repeat("x", sw.Bytes))
	case hang:
		wait(r, time.Hour)
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	send(w, a)
	return true
}

// write sends a handler's answer, spoiled by sw if there is one.
func (s *Simulator) write(w http.ResponseWriter, r *http.Request, _ *call, a answer, sw *armed) {
	if sw == nil {
		send(w, a)
		return
	}
	delay := time.Duration(sw.DelayMS) * time.Millisecond
	switch sw.Mode {
	case truncate:
		a.body = a.body[:len(a.body)/2]
	case slowHeader:
		wait(r, delay)
	case slowBody:
		half := len(a.body) / 2
		send(w, answer{status: a.status, kind: a.kind, body: a.body[:half]})
		_ = http.NewResponseController(w).Flush() // without a flush the delay is only less visible
		wait(r, delay)
		_, _ = w.Write(a.body[half:]) // the caller may be gone
		return
	case closeAfter:
		panic(http.ErrAbortHandler)
	case contentType:
		a.kind = sw.Type
	case setField:
		a.body = withField(a.body, strings.Split(sw.Field, "."), sw.Value)
	}
	send(w, a)
}

func send(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the caller may be gone
}

// wait blocks for d or until the caller gives up.
func wait(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// withField sets or, with an empty value, deletes one member of a JSON object.
func withField(body []byte, path []string, value json.RawMessage) []byte {
	object := map[string]json.RawMessage{}
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	switch {
	case len(path) > 1:
		object[path[0]] = withField(object[path[0]], path[1:], value)
	case len(value) == 0:
		delete(object, path[0])
	default:
		object[path[0]] = value
	}
	changed, err := json.Marshal(object)
	if err != nil {
		return body
	}
	return changed
}

// logAttrs describes a call without its secrets.
func logAttrs(c *call, a answer) []slog.Attr {
	return []slog.Attr{slog.String("path", c.path), slog.String("app_id", c.appID()), slog.Int("errcode", a.code), slog.String("rid", c.rid)}
}

func slogLevel(errcode int) slog.Level {
	if errcode == 0 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
