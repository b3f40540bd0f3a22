package docs_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// contract is docs/openapi.json, by method and path and by operation id.
type contract struct {
	byLine map[string]*openapi3.Operation // "GET /activities/{}"
	byID   map[string]*openapi3.Operation
}

func readContract(t *testing.T) contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	c := contract{map[string]*openapi3.Operation{}, map[string]*openapi3.Operation{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			c.byLine[method+" "+plain(strings.TrimPrefix(path, "/api/v1"))] = op
			c.byID[op.OperationID] = op
		}
	}
	return c
}

var parameter = regexp.MustCompile(`\$?\{+[^{}]*\}+`)

// plain takes the names of parameters out of a path; a path that ends in a slash wants one more.
func plain(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = parameter.ReplaceAllString(path, "{}")
	if strings.HasSuffix(path, "/") {
		path += "{}"
	}
	return path
}

// problems are the error codes of docs/problems.md with their statuses.
func problems(t *testing.T) map[string]int {
	t.Helper()
	codes := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| ([0-9]{3}) \\|").FindAllStringSubmatch(read(t, "problems.md"), -1) {
		status, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		codes[row[1]] = status
	}
	if len(codes) < 50 {
		t.Fatalf("only %d codes found", len(codes))
	}
	return codes
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
