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
	name    string // shown
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

// errStory says that the server did not do what the story promises.
var errStory = errors.New("the story went wrong")

// send makes one request and expects one status. A login that has run out is refreshed once, as the mini-program does.
func (c *client) send(ctx context.Context, want int, method, path string, body any, header ...string) (*answer, error) {
	a, err := c.once(ctx, method, path, body, header)
	if err == nil && a.status == http.StatusUnauthorized && a.get("code") == "auth.token_expired" && c.refresh != "" {
		if err := c.renew(ctx); err != nil {
			return nil, err
		}
		a, err = c.once(ctx, method, path, body, header)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if a.status != want {
		return nil, fmt.Errorf("%w: %s: %s %s answered %d, want %d: %s", errStory, c.name, method, path, a.status, want, a.raw)
	}
	return a, nil
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
	req, err := http.NewRequestWithContext(ctx, method, c.story.base+"/api/v1"+path, content)
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

// file is an upload.
type file struct {
	name    string
	content []byte
}

func (f file) form() (body *bytes.Buffer, contentType string, err error) {
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	part, err := w.CreateFormFile("file", f.name)
	if err == nil {
		_, err = part.Write(f.content)
	}
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
func (c *client) login(ctx context.Context) error {
	c.story.logins++
	c.access = ""
	a, err := c.send(ctx, http.StatusOK, http.MethodPost, "/auth/login", map[string]string{"code": fmt.Sprintf("dev-%s-%d", c.name, c.story.logins)})
	if err != nil {
		return err
	}
	c.access, c.refresh = a.get("access_token"), a.get("refresh_token")
	return nil
}

// renew exchanges the refresh token for new tokens.
func (c *client) renew(ctx context.Context) error {
	c.access = ""
	a, err := c.send(ctx, http.StatusOK, http.MethodPost, "/auth/refresh", map[string]string{"refresh_token": c.refresh})
	if err != nil {
		return err
	}
	c.access, c.refresh = a.get("access_token"), a.get("refresh_token")
	return nil
}
