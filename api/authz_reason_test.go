package api_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestABlankReasonIsNamedAtItsPlace: whoever must say why and says nothing that shows is refused, the field named, whichever
// layer notices: some patterns take blanks of other scripts for a word.
func TestABlankReasonIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	bodies := schemas(t)
	inTwins(t, func(w *twins) {
		w.TB = t
		routes, tried := w.routesByID(), map[string]bool{}
		before := w.fingerprint()
		for _, u := range allRules() {
			schema := bodies[u.op]
			if tried[u.op] || schema == nil || !slices.Contains(schema.Required, "reason") || u.body == nil {
				continue
			}
			tried[u.op] = true
			var body map[string]any
			raw, err := json.Marshal(u.body(w, w.home))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			for _, blank := range []string{"", " ", "\u3000", "\u2003\u3000"} {
				body["reason"] = blank
				got := w.send(u.line(routes[u.op], w.home, nil), w.allowed(u, routes[u.op]), body)
				var p struct{ Errors []struct{ Pointer string } }
				if err := json.Unmarshal(got.Body, &p); err != nil {
					t.Fatal(err)
				}
				if got.Code != 422 || len(p.Errors) == 0 || slices.ContainsFunc(p.Errors, func(e struct{ Pointer string }) bool { return e.Pointer != "/reason" }) {
					t.Errorf("%s with %q: %d %s", u.op, blank, got.Code, got.Body)
				}
			}
		}
		if len(tried) < 20 {
			t.Errorf("only %d operations ask for a reason", len(tried))
		}
		if w.fingerprint() != before {
			t.Error("something changed")
		}
	})
}
