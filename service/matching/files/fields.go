package files

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// fields takes the fields off a line, one after the other. The first mistake stays.
type fields struct {
	rest []byte
	seen int
	more bool // a comma came after the last field taken
	err  error

	object *jsonFile // of which the line was made; nil: it is CSV
}

// place is where the field taken last stands: a column, or a field of an object by its name.
func (f *fields) place() string {
	if f.object != nil && f.seen <= len(f.object.columns) {
		return "field " + strconv.Quote(f.object.columns[f.seen-1])
	}
	return "column " + strconv.Itoa(f.seen)
}

func (f *fields) next() []byte {
	if f.seen > 0 && !f.more && f.err == nil {
		f.err = errors.New("too few columns")
	}
	f.seen++
	for i, c := range f.rest {
		if c == ',' {
			field := f.rest[:i]
			f.rest, f.more = f.rest[i+1:], true
			return field
		}
	}
	field := f.rest
	f.rest, f.more = nil, false
	return field
}

// number is a whole number in [low, high].
func (f *fields) number(low, high int64) int64 {
	text := f.next()
	n, ok := decimal(text)
	if f.err == nil && (!ok || n < low || n > high) {
		f.err = fmt.Errorf("%s: %q: want a whole number from %d to %d", f.place(), text, low, high)
	}
	return n
}

func decimal(text []byte) (n int64, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func (f *fields) id() int32 { return f.small(-1, math.MaxInt32) }

func (f *fields) small(low, high int64) int32 { return int32(f.number(low, high)) } //nolint:gosec // bounded

func (f *fields) tiny(low, high int64) int8 { return int8(f.number(low, high)) } //nolint:gosec // bounded

func (f *fields) byte(high int64) uint8 { return uint8(f.number(0, high)) } //nolint:gosec // bounded

// bitmap is a number in hex of at most so many bits.
func (f *fields) bitmap(bits int) uint64 {
	text := f.next()
	n, err := strconv.ParseUint(string(text), 16, 64)
	if f.err == nil && (err != nil || n>>bits != 0) {
		f.err = fmt.Errorf("%s: %q: want a bitmap of %d bits in hex", f.place(), text, bits)
	}
	return n
}

func (f *fields) is(line int) {
	if id := f.number(0, math.MaxInt32); f.err == nil && id != int64(line) {
		f.err = fmt.Errorf("id %d: want %d, ids are dense from 0", id, line)
	}
}
