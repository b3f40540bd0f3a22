package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const (
	idPattern   = `^[0-9]{1,16}$`
	timePattern = `^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`
	datePattern = `^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$`
	msLayout    = "2006-01-02T15:04:05.000Z"
)

var (
	errID   = errors.New("not an id: a string of 1 to 16 digits")
	errTime = errors.New("not a time of the years 2000 to 2100 in RFC 3339")
	errDate = errors.New("not a date of the years 2000 to 2100 as YYYY-MM-DD")
)

// ID is an id of ours: a 53-bit integer in the code, a string of digits in JSON, paths and queries, because JavaScript
// counts exactly only up to 2^53. A JSON number is refused.
type ID int64

// MarshalText writes the digits; encoding/json makes a string of them.
func (id ID) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(id), 10), nil }

// UnmarshalText reads 1 to 16 digits.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 || len(text) > 16 {
		return errID
	}
	n, err := strconv.ParseUint(string(text), 10, 63)
	if err != nil {
		return errID
	}
	*id = ID(n)
	return nil
}

// Schema tells Huma how an ID looks on the wire.
func (ID) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Pattern: idPattern, PatternDescription: "1–16 digits", Examples: []any{"7203685477580801"},
	}
}

// Receiver and OnParamSet make Huma read a path or query parameter as text: by its kind alone it would read an integer.
func (id *ID) Receiver() reflect.Value { return reflect.ValueOf(new(string)).Elem() }

// OnParamSet takes the text of the parameter; the schema's pattern reports a wrong one.
func (id *ID) OnParamSet(_ bool, parsed any) {
	if text, ok := parsed.(string); ok {
		_ = id.UnmarshalText([]byte(text))
	}
}

// idOrNil leaves an id of 0 out of an answer.
func idOrNil(id int64) *ID {
	if id == 0 {
		return nil
	}
	out := ID(id)
	return &out
}

// IDs turns ids of rows into ids of answers; never nil.
func IDs(ids []int64) []ID {
	out := make([]ID, len(ids))
	for i, id := range ids {
		out[i] = ID(id)
	}
	return out
}

// Int64s is the way back.
func Int64s(ids []ID) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		out[i] = int64(id)
	}
	return out
}

// Time is a moment. Answers carry UTC with Z and exactly three decimals; requests may carry any offset, years 2000–2100,
// and are truncated to the millisecond.
type Time time.Time

// At wraps a moment for an answer.
func At(t time.Time) Time { return Time(t) }

// AtOrNil wraps an optional moment: nil stays nil (and the field is left out with omitempty).
func AtOrNil(t *time.Time) *Time {
	if t == nil {
		return nil
	}
	at := Time(*t)
	return &at
}

// Time is the moment in UTC.
func (t Time) Time() time.Time { return time.Time(t).UTC() }

// IsZero makes omitzero and "was it sent?" work.
func (t Time) IsZero() bool { return time.Time(t).IsZero() }

// MarshalJSON writes RFC 3339 in UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) { return t.Time().AppendFormat(nil, `"`+msLayout+`"`), nil }

// UnmarshalJSON reads a JSON string as UnmarshalText does.
func (t *Time) UnmarshalJSON(data []byte) error {
	text, err := jsonString(data)
	if err != nil {
		return errTime
	}
	return t.UnmarshalText([]byte(text))
}

// UnmarshalText reads RFC 3339 with any offset.
func (t *Time) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil || at.Year() < 2000 || at.Year() > 2100 {
		return errTime
	}
	*t = Time(at.UTC().Truncate(time.Millisecond))
	return nil
}

// Schema tells Huma how a Time looks on the wire.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date-time", Pattern: timePattern,
		PatternDescription: "RFC 3339, 2000–2100", Examples: []any{"2026-09-01T00:30:00.000Z"},
	}
}

// Date is a day in China, written YYYY-MM-DD.
type Date string

// UnmarshalJSON reads a day that exists.
func (d *Date) UnmarshalJSON(data []byte) error {
	text, err := jsonString(data)
	if err != nil {
		return errDate
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return errDate
	}
	*d = Date(text)
	return nil
}

// In is the beginning of the day in the given zone; false when the date is empty or not one.
func (d Date) In(zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	return t, err == nil
}

// DateOf is the day on which t falls in the given zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date(t.In(zone).Format(time.DateOnly)) }

// Schema tells Huma how a Date looks on the wire.
func (Date) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: "date", Pattern: datePattern,
		PatternDescription: "YYYY-MM-DD, 2000–2100", Examples: []any{"2026-09-01"},
	}
}

func jsonString(data []byte) (text string, err error) {
	err = json.Unmarshal(data, &text)
	return text, err
}
