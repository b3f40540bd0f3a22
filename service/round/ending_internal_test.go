package round

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/signup"
)

func TestWhyAProposalEndedIsSaidInBothLanguages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		e    ending
		want notify.Words
	}{
		"a host's words":      {ending{by: byHost, reason: "活动已经开始"}, notify.Own("活动已经开始")},
		"nobody answered":     {ending{reason: "超过答复时间"}, notify.Both("超过答复时间", "There was no answer in time.")},
		"a refusal":           {ending{by: byRules, reason: signup.ErrFull.ZH}, notify.Both(signup.ErrFull.ZH, signup.ErrFull.EN)},
		"one made up for one": {ending{by: byRules, reason: "1月2日起", english: "from 2 January"}, notify.Both("1月2日起", "from 2 January")},
		"no reason":           {ending{by: byHost}, notify.Own("")},
	} {
		if got := said(tt.e); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestEveryEndingHasItsEnglish reads what this package says when it ends proposals by itself.
func TestEveryEndingHasItsEnglish(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, named := field.Key.(*ast.Ident)
			text, literal := field.Value.(*ast.BasicLit)
			if !named || !literal || key.Name != "reason" && key.Name != "words" {
				return true
			}
			zh, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if w := said(ending{by: byRules, reason: zh}); w.EN == zh || strings.ContainsFunc(w.EN, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s: %q has no English", name, zh)
			}
			return true
		})
	}
	if found < 4 || fault.Saying("没有这句话") != nil {
		t.Errorf("%d endings read", found)
	}
}
