package api

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"baodao/service/fault"
)

// gate looks at a request before it is bound: what Huma would let through or tell less well.
type gate struct {
	media   string
	maxBody int64
	query   map[string]bool // known query parameters; true: a number
	single  []string        // headers that may appear once
	form    map[string]bool // parts of a multipart form; true: a file. nil: no form is read
}

func newGate(op *huma.Operation, e Endpoint) gate {
	g := gate{media: e.media, maxBody: e.maxBody, query: map[string]bool{}, single: []string{"Content-Type", "Idempotency-Key", "If-Match"}}
	for _, p := range op.Parameters {
		switch p.In {
		case "query":
			g.query[p.Name] = p.Schema != nil && p.Schema.Type == huma.TypeNumber
		case "header":
			g.single = append(g.single, p.Name)
		}
	}
	if e.media == mediaMultipart {
		g.form = map[string]bool{}
		for name, part := range op.RequestBody.Content[mediaMultipart].Schema.Properties {
			g.form[name] = part.Format == "binary"
		}
	}
	return g
}

// check refuses what must not reach the binder.
func (g gate) check(c *gin.Context) error {
	From(c).form = g.form // its parts are known only when Huma has read it: see strangeParts
	if err := g.checkQuery(c.Request.URL.RawQuery); err != nil {
		return err
	}
	for _, name := range g.single {
		if len(c.Request.Header.Values(name)) > 1 {
			return ErrMalformed.With(Wrong("header:"+name, "duplicate", ""))
		}
	}
	if g.media == "" {
		return g.checkNoBody(c)
	}
	return g.checkBody(c)
}

// checkQuery: well-formed, known names, each once, and numbers in plain decimal (Go would also read NaN, Inf and 0x1p4).
func (g gate) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return ErrMalformed.With(malformedField("query", ""))
	}
	var wrong []fault.Field
	for name, all := range values {
		number, known := g.query[name]
		switch {
		case !readable(name) || !readable(strings.Join(all, "")):
			return ErrMalformed.With(malformedField("encoding", ""))
		case !known:
			wrong = append(wrong, Wrong("query:"+name, "unknown_field", ""))
		case len(all) > 1:
			wrong = append(wrong, Wrong("query:"+name, "duplicate", ""))
		case number && all[0] != "" && strings.Trim(all[0], "+-.0123456789eE") != "":
			wrong = append(wrong, Wrong("query:"+name, "type", "number"))
		}
	}
	if len(wrong) > 0 {
		return fault.ErrInvalid.With(wrong...)
	}
	return nil
}

func (g gate) checkBody(c *gin.Context) error {
	switch {
	case c.Request.ContentLength == 0:
		return ErrMalformed.With(malformedField("missing", ""))
	case c.Request.ContentLength > g.maxBody:
		return ErrTooLarge.Saying("请求内容不能超过 "+strconv.FormatInt(g.maxBody, 10)+" 字节。", "The body may have at most "+strconv.FormatInt(g.maxBody, 10)+" bytes.")
	case !sameMedia(c.GetHeader("Content-Type"), g.media) || c.GetHeader("Content-Encoding") != "":
		return ErrMedia
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, g.maxBody)
	return nil
}

// checkNoBody lets an empty body or {} pass where none is read: nothing that was sent is silently ignored.
func (g gate) checkNoBody(c *gin.Context) error {
	if c.Request.ContentLength == 0 || c.Request.Body == nil || c.Request.Body == http.NoBody {
		return nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, g.maxBody))
	if err != nil {
		return violation(http.StatusBadRequest, "read body", []error{err}) // too slow, too large, or broken off
	}
	if len(data) == 0 {
		return nil
	}
	tree, err := parseStrict(data)
	if err != nil {
		return violation(http.StatusBadRequest, "read body", []error{&huma.ErrorDetail{Message: err.Error()}})
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return fault.ErrInvalid.With(Wrong("", "type", "object"))
	}
	var wrong []fault.Field
	for key := range object {
		wrong = append(wrong, Wrong("/"+pointerEscape(plainKey(key)), "unknown_field", ""))
	}
	if len(wrong) > 0 {
		return fault.ErrInvalid.With(wrong...)
	}
	return nil
}

// strangeParts names the parts of the multipart form, if one was read, that nobody would look at.
func strangeParts(c *gin.Context) []fault.Field {
	known, form := From(c).form, c.Request.MultipartForm
	if known == nil || form == nil {
		return nil
	}
	var wrong []fault.Field
	for name := range form.Value {
		if _, ok := known[name]; !ok {
			wrong = append(wrong, Wrong("/"+pointerEscape(name), "unknown_field", ""))
		}
	}
	for name := range form.File {
		switch file, ok := known[name]; {
		case !ok && form.Value[name] == nil:
			wrong = append(wrong, Wrong("/"+pointerEscape(name), "unknown_field", ""))
		case ok && !file:
			wrong = append(wrong, Wrong("/"+pointerEscape(name), "type", "string"))
		}
	}
	return wrong
}

// sameMedia compares content types: parameters are ignored, but a charset must be UTF-8.
func sameMedia(got, want string) bool {
	if got == want {
		return true
	}
	media, params, err := mime.ParseMediaType(got)
	if err != nil || media != want {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}

// attachment is a Content-Disposition that asks for saving under a name, whatever its script (RFC 6266).
func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
