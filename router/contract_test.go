package router_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/api"
	"baodao/internal/testkit/contract"
	_ "baodao/internal/wechat" // its error codes are named in the route table
	"baodao/router"
	"baodao/service/access"
)

func TestContractOfTheSample(t *testing.T) {
	document, err := router.OpenAPI((&sample{}).routes())
	if err != nil {
		t.Fatal(err)
	}
	again, err := router.OpenAPI((&sample{}).routes())
	if err != nil || !bytes.Equal(document, again) {
		t.Fatalf("the document differs from run to run: %v", err)
	}
	e := newEdge(t)
	c := contract.New(t, document)
	check := func(line, body string, status int, headers ...string) {
		t.Helper()
		res := e.do(line, body, headers...)
		if res.Code != status {
			t.Errorf("%s: %d %s", line, res.Code, res.Body)
		}
		method, path, _ := strings.Cut(line, " ")
		c.Check(t, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody), res.Result(), res.Body.Bytes())
	}
	check("POST /api/v1/notes", `{"title":"茶园采摘","capacity":3}`, 201, asPerson()...)
	check("POST /api/v1/notes", `{}`, 422, asPerson()...)
	check("GET /api/v1/notes", "", 200)
	check("GET /api/v1/notes?x=1", "", 422)
	for path, status := range map[string]int{"9": 200, "1": 404, "2": 500, "3": 500, "4": 429, "5": 503} {
		check("GET /api/v1/notes/"+path, "", status)
	}
	check("PUT /api/v1/notes/5", `{"title":"新的标题"}`, 200, "Authorization", "Bearer auditor", "If-Match", `"7"`)
	check("PUT /api/v1/notes/5", `{"title":"新的标题"}`, 403, asPerson()...)
	check("DELETE /api/v1/notes/5", "", 204, "Authorization", "Bearer fresh")
	check("DELETE /api/v1/notes/5", "", 403, asPerson()...)
	check("GET /api/v1/notes/5/picture", "", 200)
	check("GET /api/v1/notes/x/picture", "", 422)
	check("POST /api/v1/notes/9/publish", "", 200, asPerson()...)
	check("POST /api/v1/notes/9/publish", "", 401)
	check("POST /api/v1/photos", "", 400, asPerson()...)
	check("POST /api/v1/oauth/token", "grant_type=client_credentials", 200, "Content-Type", "application/x-www-form-urlencoded")
	check("POST /api/v1/oauth/token", "grant_type=x", 400, "Content-Type", "application/x-www-form-urlencoded")
	check("GET /api/v1/nowhere", "", 404)
	if missing := c.Missing(); strings.Join(missing, " ") != "uploadPhoto: success" {
		t.Errorf("not hit: %v", missing)
	}
}

func TestEveryOperationIsDescribed(t *testing.T) {
	for name, routes := range map[string][]router.Route{"sample": (&sample{}).routes(), "the API": router.Routes(router.Handlers{})} {
		t.Run(name, func(t *testing.T) {
			document, err := router.OpenAPI(routes)
			if err != nil {
				t.Fatal(err)
			}
			contract.New(t, document)
			described(t, document)
		})
	}
}

func described(t *testing.T, document []byte) {
	t.Helper()
	var doc struct {
		Info  struct{ Description string }
		Paths map[string]map[string]map[string]any
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(doc.Info.Description, "dev-<name>-<any>") {
		t.Error("how to log in is not said")
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			for _, key := range []string{"summary", "tags", "operationId", "description", "x-permission", "x-idempotency", "x-error-codes", "security"} {
				if op[key] == nil {
					t.Errorf("%s %s has no %s", method, path, key)
				}
			}
			if body, ok := op["requestBody"].(map[string]any); ok {
				exampled(t, method+" "+path, body)
			}
			for _, answer := range op["responses"].(map[string]any) {
				exampled(t, method+" "+path, answer.(map[string]any))
			}
		}
	}
}

func exampled(t *testing.T, name string, body map[string]any) {
	t.Helper()
	content, _ := body["content"].(map[string]any)
	for media, m := range content {
		if strings.HasPrefix(media, "application/") && media != "application/zip" && m.(map[string]any)["example"] == nil {
			t.Errorf("%s has no example", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	type nullable struct {
		Body struct {
			X *string `json:"x"`
		}
	}
	type noExample struct {
		Body struct {
			X string `json:"x" pattern:"^[0-9]{11}$"`
		}
	}
	type badTag struct {
		Body struct {
			X int `json:"x" minimum:"many"`
		}
	}
	good := func(*gin.Context, *struct{}) (*api.None, error) { return nil, nil }
	ok := api.Handle(204, good)
	tests := map[string]struct {
		routes []router.Route
		want   string
	}{
		"no permission":        {[]router.Route{router.Get("/x", "", "x", ok, "t", "s")}, "permission"},
		"unknown permission":   {[]router.Route{router.Get("/x", "x.fly", "x", ok, "t", "s")}, `"x.fly"`},
		"no operation id":      {[]router.Route{router.Get("/x", access.Public, "", ok, "t", "s")}, "operation id"},
		"no summary":           {[]router.Route{router.Get("/x", access.Public, "x", ok, "t", "")}, "summary"},
		"no tag":               {[]router.Route{router.Get("/x", access.Public, "x", ok, "", "s")}, "tag"},
		"same operation id":    {[]router.Route{router.Get("/x", access.Public, "x", ok, "t", "s"), router.Get("/y", access.Public, "x", ok, "t", "s")}, "taken"},
		"unknown error code":   {[]router.Route{router.Get("/x", access.Public, "x", ok, "t", "s", "no.such_code")}, "no.such_code"},
		"null in a request":    {[]router.Route{router.Post("/x", access.Public, "x", api.Handle(204, func(*gin.Context, *nullable) (*api.None, error) { return nil, nil }), "t", "s")}, "null"},
		"example that is none": {[]router.Route{router.Post("/x", access.Public, "x", api.Handle(204, func(*gin.Context, *noExample) (*api.None, error) { return nil, nil }), "t", "s")}, "example"},
		"unreadable tag":       {[]router.Route{router.Post("/x", access.Public, "x", api.Handle(204, func(*gin.Context, *badTag) (*api.None, error) { return nil, nil }), "t", "s")}, "invalid"},
		"key without IdemIn":   {[]router.Route{router.Post("/x", access.Public, "x", ok, "t", "s").KeyOptional()}, "IdemIn"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := router.Config{Auth: tokens{}, Now: func() time.Time { return moment }, Log: newEdge(t).logger()}
			if _, err := router.New(cfg, tt.routes); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if _, err := router.OpenAPI(tt.routes); err == nil {
				t.Error("OpenAPI writes it down")
			}
		})
	}
}
