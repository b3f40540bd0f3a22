// Package contract holds answers to the OpenAPI document in tests: every answer must be documented and fit its schema,
// and every operation must have been hit by a success and a refusal.
package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Contract is a document and what the tests have hit of it. It may be shared by parallel tests.
type Contract struct {
	doc *openapi3.T

	mu      sync.Mutex
	success map[string]bool
	refusal map[string]bool
}

// New reads and validates an OpenAPI document, its examples included.
func New(t testing.TB, document []byte) *Contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatalf("read OpenAPI document: %v", err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("OpenAPI document: %v", err)
	}
	return &Contract{doc: doc, success: map[string]bool{}, refusal: map[string]bool{}}
}

// Check holds one answer to the document. An address or method that the document does not have must be refused as such.
func (c *Contract) Check(t testing.TB, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	item, params := c.find(req.URL.EscapedPath())
	var op *openapi3.Operation
	if item != nil {
		op = item.GetOperation(req.Method)
	}
	if op == nil {
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s %s answers %d but is not in the document", req.Method, req.URL.Path, res.StatusCode)
		}
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, PathParams: params, Route: &routers.Route{Spec: c.doc, PathItem: item, Method: req.Method, Operation: op},
		},
		Status: res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: !isJSON(res)},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s: %d %s does not fit the document: %s", op.OperationID, res.StatusCode, Short(string(body)), Short(err.Error()))
	}
	if !isJSON(res) && len(body) > 0 {
		c.checkMedia(t, op, res)
	}
	c.note(op.OperationID, res.StatusCode)
}

// Short is what a failing test shows of a long text: its first two kilobytes.
func Short(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:most], ""), len(text))
}

// Missing lists what no test has hit yet, sorted: "operationId: success" or "operationId: refusal".
func (c *Contract) Missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, item := range c.doc.Paths.Map() {
		for _, op := range item.Operations() {
			if !c.success[op.OperationID] {
				out = append(out, op.OperationID+": success")
			}
			if !c.refusal[op.OperationID] {
				out = append(out, op.OperationID+": refusal")
			}
		}
	}
	slices.Sort(out)
	return out
}

func (c *Contract) note(id string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if status < http.StatusBadRequest {
		c.success[id] = true
	} else {
		c.refusal[id] = true
	}
}

// checkMedia looks only at the content type of a file.
func (c *Contract) checkMedia(t testing.TB, op *openapi3.Operation, res *http.Response) {
	t.Helper()
	media := res.Header.Get("Content-Type")
	documented := op.Responses.Status(res.StatusCode)
	if documented == nil || documented.Value.Content.Get(media) == nil {
		t.Errorf("%s: %d answers %q, which is not documented", op.OperationID, res.StatusCode, media)
	}
}

func isJSON(res *http.Response) bool {
	media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	return media == "application/json" || media == "application/problem+json"
}

// find matches a path to its template; a literal segment wins over a parameter.
func (c *Contract) find(path string) (*openapi3.PathItem, map[string]string) {
	var best *openapi3.PathItem
	var params map[string]string
	for template, item := range c.doc.Paths.Map() {
		if found, ok := match(template, path); ok && (best == nil || len(found) < len(params)) {
			best, params = item, found
		}
	}
	return best, params
}

func match(template, path string) (map[string]string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i := range want {
		if name, ok := strings.CutPrefix(want[i], "{"); ok {
			params[strings.TrimSuffix(name, "}")] = got[i]
		} else if want[i] != got[i] {
			return nil, false
		}
	}
	return params, true
}
