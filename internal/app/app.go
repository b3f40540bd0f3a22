// Package app puts the parts together: database, WeChat, services, router, jobs. The program, its tests and its demo all
// run what is built here.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"baodao/config"
	"baodao/internal/blob"
	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/internal/id"
	"baodao/internal/jobs"
	"baodao/internal/metrics"
	"baodao/internal/wechat"
	"baodao/internal/wxsim"
	"baodao/internal/wxstore"
	"baodao/router"
)

// pageLife is how old a rendered public page may be.
const pageLife = time.Second

// App is one running process.
type App struct {
	*Built
	DB     *gorm.DB
	Log    *slog.Logger
	config config.Config
	deps   Deps
	appID  string           // of the mini-program, real or simulated
	push   PushConfig       // of the mini-program, real or simulated
	sim    *wxsim.Simulator // nil: WeChat is another process
	counts *metrics.Metrics // nil without an address to serve them on
	node   *jobs.Node
	runner *jobs.Runner
	close  []func() error
}

// Open opens and migrates the database, takes a node number, connects WeChat (or simulates it) and builds the services.
// setClock is given only by a build for tests: it serves PUT /test/clock.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger, now clock.Clock, setClock func(time.Time)) (*App, error) {
	a := &App{Log: log, config: cfg}
	if err := a.open(ctx, now, setClock); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context, now clock.Clock, setClock func(time.Time)) error {
	cfg, log := a.config, a.Log
	if err := a.openDatabase(ctx, now); err != nil {
		return err
	}
	if err := a.count(); err != nil {
		return err
	}
	owner := jobs.Name()
	a.node = &jobs.Node{DB: a.DB, Now: clock.System, Owner: owner, Log: log}
	if err := a.node.Take(ctx); err != nil {
		return err
	}
	a.runner = &jobs.Runner{DB: a.DB, Now: clock.System, Owner: owner, Log: log}
	gateway, err := a.connectWeChat(ctx, now)
	if err != nil {
		return err
	}
	store, err := blob.New(filepath.Join(cfg.Data, "uploads"), now)
	if err != nil {
		return err
	}
	a.close = append(a.close, store.Close)
	a.deps = Deps{
		DB: a.DB, Now: now, NewID: id.NewNode(a.node.Number, clock.System).New, // never the test clock: ids must not come again
		Keys: cfg.Keys, WeChat: gateway, Log: log, Checker: ContentChecker(gateway), Store: store, PublicURL: a.publicURL(), LedgerHeads: cfg.LedgerHeads, ReviewDue: time.Duration(cfg.ReviewDays) * 24 * time.Hour,
		AppID: a.appID, Sender: NoticeSender(gateway), Codes: CodeMaker(gateway, now), Pages: pagesOf(a.appID, cfg.WeChat),
		Phones: Phones(gateway), Push: a.push, Templates: Templates(gateway), Metrics: a.counts, NoticeRate: cfg.NoticeRate,
		TrustedProxies: cfg.TrustedProxies, MaxInFlight: cfg.MaxInFlight, SetClock: setClock, PageLife: pageLife, Limits: router.DefaultLimits(),
	}
	a.Built, err = Build(a.deps) //nolint:contextcheck // each request brings its own
	if err != nil {
		return err
	}
	a.counts.Oldest(a.Outbox.Oldest) //nolint:contextcheck // each scrape brings its own
	return a.Vault.CheckKeys(ctx, a.DB)
}

// HasDatabase is nil unless the database is a file that is not there yet; opening it would make it.
func HasDatabase(cfg config.Config) error {
	path, ok := strings.CutPrefix(cfg.DatabaseURL, "sqlite:")
	if !ok {
		return nil
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database yet at %s: run baodao migrate up", path)
	}
	return err
}

// OpenDatabase opens the configured database without migrating it; the folder of a SQLite file is made when missing.
func OpenDatabase(ctx context.Context, cfg config.Config, log *slog.Logger, now clock.Clock) (*gorm.DB, error) {
	if path, ok := strings.CutPrefix(cfg.DatabaseURL, "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("make database folder: %w", err)
		}
	}
	return database.Open(ctx, database.Options{URL: cfg.DatabaseURL, Now: now, Log: log})
}

func (a *App) openDatabase(ctx context.Context, now clock.Clock) error {
	db, err := OpenDatabase(ctx, a.config, a.Log, now)
	if err != nil {
		return err
	}
	a.DB = db
	a.close = append(a.close, func() error { return database.Close(db) })
	if a.config.Env == config.Production {
		if err := database.Durable(ctx, db); err != nil {
			return fmt.Errorf("BAODAO_DB: production wants every commit on disk: %w", err)
		}
	}
	n, err := database.Migrate(ctx, db)
	if err != nil {
		return err
	}
	if n > 0 {
		a.Log.Info("database migrated", "migrations", n)
	}
	return nil
}

// connectWeChat makes the gateway; without an app id the simulator runs inside the process on a loopback port of its own.
func (a *App) connectWeChat(ctx context.Context, now clock.Clock) (*wechat.Gateway, error) {
	w := a.config.WeChat
	if w.Simulated {
		adminKey := rand.Text()
		a.sim = Simulator(now, adminKey)
		base, stop, err := simulate(ctx, a.sim)
		if err != nil {
			return nil, err
		}
		a.close = append(a.close, stop)
		w.BaseURL, w.AppID, w.Secret = base, SimAppID, SimSecret
		w.PushToken, w.PushAESKey = rand.Text(), (rand.Text() + rand.Text())[:42]+"A"
		a.Log.Warn("WECHAT IS SIMULATED inside this process: anyone may log in as anyone with the code dev-<name>-<any>. Set BAODAO_WECHAT_APPID for the real one.",
			"simulator", base, "admin_key", adminKey)
	}
	if w.BaseURL != "" && !w.Simulated {
		a.Log.Warn("WECHAT IS SIMULATED by another process: anyone may log in as anyone.", "url", w.BaseURL)
	}
	tokens, err := wxstore.NewTokens(a.DB, now, a.config.Keys.Field.Keys[a.config.Keys.Field.Current])
	if err != nil {
		return nil, err
	}
	a.appID, a.push = w.AppID, PushConfig{Token: w.PushToken, AESKey: w.PushAESKey}
	gateway, err := wechat.New(wechat.Config{
		AppID: w.AppID, Secret: w.Secret, BaseURL: w.BaseURL, Production: a.config.Env == config.Production, Now: now, Tokens: tokens,
		Trial: w.Version == "trial", Log: a.Log, Observe: a.counts.WeChat,
	})
	if err != nil {
		return nil, err
	}
	a.close = append(a.close, func() error { gateway.Close(); return nil })
	return gateway, nil
}

// publicURL is where WeChat reaches this server; the simulator is on this machine.
func (a *App) publicURL() string {
	switch {
	case a.config.PublicURL != "":
		return strings.TrimSuffix(a.config.PublicURL, "/")
	case a.config.WeChat.Simulated || a.config.WeChat.BaseURL != "":
		_, port, _ := net.SplitHostPort(a.config.Addr) // config.Load has read it
		return "http://" + net.JoinHostPort("127.0.0.1", port)
	}
	a.Log.Warn("BAODAO_PUBLIC_URL is missing: WeChat cannot fetch pictures, so every one of them waits for a person")
	return ""
}

// Serve answers requests on the listener and runs the jobs until ctx ends; then it lets running requests finish. The node
// number is given back only after the last of them. Losing the number ends everything.
func (a *App) Serve(ctx context.Context, listener net.Listener) error {
	if err := a.seedTemplates(ctx); err != nil {
		return errors.Join(err, a.node.Release(ctx))
	}
	if err := a.Attend.OpenLedger(ctx); err != nil {
		a.Log.Error("the ledger takes no lines", "error", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	keeping, release := context.WithCancel(context.WithoutCancel(ctx))
	defer release()
	kept := make(chan error, 1)
	go func() {
		defer stop()
		kept <- a.node.Keep(keeping)
	}()
	err := a.work(ctx, listener)
	release()
	return errors.Join(err, <-kept)
}

func (a *App) work(ctx context.Context, listener net.Listener) error {
	server := router.Server(listener.Addr().String(), a.Handler)
	server.ErrorLog = slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(router.Whole(listener)); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.DrainTimeout)
		defer cancel()
		return server.Shutdown(drain)
	})
	if a.counts != nil {
		group.Go(func() error { return a.serveMetrics(ctx) })
	}
	group.Go(func() error { return a.runner.Run(ctx, a.due()...) })
	group.Go(func() error { return a.Outbox.Run(ctx) })
	group.Go(func() error { return a.Recommend.Run(ctx) })
	group.Go(func() error { return a.begin(ctx, listener) })
	return group.Wait()
}

// begin does what can be done only when requests are answered: the simulator learns where to push to, the templates are
// compared, and pushed events are worked on until ctx ends.
func (a *App) begin(ctx context.Context, listener net.Listener) error {
	if a.sim != nil {
		if err := a.enterPush(ctx, listener); err != nil {
			a.Log.Error("the simulated WeChat cannot push", "error", err)
		}
	}
	if err := checkTemplates(ctx, a.deps, a.Services); err != nil && ctx.Err() == nil {
		a.Log.Error("notice templates were not compared", "error", err)
	}
	if a.Push == nil {
		a.Log.Warn("no message push from WeChat is taken: set BAODAO_WECHAT_PUSH_TOKEN and BAODAO_WECHAT_PUSH_AES_KEY")
		return nil
	}
	return a.Push.Run(ctx)
}

// Release gives the node number back; a command that does not Serve calls it before Close.
func (a *App) Release(ctx context.Context) error { return a.node.Release(ctx) }

// Close closes everything that Open opened, the newest first.
func (a *App) Close() error {
	var errs []error
	for i := len(a.close) - 1; i >= 0; i-- {
		errs = append(errs, a.close[i]())
	}
	a.close = nil
	return errors.Join(errs...)
}
