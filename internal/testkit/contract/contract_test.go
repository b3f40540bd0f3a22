package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"baodao/internal/testkit/contract"
)

const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{
 "/notes/{id}":{"get":{"operationId":"getNote","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{
  "200":{"description":"ok","content":{"application/json":{"schema":{"type":"object","required":["id"],"additionalProperties":false,"properties":{"id":{"type":"string"},"at":{"type":["string","null"],"format":"date-time"}}}}}},
  "404":{"description":"none","content":{"application/problem+json":{"schema":{"type":"object","required":["code"],"properties":{"code":{"type":"string"}}}}}}}}},
 "/notes/newest":{"get":{"operationId":"getNewest","responses":{"200":{"description":"ok","content":{"image/png":{"schema":{"type":"string","format":"binary"}}}}}}}}}`

// recorder is a test that only remembers what was wrong.
type recorder struct {
	testing.TB
	wrong []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		path, media, body string
		status            int
		wrong             string
	}{
		"fits":                  {"/notes/1", "application/json", `{"id":"1"}`, 200, ""},
		"null where allowed":    {"/notes/1", "application/json", `{"id":"1","at":null}`, 200, ""},
		"refusal fits":          {"/notes/1", "application/problem+json", `{"code":"x"}`, 404, ""},
		"unknown address":       {"/nowhere", "application/problem+json", `{}`, 404, ""},
		"literal wins":          {"/notes/newest", "image/png", "png", 200, ""},
		"number for text":       {"/notes/1", "application/json", `{"id":1}`, 200, "does not fit"},
		"missing field":         {"/notes/1", "application/json", `{}`, 200, "does not fit"},
		"unknown field":         {"/notes/1", "application/json", `{"id":"1","x":1}`, 200, "does not fit"},
		"no instant":            {"/notes/1", "application/json", `{"id":"1","at":"soon"}`, 200, "does not fit"},
		"no body at all":        {"/notes/1", "application/json", "", 200, "does not fit"},
		"undocumented status":   {"/notes/1", "application/problem+json", `{"code":"x"}`, 409, "does not fit"},
		"wrong media type":      {"/notes/1", "application/problem+json", `{"code":"x"}`, 200, "does not fit"},
		"file of another type":  {"/notes/newest", "image/gif", "gif", 200, "is not documented"},
		"undocumented and fine": {"/nowhere", "application/json", `{}`, 200, "not in the document"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, r := contract.New(t, []byte(document)), &recorder{TB: t}
			res := &http.Response{StatusCode: tt.status, Header: http.Header{"Content-Type": {tt.media}}}
			c.Check(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, http.NoBody), res, []byte(tt.body))
			if got := strings.Join(r.wrong, "\n"); (tt.wrong == "") != (got == "") || !strings.Contains(got, tt.wrong) {
				t.Errorf("got %q, want %q", got, tt.wrong)
			}
		})
	}
}

func TestAFailureIsShort(t *testing.T) {
	c, r := contract.New(t, []byte(document)), &recorder{TB: t}
	body := `{"id":"1","x":"` + strings.Repeat("字", 100_000) + `"}`
	res := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}}
	c.Check(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/notes/1", http.NoBody), res, []byte(body))
	if got := strings.Join(r.wrong, "\n"); len(got) > 5000 || !strings.Contains(got, " bytes)") || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %s", len(got), contract.Short(got))
	}
}

func TestMissing(t *testing.T) {
	c := contract.New(t, []byte(document))
	res := &http.Response{StatusCode: 404, Header: http.Header{"Content-Type": {"application/problem+json"}}}
	c.Check(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/notes/1", http.NoBody), res, []byte(`{"code":"x"}`))
	if got := c.Missing(); !slices.Equal(got, []string{"getNewest: refusal", "getNewest: success", "getNote: success"}) {
		t.Errorf("%v", got)
	}
}
