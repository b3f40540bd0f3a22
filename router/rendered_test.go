package router_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/testkit"
	"baodao/router"
	"baodao/service/access"
)

type pageOut struct {
	Body struct {
		Built int64 `json:"built"`
	}
}

// TestARenderedPageIsBuiltOnceALife asks from many sides at once; whoever is signed in or asks for more gets a fresh page.
func TestARenderedPageIsBuiltOnceALife(t *testing.T) {
	t.Parallel()
	var built atomic.Int64
	handler := func(_ *gin.Context, _ *struct {
		Q string `query:"q"`
	},
	) (*pageOut, error) {
		out := &pageOut{}
		out.Body.Built = built.Add(1)
		return out, nil
	}
	clock := testkit.NewClock()
	engine, err := router.New(router.Config{Auth: somebody{}, Now: clock.Now, Log: slog.New(slog.DiscardHandler), PageLife: time.Second},
		[]router.Route{router.Get("/page", access.Public, "page", api.Handle(http.StatusOK, handler), "test", "Page").Rendered()})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, token string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if token != "" {
			req.Header.Set("Authorization", token)
		}
		rec := httptest.NewRecorder()
		engine.ServeHTTP(rec, req)
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%d %s", rec.Code, rec.Header())
		}
	}
	many := func(want int64) {
		t.Helper()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { get("/api/v1/page", "") })
		}
		wg.Wait()
		if built.Load() != want {
			t.Fatalf("built %d times, want %d", built.Load(), want)
		}
	}
	many(1)
	clock.Add(time.Second)
	many(2)
	get("/api/v1/page", "Bearer x")
	get("/api/v1/page?q=a", "")
	if built.Load() != 4 {
		t.Fatalf("built %d times: a signed-in caller or a query must not get the kept page", built.Load())
	}
}

type somebody struct{}

// Authenticate knows everybody.
func (somebody) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{UserID: 1}, nil
}
