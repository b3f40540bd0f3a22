// Package page cuts lists into pages by keyset: no OFFSET, no COUNT.
package page

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"baodao/service/fault"
)

// MaxLimit is the largest page a client may ask for; DefaultLimit is what it gets when it does not say.
const (
	MaxLimit     = 100
	DefaultLimit = 20
)

// Request asks for a page: at most Limit rows after Cursor (empty: from the start).
type Request struct {
	Limit  int
	Cursor string
}

// Size returns the page size within 1…MaxLimit.
func (r Request) Size() int {
	if r.Limit <= 0 {
		return DefaultLimit
	}
	return min(r.Limit, MaxLimit)
}

// Result is one page. Next is empty on the last one.
type Result[T any] struct {
	Items []T
	Next  string
}

// Cut makes a page of rows that were read with LIMIT size+1: one row too many means that there is a next page,
// which begins after the key of the last row kept.
func Cut[T any](rows []T, size int, list string, key func(T) []int64) Result[T] {
	if len(rows) <= size {
		return Result[T]{Items: rows}
	}
	rows = rows[:size]
	return Result[T]{Items: rows, Next: encode(list, key(rows[size-1]))}
}

// Key reads the cursor of the named list back into its n keys. ok is false on the first page;
// a cursor of another list, or none of ours, is fault.ErrCursor.
func (r Request) Key(list string, n int) (keys []int64, ok bool, err error) {
	if r.Cursor == "" {
		return nil, false, nil
	}
	keys, err = decode(r.Cursor, list)
	if err != nil || len(keys) != n {
		return nil, false, fault.ErrCursor.Because(err)
	}
	return keys, true, nil
}

// MapResult turns a page of rows into a page of something else.
func MapResult[A, B any](in Result[A], f func(A) B) Result[B] {
	out := Result[B]{Items: make([]B, len(in.Items)), Next: in.Next}
	for i, a := range in.Items {
		out.Items[i] = f(a)
	}
	return out
}

type cursor struct {
	List string  `json:"l"`
	Keys []int64 `json:"k"`
}

func encode(list string, keys []int64) string {
	raw, err := json.Marshal(cursor{List: list, Keys: keys})
	if err != nil {
		panic(err) // a struct of a string and integers always marshals
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decode(s, list string) ([]int64, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, err
	}
	var c cursor
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, err
	}
	if c.List != list || dec.InputOffset() != int64(len(raw)) {
		return nil, fault.ErrCursor
	}
	return c.Keys, nil
}
