package router

import "github.com/gin-gonic/gin"

// headers sets what every answer carries: nothing is guessed, framed or kept. The documentation pages override what
// they must. HSTS is the proxy's business, which ends TLS. The values are shared by all answers: nobody changes them in
// place, as whoever wants another one sets it.
func headers() gin.HandlerFunc {
	sniff, cache, policy, referrer := []string{"nosniff"}, []string{"no-store"}, []string{"default-src 'none'; frame-ancestors 'none'"}, []string{"no-referrer"}
	return func(c *gin.Context) {
		h := c.Writer.Header()
		h["X-Content-Type-Options"], h["Cache-Control"], h["Content-Security-Policy"], h["Referrer-Policy"] = sniff, cache, policy, referrer
	}
}
