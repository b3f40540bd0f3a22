package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseStrict(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	long := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	tests := map[string]struct{ in, code, path string }{
		"object":                       {in: ` {"a":1,"b":[true,false,null],"c":{"d":"é𠮷"}} `},
		"escapes":                      {in: `"\"\\\/\b\f\n\r\té𠮷"`},
		"numbers":                      {in: `[0,-0,1.5,-2e3,1E+2,10,1e-400]`},
		"32 levels":                    {in: nested(32)},
		"500 items":                    {in: long(500)},
		"same key in different places": {in: `{"a":{"a":1},"b":{"a":1}}`},
		"replacement character itself": {in: `"\ufffd"`},

		"nothing":                   {in: ``, code: "syntax"},
		"white space":               {in: " \n", code: "syntax"},
		"byte order mark":           {in: "\ufeff{}", code: "syntax"},
		"half an object":            {in: `{"a":`, code: "syntax", path: "/a"},
		"unclosed object":           {in: `{"a":1`, code: "syntax"},
		"comma at the end":          {in: `{"a":1,}`, code: "syntax"},
		"single quotes":             {in: `{'a':1}`, code: "syntax"},
		"comment":                   {in: `{/**/"a":1}`, code: "syntax"},
		"NaN":                       {in: `NaN`, code: "syntax"},
		"leading zero":              {in: `01`, code: "syntax"},
		"bare minus":                {in: `-`, code: "syntax"},
		"point without digits":      {in: `1.`, code: "syntax"},
		"exponent without digits":   {in: `1e`, code: "syntax"},
		"plus":                      {in: `+1`, code: "syntax"},
		"wrong literal":             {in: `trux`, code: "syntax"},
		"wrong escape":              {in: `"\x"`, code: "syntax"},
		"short unicode escape":      {in: `"\u12"`, code: "syntax"},
		"signed unicode escape":     {in: `"\u+123"`, code: "syntax"},
		"control in a string":       {in: "\"a\nb\"", code: "syntax"},
		"control after an escape":   {in: "\"\\n\nb\"", code: "syntax"},
		"two values":                {in: `{} {}`, code: "trailing_data"},
		"text behind":               {in: `{}x`, code: "trailing_data"},
		"duplicate key":             {in: `{"b":{"a":1,"a":2}}`, code: "duplicate_key", path: "/b/a"},
		"duplicate by escape":       {in: "{\"a\":1,\"\\u0061\":2}", code: "duplicate_key", path: "/a"},
		"33 levels":                 {in: nested(33), code: "depth", path: strings.Repeat("/0", 32)},
		"501 items":                 {in: `{"x":` + long(501) + `}`, code: "max_items", path: "/x"},
		"huge number":               {in: `{"n":[1,1e400]}`, code: "number_range", path: "/n/1"},
		"invalid UTF-8":             {in: "\"\xff\"", code: "encoding"},
		"overlong UTF-8":            {in: "\"\xc0\x80\"", code: "encoding"},
		"surrogate in UTF-8":        {in: "\"\xed\xa0\x80\"", code: "encoding"},
		"lone high surrogate":       {in: `{"a/b~":"\ud800"}`, code: "encoding", path: "/a~1b~0"},
		"high surrogate, no escape": {in: `"\ud800abcdef"`, code: "encoding"},
		"two high surrogates":       {in: `"\ud800\ud800"`, code: "encoding"},
		"lone low surrogate":        {in: `"\udc00"`, code: "encoding"},
		"U+0000":                    {in: `"\u0000"`, code: "encoding"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseStrict([]byte(tt.in))
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				sameAsEncodingJSON(t, []byte(tt.in), got)
				return
			}
			e, ok := errors.AsType[*strictError](err)
			if !ok || e.Code != tt.code || e.Path != tt.path {
				t.Fatalf("got %v, want %s at %q", err, tt.code, tt.path)
			}
		})
	}
}

// sameAsEncodingJSON compares a tree with what encoding/json reads.
func sameAsEncodingJSON(t *testing.T, data []byte, tree any) {
	t.Helper()
	var want any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatalf("accepted %q, encoding/json says %v", data, err)
	}
	if got := plain(tree); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is %#v, encoding/json says %#v", data, got, want)
	}
}

// plain undoes null and treeKey.
func plain(v any) any {
	switch v := v.(type) {
	case null:
		return nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[plainKey(k)] = plain(v[k])
		}
		return out
	}
	return v
}

func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{
		`{"title":"茶园采摘","capacity":3,"places":[{"name":"x","lat":1.5e1}]}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `"\ud800"`, `[[[]]]`, `{"a.b":{"[":null}}`,
		`-0.0e-1`, `{} `, "\ufeff1", `{"a":"\u0000"}`, `1e309`, `nul`, `"` + "\xff" + `"`, `[1,2,]`, `{"":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := parseStrict(data)
		if err != nil {
			if _, ok := errors.AsType[*strictError](err); !ok {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		sameAsEncodingJSON(t, data, tree)
		again, err := json.Marshal(plain(tree))
		if err != nil {
			t.Fatal(err)
		}
		second, err := parseStrict(again)
		if err != nil || !reflect.DeepEqual(plain(second), plain(tree)) {
			t.Fatalf("%q encoded again as %q is %v, %v", data, again, second, err)
		}
	})
}

var small = []byte(`{"title":"茶园采摘","capacity":20,"kind":"WORK","owner_id":"7203685477580801","places":[{"name":"北坡","lat":27.51}]}`)

func BenchmarkParseStrict(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseStrict(small); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalAny(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.NewDecoder(bytes.NewReader(small)).Decode(&v); err != nil {
			b.Fatal(err)
		}
	}
}
