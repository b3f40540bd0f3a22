package router_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"baodao/router"
)

const smallPost = `{"title":"茶园采摘","capacity":20,"kind":"WORK","owner_id":"7203685477580801"}`

func benchmarkPost(b *testing.B, h http.Handler, status int) {
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "/api/v1/notes", strings.NewReader(smallPost))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer person")
		req.Header.Set("Idempotency-Key", "k1")
		res := httptest.NewRecorder()
		h.ServeHTTP(res, req)
		if res.Code != status {
			b.Fatal(res.Code, res.Body)
		}
	}
}

func BenchmarkEdge(b *testing.B) {
	s := &sample{}
	cfg := router.Config{Auth: tokens{}, Now: now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
	engine, err := router.New(cfg, s.routes())
	if err != nil {
		b.Fatal(err)
	}
	benchmarkPost(b, engine, 201)
}

func BenchmarkBareGin(b *testing.B) { benchmarkPost(b, bareGin(), 201) }

func bareGin() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/api/v1/notes", func(c *gin.Context) {
		var in struct {
			Title    string `json:"title" binding:"required,min=2,max=10"`
			Capacity int    `json:"capacity" binding:"required,min=1,max=500"`
			Kind     string `json:"kind" binding:"omitempty,oneof=WORK STUDY"`
			OwnerID  string `json:"owner_id" binding:"omitempty,max=16"`
		}
		if err := c.ShouldBindJSON(&in); err != nil {
			c.AbortWithStatus(http.StatusBadRequest)
			return
		}
		c.JSON(http.StatusCreated, gin.H{"id": "42", "title": in.Title, "created_at": moment})
	})
	return engine
}

func BenchmarkEdgeHTTP(b *testing.B) {
	cfg := router.Config{Auth: tokens{}, Now: now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
	engine, err := router.New(cfg, (&sample{}).routes())
	if err != nil {
		b.Fatal(err)
	}
	overHTTP(b, engine)
}

func BenchmarkBareGinHTTP(b *testing.B) { overHTTP(b, bareGin()) }

func overHTTP(b *testing.B, h http.Handler) {
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/api/v1/notes", strings.NewReader(smallPost))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer person")
		req.Header.Set("Idempotency-Key", "k1")
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 201 {
			b.Fatal(res.StatusCode)
		}
	}
}
