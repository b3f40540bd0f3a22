package api

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What the JSON edge accepts beside the grammar of RFC 8259.
const (
	maxBody  = 256 << 10 // bytes of a JSON or form body
	maxDepth = 32        // nested objects and arrays
	maxItems = 500       // items of one array
)

// strictError says why a body cannot be read. Code is stable; Path is a JSON pointer to the place, as far as it is known.
// Huma keeps only the text of an error, so the text carries both (see malformedField).
type strictError struct{ Code, Path string }

const strictPrefix = "malformed:"

func (e *strictError) Error() string { return strictPrefix + e.Code + ":" + e.Path }

// at puts a segment before the path of a strictError on its way out of a nested value.
func at(segment string, err error) error {
	var e *strictError
	if errors.As(err, &e) {
		e.Path = "/" + pointerEscape(segment) + e.Path
	}
	return err
}

// null stands for a JSON null: unlike nil it satisfies no schema, because no request says null (a field that has
// nothing to say is left out).
type null struct{}

// parseStrict reads exactly one JSON value: valid UTF-8, no lone surrogate, no U+0000, no duplicate key, nothing behind
// it, within maxDepth and maxItems. The tree holds map[string]any, []any, string, float64, bool and null.
// Keys are written as treeKey says; they are compared exactly, as the validator does.
func parseStrict(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, &strictError{Code: "encoding"}
	}
	p := parser{data: data}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i != len(p.data) {
		return nil, &strictError{Code: "trailing_data"}
	}
	return v, nil
}

type parser struct {
	data []byte
	i    int
}

func syntax() error { return &strictError{Code: "syntax"} }

// space skips white space.
func (p *parser) space() {
	for p.i < len(p.data) {
		switch p.data[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

// next skips white space and returns the byte there without taking it; 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.i == len(p.data) {
		return 0
	}
	return p.data[p.i]
}

// value takes one value; depth counts the objects and arrays around it.
func (p *parser) value(depth int) (any, error) {
	switch c := p.next(); {
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '"':
		return p.str()
	case c == '-' || (c >= '0' && c <= '9'):
		return p.number()
	case c == 't':
		return true, p.literal("true")
	case c == 'f':
		return false, p.literal("false")
	case c == 'n':
		return null{}, p.literal("null")
	default:
		return nil, syntax()
	}
}

func (p *parser) literal(word string) error {
	if len(p.data)-p.i < len(word) || string(p.data[p.i:p.i+len(word)]) != word {
		return syntax()
	}
	p.i += len(word)
	return nil
}

func (p *parser) object(depth int) (any, error) {
	if depth > maxDepth {
		return nil, &strictError{Code: "depth"}
	}
	p.i++ // {
	m := make(map[string]any, 8)
	if p.next() == '}' {
		p.i++
		return m, nil
	}
	for {
		if p.next() != '"' {
			return nil, syntax()
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		key := treeKey(name)
		if _, twice := m[key]; twice {
			return nil, at(name, &strictError{Code: "duplicate_key"})
		}
		if p.next() != ':' {
			return nil, syntax()
		}
		p.i++
		if m[key], err = p.value(depth); err != nil {
			return nil, at(name, err)
		}
		if more, err := p.more('}'); !more {
			return m, err
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	if depth > maxDepth {
		return nil, &strictError{Code: "depth"}
	}
	p.i++ // [
	items := []any{}
	if p.next() == ']' {
		p.i++
		return items, nil
	}
	for {
		if len(items) == maxItems {
			return nil, &strictError{Code: "max_items"}
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, at(strconv.Itoa(len(items)), err)
		}
		items = append(items, v)
		if more, err := p.more(']'); !more {
			return items, err
		}
	}
}

// more takes a comma, or the closing byte when there is nothing more.
func (p *parser) more(end byte) (bool, error) {
	switch p.next() {
	case ',':
		p.i++
		return true, nil
	case end:
		p.i++
		return false, nil
	default:
		return false, syntax()
	}
}

func (p *parser) number() (any, error) {
	start := p.i
	if p.data[p.i] == '-' {
		p.i++
	}
	whole := p.digits()
	if whole == 0 || (whole > 1 && p.data[p.i-whole] == '0') {
		return nil, syntax()
	}
	if p.i < len(p.data) && p.data[p.i] == '.' {
		p.i++
		if p.digits() == 0 {
			return nil, syntax()
		}
	}
	if p.i < len(p.data) && (p.data[p.i] == 'e' || p.data[p.i] == 'E') {
		p.i++
		if p.i < len(p.data) && (p.data[p.i] == '+' || p.data[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return nil, syntax()
		}
	}
	f, err := strconv.ParseFloat(string(p.data[start:p.i]), 64)
	if err != nil {
		return nil, &strictError{Code: "number_range"}
	}
	return f, nil
}

// digits takes decimal digits and returns how many there were.
func (p *parser) digits() int {
	start := p.i
	for p.i < len(p.data) && p.data[p.i] >= '0' && p.data[p.i] <= '9' {
		p.i++
	}
	return p.i - start
}

// str takes a string; p stands on its opening quote.
func (p *parser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.data) {
		switch c := p.data[p.i]; {
		case c == '"':
			p.i++
			return string(p.data[start : p.i-1]), nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", syntax()
		default:
			p.i++
		}
	}
	return "", syntax()
}

// escaped takes the rest of a string that has escapes; p stands on the first backslash.
func (p *parser) escaped(start int) (string, error) {
	buf := append(make([]byte, 0, p.i-start+32), p.data[start:p.i]...)
	for p.i < len(p.data) {
		c := p.data[p.i]
		p.i++
		switch {
		case c == '"':
			return string(buf), nil
		case c < ' ':
			return "", syntax()
		case c != '\\':
			buf = append(buf, c)
		default:
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			buf = utf8.AppendRune(buf, r)
		}
	}
	return "", syntax()
}

// escape takes what follows a backslash.
func (p *parser) escape() (rune, error) {
	if p.i == len(p.data) {
		return 0, syntax()
	}
	c := p.data[p.i]
	p.i++
	if c == 'u' {
		return p.unicode()
	}
	const names, runes = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if n := strings.IndexByte(names, c); n >= 0 {
		return rune(runes[n]), nil
	}
	return 0, syntax()
}

// unicode takes the four digits after \u, and the second half of a surrogate pair.
func (p *parser) unicode() (rune, error) {
	r, err := p.hex4()
	if err != nil {
		return 0, err
	}
	if r == 0 {
		return 0, &strictError{Code: "encoding"}
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if len(p.data)-p.i < 6 || p.data[p.i] != '\\' || p.data[p.i+1] != 'u' {
		return 0, &strictError{Code: "encoding"}
	}
	p.i += 2
	low, err := p.hex4()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, &strictError{Code: "encoding"}
	}
	return r, nil
}

// hex4 takes four hexadecimal digits.
func (p *parser) hex4() (rune, error) {
	if len(p.data)-p.i < 4 {
		return 0, syntax()
	}
	n, err := strconv.ParseUint(string(p.data[p.i:p.i+4]), 16, 16)
	if err != nil {
		return 0, syntax()
	}
	p.i += 4
	return rune(n), nil
}
