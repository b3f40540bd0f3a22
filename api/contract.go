package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"baodao/service/access"
)

// Operation is one line of the route table, without its endpoint.
type Operation struct {
	Method      string
	Path        string // Gin form with prefix: /api/v1/pairings/:id/accept
	Permission  access.Permission
	ID          string // operation id: the name a generated client gets
	Tag         string
	Summary     string
	Codes       []string // error codes beside the standard ones
	KeyOptional bool     // Idempotency-Key may be left out
	StepUp      bool     // needs a login of the last five minutes
	Hidden      bool     // not in the document
}

// Contract collects endpoints and writes them down as OpenAPI 3.1.
type Contract struct {
	api   huma.API
	mount *catcher
	ids   map[string]bool
}

// NewContract makes an empty contract.
func NewContract() *Contract {
	configureHuma()
	mount := &catcher{}
	config := huma.Config{OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: info(), Servers: []*huma.Server{{URL: "/"}}}}
	config.Components = &huma.Components{
		Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
		Responses:       map[string]*huma.Response{},
		SecuritySchemes: securitySchemes(),
	}
	config.Formats, config.DefaultFormat = formats(), mediaJSON
	return &Contract{api: jsonOnly{huma.NewAPI(config, mount)}, mount: mount, ids: map[string]bool{}}
}

// jsonOnly answers JSON whatever Accept says: there is nothing to negotiate.
type jsonOnly struct{ huma.API }

// Negotiate always says JSON.
func (jsonOnly) Negotiate(string) (string, error) { return mediaJSON, nil }

// Marshal always writes JSON.
func (jsonOnly) Marshal(w io.Writer, _ string, v any) error { return marshal(w, v) }

// catcher is the adapter through which Huma hands over what it made of an operation.
type catcher struct {
	http.Handler
	op      *huma.Operation
	handler func(huma.Context)
}

// Handle keeps the operation and its handler for Contract.Add.
func (m *catcher) Handle(op *huma.Operation, handler func(huma.Context)) {
	m.op, m.handler = op, handler
}

// Add writes the operation into the contract and returns its Gin handler. A struct that cannot be documented, an
// operation id that is taken, a request that would have to say null, or an example that its own schema refuses is an error.
func (ct *Contract) Add(op Operation, e Endpoint) (h gin.HandlerFunc, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", op.ID, p) // Huma panics on tags it cannot read
		}
	}()
	if ct.ids[op.ID] {
		return nil, fmt.Errorf("%s: operation id is taken", op.ID)
	}
	ct.ids[op.ID] = true
	key := e.embeds(reflect.TypeFor[IdemIn]())
	if op.KeyOptional && !key {
		return nil, fmt.Errorf("%s: KeyOptional without IdemIn in the input", op.ID)
	}
	hop, err := ct.describe(op, e)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op.ID, err)
	}
	lists := &uniqueLists{API: ct.api}
	e.register(lists, hop, key && !op.KeyOptional)
	made, handler := ct.mount.op, ct.mount.handler
	if body := made.RequestBody; body != nil && body.Content[mediaJSON] != nil {
		lists.paths = uniquePaths(ct.api.OpenAPI().Components.Schemas, body.Content[mediaJSON].Schema, nil)
	}
	if err := ct.finish(made, key && !op.KeyOptional); err != nil {
		return nil, fmt.Errorf("%s: %w", op.ID, err)
	}
	if e.plain != nil {
		return e.plain, nil
	}
	g := newGate(made, e)
	return func(c *gin.Context) {
		From(c).OAuth = e.oauth
		if err := g.check(c); err != nil {
			Fail(c, err)
			return
		}
		if e.media == mediaMultipart {
			defer removeParts(c)
		}
		handler(huma.WithContext(humagin.NewContext(made, c), c))
	}, nil
}

// describe is what the document says of an operation beside its types.
func (ct *Contract) describe(op Operation, e Endpoint) (huma.Operation, error) {
	codes, statuses, err := codesOf(op, e)
	if err != nil {
		return huma.Operation{}, err
	}
	hop := huma.Operation{
		Method: op.Method, Path: documentPath(op.Path), OperationID: op.ID, Summary: op.Summary, Tags: []string{op.Tag},
		Description: description(op, e, codes), DefaultStatus: e.status, Hidden: op.Hidden,
		MaxBodyBytes: e.maxBody + 1, BodyReadTimeout: 15 * time.Second, // Huma refuses at the limit, not above it
		Extensions: map[string]any{
			"x-permission": string(op.Permission), "x-error-codes": codes, "x-idempotency": idempotency(op, e), "x-step-up": op.StepUp,
		},
		Responses: map[string]*huma.Response{},
	}
	hop.Security = []map[string][]string{{"bearer": {}}}
	if op.Permission == access.Public {
		hop.Security = []map[string][]string{{}, {"bearer": {}}}
	}
	for _, status := range statuses {
		hop.Responses[fmt.Sprint(status)] = ct.refusal(status, e.oauth)
	}
	if e.plain != nil {
		hop.Responses["403"] = &huma.Response{Description: "Refused, without a body"}
	}
	if e.embeds(reflect.TypeFor[IfNoneMatchIn]()) {
		hop.Responses["304"] = &huma.Response{Description: "The caller has it already: If-None-Match names its tag"}
	}
	if len(e.answers) > 0 {
		hop.Responses[fmt.Sprint(e.status)] = fileResponse(e.answers)
	}
	return hop, nil
}

// refusal refers to the shared response of a status, writing it on first use.
func (ct *Contract) refusal(status int, oauth bool) *huma.Response {
	name, media, model := fmt.Sprintf("Problem%d", status), "application/problem+json", reflect.TypeFor[Problem]()
	if oauth {
		name, media, model = fmt.Sprintf("OAuthError%d", status), mediaJSON, reflect.TypeFor[OAuthError]()
	}
	shared := ct.api.OpenAPI().Components.Responses
	if shared[name] == nil {
		zh, en := titleOf(status)
		shared[name] = &huma.Response{
			Description: zh + " / " + en,
			Headers:     refusalHeaders(status),
			Content: map[string]*huma.MediaType{media: {
				Schema: ct.api.OpenAPI().Components.Schemas.Schema(model, true, ""), Example: refusalExample(status, oauth),
			}},
		}
	}
	return &huma.Response{Ref: "#/components/responses/" + name}
}

// finish adds what Huma leaves out: examples, and required headers that we refuse ourselves.
func (ct *Contract) finish(op *huma.Operation, keyRequired bool) error {
	for _, p := range op.Parameters {
		if p.In == "header" && p.Name == "Idempotency-Key" {
			p.Required = keyRequired
		}
		if p.In == "header" && p.Name == "If-Match" {
			p.Required = true
		}
	}
	x := examples{registry: ct.api.OpenAPI().Components.Schemas}
	if op.RequestBody != nil {
		for media, m := range op.RequestBody.Content {
			if err := errors.Join(x.noNull(m.Schema, nil), x.fill(m, media, huma.ModeWriteToServer)); err != nil {
				return fmt.Errorf("request: %w", err)
			}
		}
	}
	for status, r := range op.Responses {
		for media, m := range r.Content {
			if err := x.fill(m, media, huma.ModeReadFromServer); err != nil {
				return fmt.Errorf("answer %s: %w", status, err)
			}
		}
	}
	return nil
}

// JSON is the document, indented, the same bytes for the same code.
func (ct *Contract) JSON() ([]byte, error) {
	raw, err := json.Marshal(ct.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write OpenAPI document: %w", err)
	}
	raw = bytes.ReplaceAll(raw, []byte(`"patternDescription":`), []byte(`"x-pattern-description":`)) // no keyword of JSON Schema
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("indent OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// documentPath turns /a/:id into /a/{id}.
func documentPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}
