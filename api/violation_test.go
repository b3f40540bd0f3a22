package api

import (
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"baodao/service/fault"
)

func TestFieldOf(t *testing.T) {
	tests := map[string]struct{ place, message, want string }{
		"limit":                   {"body.title", "min_length|2", "/title min_length 至少 2 个字"},
		"nested":                  {"body.places[3].lat", "max|90", "/places/3/lat max 不能大于 90"},
		"exclusive":               {"body.n", "above|0", "/n min 必须大于 0"},
		"pattern with a bar":      {"body.n", "pattern|^(a|b)$", "/n pattern 格式不对，应符合：^(a|b)$"},
		"format tells no value":   {"body.mail", "format|email|mail: missing @ in li", "/mail format 格式不对，应为：email"},
		"required":                {"body.places[0]", "required|na/me", "/places/0/na~1me required 必填"},
		"required at the top":     {"body", "required|name", "/name required 必填"},
		"required with another":   {"body", "required|city|street", "/city required 必填"},
		"key with dot, bracket":   {"body.a" + keyDot + "b" + keyBracket + "0]", "unknown_field|", "/a.b[0] unknown_field 没有这个字段"},
		"empty key":               {"body.", "unknown_field|", "/ unknown_field 没有这个字段"},
		"query":                   {"query.limit", "invalid integer", "query:limit type 类型不对，应为：整数"},
		"query number":            {"query.lat", "invalid float", "query:lat type 类型不对，应为：数字"},
		"query boolean":           {"query.all", "invalid boolean", "query:all type 类型不对，应为：布尔值 true 或 false"},
		"query time":              {"query.at", "invalid date/time for format 2006", "query:at format 格式不对，应为：date-time"},
		"query text":              {"query.at", "invalid value: secret", "query:at format 格式不对"},
		"query missing":           {"query.q", "required query parameter is missing", "query:q required 必填"},
		"header":                  {"header.If-Match", "max_length|64", "header:If-Match max_length 最多 64 个字"},
		"form":                    {"form.title", "expected at most one value, but received multiple values", "/title max_items 最多 1 项"},
		"file":                    {"file", "File required", "/file required 必填"},
		"file type":               {"file", "Invalid mime type: got x/y, expected image/png", "/file media_type 不支持这种文件类型"},
		"does not fit its type":   {"body", misfit + "places.lat", "/places/lat type 类型不对"},
		"something new of Huma's": {"body.x", "brand new message with secret", "/x invalid 不正确"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := fieldOf(tt.place, tt.message)
			if got := f.Pointer + " " + f.Code + " " + f.ZH; got != tt.want || f.EN == "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestPatternsAreSaidInChinese: every description of a pattern in the contract has its Chinese words.
func TestPatternsAreSaidInChinese(t *testing.T) {
	contract, err := os.ReadFile("../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`"x-pattern-description": *"([^"]*)"`).FindAllSubmatch(contract, -1)
	if len(found) == 0 {
		t.Fatal("the contract describes no pattern")
	}
	for _, m := range found {
		if d := string(m[1]); patternName(d) == d {
			t.Errorf("%q has no Chinese words in patternName", d)
		}
	}
	f := Wrong("/reason", "pattern", "not blank")
	if f.ZH != "格式不对，应符合：至少一个不是空白的字" || f.EN != "does not match: not blank" {
		t.Errorf("got %q, %q", f.ZH, f.EN)
	}
}

func TestViolation(t *testing.T) {
	detail := func(message string) error {
		return &huma.ErrorDetail{Location: "body", Message: message, Value: "secret"}
	}
	tests := map[string]struct {
		status int
		errs   []error
		want   error
	}{
		"no body":             {http.StatusBadRequest, nil, ErrMalformed},
		"body breaks off":     {http.StatusInternalServerError, []error{errors.New("unexpected EOF")}, ErrMalformed},
		"body too slow":       {http.StatusRequestTimeout, nil, ErrSlow},
		"over the limit":      {http.StatusRequestEntityTooLarge, nil, ErrTooLarge},
		"over it while read":  {http.StatusInternalServerError, []error{&http.MaxBytesError{Limit: 1}}, ErrTooLarge},
		"form over the limit": {http.StatusUnprocessableEntity, []error{detail("cannot read multipart form: http: request body too large")}, ErrTooLarge},
		"form broken":         {http.StatusUnprocessableEntity, []error{detail("cannot read multipart form: EOF")}, ErrMalformed},
		"content type":        {http.StatusUnsupportedMediaType, nil, ErrMedia},
		"not JSON":            {http.StatusBadRequest, []error{detail(syntax().Error())}, ErrMalformed},
		"wrong fields":        {http.StatusUnprocessableEntity, []error{detail("type|object")}, fault.ErrInvalid},
		"something else":      {http.StatusTeapot, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := violation(tt.status, "msg", tt.errs)
			_, isFault := errors.AsType[*fault.Fault](err)
			if (tt.want == nil) == isFault || (tt.want != nil && !errors.Is(err, tt.want)) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestEveryMessageOfHumaHasWords(t *testing.T) {
	unknown, _ := wording("no such code")
	for _, message := range messages() {
		code, _, ok := strings.Cut(message, "|")
		if zh, _ := wording(code); !ok || zh == unknown {
			t.Errorf("%q has no words", message)
		}
	}
}
