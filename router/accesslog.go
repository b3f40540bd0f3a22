package router

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/clock"
)

// accessLog writes one line a request: the route's template, never the path, the query or a name. The client's address
// is cut to its network.
func accessLog(now clock.Clock, observe func(string, int, time.Duration)) gin.HandlerFunc {
	return func(c *gin.Context) {
		begin := now()
		c.Next()
		ex := api.From(c)
		route := c.FullPath()
		if route == "" {
			route = "(none)"
		}
		took := now().Sub(begin)
		if observe != nil {
			observe(method(c)+" "+route, c.Writer.Status(), took)
		}
		attrs := append(make([]slog.Attr, 0, 10),
			slog.String("request_id", ex.RequestID), slog.String("method", method(c)), slog.String("route", route), slog.Int("status", c.Writer.Status()),
			slog.Int64("ms", took.Milliseconds()), slog.Int("bytes", max(0, c.Writer.Size())), slog.String("network", network(c.ClientIP())))
		if ex.UserID != 0 {
			attrs = append(attrs, slog.Int64("user_id", ex.UserID))
		}
		if ex.ClientID != 0 {
			attrs = append(attrs, slog.Int64("client_id", ex.ClientID))
		}
		if ex.Code != "" {
			attrs = append(attrs, slog.String("code", ex.Code))
		}
		ex.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", attrs...)
	}
}

// method is one of the known methods: anybody can invent another.
func method(c *gin.Context) string {
	switch m := c.Request.Method; m {
	case "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH":
		return m
	default:
		return "other"
	}
}

// network cuts an address to /24 or /48.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 48
	if ip = ip.Unmap(); ip.Is4() {
		bits = 24
	}
	prefix, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
