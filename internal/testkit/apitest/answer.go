package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"baodao/internal/testkit/contract"
)

// Answer is what came back.
type Answer struct {
	Code   int
	Header http.Header
	Body   Body
	t      testing.TB
	what   string
}

// Body is the bytes of an answer. A test that fails shows no more than the beginning of them.
type Body []byte

// String is the beginning.
func (b Body) String() string { return contract.Short(string(b)) }

// Status demands a status.
func (r *Answer) Status(want int) *Answer {
	r.t.Helper()
	if r.Code != want {
		r.t.Fatalf("%s: status %d, want %d: %s", r.what, r.Code, want, r.Body)
	}
	return r
}

// Problem demands a status and an error code.
func (r *Answer) Problem(status int, code string) *Answer {
	r.t.Helper()
	var p struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(r.Body, &p); err != nil || p.Code != code || r.Code != status {
		r.t.Fatalf("%s: %d %s, want %d %s: %s", r.what, r.Code, p.Code, status, code, r.Body)
	}
	return r
}

// Into reads the body.
func (r *Answer) Into(v any) *Answer {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.Body)
	}
	return r
}

// Get reads a field of the body by its path, as "data.0.id"; it must be there. Numbers and booleans come as JSON text.
func (r *Answer) Get(path string) string {
	r.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		r.t.Fatalf("%s: %v: %s", r.what, err, r.Body)
	}
	for key := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			next, ok := node[key]
			if !ok {
				r.t.Fatalf("%s: no %s, only %v: %s", r.what, path, slices.Sorted(maps.Keys(node)), r.Body)
			}
			v = next
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(node) {
				r.t.Fatalf("%s: no %s: %s", r.what, path, r.Body)
			}
			v = node[i]
		default:
			r.t.Fatalf("%s: no %s: %s", r.what, path, r.Body)
		}
	}
	return fmt.Sprint(v)
}

// ETag returns the version in the ETag.
func (r *Answer) ETag() Option { return Header("If-Match", r.Header.Get("ETag")) }
