package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/clock"
	"baodao/router"
	"baodao/service/access"
)

// echoIn is a small request with a few rules.
type echoIn struct {
	Body struct {
		Title    string `json:"title" minLength:"1" maxLength:"60" example:"志愿者"`
		Capacity int64  `json:"capacity" minimum:"1" maximum:"100000" example:"30"`
		Note     string `json:"note,omitempty" maxLength:"500"`
	}
}

type echoOut struct {
	Body struct {
		Title    string `json:"title"`
		Capacity int64  `json:"capacity"`
	}
}

// bareIn is the same request as plain Gin reads it.
type bareIn struct {
	Title    string `json:"title" binding:"required,min=1,max=60"`
	Capacity int64  `json:"capacity" binding:"required,min=1,max=100000"`
	Note     string `json:"note" binding:"max=500"`
}

// student is signed in as whoever asks.
type student struct{}

// Authenticate knows one token.
func (student) Authenticate(context.Context, string) (access.Actor, error) {
	return access.Actor{UserID: 1, StudentID: 1}, nil
}

// edgeOverhead measures a small POST through every middleware against a bare Gin handler.
func edgeOverhead(ctx context.Context, _ settings, _ string) (result, error) {
	echo := func(_ *gin.Context, in *echoIn) (*echoOut, error) {
		out := &echoOut{}
		out.Body.Title, out.Body.Capacity = in.Body.Title, in.Body.Capacity
		return out, nil
	}
	engine, err := router.New(router.Config{ //nolint:contextcheck // each request brings its own
		Auth: student{}, Now: clock.System, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))},
		[]router.Route{router.Post("/echo", access.SignedIn, "echo", api.Handle(http.StatusOK, echo), "bench", "Echo")})
	if err != nil {
		return result{}, err
	}
	bare := gin.New()
	bare.POST("/api/v1/echo", func(c *gin.Context) {
		var in bareIn
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
			return
		}
		c.JSON(http.StatusOK, gin.H{"title": in.Title, "capacity": in.Capacity})
	})
	ours, stopOurs, err := serve(ctx, engine)
	if err != nil {
		return result{}, err
	}
	floor, stopFloor, err := serve(ctx, bare)
	if err != nil {
		return result{}, errors.Join(err, stopOurs())
	}
	body := []byte(`{"title":"志愿者","capacity":30,"note":"周六上午"}`)
	post := request(http.MethodPost, "/api/v1/echo", strings.Repeat("x", 200), body)
	shoot := func(addr string) func(context.Context) (float64, error) {
		l := load{addr: addr, conns: 32, next: func(int64) []byte { return post }, check: want(http.StatusOK)}
		return l.rate
	}
	r, err := pair(ctx, shoot(ours), shoot(floor))
	r.Unit, r.Floor = "req/s", "bare gin ShouldBindJSON"
	return r, errors.Join(err, stopOurs(), stopFloor())
}

// serve answers on a loopback port of its own.
func serve(ctx context.Context, handler http.Handler) (addr string, stop func() error, err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := router.Server("", handler)
	done := make(chan error, 1)
	go func() { done <- server.Serve(router.Whole(listener)) }()
	return listener.Addr().String(), func() error {
		err := server.Close()
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
