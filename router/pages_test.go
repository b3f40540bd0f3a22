package router_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"baodao/router"
)

func TestReady(t *testing.T) {
	broken := errors.New("dial tcp 10.0.0.1: secret")
	e := newEdge(t, func(cfg *router.Config) {
		cfg.Ready = []router.Check{{Name: "database", Run: func(context.Context) error { return broken }}, {Name: "jobs", Run: func(context.Context) error { return nil }}}
	})
	res := e.do("GET /readyz", "")
	if p := problemOf(t, res); res.Code != 503 || p.Code != "server.not_ready" || !strings.Contains(p.Detail, "database") || strings.Contains(p.Detail, "jobs") || strings.Contains(res.Body.String(), "secret") {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}

func TestTokenEndpointSpeaksOAuth(t *testing.T) {
	e := newEdge(t)
	for body, want := range map[string]string{
		"grant_type=client_credentials&scope=&extra=1": `200 {"access_token":"t"}`,
		"grant_type=password":                          `400 {"error":"invalid_request","error_description":"The request is readable but wrong; see the fields. (/grant_type: enum)"}`,
		"grant_type=client_credentials&grant_type=x":   `400 {"error":"invalid_request","error_description":"The request cannot be read. (/grant_type: duplicate_key)"}`,
		"scope=x":        `400 {"error":"invalid_request","error_description":"The request is readable but wrong; see the fields. (/grant_type: required)"}`,
		"grant_type=%zz": `400 {"error":"invalid_request","error_description":"The request cannot be read. (: syntax)"}`,
		"grant_type=client_credentials&scope=%ff":                         `400 {"error":"invalid_request","error_description":"The request cannot be read. (: encoding)"}`,
		"grant_type=client_credentials&scope=" + strings.Repeat("s", 101): `400 {"error":"invalid_request","error_description":"The request is readable but wrong; see the fields. (/scope: max_length)"}`,
	} {
		res := e.do("POST /api/v1/oauth/token", body, "Content-Type", "application/x-www-form-urlencoded")
		if got := strings.TrimSpace(itoa(res.Code) + " " + res.Body.String()); got != want {
			t.Errorf("%.50s\n got %s\nwant %s", body, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	e := newEdge(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	res := e.do("GET /api/v1/notes/9/picture", "", "Accept", "text/html")
	if res.Code != 200 || res.Header().Get("Content-Type") != "image/png" || res.Body.String() != "\x89PNG" || res.Header().Get("Content-Disposition") != "attachment; filename*=utf-8''%E8%8C%B6%E5%9B%AD.png" {
		t.Errorf("%d %v", res.Code, res.Header())
	}
	upload := func(size int, title string) *httptest.ResponseRecorder {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreatePart(map[string][]string{"Content-Disposition": {`form-data; name="file"; filename="a.png"`}, "Content-Type": {"image/png"}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(bytes.Repeat([]byte("x"), size))
		_ = w.WriteField("title", title)
		_ = w.Close()
		return e.do("POST /api/v1/photos", body.String(), asPerson("Content-Type", w.FormDataContentType())...)
	}
	if res := upload(64<<10, "茶园"); res.Code != 201 || !strings.Contains(res.Body.String(), `"size":65536,"title":"茶园"`) {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if res := upload(64<<10, strings.Repeat("长", 11)); res.Code != 422 || problemOf(t, res).Errors[0].Pointer != "/title" {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if res := upload(1<<20, "x"); res.Code != 413 {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if res := e.do("POST /api/v1/photos", "--x", asPerson("Content-Type", "multipart/form-data")...); res.Code != 400 {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("parts are left behind: %v %v", left, err)
	}
}

func TestDocumentation(t *testing.T) {
	e := newEdge(t)
	document := e.do("GET /openapi.json", "")
	if document.Code != 200 || !json.Valid(document.Body.Bytes()) || document.Header().Get("ETag") == "" {
		t.Errorf("%d %v", document.Code, document.Header())
	}
	if res := e.do("GET /openapi.json", "", "If-None-Match", document.Header().Get("ETag")); res.Code != 304 || res.Body.Len() != 0 {
		t.Errorf("%d", res.Code)
	}
	page := e.do("GET /docs", "").Body.String()
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page loads from elsewhere")
	}
	for _, path := range []string{"/docs", "/docs/docs.js", "/docs/docs.css", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/LICENSE"} {
		plain, small := e.do("GET "+path, ""), e.do("GET "+path, "", "Accept-Encoding", "br, gzip;q=0.5")
		if plain.Code != 200 || small.Header().Get("Content-Encoding") != "gzip" || !strings.HasPrefix(plain.Header().Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s: %d %v", path, plain.Code, small.Header())
		}
		if none := e.do("GET "+path, "", "Accept-Encoding", "gzip;q=0"); none.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed although refused", path)
		}
	}
}

func TestClockOfTests(t *testing.T) {
	var set time.Time
	e := newEdge(t, func(cfg *router.Config) { cfg.TestClock = func(now time.Time) { set = now } })
	if res := e.do("PUT /test/clock", `{"now":"2027-01-01T08:00:00+08:00"}`); res.Code != 204 || !set.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%d %s %v", res.Code, res.Body, set)
	}
	if res := e.do("PUT /test/clock", `{"now":"soon"}`); res.Code != 422 {
		t.Errorf("%d %s", res.Code, res.Body)
	}
	if strings.Contains(e.do("GET /openapi.json", "").Body.String(), "test/clock") {
		t.Error("it is in the document")
	}
}
