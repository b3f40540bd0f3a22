package router_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/router"
	"baodao/service/access"
)

func TestWhoMayEnter(t *testing.T) {
	e := newEdge(t)
	tests := map[string]struct {
		line, token string
		status      int
		code        string
	}{
		"nobody, public":            {"GET /api/v1/notes/9", "", 200, ""},
		"bad token, public":         {"GET /api/v1/notes/9", "Bearer x", 401, "sample.token_invalid"},
		"not Bearer":                {"GET /api/v1/notes/9", "Basic eDp5", 401, "auth.header_invalid"},
		"empty":                     {"GET /api/v1/notes/9", "Bearer ", 401, "auth.header_invalid"},
		"huge token":                {"GET /api/v1/notes/9", "Bearer " + strings.Repeat(".", 4000), 401, "auth.header_invalid"},
		"nobody":                    {"POST /api/v1/notes/9/publish", "", 401, "auth.required"},
		"person":                    {"POST /api/v1/notes/9/publish", "bearer person", 200, ""},
		"client":                    {"POST /api/v1/notes/9/publish", "Bearer client", 200, ""},
		"client where people are":   {"DELETE /api/v1/notes/9", "Bearer client", 403, "access.denied"},
		"old login, step-up":        {"DELETE /api/v1/notes/9", "Bearer person", 403, "access.fresh_login_required"},
		"fresh login, step-up":      {"DELETE /api/v1/notes/9", "Bearer fresh", 204, ""},
		"wrong role":                {"PUT /api/v1/notes/9", "Bearer person", 403, "access.denied"},
		"nobody, before the body":   {"PUT /api/v1/notes/x", "", 401, "auth.required"},
		"bad token, token endpoint": {"POST /api/v1/oauth/token", "Bearer x", 400, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if tt.token != "" {
				headers = []string{"Authorization", tt.token}
			}
			res := e.do(tt.line, "", headers...)
			if res.Code != tt.status {
				t.Fatalf("%d %s", res.Code, res.Body)
			}
			if tt.code != "" && problemOf(t, res).Code != tt.code {
				t.Errorf("%s", res.Body)
			}
			if tt.status == 401 && res.Header().Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
}

func TestNotFoundAndMethods(t *testing.T) {
	e := newEdge(t)
	for line, want := range map[string]int{
		"GET /": 404, "GET /api/v1/notes/": 404, "GET //api/v1/notes": 404, "GET /API/v1/notes": 404, "GET /api/v1/notes/9/": 404, "GET /api/v1/../v1/notes": 404,
		"PATCH /api/v1/notes": 405, "HEAD /api/v1/notes": 405, "OPTIONS /api/v1/notes": 405, "TRACE /api/v1/notes": 405, "BREW /api/v1/notes": 405,
		"POST /healthz": 405, "PUT /test/clock": 404, "GET /debug/pprof/": 404,
	} {
		res := e.do(line, "")
		if res.Code != want {
			t.Errorf("%s: %d %s", line, res.Code, res.Body)
			continue
		}
		if p := problemOf(t, res); (want == 404 && p.Code != "route.not_found") || (want == 405 && (p.Code != "route.method_not_allowed" || res.Header().Get("Allow") == "")) {
			t.Errorf("%s: %+v %v", line, p, res.Header())
		}
	}
	// An encoded slash belongs to the id; it does not open another route.
	if res := e.do("GET /api/v1/notes/9%2Fpicture", ""); res.Code != 422 {
		t.Errorf("encoded slash: %d", res.Code)
	}
}

func TestHealthByHead(t *testing.T) {
	e := newEdge(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if get, head := e.do("GET "+path, ""), e.do("HEAD "+path, ""); get.Code != 200 || head.Code != 200 {
			t.Errorf("%s: GET %d, HEAD %d", path, get.Code, head.Code)
		}
	}
}

func TestLanguage(t *testing.T) {
	e := newEdge(t)
	for header, want := range map[string]string{
		"": "zh", "en": "en", "en-US,en;q=0.9": "en", "zh-CN": "zh", "zh-TW,en;q=0.9": "zh", "en;q=0.1, zh;q=0.9": "zh", "zh;q=0.1, en;q=0.9": "en",
		"fr": "zh", "fr, en;q=0.2": "en", "*": "zh", "en;q=0": "zh", "EN": "en", "en_GB": "en", ";;;": "zh", strings.Repeat("en,", 2000): "zh",
	} {
		res := e.do("GET /api/v1/notes/1", "", "Accept-Language", header)
		p := problemOf(t, res)
		if english := strings.HasPrefix(p.Detail, "Not found"); res.Header().Get("Content-Language") != want || english != (want == "en") || !strings.Contains(res.Header().Get("Vary"), "Accept-Language") {
			t.Errorf("%.30q: %s %s", header, res.Header().Get("Content-Language"), p.Detail)
		}
	}
}

func TestRequestID(t *testing.T) {
	e := newEdge(t)
	for sent, kept := range map[string]bool{"abcdefgh": true, "A-Z_09-x": true, strings.Repeat("a", 64): true, "short": false, strings.Repeat("a", 65): false, "with space": false, "new\nline-x": false, "<script>x": false, "": false} {
		got := e.do("GET /healthz", "", "X-Request-Id", sent).Header().Get("X-Request-Id")
		if (got == sent) != kept || len(got) < 8 {
			t.Errorf("%q became %q", sent, got)
		}
	}
}

func TestOutagesTellNothing(t *testing.T) {
	e := newEdge(t)
	for id, want := range map[string]int{"2": 500, "3": 500} {
		res := e.do("GET /api/v1/notes/"+id, "")
		if p := problemOf(t, res); res.Code != want || p.Code != "server.internal" || strings.Contains(res.Body.String(), "SELECT") || strings.Contains(res.Body.String(), "boom") {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	}
	if res := e.do("GET /api/v1/notes/8", ""); res.Code != 500 || problemOf(t, res).Code != "server.internal" {
		t.Errorf("an answer that is not JSON: %d %s", res.Code, res.Body)
	}
	for _, text := range []string{"SELECT * FROM secret", "boom", "runtime/debug"} {
		if !strings.Contains(e.log.String(), text) {
			t.Errorf("the log lacks %q", text)
		}
	}
	if res := e.do("GET /api/v1/notes/4", ""); res.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", res.Header().Get("Retry-After"))
	}
	if res := e.do("GET /api/v1/notes/5", ""); res.Code != 503 || res.Header().Get("Retry-After") != "1" {
		t.Errorf("%d Retry-After %q", res.Code, res.Header().Get("Retry-After"))
	}
}

func TestTimeLimit(t *testing.T) {
	e := newEdge(t, func(cfg *router.Config) { cfg.TimeLimit = 20 * time.Millisecond })
	if res := e.do("GET /api/v1/notes/7", ""); res.Code != 503 || problemOf(t, res).Code != "server.overloaded" || res.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}

func TestInFlight(t *testing.T) {
	e := newEdge(t, func(cfg *router.Config) { cfg.InFlight = 2 })
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/notes/6", http.NoBody)
			e.handler.ServeHTTP(httptest.NewRecorder(), req)
		})
	}
	<-e.sample.entered
	<-e.sample.entered
	if res := e.do("GET /api/v1/notes/9", ""); res.Code != 503 || problemOf(t, res).Code != "server.overloaded" || res.Header().Get("Retry-After") == "" {
		t.Errorf("third: %d %s", res.Code, res.Body)
	}
	if res := e.do("GET /healthz", ""); res.Code != 200 {
		t.Errorf("health: %d", res.Code)
	}
	if res := e.do("GET /readyz", ""); res.Code != 200 {
		t.Errorf("ready: %d", res.Code)
	}
	close(e.sample.hold)
	wg.Wait()
	if res := e.do("GET /api/v1/notes/9", ""); res.Code != 200 {
		t.Errorf("afterwards: %d", res.Code)
	}
}

func TestLongURLsAndHeaders(t *testing.T) {
	e := newEdge(t)
	for _, path := range []string{"/api/v1/notes?cursor=" + strings.Repeat("A", 2048), "/" + strings.Repeat("a", 2048), "/api/v1/notes/" + strings.Repeat("%41", 700)} {
		if res := e.do("GET "+path, ""); res.Code != 414 || problemOf(t, res).Code != "request.uri_too_long" {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := router.Server("", e.handler)
	go server.Serve(listener) //nolint:errcheck // ends with Close
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Big", strings.Repeat("x", 32<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d", res.StatusCode)
	}
	if server.ReadHeaderTimeout != 5*time.Second || server.ReadTimeout != 15*time.Second || server.WriteTimeout != 30*time.Second || server.IdleTimeout != time.Minute {
		t.Errorf("%+v", server)
	}
}

func TestForwardedForIsBelievedOnlyFromProxies(t *testing.T) {
	who := func(e *edge) string {
		var body struct{ Title string }
		res := e.do("GET /api/v1/notes/9", "", "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9")
		if err := json.Unmarshal(res.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		return body.Title
	}
	if got := who(newEdge(t)); got != "192.0.2.1" {
		t.Errorf("spoofed: %s", got)
	}
	if got := who(newEdge(t, func(cfg *router.Config) { cfg.TrustedProxies = []string{"192.0.2.0/24"} })); got != "203.0.113.9" {
		t.Errorf("behind our proxy: %s", got)
	}
	cfg := router.Config{Auth: tokens{}, Now: now, Log: newEdge(t).logger(), TrustedProxies: []string{"proxy"}}
	if _, err := router.New(cfg, nil); err == nil {
		t.Error("a proxy that is no network was taken")
	}
}

func TestAccessLogHoldsNothingPersonal(t *testing.T) {
	e := newEdge(t)
	e.do("GET /api/v1/notes/424242?cursor=hidden", "", "Authorization", "Bearer person", "User-Agent", "agent-x", "X-Request-Id", "trace-0001")
	e.do("GET /somewhere/13800000001", "")
	log := e.log.String()
	for _, secret := range []string{"424242", "hidden", "agent-x", "192.0.2.1\"", "13800000001", "Bearer", "cursor"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q: %s", secret, log)
		}
	}
	var first map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(log, "\n", 2)[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first["route"] != "/api/v1/notes/:id" || first["status"] != 422.0 || first["request_id"] != "trace-0001" || first["user_id"] != 9.0 || first["network"] != "192.0.2.0/24" || first["code"] != "request.invalid" {
		t.Errorf("%v", first)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	e := newEdge(t)
	for _, line := range []string{"GET /api/v1/notes", "GET /api/v1/notes/1", "GET /api/v1/notes/3", "GET /nowhere", "GET /healthz"} {
		h := e.do(line, "").Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", line, h)
		}
	}
}

func TestPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	route := router.Get("/half", access.Public, "half", api.Handle(200, func(c *gin.Context, _ *struct{}) (*api.None, error) {
		c.Header("Content-Length", "100")
		_, _ = c.Writer.WriteString("half")
		c.Writer.Flush()
		panic("late")
	}), "t", "s")
	e := newEdge(t)
	engine, err := router.New(router.Config{Auth: tokens{}, Now: func() time.Time { return moment }, Log: e.logger()}, []router.Route{route})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(engine)
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/half", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("read %q without an error", body)
	}
}
