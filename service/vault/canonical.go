package vault

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name brings a person's name into its one canonical form: NFC, 1–50 characters, letters, marks, digits, inner single spaces,
// · - and ', at least one of them a letter. The other middle dots become ·. ok is false for anything else: control and
// invisible characters, variation selectors, private use.
func Name(s string) (canonical string, ok bool) {
	s = norm.NFC.String(strings.TrimSpace(s))
	s = strings.NewReplacer("\u2022", "·", "\u30fb", "·", "\u2019", "'").Replace(s)
	n := utf8.RuneCountInString(s)
	if !utf8.ValidString(s) || n < 1 || n > 50 || strings.Contains(s, "  ") || !strings.ContainsFunc(s, unicode.IsLetter) {
		return "", false
	}
	for _, r := range s {
		if unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return "", false
		}
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ·-'", r) {
			return "", false
		}
	}
	return s, true
}

var numberForm = regexp.MustCompile(`^[0-9A-Z][0-9A-Z-]{0,31}$`)

// Number brings a student number into its canonical form: full-width digits made plain, spaces removed, upper case, 1–32 of 0-9 A-Z -.
func Number(s string) (canonical string, ok bool) {
	s = strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(s)), ""))
	return s, numberForm.MatchString(s)
}

var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// PhoneNumber brings a phone number into E.164; 11 digits beginning with 1 are taken for China.
func PhoneNumber(s string) (canonical string, ok bool) {
	s = norm.NFKC.String(s)
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '(' || r == ')' {
			return -1
		}
		return r
	}, s)
	if len(s) == 11 && s[0] == '1' {
		s = "+86" + s
	}
	if rest, found := strings.CutPrefix(s, "00"); found {
		s = "+" + rest
	}
	return s, phoneForm.MatchString(s)
}

// MaskName shows a name's first character: 王*.
func MaskName(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(r) + "*"
}

// MaskPhone shows 138****0001.
func MaskPhone(s string) string {
	s = strings.TrimPrefix(s, "+86")
	if len(s) < 8 {
		return ""
	}
	return s[:3] + "****" + s[len(s)-4:]
}

// MaskNumber shows 2023****17.
func MaskNumber(s string) string {
	if len(s) <= 4 {
		return "****"
	}
	keep := min(4, len(s)-2)
	return s[:keep] + "****" + s[len(s)-2:]
}
