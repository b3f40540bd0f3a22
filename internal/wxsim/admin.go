package wxsim

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const adminPrefix = "/_sim/"

func isAdmin(path string) bool { return strings.HasPrefix(path, adminPrefix) }

// adminRoute runs one admin call; its result becomes the JSON answer, its error a 422.
type adminRoute func(r *http.Request, in adminIn) (any, error)

// adminIn is the body of every admin call; each uses the members it needs. AppID may be left out when
// there is only one app. For GET calls app_id comes from the query.
type adminIn struct {
	AppID   string  `json:"app_id"`
	Name    string  `json:"name"`
	UnionID *string `json:"union_id"`
	Risky   *bool   `json:"risky"`
	Seconds float64 `json:"seconds"`
	On      *bool   `json:"on"`
	raw     json.RawMessage

	OpenID    string   `json:"openid"`
	Template  string   `json:"template"`
	Templates []string `json:"templates"`
	Result    string   `json:"result"`
	Silent    bool     `json:"silent"`
	TraceID   string   `json:"trace_id"`
	Suggest   string   `json:"suggest"`
	Label     int      `json:"label"`
	ErrCode   int      `json:"errcode"`
	Tampering
}

// adminRoutes lists the admin API.
func (s *Simulator) adminRoutes() map[string]adminRoute {
	plain := func(run func(adminIn) (any, error)) adminRoute {
		return func(_ *http.Request, in adminIn) (any, error) { return run(in) }
	}
	return map[string]adminRoute{
		"POST user":          plain(s.adminUser),
		"POST login-code":    plain(s.adminLoginCode),
		"POST phone-code":    plain(s.adminPhoneCode),
		"POST subscribe":     plain(s.adminSubscribe),
		"POST mute":          plain(s.adminMute),
		"POST media-result":  plain(s.adminMediaResult),
		"POST clock/advance": plain(s.adminAdvance),
		"POST token/revoke":  plain(s.adminRevoke),
		"POST token/reject":  plain(s.adminReject),
		"POST fail":          plain(s.adminFail),
		"POST push":          s.servePush,
		"POST push-target":   s.servePushTarget,
		"GET counters":       plain(s.adminCounters),
		"GET sends":          plain(s.adminSends),
		"DELETE state":       plain(s.adminReset),
	}
}

func (s *Simulator) serveAdmin(w http.ResponseWriter, r *http.Request) {
	given, want := sha256.Sum256([]byte(r.Header.Get("X-Sim-Key"))), sha256.Sum256([]byte(s.opt.AdminKey))
	if s.opt.AdminKey == "" || subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
		adminAnswer(w, http.StatusForbidden, map[string]string{"error": "X-Sim-Key is missing or wrong"})
		return
	}
	run := s.admin[r.Method+" "+strings.TrimPrefix(r.URL.Path, adminPrefix)]
	if run == nil {
		adminAnswer(w, http.StatusNotFound, map[string]string{"error": "no such admin call"})
		return
	}
	in := adminIn{AppID: r.URL.Query().Get("app_id"), OpenID: r.URL.Query().Get("openid")}
	if r.Method == http.MethodPost {
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyCap)).Decode(&in.raw)
		if err == nil {
			err = json.Unmarshal(in.raw, &in)
		}
		if err != nil {
			adminAnswer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	out, err := run(r, in)
	if err != nil {
		adminAnswer(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}
	adminAnswer(w, http.StatusOK, out)
}

func adminAnswer(w http.ResponseWriter, status int, v any) {
	a := ok(v)
	a.status, a.kind = status, "application/json"
	send(w, a)
}

// pickApp returns the named app, or the only one.
func (s *Simulator) pickApp(id string) (*app, error) {
	if id == "" && len(s.opt.Apps) == 1 {
		id = s.opt.Apps[0].AppID
	}
	if a := s.app(id); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("no app %q", id)
}

// withUser runs f on the named user, invented when new, under the app's lock.
func (s *Simulator) withUser(in adminIn, f func(a *app, u *user, now time.Time) (any, error)) (any, error) {
	a, err := s.pickApp(in.AppID)
	if err != nil {
		return nil, err
	}
	if !plainText(in.Name, 1, 64) || strings.ContainsAny(in.Name, "_-") {
		return nil, fmt.Errorf("name must be 1 to 64 letters or digits")
	}
	now := s.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.visit(in.Name, now)
	if u == nil {
		return nil, fmt.Errorf("no room for another user")
	}
	return f(a, u, now)
}

// adminAdvance moves the clock forward.
func (s *Simulator) adminAdvance(in adminIn) (any, error) {
	if in.Seconds < 0 {
		return nil, fmt.Errorf("the clock only goes forward")
	}
	s.mu.Lock()
	s.skew += time.Duration(in.Seconds * float64(time.Second))
	s.mu.Unlock()
	return map[string]string{"now": s.now().Format(time.RFC3339Nano)}, nil
}

// adminRevoke kills the app's tokens, as a changed secret would.
func (s *Simulator) adminRevoke(in adminIn) (any, error) {
	return s.withApp(in.AppID, func(a *app) any {
		a.stable.current, a.stable.previous = issued{}, issued{}
		a.plain.current, a.plain.previous = issued{}, issued{}
		return done()
	})
}

// adminReject makes the APIs refuse the token that stable_token goes on handing out, until a new one is minted.
func (s *Simulator) adminReject(in adminIn) (any, error) {
	return s.withApp(in.AppID, func(a *app) any {
		a.stable.rejected = in.On == nil || *in.On
		return done()
	})
}

// adminFail arms a failure switch; mode "clear" disarms all.
func (s *Simulator) adminFail(in adminIn) (any, error) {
	var sw Switch
	if err := json.Unmarshal(in.raw, &sw); err != nil {
		return nil, fmt.Errorf("read switch: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case sw.Mode == "clear":
		s.switches = nil
	case !knownMode(sw.Mode):
		return nil, fmt.Errorf("unknown mode %q", sw.Mode)
	case sw.Mode == giveStatus && (sw.Status < 200 || sw.Status > 599):
		return nil, fmt.Errorf("mode status needs a status of 200 to 599")
	case sw.Mode == setField && sw.Field == "":
		return nil, fmt.Errorf("mode set needs a field")
	case sw.Bytes < 0 || sw.Bytes > 64<<20:
		return nil, fmt.Errorf("bytes must be 0 to 64 MiB")
	default:
		s.switches = append(s.switches, arm(sw))
	}
	return done(), nil
}

// adminCounters tells what was called.
func (s *Simulator) adminCounters(in adminIn) (any, error) {
	s.mu.Lock()
	unknown := s.unknown
	s.mu.Unlock()
	return s.withApp(in.AppID, func(a *app) any {
		paths := make(map[string]count, len(a.counts))
		for path, n := range a.counts {
			paths[path] = n.copy()
		}
		return map[string]any{
			"paths": paths, "unknown": unknown, "users": len(a.users),
			"tokens_minted": a.stable.minted, "tokens_forced": a.stable.forces,
		}
	})
}

// adminReset forgets everything.
func (s *Simulator) adminReset(adminIn) (any, error) {
	s.reset()
	return done(), nil
}

func (s *Simulator) withApp(id string, f func(a *app) any) (any, error) {
	a, err := s.pickApp(id)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return f(a), nil
}

func done() any { return map[string]bool{"ok": true} }
