package router_test

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"baodao/api"
)

func TestMalformedBodies(t *testing.T) {
	const good = `{"title":"茶园采摘","capacity":3}`
	tests := map[string]struct {
		body    string
		headers []string
		status  int
		code    string
		field   string
	}{
		"no body":                {body: "", status: 400, code: "request.malformed", field: "missing"},
		"syntax":                 {body: `{"title":`, status: 400, code: "request.malformed", field: "syntax"},
		"trailing data":          {body: good + `{}`, status: 400, code: "request.malformed", field: "trailing_data"},
		"duplicate key":          {body: `{"title":"茶园采摘","title":"y","capacity":3}`, status: 400, code: "request.malformed", field: "duplicate_key"},
		"invalid UTF-8":          {body: "{\"title\":\"\xff\xfe\",\"capacity\":3}", status: 400, code: "request.malformed", field: "encoding"},
		"lone surrogate":         {body: `{"title":"\ud800x","capacity":3}`, status: 400, code: "request.malformed", field: "encoding"},
		"33 levels":              {body: strings.Repeat("[", 33) + strings.Repeat("]", 33), status: 400, code: "request.malformed", field: "depth"},
		"501 items":              {body: `{"skills":[` + strings.Repeat("1,", 500) + `1]}`, status: 400, code: "request.malformed", field: "max_items"},
		"a million brackets":     {body: strings.Repeat("[", 200_000), status: 400, code: "request.malformed", field: "depth"},
		"more than 256 KiB":      {body: `{"title":"` + strings.Repeat("x", 256<<10) + `"}`, status: 413, code: "request.too_large"},
		"form":                   {body: good, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "request.media_type"},
		"text":                   {body: good, headers: []string{"Content-Type", "text/plain"}, status: 415, code: "request.media_type"},
		"suffix":                 {body: good, headers: []string{"Content-Type", "application/merge-patch+json"}, status: 415, code: "request.media_type"},
		"other charset":          {body: good, headers: []string{"Content-Type", "application/json; charset=gbk"}, status: 415, code: "request.media_type"},
		"no content type":        {body: good, headers: []string{"Content-Type", ""}, status: 415, code: "request.media_type"},
		"broken content type":    {body: good, headers: []string{"Content-Type", ";;"}, status: 415, code: "request.media_type"},
		"compressed":             {body: good, headers: []string{"Content-Encoding", "gzip"}, status: 415, code: "request.media_type"},
		"UTF-8 said":             {body: good, headers: []string{"Content-Type", "application/json; charset=UTF-8"}, status: 201},
		"good":                   {body: good, status: 201},
		"two content types":      {body: good, headers: []string{"content-type", "text/plain"}, status: 400, code: "request.malformed", field: "duplicate"},
		"one content type twice": {body: good, headers: []string{"content-type", "application/json"}, status: 400, code: "request.malformed", field: "duplicate"},
		"two versions, unread":   {body: good, headers: []string{"If-Match", `"1"`, "If-Match", `"1"`}, status: 400, code: "request.malformed", field: "duplicate"},
		"two idempotency keys":   {body: good, headers: []string{"Idempotency-Key", "k2"}, status: 400, code: "request.malformed", field: "duplicate"},
		"top is null":            {body: `null`, status: 422, code: "request.invalid", field: "type"},
		"top is a list":          {body: `[]`, status: 422, code: "request.invalid", field: "type"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := newEdge(t)
			res := e.do("POST /api/v1/notes", tt.body, asPerson(tt.headers...)...)
			if res.Code != tt.status {
				t.Fatalf("%d %s", res.Code, res.Body)
			}
			if reached := len(e.sample.created); reached != map[bool]int{true: 1}[tt.status == 201] {
				t.Errorf("the handler ran %d times", reached)
			}
			if tt.code == "" {
				return
			}
			p := problemOf(t, res)
			if p.Code != tt.code || (tt.field != "" && (len(p.Errors) == 0 || p.Errors[0].Code != tt.field)) {
				t.Errorf("%+v", p)
			}
		})
	}
}

// A body whose length is not said in advance must not get past the limit either.
func TestChunkedBodyOverTheLimit(t *testing.T) {
	server := httptest.NewServer(newEdge(t).handler)
	defer server.Close()
	body := struct{ *strings.Reader }{strings.NewReader(`{"title":"` + strings.Repeat("x", 300<<10) + `"}`)} // hides its length
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/notes", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer person")
	res, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d", res.StatusCode)
	}
}

func TestEveryWrongFieldAtOnce(t *testing.T) {
	e := newEdge(t)
	res := e.do("POST /api/v1/notes", `{"title":"茶","capacity":1.5,"CAPACITY":2,"Kind":"WORK","kind":"PLAY","a.b[0]~/":1,
		"places":[{"name":"ok","lat":1},{"name":"","lat":-91,"x.y":{"z":1}}],"skills":["a","a"],"starts_at":"1999-01-01T00:00:00Z",
		"day":"2026-02-30","owner_id":5,"phone":"12345","remote":null,"role":"ADMIN","tas\u212a":1}`, asPerson("Accept-Language", "en")...)
	p := problemOf(t, res)
	var got []string
	for _, f := range p.Errors {
		got = append(got, f.Pointer+" "+f.Code+": "+f.Detail)
	}
	want := []string{
		"/CAPACITY unknown_field: is not a known field",
		"/Kind unknown_field: is not a known field",
		"/a.b[0]~0~1 unknown_field: is not a known field",
		"/capacity type: has the wrong type, expected: integer",
		"/day format: has the wrong format, expected: date",
		"/kind enum: must be one of: WORK, STUDY",
		"/owner_id type: has the wrong type, expected: string",
		"/phone pattern: does not match: 11 位手机号",
		"/places/1/lat min: must be at least -90",
		"/places/1/name min_length: must have at least 1 character(s)",
		"/places/1/x.y unknown_field: is not a known field",
		"/remote type: has the wrong type, expected: boolean",
		"/role unknown_field: is not a known field",
		"/skills unique_items: has an item twice",
		"/starts_at pattern: does not match: RFC 3339, 2000–2100",
		"/tas\u212a unknown_field: is not a known field",
		"/title min_length: must have at least 2 character(s)",
	}
	if p.Code != "request.invalid" || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\n%s", p.Code, strings.Join(got, "\n"))
	}
	if strings.Contains(res.Body.String(), "1999") || strings.Contains(res.Body.String(), "ADMIN") || strings.Contains(res.Body.String(), "12345") {
		t.Error("a value is told back")
	}
	odd := problemOf(t, e.do("POST /api/v1/notes", `{"title":"茶","capacity":3,"skills":[["x"],{},["x"]]}`, asPerson()...))
	got = nil
	for _, f := range odd.Errors {
		got = append(got, f.Pointer+" "+f.Code)
	}
	if all := strings.Join(got, ", "); odd.Code != "request.invalid" || all != "/skills/0 type, /skills/1 type, /skills/2 type, /title min_length" {
		t.Errorf("what cannot be compared is not named at its place: %s", all)
	}
	missing := problemOf(t, e.do("POST /api/v1/notes", `{}`, asPerson()...))
	if len(missing.Errors) != 2 || missing.Errors[0].Pointer != "/capacity" || missing.Errors[0].Code != "required" || missing.Errors[1].Detail != "必填" {
		t.Errorf("%+v", missing.Errors)
	}
}

func TestValuesThatOnlyGoMinds(t *testing.T) {
	e := newEdge(t)
	for body, pointer := range map[string]string{
		`{"title":"茶园采摘","capacity":1.0}`:                                         "/capacity", // an integer to JSON Schema
		`{"title":"茶园采摘","capacity":3e0}`:                                         "/capacity",
		`{"title":"茶园采摘","capacity":3,"starts_at":"2026-09-01T00:30:00.5+25:00"}`: "/starts_at",
	} {
		res := e.do("POST /api/v1/notes", body, asPerson()...)
		if p := problemOf(t, res); res.Code != 422 || len(p.Errors) != 1 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: %d %s", body, res.Code, res.Body)
		}
		if strings.Contains(res.Body.String(), "json") || strings.Contains(res.Body.String(), "Go ") {
			t.Errorf("internals in %s", res.Body)
		}
	}
}

func TestManyUnknownFieldsAndLongNames(t *testing.T) {
	e := newEdge(t)
	var b strings.Builder
	b.WriteString(`{"` + strings.Repeat("长", 5000) + `":1`)
	for i := range 3000 {
		b.WriteString(`,"` + strings.Repeat("k", i%50) + time.Duration(i).String() + `":1`)
	}
	res := e.do("POST /api/v1/notes", b.String()+"}", asPerson()...)
	if p := problemOf(t, res); res.Code != 422 || len(p.Errors) != 100 || res.Body.Len() > 32<<10 {
		t.Errorf("%d, %d fields, %d bytes", res.Code, len(p.Errors), res.Body.Len())
	}
}

func TestQueries(t *testing.T) {
	for query, want := range map[string]string{
		"limit=1&cursor=":                    "",
		"lat=27.5&owner_id=12":               "",
		"limit=0":                            "query:limit min",
		"limit=101":                          "query:limit max",
		"limit=x":                            "query:limit type",
		"limit=1.5":                          "query:limit type",
		"limit=1&limit=2":                    "query:limit duplicate",
		"Limit=1":                            "query:Limit unknown_field",
		"offset=1":                           "query:offset unknown_field",
		"lat=NaN":                            "query:lat type",
		"lat=-Inf":                           "query:lat type",
		"lat=0x1p4":                          "query:lat type",
		"lat=91":                             "query:lat max",
		"owner_id=-1":                        "query:owner_id pattern",
		"owner_id=1e3":                       "query:owner_id pattern",
		"updated_since=yesterday":            "query:updated_since format",
		"cursor=" + strings.Repeat("A", 513): "query:cursor max_length",
	} {
		e := newEdge(t)
		res := e.do("GET /api/v1/notes?"+query, "")
		if want == "" {
			if res.Code != 200 || len(e.sample.listed) != 1 {
				t.Errorf("%s: %d %s", query, res.Code, res.Body)
			}
			continue
		}
		if p := problemOf(t, res); res.Code != 422 || len(p.Errors) == 0 || p.Errors[0].Pointer+" "+p.Errors[0].Code != want {
			t.Errorf("%s: %d %s", query, res.Code, res.Body)
		}
	}
	e := newEdge(t)
	for _, query := range []string{"limit=%zz", "cursor=%ff", "cursor=%00", "a;b", "cursor=zzz"} {
		if res := e.do("GET /api/v1/notes?"+query, ""); res.Code != 400 {
			t.Errorf("%s: %d %s", query, res.Code, res.Body)
		}
	}
	e.do("GET /api/v1/notes?lat=27.5&owner_id=12&updated_since=2026-09-01T08:30:00%2B08:00", "")
	got := e.sample.listed[len(e.sample.listed)-1]
	if got.Limit != 20 || got.Lat != 27.5 || got.Owner != 12 || got.Since.Time().Hour() != 0 {
		t.Errorf("%+v", got)
	}
}

func TestBodyWhereNoneIsRead(t *testing.T) {
	e := newEdge(t)
	for body, status := range map[string]int{"": 200, "{}": 200, ` {} `: 200, `{"status":"DONE"}`: 422, `[]`: 422, `{`: 400, "x": 400, strings.Repeat(" ", 300<<10): 413} {
		if res := e.do("POST /api/v1/notes/9/publish", body, asPerson()...); res.Code != status {
			t.Errorf("%.20q: %d %s", body, res.Code, res.Body)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	e := newEdge(t)
	send := func(key, body string) int {
		return e.do("POST /api/v1/notes", body, "Authorization", "Bearer person", "Idempotency-Key", key).Code
	}
	if p := problemOf(t, e.do("POST /api/v1/notes", `{"title":"茶园采摘","capacity":3}`, "Authorization", "Bearer person")); p.Code != "idempotency.key_required" || p.Status != 400 {
		t.Errorf("without: %+v", p)
	}
	for _, bad := range []string{strings.Repeat("k", 65), "a b", "键"} {
		if code := send(bad, `{"title":"茶园采摘","capacity":3}`); code != 422 {
			t.Errorf("%q: %d", bad, code)
		}
	}
	send("k", `{"title":"茶园采摘","capacity":3}`)
	send("k", ` { "capacity" : 3, "title" : "茶园采摘" } `)
	send("k", `{"title":"茶园采摘","capacity":4}`)
	keys := e.sample.keys
	if len(keys) != 3 || keys[0] != keys[1] || keys[0] == keys[2] || !strings.HasPrefix(keys[0], "k ") || len(keys[0]) != 2+32 {
		t.Errorf("%q", keys)
	}
}

func TestIfMatchOverHTTP(t *testing.T) {
	e := newEdge(t)
	for header, want := range map[string]int{"": 428, `"7"`: 200, `"6"`: 412, `*`: 400, `7`: 400, `W/"7"`: 412} {
		headers := []string{"Authorization", "Bearer auditor"}
		if header != "" {
			headers = append(headers, "If-Match", header)
		}
		res := e.do("PUT /api/v1/notes/5", `{"title":"新的标题"}`, headers...)
		if res.Code != want {
			t.Errorf("%q: %d %s", header, res.Code, res.Body)
		}
		if want == 200 && res.Header().Get("ETag") != `"8"` {
			t.Errorf("ETag %q", res.Header().Get("ETag"))
		}
	}
}

// A client that sends its body too slowly is told so. (Where a body is read, Huma waits for it 15 s: see package api.)
func TestASlowBodyIsATimeout(t *testing.T) {
	server := httptest.NewUnstartedServer(newEdge(t).handler)
	server.Config.ReadHeaderTimeout = time.Minute // so that it is the body that is late, however busy the machine is
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const slow = "POST /api/v1/notes/9/publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer person\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	if _, err := conn.Write([]byte(slow)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var p api.Problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil || res.StatusCode != http.StatusRequestTimeout || p.Code != "request.timeout" {
		t.Errorf("%d %+v %v", res.StatusCode, p, err)
	}
}
