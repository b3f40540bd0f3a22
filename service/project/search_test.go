package project_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"baodao/service/project"
)

func TestGrams(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":             nil,
		"茶":            nil,
		"茶园":           {"茶园"},
		"茶园 采摘":        {"茶园", "采摘"},
		"ＡＢ\u3000ab c": {"ab"},
		"茶茶茶":          {"茶茶"},
		"𠮷野家":          {"野家", "𠮷野"},
	} {
		if diff := cmp.Diff(want, project.Grams(project.Fold(text))); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// Whatever part of a text is asked for, the text has the pairs that the database is asked for, and matches.
func TestAPartOfATextIsAlwaysFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringOfN(rapid.RuneFrom([]rune("茶园采摘社区 清洁日Aaé１")), 2, 40, -1), rapid.StringN(2, 40, -1)).Draw(t, "text")
		folded := []rune(project.Fold(text))
		if len(folded) < 2 {
			return
		}
		from := rapid.IntRange(0, len(folded)-2).Draw(t, "from")
		to := rapid.IntRange(from+2, len(folded)).Draw(t, "to")
		part := string(folded[from:to])
		pairs, matches, err := project.Search(part, text)
		if err != nil {
			if slices.ContainsFunc(strings.Fields(part), func(w string) bool { return utf8.RuneCountInString(w) > 1 }) {
				t.Fatalf("%q: %v", part, err)
			}
			return
		}
		if !matches {
			t.Fatalf("%q is not found in %q", part, text)
		}
		has := project.Grams(project.Fold(text))
		for _, p := range pairs {
			if !slices.Contains(has, p) {
				t.Fatalf("%q asks for %q, which %q does not have", part, p, text)
			}
		}
	})
}
