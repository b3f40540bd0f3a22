package router

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/service/fault"
)

// readyLimit is how long all checks together may take.
const readyLimit = 2 * time.Second

var errNotReady = fault.Define(fault.Unavailable, "server.not_ready", "服务还没有准备好。", "Not ready.")

// healthy says that the process runs, nothing more.
func healthy(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

// ready runs every check. It names the ones that fail; why is in the log only.
func ready(checks []Check) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyLimit)
		defer cancel()
		var failed []string
		for _, check := range checks {
			if err := check.Run(ctx); err != nil {
				failed = append(failed, check.Name)
				api.From(c).Logger().WarnContext(ctx, "not ready", "check", check.Name, "error", err)
			}
		}
		if len(failed) > 0 {
			names := strings.Join(failed, ", ")
			api.Fail(c, errNotReady.Saying("服务还没有准备好："+names, "Not ready: "+names))
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ok"})
	}
}
