// Package wechat is the gateway to WeChat's mini-program API and the only place that knows its error codes.
//
// It uses the silenceper SDK for token plumbing, wire structs and cryptography, and sends every request itself, a GET through
// the SDK's raw helper, because the SDK's own methods drop error codes, ignore contexts or paste secrets into error texts.
// Session keys, tokens, secrets and codes never leave this package: not in results, not in errors, not in logs.
package wechat

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/config"
)

// Config says which mini-program a Gateway speaks for, and where WeChat is.
type Config struct {
	AppID  string
	Secret string

	// BaseURL replaces https://api.weixin.qq.com, for the simulator. It must name a loopback host, and
	// must stay empty in production.
	BaseURL    string
	Production bool

	// ProxyURL is the outgoing HTTP proxy; empty means none. The environment's proxies are never used.
	ProxyURL string

	// Trial makes notices open the trial version and page codes lead to it, instead of the released one.
	Trial bool

	// Tokens shares the access token between replicas; nil keeps it in this process.
	Tokens TokenStore

	// Now is the clock; it must be set.
	Now func() time.Time

	// Log, when set, is told what somebody should look into although nothing failed.
	Log *slog.Logger

	// Observe, when set, is told of every operation, refreshes of the token included (token, token_forced): its name, "ok" or
	// the kind of its failure or "open" when the breaker did not let it through, and how long it took.
	Observe func(op, outcome string, took time.Duration)
}

// Gateway speaks to WeChat for one mini-program. It is safe for concurrent use; make one per app and keep it.
type Gateway struct {
	appID  string
	secret string
	now    func() time.Time
	base   *url.URL
	prod   bool
	trial  bool
	seen   func(op, outcome string, took time.Duration)
	log    *slog.Logger
	mini   *miniprogram.MiniProgram
	tokens *tokens
	kept   *http.Transport // connections are kept and reused
	fresh  *http.Transport // one connection a request, so that net/http cannot replay it

	breakers map[string]*breaker // by group of operations
}

// New makes a Gateway, or tells every mistake of the configuration at once.
func New(cfg Config) (*Gateway, error) {
	base, baseErr := parseBase(cfg.BaseURL, cfg.Production)
	proxy, proxyErr := parseProxy(cfg.ProxyURL)
	err := errors.Join(
		require(wellFormed(cfg.AppID, 4, 64), "app id is missing or malformed"),
		require(cfg.Secret != "", "secret is missing"),
		require(cfg.Now != nil, "clock is missing"),
		baseErr, proxyErr)
	if err != nil {
		return nil, fmt.Errorf("configure wechat: %w", err)
	}
	g := &Gateway{
		appID:  cfg.AppID,
		secret: cfg.Secret,
		now:    cfg.Now,
		base:   base,
		prod:   cfg.Production,
		trial:  cfg.Trial,
		seen:   cfg.Observe,
		log:    cfg.Log,
		kept:   newTransport(proxy, false),
		fresh:  newTransport(proxy, true),

		breakers: newBreakers(cfg.Now),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.mini = miniprogram.NewMiniProgram(&config.Config{AppID: cfg.AppID, AppSecret: cfg.Secret, Cache: noCache{}, UseStableAK: true})
	g.tokens = &tokens{g: g, store: cfg.Tokens, solo: NewMemoryTokens()}
	if cfg.Tokens == nil {
		g.tokens.store = NewMemoryTokens()
	}
	g.mini.SetAccessTokenContextHandle(g.tokens)
	useSwitchboard()
	return g, nil
}

// Close ends the connections that are kept open. The Gateway must not be used afterwards.
func (g *Gateway) Close() {
	g.kept.CloseIdleConnections()
	g.fresh.CloseIdleConnections()
}

// watch measures an operation: defer g.watch(op)(&err).
func (g *Gateway) watch(op string) func(*error) {
	if g.seen == nil {
		return func(*error) {}
	}
	began := g.now()
	return func(err *error) {
		outcome := "ok"
		if *err != nil {
			outcome = KindUnknown.String()
			var f *Failure
			var open *openError
			switch {
			case errors.As(*err, &open):
				outcome = "open"
			case errors.As(*err, &f):
				outcome = f.Kind.String()
			}
		}
		g.seen(op, outcome, g.now().Sub(began))
	}
}

func require(ok bool, text string) error {
	if ok {
		return nil
	}
	return errors.New(text)
}

// wellFormed tells whether s has least to most characters, all of [A-Za-z0-9_-].
func wellFormed(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// noCache satisfies the SDK, which panics without a cache. Nothing is kept in it: tokens live in our own source.
type noCache struct{}

func (noCache) Get(string) any                       { return nil }
func (noCache) Set(string, any, time.Duration) error { return nil }
func (noCache) IsExist(string) bool                  { return false }
func (noCache) Delete(string) error                  { return nil }
