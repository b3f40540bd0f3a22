package router

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"baodao/api"
)

// recovery turns a panic into a logged 500. When the answer has begun, the connection is cut so that nobody takes half an
// answer for a whole one.
func recovery() gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			err, ok := p.(error)
			if !ok {
				err = fmt.Errorf("panic: %v", p)
			}
			if errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			api.From(c).Logger().ErrorContext(c.Request.Context(), "panic", "error", err, "stack", string(debug.Stack()))
			if c.Writer.Written() {
				c.Abort()
				panic(http.ErrAbortHandler)
			}
			api.Fail(c, api.ErrInternal)
		}()
		c.Next()
	}
}
