package router

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/internal/clock"
)

// rendered answers a public first page (nobody signed in, no query) from memory. One request at a time renders it anew,
// at most once in a life; the others get the last one, which is then at most two lives old, or wait for the first.
type rendered struct {
	life time.Duration
	now  clock.Clock

	building sync.Mutex // held by the one who renders
	mu       sync.RWMutex
	body     []byte
	kind     string
	at       time.Time
}

// handle stands in front of the handlers that render the page.
func (r *rendered) handle(c *gin.Context) {
	if c.Request.URL.RawQuery != "" || c.GetHeader("Authorization") != "" || c.GetHeader("If-None-Match") != "" {
		return
	}
	if r.answer(c, r.life) {
		return
	}
	if !r.building.TryLock() {
		if r.answer(c, 2*r.life) {
			return
		}
		r.building.Lock()
	}
	defer r.building.Unlock()
	if r.answer(c, r.life) { // somebody rendered it while we waited
		return
	}
	began, copied := r.now(), &copier{ResponseWriter: c.Writer}
	c.Writer = copied
	c.Next()
	if c.Writer.Status() == http.StatusOK {
		r.mu.Lock()
		r.body, r.kind, r.at = copied.body.Bytes(), copied.Header().Get("Content-Type"), began
		r.mu.Unlock()
	}
}

// answer writes the page if it is younger than age.
func (r *rendered) answer(c *gin.Context, age time.Duration) bool {
	r.mu.RLock()
	body, kind, at := r.body, r.kind, r.at
	r.mu.RUnlock()
	if body == nil || r.now().Sub(at) >= age {
		return false
	}
	c.Header("Content-Length", strconv.Itoa(len(body))) // one piece, no chunks
	c.Data(http.StatusOK, kind, body)
	c.Abort()
	return true
}

// copier keeps a copy of what is written.
type copier struct {
	gin.ResponseWriter
	body bytes.Buffer
}

// Write writes and keeps.
func (w *copier) Write(p []byte) (int, error) {
	w.body.Write(p)
	return w.ResponseWriter.Write(p)
}

// WriteString writes and keeps.
func (w *copier) WriteString(s string) (int, error) {
	w.body.WriteString(s)
	return w.ResponseWriter.WriteString(s)
}
