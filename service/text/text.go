// Package text brings what people write into one canonical form, or says that it cannot be shown: nothing in it is
// invisible, turns the direction of what stands around it, or looks different on another screen.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"baodao/service/access"
	"baodao/service/fault"
)

// Line is the canonical form of a text of one line: NFC, without blanks at its ends, of 1 to limit characters. ok is false
// for any other text, and for one with control, format or private characters or separators of lines or paragraphs, or with
// nothing to be seen in it but marks and blanks.
func Line(s string, limit int) (canonical string, ok bool) { return settle(s, limit, hidden) }

// Lines is Line for a text of several lines: it may hold line feeds, and a CRLF becomes one.
func Lines(s string, limit int) (canonical string, ok bool) {
	return settle(strings.ReplaceAll(s, "\r\n", "\n"), limit, func(r rune) bool { return r != '\n' && hidden(r) })
}

// Cut keeps at most so many characters, of which the last is "…" where there were more.
func Cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func settle(s string, limit int, bad func(rune) bool) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = norm.NFC.String(strings.TrimSpace(s))
	if n := utf8.RuneCountInString(s); n < 1 || n > limit || strings.ContainsFunc(s, bad) || !strings.ContainsFunc(s, visible) {
		return "", false
	}
	return s, true
}

// hidden tells whether a character does not show as itself: control, format (zero width, direction), private use, half of
// a surrogate pair, separators of lines and paragraphs, fillers.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// visible tells whether a character can be seen without another one: a combining mark cannot, nor the blank of Braille.
func visible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != '\u2800'
}

// Field is a text of a request.
type Field struct {
	At       string  // JSON pointer
	In       *string // becomes canonical
	Max      int     // characters
	Lines    bool    // may have several lines
	Optional bool    // may be empty or blank, which becomes empty
}

// Settle brings every field into its canonical form and notes the wrong ones in c, as `characters`.
func Settle(c *fault.Collector, fields ...Field) {
	for _, f := range fields {
		if f.Optional && strings.TrimSpace(*f.In) == "" {
			*f.In = ""
			continue
		}
		form := Line
		if f.Lines {
			form = Lines
		}
		canonical, ok := form(*f.In, f.Max)
		if ok {
			*f.In = canonical
		}
		Wrong(c, !ok, f.At, f.Max)
	}
}

// MaxReason is the longest reason, in characters.
const MaxReason = 200

// Reason is the canonical form of why somebody decides: one line of at most MaxReason characters. access.ErrReason when it is
// blank, fault.ErrInvalid when it is not fit to be shown.
func Reason(reason string) (string, error) {
	if strings.TrimSpace(reason) == "" {
		return "", access.ErrReason.With(fault.Field{Pointer: "/reason", Code: "required", ZH: "请填写理由", EN: "is required"})
	}
	var c fault.Collector
	Settle(&c, Field{At: "/reason", In: &reason, Max: MaxReason})
	return reason, c.Err()
}

// Wrong notes a text that is not one of 1 to limit characters that all show, when bad is true.
func Wrong(c *fault.Collector, bad bool, pointer string, limit int) {
	c.Add(bad, pointer, "characters", fmt.Sprintf("1–%d 个字，不能有控制字符或不可见字符", limit), fmt.Sprintf("must have 1–%d characters, none of them invisible", limit))
}

// Items settles each text of a list, one line of 1 to limit characters, in a copy of it.
func Items(c *fault.Collector, pointer string, list []string, limit int) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s
		Settle(c, Field{At: fmt.Sprintf("%s/%d", pointer, i), In: &out[i], Max: limit})
	}
	return out
}
