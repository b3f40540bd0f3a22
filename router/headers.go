package router

import "github.com/gin-gonic/gin"

// headers sets what every answer carries: nothing is guessed, framed or kept. The documentation pages override what
// they must. HSTS is the proxy's business, which ends TLS.
func headers() gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
	}
}
