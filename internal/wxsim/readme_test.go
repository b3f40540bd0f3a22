package wxsim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	errcodes = regexp.MustCompile(`(?:fail\(|return |retired\(|code = |code: )(-1|[48][0-9]{4}|61010|20[0-9]{4})\b`)
	calls    = regexp.MustCompile(`"(?:GET|POST|DELETE) ([a-z/-]+)":`)
	modes    = regexp.MustCompile(`(?m)^\t[a-zA-Z]+ += "([a-z_]+)" +//`)
)

// TestTheReadmeNamesEverything: each errcode must stand under what is documented or what is assumed, and each admin call and
// failure switch must be told.
func TestTheReadmeNamesEverything(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	_, facts, found := strings.Cut(page, "## From WeChat's documents")
	if !found {
		t.Fatal("which rules are documented?")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		look := func(kind string, pattern *regexp.Regexp, where string) {
			for _, m := range pattern.FindAllStringSubmatch(string(code), -1) {
				seen[kind]++
				name := strings.Replace(m[1], "-1", "−1", 1)
				if !regexp.MustCompile(`(?:^|[^0-9a-z_])` + regexp.QuoteMeta(name) + `(?:$|[^0-9a-z_])`).MatchString(where) {
					t.Errorf("%s: %s %s is not in the README", file, kind, m[1])
				}
			}
		}
		look("errcode", errcodes, facts)
		look("call", calls, page)
		look("switch", modes, page)
	}
	if seen["errcode"] < 25 || seen["call"] < 14 || seen["switch"] < 15 {
		t.Errorf("the search finds too little: %v", seen)
	}
}
