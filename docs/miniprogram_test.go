package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const page = "miniprogram.md"

var (
	prose = regexp.MustCompile(`\b(GET|POST|PUT|DELETE) (/[A-Za-z0-9_/{}.-]+)`)
	calls = regexp.MustCompile("\\b(?:api|once)\\('([A-Z]+)', [`']([^`']+)")
)

// named are the operations that a text speaks of, in words and in code.
func named(text string) []string {
	lines := map[string]bool{}
	for _, m := range slices.Concat(prose.FindAllStringSubmatch(text, -1), calls.FindAllStringSubmatch(text, -1)) {
		lines[m[1]+" "+plain(strings.TrimRight(m[2], "."))] = true
	}
	return slices.Sorted(maps.Keys(lines))
}

func TestThePageNamesOnlyOperationsThatThereAre(t *testing.T) {
	t.Parallel()
	c, lines := readContract(t), named(read(t, page))
	if len(lines) < 25 {
		t.Fatalf("only %d operations found: %v", len(lines), lines)
	}
	for _, line := range lines {
		if c.byLine[line] == nil {
			t.Errorf("%s is not in the contract", line)
		}
	}
}

var (
	quoted = regexp.MustCompile("[`'\"]([a-z]+(?:_[a-z]+)*(?:\\.[a-z]+(?:_[a-z]+)*)+)[`'\"]")
	rows   = regexp.MustCompile("(?m)^\\| (`[^|]+`) \\| ([0-9]{3}(?:、[0-9]{3})*) \\|")
	number = regexp.MustCompile(`[0-9]{3}`)
)

// foreign are words before a point that begin no error code.
var foreign = []string{"wx", "app", "e", "res"}

func TestThePageNamesOnlyErrorCodesThatThereAre(t *testing.T) {
	t.Parallel()
	codes, text := problems(t), read(t, page)
	seen := map[string]bool{}
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		first, _, _ := strings.Cut(m[1], ".")
		if _, ok := codes[m[1]]; !ok && !slices.Contains(foreign, first) {
			t.Errorf("%s is no error code", m[1])
		}
		seen[m[1]] = true
	}
	if len(seen) < 40 {
		t.Errorf("only %d codes found", len(seen))
	}
	for _, row := range rows.FindAllStringSubmatch(text, -1) {
		want := map[string]bool{}
		for _, m := range quoted.FindAllStringSubmatch(row[1], -1) {
			want[fmt.Sprint(codes[m[1]])] = true
		}
		for _, status := range number.FindAllString(row[2], -1) {
			if !want[status] {
				t.Errorf("%s: nothing there answers %s", row[1], status)
			}
			delete(want, status)
		}
		if len(want) > 0 {
			t.Errorf("%s: %v is missing", row[1], slices.Collect(maps.Keys(want)))
		}
	}
}

// TestThePageSaysWhatASignupAndAPictureMeet: every status of a signup, and every refusal of sign-up, pictures and content.
func TestThePageSaysWhatASignupAndAPictureMeet(t *testing.T) {
	t.Parallel()
	c, text, met := readContract(t), read(t, page), 0
	schema := c.byID["getSignup"].Responses.Value("200").Value.Content.Get("application/json").Schema.Value
	for _, status := range schema.Properties["status"].Value.Enum {
		met++
		if !strings.Contains(text, fmt.Sprintf("`%v`", status)) {
			t.Errorf("the status %v is missing", status)
		}
	}
	for code := range problems(t) {
		first, _, _ := strings.Cut(code, ".")
		if !slices.Contains([]string{"signup", "lottery", "upload", "content"}, first) {
			continue
		}
		met++
		if !strings.Contains(text, "`"+code+"`") {
			t.Errorf("the code %s is missing", code)
		}
	}
	if met < 35 {
		t.Errorf("only %d found", met)
	}
}

var example = regexp.MustCompile("(?s)```json ([a-zA-Z0-9 ]+)\n(.*?)```")

// TestTheExamplesFitTheContract: an example is marked "request OPERATION", "answer OPERATION STATUS" or "problem".
func TestTheExamplesFitTheContract(t *testing.T) {
	t.Parallel()
	c, codes := readContract(t), problems(t)
	found := example.FindAllStringSubmatch(read(t, page), -1)
	if len(found) < 10 {
		t.Fatalf("only %d examples found", len(found))
	}
	for _, m := range found {
		var value any
		if err := json.Unmarshal([]byte(m[2]), &value); err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		if err := c.judge(strings.Fields(m[1]), value, codes); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

// judge holds one example against what its mark says.
func (c contract) judge(mark []string, value any, codes map[string]int) error {
	if mark[0] == "problem" {
		p, ok := value.(map[string]any)
		if code, _ := p["code"].(string); !ok || codes[code] == 0 || fmt.Sprint(p["status"]) != fmt.Sprint(codes[code]) || p["type"] != "urn:problem-type:baodao:"+code {
			return fmt.Errorf("type, status and code do not go together")
		}
		return nil
	}
	op := c.byID[mark[1]]
	if op == nil {
		return fmt.Errorf("no such operation")
	}
	var content openapi3.Content
	if mark[0] == "request" {
		content = op.RequestBody.Value.Content
	} else if res := op.Responses.Value(mark[2]); res != nil {
		content = res.Value.Content
	}
	media := content.Get("application/json")
	if media == nil {
		return fmt.Errorf("no such body")
	}
	return media.Schema.Value.VisitJSON(value, openapi3.MultiErrors())
}
