package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"baodao/internal/metrics"
)

// count begins to count, when there is somebody to tell.
func (a *App) count() error {
	if a.config.MetricsAddr == "" {
		return nil
	}
	a.counts = metrics.New()
	writer, err := a.DB.DB()
	if err != nil {
		return fmt.Errorf("count connections: %w", err)
	}
	a.counts.Pool("main", writer)
	if p, ok := a.DB.ConnPool.(interface{ Readers() *sql.DB }); ok {
		a.counts.Pool("readers", p.Readers())
	}
	return nil
}

// serveMetrics answers scrapes on a listener of their own until ctx ends.
func (a *App) serveMetrics(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.MetricsAddr)
	if err != nil {
		return fmt.Errorf("BAODAO_METRICS_ADDR: %w", err)
	}
	a.Log.Info("metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.counts.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return group.Wait()
}
