package router

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/service/fault"
)

// limitURL refuses long addresses before anything looks at them.
func limitURL() gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(c.Request.RequestURI) > maxURL || len(c.Request.URL.Path)+len(c.Request.URL.RawQuery) > maxURL {
			api.Fail(c, api.ErrURITooLong)
		}
	}
}

// inFlight refuses at once what would be the n+1st request worked on at the same time: an early 503 keeps the others fast.
func inFlight(n int) gin.HandlerFunc {
	seats := make(chan struct{}, n)
	return func(c *gin.Context) {
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
			c.Next()
		default:
			api.Fail(c, fault.ErrBusy)
		}
	}
}

// timeLimit ends the context of a request, and with it every statement, after d.
func timeLimit(d time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), d)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}
