package api

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
