// Package router is the HTTP engine: the middleware and their order, one table with every route and its permission,
// and the pages around the API (health, contract, documentation). It holds no rule of the domain.
package router

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/service/access"
)

// Prefix is in front of every route of the table.
const Prefix = "/api/v1"

// Limits of every request.
const (
	maxURL           = 2 << 10  // bytes
	maxHeader        = 16 << 10 // bytes
	defaultInFlight  = 512
	defaultTimeLimit = 10 * time.Second
)

// Authenticator turns a bearer token into an actor. service/account has it. A token that is not good is a fault of
// kind Unauthenticated.
type Authenticator interface {
	Authenticate(ctx context.Context, bearer string) (access.Actor, error)
}

// Check is one thing that must work before the process takes traffic.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// Config is what the engine needs. Auth, Now and Log are required.
type Config struct {
	Auth           Authenticator
	Now            clock.Clock
	Log            *slog.Logger
	Ready          []Check
	TrustedProxies []string            // CIDRs whose X-Forwarded-For is believed; none by default
	InFlight       int                 // requests worked on at once, 0: 512
	TimeLimit      time.Duration       // for one handler and all its statements, 0: 10 s
	Limits         Limits              // requests a minute of one caller; the zero value limits nobody
	PageLife       time.Duration       // how long a Rendered page is kept, 0: not at all
	TestClock      func(now time.Time) // set only in a build for tests: serves PUT /test/clock

	// Observe, when set, is told of every answer: method and route's template, status, and how long it took.
	Observe func(operation string, status int, took time.Duration)
}

// New builds the engine over the route table. A route without a known permission, summary or tag, a duplicate
// operation id, or an input that cannot be documented is an error: the process must not start.
func New(cfg Config, routes []Route) (*gin.Engine, error) {
	if cfg.Auth == nil || cfg.Now == nil || cfg.Log == nil {
		return nil, fmt.Errorf("router: Auth, Now and Log are required")
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = defaultInFlight
	}
	if cfg.TimeLimit == 0 {
		cfg.TimeLimit = defaultTimeLimit
	}
	engine, err := bare(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	engine.Use(exchange(cfg.Log), accessLog(cfg.Now, cfg.Observe), recovery(), headers(), limitURL())
	engine.Match([]string{http.MethodGet, http.MethodHead}, "/healthz", healthy)
	engine.Match([]string{http.MethodGet, http.MethodHead}, "/readyz", ready(cfg.Ready))
	engine.NoRoute(func(c *gin.Context) { api.Fail(c, api.ErrNoRoute) })
	engine.NoMethod(func(c *gin.Context) { api.Fail(c, api.ErrNoMethod) })
	contract, err := mount(engine, cfg, routes)
	if err != nil {
		return nil, err
	}
	if err := documentation(engine, contract); err != nil {
		return nil, err
	}
	if cfg.TestClock != nil {
		handler, err := testClock(cfg.TestClock)
		if err != nil {
			return nil, err
		}
		engine.PUT("/test/clock", handler)
	}
	return engine, nil
}

// bare is a Gin engine that believes nobody and redirects nowhere.
func bare(proxies []string) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.UseRawPath = true // an encoded slash is part of a value, never a new segment
	if err := engine.SetTrustedProxies(proxies); err != nil {
		return nil, fmt.Errorf("trusted proxies: %w", err)
	}
	return engine, nil
}

// Server is an http.Server with every timeout and limit set.
func Server(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr: addr, Handler: handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: maxHeader, ConnContext: announced,
	}
}
