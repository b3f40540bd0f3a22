package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var request = regexp.MustCompile(`^(GET|POST|PUT|DELETE) \{\{api\}\}(/\S*)$`)

// TestTheRequestFilesFitTheContract: every request there is an operation, with the key and the content type that it needs.
func TestTheRequestFilesFitTheContract(t *testing.T) {
	t.Parallel()
	c := readContract(t)
	files, err := filepath.Glob("http/*.http")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, part := range strings.Split(read(t, file), "\n### ")[1:] {
			head, _, _ := strings.Cut(part, "\n\n")
			lines := strings.Split(head, "\n")
			title, lines := lines[0], lines[1:]
			for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
				lines = lines[1:]
			}
			if len(lines) == 0 || !request.MatchString(strings.TrimSpace(lines[0])) {
				t.Errorf("%s, %s: no request", file, title)
				continue
			}
			m := request.FindStringSubmatch(strings.TrimSpace(lines[0]))
			op := c.byLine[m[1]+" "+plain(m[2])]
			if op == nil {
				t.Errorf("%s, %s: %s is not in the contract", file, title, m[0])
				continue
			}
			if op.Extensions["x-idempotency"] == "required" && !strings.Contains(head, "\nIdempotency-Key: ") {
				t.Errorf("%s, %s: no Idempotency-Key", file, title)
			}
			if op.RequestBody != nil && op.RequestBody.Value.Required && !strings.Contains(head, "\nContent-Type: application/json") {
				t.Errorf("%s, %s: no Content-Type", file, title)
			}
		}
	}
}
