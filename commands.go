package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"baodao/internal/app"
	"baodao/internal/clock"
	"baodao/internal/database"
	"baodao/internal/demo"
)

type serveCmd struct{}

// Run opens everything, says where it listens and serves until a signal comes.
func (serveCmd) Run(c *console) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	now, setClock := appClock(cfg.Env)
	a, err := app.Open(c.ctx, cfg, log, now, setClock)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(c.ctx, "tcp", cfg.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), a.Close())
	}
	if cfg.Keys.Generated {
		log.Warn("keys were made up and are kept in the data folder", "file", filepath.Join(cfg.Data, "keys.env"))
	}
	log.Info("listening", "url", "http://"+listener.Addr().String(), "docs", "http://"+listener.Addr().String()+"/docs", "version", version())
	return errors.Join(a.Serve(c.ctx, listener), a.Close())
}

type demoCmd struct {
	Once bool `help:"End after the story instead of staying up."`
}

// Run plays the story; it fails when the end state is not what the story promises.
func (d demoCmd) Run(c *console) error {
	return demo.Run(c.ctx, c.out, demo.Options{Once: d.Once})
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply what is missing."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations; exit 1 when some are missing."`
}

type migrateUpCmd struct{}

// Run applies what is missing.
func (migrateUpCmd) Run(c *console) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	db, err := app.OpenDatabase(c.ctx, cfg, log, clock.System)
	if err != nil {
		return err
	}
	n, err := database.Migrate(c.ctx, db)
	if err == nil {
		fmt.Fprintf(c.out, "%d applied\n", n)
	}
	return errors.Join(err, database.Close(db))
}

type migrateStatusCmd struct{}

// Run lists the migrations. It makes neither a database nor keys.
func (migrateStatusCmd) Run(c *console) error {
	cfg, log, err := c.look()
	if err != nil {
		return err
	}
	if err := app.HasDatabase(cfg); err != nil {
		return err
	}
	db, err := app.OpenDatabase(c.ctx, cfg, log, clock.System)
	if err != nil {
		return err
	}
	all, err := database.Migrations(c.ctx, db)
	missing := 0
	for _, m := range all {
		state := "applied"
		if !m.Applied {
			state, missing = "missing", missing+1
		}
		fmt.Fprintf(c.out, "%04d %-8s %s\n", m.Version, state, m.Name)
	}
	if err == nil && missing > 0 {
		err = fmt.Errorf("%d migrations are missing: run baodao migrate up", missing)
	}
	return errors.Join(err, database.Close(db))
}

type wxsimCmd struct {
	Addr     string `default:"127.0.0.1:8090" help:"Loopback address to listen on."`
	AdminKey string `help:"Key of the admin API under /_sim; without one it is off."`
}

// Run serves the simulator until a signal comes.
func (w wxsimCmd) Run(c *console) error {
	host, _, err := net.SplitHostPort(w.Addr)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return usageError{fmt.Errorf("--addr %q: want a loopback address, as 127.0.0.1:8090", w.Addr)}
	}
	listener, err := (&net.ListenConfig{}).Listen(c.ctx, "tcp", w.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Fprintf(c.out, "simulated WeChat on http://%s\nBAODAO_WECHAT_BASE_URL=http://%s\nBAODAO_WECHAT_APPID=%s\nBAODAO_WECHAT_SECRET=%s\n",
		listener.Addr(), listener.Addr(), app.SimAppID, app.SimSecret)
	return app.ServeSimulator(c.ctx, listener, app.Simulator(clock.System, w.AdminKey))
}

type openapiCmd struct{}

// Run prints the contract.
func (openapiCmd) Run(c *console) error {
	document, err := app.OpenAPI()
	if err != nil {
		return err
	}
	_, err = c.out.Write(document)
	return err
}

type healthcheckCmd struct {
	URL string `help:"Server; default http:// and BAODAO_ADDR."`
}

// Run asks /healthz.
func (h healthcheckCmd) Run(c *console) error {
	url := h.URL
	if url == "" {
		cfg, _, err := c.look()
		if err != nil {
			return err
		}
		host, port, _ := net.SplitHostPort(cfg.Addr)
		if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
			host = "127.0.0.1"
		}
		url = "http://" + net.JoinHostPort(host, port)
	}
	ctx, cancel := context.WithTimeout(c.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/healthz", nil)
	if err != nil {
		return usageError{err}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New("unhealthy: " + strconv.Itoa(res.StatusCode))
	}
	return nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "baodao", version())
	return err
}
