package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// client is one person, or one program, with a phone of their own.
type client struct {
	name    string // of the invented user, in letters
	shown   string // in the story
	story   *story
	access  string
	refresh string
	nonce   int
}

// answer is what came back.
type answer struct {
	status int
	etag   string
	raw    []byte
	body   any
}

// send makes one request and expects one status. A login that has run out is refreshed once, as the mini-program does.
// After the first thing that goes wrong the story tells nothing more, and send answers nothing.
func (c *client) send(want int, method, path string, body any, header ...string) *answer {
	if c.story.err != nil {
		return &answer{}
	}
	a, err := c.once(c.story.ctx, method, path, body, header)
	if err == nil && a.status == http.StatusUnauthorized && a.get("code") == "auth.token_expired" && c.refresh != "" {
		c.renew()
		a, err = c.once(c.story.ctx, method, path, body, header)
	}
	if err == nil && a.status != want {
		err = fmt.Errorf("answered %d, want %d: %s", a.status, want, a.raw)
	}
	if err != nil && c.story.err == nil {
		c.story.err = fmt.Errorf("%s: %s %s: %w", c.shown, method, path, err)
		return &answer{}
	}
	return a
}

func (c *client) get(path string) *answer { return c.send(http.StatusOK, http.MethodGet, path, nil) }

// post sends a POST whose answer is want.
func (c *client) post(want int, path string, body any) *answer {
	return c.send(want, http.MethodPost, path, body)
}

func (c *client) once(ctx context.Context, method, path string, body any, header []string) (*answer, error) {
	var content io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		content, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case file:
		buf, boundary, err := b.form()
		if err != nil {
			return nil, err
		}
		content, kind = buf, boundary
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		content, kind = bytes.NewReader(raw), "application/json"
	}
	c.story.asked++
	base := c.story.bases[c.story.asked%len(c.story.bases)]
	req, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, content)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.access != "" {
		req.Header.Set("Authorization", "Bearer "+c.access)
	}
	if method == http.MethodPost {
		c.nonce++
		req.Header.Set("Idempotency-Key", fmt.Sprintf("demo-%s-%d", url.QueryEscape(c.name), c.nonce))
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(res.Body)
	a := &answer{status: res.StatusCode, etag: res.Header.Get("ETag"), raw: raw}
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		err = errors.Join(err, dec.Decode(&a.body))
	}
	return a, errors.Join(err, res.Body.Close())
}

// file is an upload with the reason for it.
type file struct {
	name    string
	reason  string
	content string
}

func (f file) form() (body *bytes.Buffer, contentType string, err error) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	part, err := w.CreateFormFile("file", f.name)
	if err == nil {
		_, err = io.WriteString(part, f.content)
	}
	err = errors.Join(err, w.WriteField("reason", f.reason))
	return body, w.FormDataContentType(), errors.Join(err, w.Close())
}

// get reads a field by its path, as data.0.id; "" when it is not there.
func (a *answer) get(path string) string {
	v := a.body
	for key := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(node) {
				return ""
			}
			v = node[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// login exchanges a code of the simulated WeChat for tokens.
func (c *client) login() {
	c.story.logins++
	c.access, c.refresh = "", ""
	c.keep(c.post(http.StatusOK, "/auth/login", map[string]string{"code": fmt.Sprintf("dev-%s-%04d", c.name, c.story.logins)}))
}

// renew exchanges the refresh token for new tokens, or logs in again when that has run out too.
func (c *client) renew() {
	c.access = ""
	a, err := c.once(c.story.ctx, http.MethodPost, "/auth/refresh", map[string]string{"refresh_token": c.refresh}, nil)
	if err != nil || a.status != http.StatusOK {
		c.login()
		return
	}
	c.keep(a)
}

func (c *client) keep(a *answer) { c.access, c.refresh = a.get("access_token"), a.get("refresh_token") }
