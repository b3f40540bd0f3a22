package page_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"baodao/service/fault"
	"baodao/service/page"
)

func TestSize(t *testing.T) {
	for limit, want := range map[int]int{-1: page.DefaultLimit, 0: page.DefaultLimit, 1: 1, 99: 99, 100: 100, 101: 100} {
		if got := (page.Request{Limit: limit}).Size(); got != want {
			t.Errorf("limit %d gives %d, want %d", limit, got, want)
		}
	}
}

func TestCutWalksEveryRowOnce(t *testing.T) {
	rows := make([]int64, 23)
	for i := range rows {
		rows[i] = int64(i + 1)
	}
	key := func(row int64) []int64 { return []int64{row} }
	for size := 1; size <= 24; size++ {
		var seen []int64
		req := page.Request{Limit: size}
		for pages := 0; ; pages++ {
			if pages > len(rows) {
				t.Fatalf("size %d: the list does not end", size)
			}
			keys, ok, err := req.Key("numbers", 1)
			if err != nil {
				t.Fatal(err)
			}
			rest := rows
			if ok {
				rest = rows[keys[0]:]
			}
			result := page.Cut(slices.Clone(rest[:min(len(rest), size+1)]), size, "numbers", key)
			if len(result.Items) > size {
				t.Fatalf("size %d: page of %d", size, len(result.Items))
			}
			seen = append(seen, result.Items...)
			if result.Next == "" {
				break
			}
			req.Cursor = result.Next
		}
		if !slices.Equal(seen, rows) {
			t.Errorf("size %d: saw %v", size, seen)
		}
	}
}

func TestKeyRefusesWhatIsNotOurs(t *testing.T) {
	good := page.Cut([]int64{5, 6}, 1, "activities", func(n int64) []int64 { return []int64{n, 7} }).Next
	code := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct {
		cursor, list string
		keys         int
	}{
		"another list":      {good, "signups", 2},
		"other keys":        {good, "activities", 1},
		"not base64":        {"%%%", "activities", 2},
		"padded":            {good + "=", "activities", 2},
		"not JSON":          {code("hello"), "activities", 2},
		"unknown field":     {code(`{"l":"activities","k":[5,7],"x":1}`), "activities", 2},
		"text for a key":    {code(`{"l":"activities","k":["5' OR 1=1",7]}`), "activities", 2},
		"fraction":          {code(`{"l":"activities","k":[5.5,7]}`), "activities", 2},
		"too big":           {code(`{"l":"activities","k":[9223372036854775808,7]}`), "activities", 2},
		"nothing":           {code(`{}`), "activities", 2},
		"something follows": {code(`{"l":"activities","k":[5,7]}}`), "activities", 2},
		"cut":               {good[:len(good)-3], "activities", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if keys, ok, err := (page.Request{Cursor: tt.cursor}).Key(tt.list, tt.keys); !errors.Is(err, fault.ErrCursor) || ok || keys != nil {
				t.Errorf("got %v, %v, %v", keys, ok, err)
			}
		})
	}
	keys, ok, err := (page.Request{Cursor: good}).Key("activities", 2)
	if err != nil || !ok || !slices.Equal(keys, []int64{5, 7}) {
		t.Errorf("our own cursor: %v, %v, %v", keys, ok, err)
	}
}

func TestMapResultIsNeverNil(t *testing.T) {
	got := page.MapResult(page.Result[int]{}, func(int) string { return "" })
	if got.Items == nil || got.Next != "" {
		t.Errorf("got %#v", got)
	}
}

// FuzzCursor: no text panics, what is refused is ErrCursor, and what is accepted leads to the same keys again.
func FuzzCursor(f *testing.F) {
	f.Add(page.Cut([]int64{5, 6}, 1, "activities", func(n int64) []int64 { return []int64{n} }).Next)
	for _, seed := range []string{"", "e30", "eyJsIjoiYWN0aXZpdGllcyIsImsiOlsxXX0", "====", "\x00", strings.Repeat("A", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		keys, ok, err := (page.Request{Cursor: cursor}).Key("activities", 1)
		switch {
		case err != nil:
			if !errors.Is(err, fault.ErrCursor) || ok || keys != nil {
				t.Fatalf("%q: %v, %v, %v", cursor, keys, ok, err)
			}
		case ok:
			again := page.Cut([]int64{keys[0], 0}, 1, "activities", func(n int64) []int64 { return []int64{n} }).Next
			back, ok, err := (page.Request{Cursor: again}).Key("activities", 1)
			if err != nil || !ok || back[0] != keys[0] {
				t.Fatalf("%q: %v became %v, %v, %v", cursor, keys, back, ok, err)
			}
		case cursor != "":
			t.Fatalf("%q counts as the first page", cursor)
		}
	})
}
