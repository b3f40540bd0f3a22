package api

import (
	"errors"
	"strconv"
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
