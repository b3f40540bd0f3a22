package router

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/service/fault"
)

// recovery turns a panic into a logged 500. Huma panics when a list that must have different items holds objects or
// lists: that is the client's mistake and 422. When the answer has begun, the connection is cut so that nobody takes
// half an answer for a whole one.
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
			switch {
			case errors.Is(err, http.ErrAbortHandler):
				panic(p)
			case unhashable(err) && !c.Writer.Written():
				api.Fail(c, fault.ErrInvalid.With(api.Wrong("", "unique_items", "")))
				return
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

func unhashable(err error) bool {
	_, ok := errors.AsType[runtime.Error](err)
	return ok && strings.Contains(err.Error(), "hash of unhashable type")
}
