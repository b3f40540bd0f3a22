package router

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/docs"
)

// docsPolicy lets the page load our own files only. Swagger UI's style sheet has pictures inside it.
const docsPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// asset is a file that never changes while the process runs. It is compressed when it is first asked for.
type asset struct {
	media, etag string
	plain       []byte
	gzipped     func() []byte
}

func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	return asset{media: mediaType(name), etag: hex.EncodeToString(sum[:12]), plain: body, gzipped: sync.OnceValue(func() []byte { return compress(body) })}
}

// compress cannot fail: it writes to memory.
func compress(body []byte) []byte {
	var small bytes.Buffer
	w := gzip.NewWriter(&small)
	_, _ = w.Write(body)
	_ = w.Close()
	return small.Bytes()
}

// mediaType does not ask the machine: its tables differ.
func mediaType(name string) string {
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".css": "text/css; charset=utf-8", ".json": "application/json",
	}
	if t := types[path.Ext(name)]; t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}

// serve answers the asset, compressed when the client reads gzip, or 304 when it has it already. The two forms have
// different tags, as strong tags must.
func (a asset) serve(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	body, etag := a.plain, `"`+a.etag+`"`
	if acceptsGzip(c.GetHeader("Accept-Encoding")) {
		body, etag = a.gzipped(), `"`+a.etag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if has(c.GetHeader("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, a.media, body)
}

// acceptsGzip tells whether gzip is named and not refused by q=0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(coding, "gzip") {
			return weight == "" || strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != ""
		}
	}
	return false
}

// has tells whether an If-None-Match names the tag.
func has(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}

// documentation serves the contract at /openapi.json, written when it is first asked for, and the page at /docs.
func documentation(engine *gin.Engine, contract *api.Contract) error {
	document := sync.OnceValues(func() (asset, error) {
		body, err := contract.JSON()
		return newAsset("openapi.json", body), err
	})
	engine.GET("/openapi.json", func(c *gin.Context) {
		page, err := document()
		if err != nil {
			api.Fail(c, err)
			return
		}
		page.serve(c)
	})
	files := map[string]string{
		"/docs": "page/index.html", "/docs/docs.js": "page/docs.js", "/docs/docs.css": "page/docs.css",
		"/docs/swagger-ui.css": "swagger-ui/swagger-ui.css", "/docs/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
		"/docs/LICENSE": "swagger-ui/LICENSE",
	}
	for url, name := range files {
		body, err := docs.Pages.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		page := newAsset(name, body)
		engine.GET(url, func(c *gin.Context) {
			c.Header("Content-Security-Policy", docsPolicy)
			page.serve(c)
		})
	}
	return nil
}
