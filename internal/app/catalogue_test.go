package app_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	_ "baodao/internal/app" // links every package, so that the catalogue is whole
	"baodao/service/fault"
)

var form = regexp.MustCompile(`^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$`)

func TestEveryErrorCodeIsUniqueTwiceWordedAndDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/problems.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range fault.Catalogue() {
		if seen[f.Code] {
			t.Errorf("%s is defined twice", f.Code)
		}
		seen[f.Code] = true
		if !form.MatchString(f.Code) || f.ZH == "" || f.EN == "" || (f.Kind == 0 && f.Code != "server.internal") {
			t.Errorf("%s: want a dotted code, a kind and both texts", f.Code)
		}
		if !strings.Contains(string(page), "| `"+f.Code+"` |") {
			t.Errorf("%s is not in docs/problems.md: run make generate", f.Code)
		}
	}
}
