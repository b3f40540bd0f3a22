// Package contract holds answers to the OpenAPI document in tests: every answer must be documented and fit its schema,
// and every operation must have been hit by a success and a refusal.
package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// resource is the name of the document in references.
const resource = "openapi.json"

// Contract is a document and what the tests have hit of it. It may be shared by parallel tests.
type Contract struct {
	doc *openapi3.T

	mu      sync.Mutex
	schemas *jsonschema.Compiler // over the whole document; keeps what it has compiled
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
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("read OpenAPI document: %v", err)
	}
	schemas := jsonschema.NewCompiler()
	schemas.AssertFormat()
	if err := schemas.AddResource(resource, whole); err != nil {
		t.Fatalf("OpenAPI document: %v", err)
	}
	return &Contract{doc: doc, schemas: schemas, success: map[string]bool{}, refusal: map[string]bool{}}
}

// Check holds one answer to the document. An address or method that the document does not have must be refused as such.
func (c *Contract) Check(t testing.TB, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	template, params := c.find(req.URL.EscapedPath())
	item := c.doc.Paths.Value(template)
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
		Status: res.StatusCode, Header: res.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: true},
	}
	err := openapi3filter.ValidateResponse(t.Context(), input)
	documented := op.Responses.Status(res.StatusCode)
	if err == nil && req.Method != http.MethodHead && documented != nil && len(documented.Value.Content)+len(body) > 0 {
		err = c.checkBody(documented, pointer("paths", template, strings.ToLower(req.Method), "responses", strconv.Itoa(res.StatusCode)), res, body)
	}
	if err != nil {
		t.Errorf("%s: %d %s does not fit the document: %s", op.OperationID, res.StatusCode, Short(string(body)), Short(err.Error()))
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

// checkBody holds a JSON body to the documented answer at a place of the document. Of a file only the content type counts.
func (c *Contract) checkBody(documented *openapi3.ResponseRef, place string, res *http.Response, body []byte) error {
	media := res.Header.Get("Content-Type")
	if documented.Value.Content.Get(media) == nil {
		return fmt.Errorf("content type %q is not documented", media)
	}
	if media, _, _ = strings.Cut(media, ";"); !isJSON(media) {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if documented.Ref != "" {
		place = documented.Ref
	}
	c.mu.Lock()
	schema, err := c.schemas.Compile(resource + place + pointer("content", media, "schema")[1:])
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// pointer is a JSON pointer as the fragment of a reference.
func pointer(names ...string) string {
	fragment := "#"
	for _, name := range names {
		fragment += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return fragment
}

func isJSON(media string) bool {
	return media == "application/json" || media == "application/problem+json"
}

// find matches a path to its template; a literal segment wins over a parameter.
func (c *Contract) find(path string) (best string, params map[string]string) {
	for template := range c.doc.Paths.Map() {
		if found, ok := match(template, path); ok && (best == "" || len(found) < len(params)) {
			best, params = template, found
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
