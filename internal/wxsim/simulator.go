// Package wxsim is a simulated WeChat mini-program API: the same paths, state rules and error answers as the real one,
// kept in memory and driven by an injected clock.
//
// It is for tests, demonstrations and development without an app id, and must be bound to a loopback address. Its admin
// API under /_sim plays the part of the person at the phone and breaks things on request. README.md says which
// rules come from WeChat's documents and which are assumed.
package wxsim

import (
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options configure a Simulator.
type Options struct {
	Now      func() time.Time // clock; nil is a clock that stands still until /_sim/clock/advance
	Apps     []App
	AdminKey string       // what X-Sim-Key must hold; empty switches the admin API off
	Log      *slog.Logger // nil is silent
}

// App is one mini-program that the simulator knows.
type App struct {
	AppID        string
	Secret       string
	OpenPlatform string // Open Platform account it is bound to; empty means that users have no unionid

	Pages     []string   // pages of the released version; empty accepts every page
	Templates []Template // subscribe-message templates the app has chosen
	Serial    bool       // answer 43108 to two messages to one person within a second
	Sensitive []string   // words that make a message fail with 45168
	Review    []string   // words that make a text or picture address "review"
	Risky     []string   // words that make it "risky"
	AutoMedia bool       // judge pictures by themselves after a second, without /_sim/media-result
	Push      Push       // where events go
}

// Simulator is the simulated API, an http.Handler that is safe for concurrent use.
type Simulator struct {
	opt    Options
	log    *slog.Logger
	routes map[string]route
	admin  map[string]adminRoute

	mu       sync.Mutex // guards what follows; never held while an app's lock is taken
	apps     map[string]*app
	targets  map[string]Push // push addresses entered since the start
	skew     time.Duration
	switches []*armed
	rids     uint64
	unknown  int // calls of paths that do not exist
}

// New makes a Simulator whose apps have no users, codes or tokens yet.
func New(opt Options) *Simulator {
	if opt.Now == nil {
		still := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		opt.Now = func() time.Time { return still }
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Simulator{opt: opt, log: opt.Log, routes: routes(), targets: map[string]Push{}}
	s.admin = s.adminRoutes()
	s.reset()
	return s
}

// reset forgets everything that happened, the clock's advance and the failure switches included.
func (s *Simulator) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps = make(map[string]*app, len(s.opt.Apps))
	for _, a := range s.opt.Apps {
		if to, entered := s.targets[a.AppID]; entered {
			a.Push = to
		}
		s.apps[a.AppID] = newApp(a)
	}
	s.skew, s.switches, s.rids, s.unknown = 0, nil, 0, 0
}

// now is the simulator's time: the clock plus what the admin API advanced.
func (s *Simulator) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opt.Now().Add(s.skew)
}

// app returns the app with this id, or nil.
func (s *Simulator) app(id string) *app {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[id]
}

// ServeHTTP answers one request as WeChat would.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isAdmin(r.URL.Path) {
		s.serveAdmin(w, r)
		return
	}
	s.serveAPI(w, r)
}
