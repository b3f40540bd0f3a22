package text_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/text"
)

func TestLinesHoldOnlyWhatShows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in, line, lines string // "" : refused
	}{
		"a title":                     {"社区清洁日", "社区清洁日", "社区清洁日"},
		"blanks at the ends go":       {" \u3000茶园 共建\t\n", "茶园 共建", "茶园 共建"},
		"the ideographic blank stays": {"茶园\u3000共建", "茶园\u3000共建", "茶园\u3000共建"},
		"NFC":                         {"cafe\u0301", "café", "café"},
		"a heart with its selector":   {"\u2764\ufe0f", "\u2764\ufe0f", "\u2764\ufe0f"},
		"only punctuation":            {"——", "——", "——"},
		"two lines":                   {"一\n二", "", "一\n二"},
		"two lines of Windows":        {"一\r\n二", "", "一\n二"},
		"a lone carriage return":      {"一\r二", "", ""},
		"the line separator":          {"一\u2028二", "", ""},
		"the paragraph separator":     {"一\u2029二", "", ""},
		"a tab":                       {"一\t二", "", ""},
		"a bell":                      {"铃\u0007", "", ""},
		"zero width space":            {"清\u200b洁", "", ""},
		"byte order mark":             {"\ufeff清洁", "", ""},
		"right to left override":      {"清洁\u202e", "", ""},
		"soft hyphen":                 {"清\u00ad洁", "", ""},
		"private use":                 {"清\ue000", "", ""},
		"a tag character":             {"清\U000e0041", "", ""},
		"the Hangul filler":           {"\u3164", "", ""},
		"the joiner of graphemes":     {"a\u034f", "", ""},
		"a lone mark":                 {"\u0301", "", ""},
		"a lone selector":             {"\ufe0f", "", ""},
		"the blank of Braille":        {"\u2800", "", ""},
		"nothing":                     {"", "", ""},
		"blanks":                      {" \u3000\u00a0", "", ""},
		"not UTF-8":                   {"清\xff", "", ""},
		"too long":                    {strings.Repeat("字", 21), "", ""},
		"as long as may be":           {strings.Repeat("字", 20), strings.Repeat("字", 20), strings.Repeat("字", 20)},
		"longer when it is canonical": {strings.Repeat("\u0958", 20), "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line, ok := text.Line(c.in, 20)
			if line != c.line || ok != (c.line != "") {
				t.Errorf("Line: %q %v", line, ok)
			}
			lines, ok := text.Lines(c.in, 20)
			if lines != c.lines || ok != (c.lines != "") {
				t.Errorf("Lines: %q %v", lines, ok)
			}
		})
	}
}

func TestTheCanonicalFormIsItsOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		for _, form := range []func(string, int) (string, bool){text.Line, text.Lines} {
			once, ok := form(s, 50)
			if twice, again := form(once, 50); ok && (twice != once || !again) {
				t.Fatalf("%q becomes %q and then %q", s, once, twice)
			}
		}
	})
}

func TestSettleNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	good, bad, blank, empty, two := " 好 ", "坏\u200b", " ", "", "一\n二"
	var c fault.Collector
	text.Settle(&c,
		text.Field{At: "/good", In: &good, Max: 5}, text.Field{At: "/bad", In: &bad, Max: 5},
		text.Field{At: "/blank", In: &blank, Max: 5, Optional: true}, text.Field{At: "/empty", In: &empty, Max: 5},
		text.Field{At: "/two", In: &two, Max: 5, Lines: true},
	)
	list := text.Items(&c, "/list", []string{" 一", "二\n" + "三"}, 5)
	if good != "好" || blank != "" || two != "一\n二" || list[0] != "一" {
		t.Errorf("%q %q %q %q", good, blank, two, list)
	}
	f, _ := errors.AsType[*fault.Fault](c.Err())
	got := map[string]string{}
	for _, field := range f.Fields {
		got[field.Pointer] = field.Code
	}
	if diff := cmp.Diff(map[string]string{"/bad": "characters", "/empty": "characters", "/list/1": "characters"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in, out string
		err     error
	}{
		"plain":     {" 调离 ", "调离", nil},
		"blank":     {" \t\n", "", access.ErrReason},
		"tricks":    {"a\u202eb", "a\u202eb", fault.ErrInvalid},
		"two lines": {"一\n二", "一\n二", fault.ErrInvalid},
		"too long":  {strings.Repeat("长", 201), strings.Repeat("长", 201), fault.ErrInvalid},
		"just fits": {strings.Repeat("长", 200), strings.Repeat("长", 200), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if out, err := text.Reason(c.in); out != c.out || !errors.Is(err, c.err) {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
}

func TestCut(t *testing.T) {
	for in, want := range map[string]string{"": "", "天": "天", "天地": "天地", "天地人": "天…"} {
		if got := text.Cut(in, 2); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
