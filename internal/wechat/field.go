package wechat

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	thingMost = 20
	blank     = "无"
)

// fieldShapes are WeChat's limits of a message field, by its type. Types that take free text are made to fit instead.
var fieldShapes = map[string]*regexp.Regexp{ //nolint:gochecknoglobals // a constant table
	"number":           regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`),
	"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"symbol":           regexp.MustCompile(`^[\p{P}\p{S}]{1,5}$`),
	"character_string": regexp.MustCompile(`^[\x20-\x7e]{1,32}$`),
	"time":             regexp.MustCompile(`^(\d{4}年\d{1,2}月\d{1,2}日 )?\d{1,2}:\d{2}(~(\d{4}年\d{1,2}月\d{1,2}日 )?\d{1,2}:\d{2})?$`),
	"date":             regexp.MustCompile(`^(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{2}-\d{2})( \d{1,2}:\d{2})?$`),
	"amount":           regexp.MustCompile(`^[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?$`),
	"phone_number":     regexp.MustCompile(`^[0-9+\-() ]{1,17}$`),
	"car_number":       regexp.MustCompile(`^[\p{Han}A-Z0-9]{1,8}$`),
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
	"enum":             regexp.MustCompile(`^.{1,64}$`),
	"name":             regexp.MustCompile(`^.{1,20}$`),
	"thing":            regexp.MustCompile(`^.{1,20}$`),
}

// fit returns value as the field called key takes it: control characters and line breaks become spaces, a thing is cut
// to 20 characters, an empty thing, name or phrase becomes 无. What cannot be made to fit is a KindInvalid Failure that
// names the field, before anything is sent.
func fit(key, value string) (string, error) {
	kind := strings.TrimRight(key, "0123456789")
	shape := fieldShapes[kind]
	if shape == nil || kind == key {
		return "", invalid(opNotify, key, "no such field type")
	}
	value = tidy(value)
	if value == "" && (kind == "thing" || kind == "name" || kind == "phrase") {
		value = blank
	}
	if runes := []rune(value); kind == "thing" && len(runes) > thingMost {
		value = string(runes[:thingMost-1]) + "…"
	}
	if kind == "thing" {
		return value, nil // nothing is left that it would not take
	}
	if !shape.MatchString(value) || kind == "number" && len(value) > 32 || kind == "name" && !nameFits(value) {
		return "", invalid(opNotify, key, "the value is not what this type of field takes")
	}
	return value, nil
}

// tidy makes one line of valid text out of value.
func tidy(value string) string {
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, value)
	return strings.TrimSpace(value)
}

// nameFits: ten characters, or twenty when there is no Chinese one among them.
func nameFits(value string) bool {
	chinese := strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	return !chinese || utf8.RuneCountInString(value) <= 10
}
