package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"baodao/internal/app"
	"baodao/internal/testkit/apitest"
	"baodao/router"
)

// planted are columns that somebody would like to set: none of them is bound where the contract does not name it.
var planted = []string{
	"id", "status", "role", "org_id", "version", "created_by", "user_id", "student_id", "minutes", "taken", "verified", "path", "approved_by", "owner_org_id", "scopes",
}

// TestMassAssignment adds each of them, and names that only look like those of the contract, to every body and every object
// within one: 422, the field named, nothing changed.
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	bodies := schemas(t)
	inTwins(t, func(w *twins) {
		routes, tried, sent := w.routesByID(), map[string]bool{}, 0
		before := w.fingerprint()
		for _, u := range allRules() {
			route := routes[u.op]
			if route.Method == http.MethodGet || tried[u.op] {
				continue
			}
			tried[u.op] = true
			t.Run(u.op, func(t *testing.T) {
				w.TB = t
				sent += w.plant(t, u, route, bodies[u.op])
				if w.fingerprint() != before {
					t.Fatal("something changed")
				}
			})
		}
		for id, route := range routes {
			if route.Method != http.MethodGet && !tried[id] {
				t.Errorf("%s was not tried", id)
			}
		}
		t.Logf("%d requests refused", sent)
	})
}

// schemas are the JSON bodies of the contract, by operation.
func schemas(t *testing.T) map[string]*openapi3.Schema {
	t.Helper()
	raw, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*openapi3.Schema{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			if media := op.RequestBody.Value.Content.Get("application/json"); media != nil {
				out[op.OperationID] = media.Schema.Value
			}
		}
	}
	return out
}

// plant sends a body of a rule with one field more, again and again, as somebody who may send it.
func (w *twins) plant(t *testing.T, u authzRule, route router.Route, schema *openapi3.Schema) int {
	t.Helper()
	who := w.allowed(u, route)
	var body any = object{}
	if u.body != nil {
		body = u.body(w, w.home)
	}
	if _, ok := body.(otherMedia); ok {
		return 0 // see TestFormsTakeNothingElse
	}
	var whole map[string]any
	raw, err := json.Marshal(body)
	if err == nil {
		err = json.Unmarshal(raw, &whole)
	}
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, at := range places(whole, schema, "") {
		for i, name := range at.unknown() {
			if raced && i%7 != 0 {
				continue
			}
			at.put(name)
			w.namesUnknown(t, w.send(u.line(route, w.home, nil), who, whole), at.pointer+"/"+name)
			at.take(name)
			sent++
		}
	}
	return sent
}

// allowed is somebody of the home realm who may do what a rule is about.
func (w *twins) allowed(u authzRule, route router.Route) authzCaller {
	w.TB.Helper()
	for _, c := range w.callers() {
		if e := u.expect(route, c, w.home); e == 0 || e == u.want && c.has(route.Permission) {
			return c
		}
	}
	return authzCaller{actor: w.home.who["plain"]}
}

// namesUnknown demands a refusal that names the field.
func (w *twins) namesUnknown(t *testing.T, a *apitest.Answer, pointer string) {
	t.Helper()
	var p struct {
		Errors []struct{ Pointer, Code string }
	}
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%s: %d %s", pointer, a.Code, a.Body)
	}
	for _, e := range p.Errors {
		if e.Pointer == pointer && e.Code == "unknown_field" {
			return
		}
	}
	t.Errorf("%s is not named: %s", pointer, a.Body)
}

// place is an object within a body.
type place struct {
	pointer string
	object  map[string]any
	schema  *openapi3.Schema
}

func (p place) put(name string)  { p.object[name] = "1" }
func (p place) take(name string) { delete(p.object, name) }

// places finds the objects of a body, itself first. The tree is shared, so that a field that is put shows in the whole.
func places(v any, schema *openapi3.Schema, pointer string) []place {
	var out []place
	switch v := v.(type) {
	case map[string]any:
		out = append(out, place{pointer, v, schema})
		for _, key := range slices.Sorted(maps.Keys(v)) {
			var below *openapi3.Schema
			if schema != nil && schema.Properties[key] != nil {
				below = schema.Properties[key].Value
			}
			out = append(out, places(v[key], below, pointer+"/"+key)...)
		}
	case []any:
		for i, item := range v {
			var below *openapi3.Schema
			if schema != nil && schema.Items != nil {
				below = schema.Items.Value
			}
			out = append(out, places(item, below, fmt.Sprintf("%s/%d", pointer, i))...)
		}
	}
	return out
}

// unknown are names that the contract does not have here: columns, in other cases too, and what folds to a known name.
func (p place) unknown() []string {
	known := map[string]bool{}
	if p.schema != nil {
		for name := range p.schema.Properties {
			known[name] = true
		}
	}
	names := map[string]bool{}
	add := func(name string) {
		if _, there := p.object[name]; !known[name] && !there {
			names[name] = true
		}
	}
	for _, name := range planted {
		for _, like := range lookalikes(name) {
			add(like)
		}
		add(name)
	}
	for name := range known {
		for _, like := range lookalikes(name) {
			add(like)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// lookalikes are a name in capitals, in camel case, and with letters that fold to k and s.
func lookalikes(name string) []string {
	camel := ""
	for part := range strings.SplitSeq(name, "_") {
		camel += strings.ToUpper(part[:1]) + part[1:]
	}
	out := []string{strings.ToUpper(name), camel}
	if folded := strings.NewReplacer("k", "\u212a", "s", "\u017f").Replace(name); folded != name {
		out = append(out, folded)
	}
	return out
}

// TestFormsTakeNothingElse: a form field that is not in the contract is refused, except at the token endpoint, where the
// standard wants it to be ignored.
func TestFormsTakeNothingElse(t *testing.T) {
	t.Parallel()
	inTwins(t, func(w *twins) {
		w.TB = t
		before := w.fingerprint()
		for _, name := range planted {
			form := clientTokenBody(w, w.home).(otherMedia)
			form.content += "&" + name + "=1"
			if got := w.send("POST /oauth/token", authzCaller{}, form); got.Code != http.StatusOK || strings.Contains(string(got.Body), `"scope":"1"`) {
				t.Errorf("%s: %d %s", name, got.Code, got.Body)
			}
		}
		if w.fingerprint() != before {
			t.Error("something changed")
		}
	})
}
