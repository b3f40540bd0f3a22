package api

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"baodao/service/fault"
	"baodao/service/page"
)

func TestIDOnTheWire(t *testing.T) {
	raw, err := json.Marshal(struct {
		ID   ID   `json:"id"`
		None *ID  `json:"none,omitempty"`
		More []ID `json:"more"`
	}{ID: 7203685477580801, More: IDs([]int64{1})})
	if err != nil || string(raw) != `{"id":"7203685477580801","more":["1"]}` {
		t.Errorf("got %s, %v", raw, err)
	}
	for _, in := range []string{`5`, `"-5"`, `"+5"`, `""`, `"12345678901234567"`, `"1e3"`, `"１"`, `" 1"`, `true`, `{}`} {
		var id ID
		if err := json.Unmarshal([]byte(in), &id); err == nil {
			t.Errorf("%s was read as %d", in, id)
		}
	}
	var id ID
	if err := json.Unmarshal([]byte(`"0042"`), &id); err != nil || id != 42 {
		t.Errorf("got %d, %v", id, err)
	}
}

func TestTimeOnTheWire(t *testing.T) {
	for in, want := range map[string]string{
		`"2026-09-01T08:30:00+08:00"`:        `"2026-09-01T00:30:00.000Z"`,
		`"2026-09-01T00:30:00Z"`:             `"2026-09-01T00:30:00.000Z"`,
		`"2026-09-01T00:30:00.123999999Z"`:   `"2026-09-01T00:30:00.123Z"`,
		`"2026-08-31T19:00:00.5-05:30"`:      `"2026-09-01T00:30:00.500Z"`,
		`"2100-12-31T23:59:59Z"`:             `"2100-12-31T23:59:59.000Z"`,
		`"1999-12-31T23:59:59Z"`:             "",
		`"2101-01-01T00:00:00Z"`:             "",
		`"2026-09-01"`:                       "",
		`"2026-09-01T00:30:00"`:              "",
		`"2026-02-30T00:30:00Z"`:             "",
		`1788222600`:                         "",
		`"2026-09-01T00:30:00.000+24:00:00"`: "",
	} {
		var at Time
		err := json.Unmarshal([]byte(in), &at)
		if want == "" {
			if err == nil {
				t.Errorf("%s was read as %v", in, at.Time())
			}
			continue
		}
		if got, _ := json.Marshal(at); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
	if AtOrNil(nil) != nil {
		t.Error("nil became a time")
	}
}

func TestDate(t *testing.T) {
	china := time.FixedZone("UTC+8", 8*3600)
	var d Date
	if err := json.Unmarshal([]byte(`"2028-02-29"`), &d); err != nil {
		t.Fatal(err)
	}
	at, ok := d.In(china)
	if !ok || !at.Equal(time.Date(2028, 2, 28, 16, 0, 0, 0, time.UTC)) || DateOf(at, china) != d {
		t.Errorf("got %v, %v", at, ok)
	}
	for _, in := range []string{`"2026-02-29"`, `"2026-2-9"`, `"20260209"`, `""`, `5`} {
		if err := json.Unmarshal([]byte(in), &d); err == nil {
			t.Errorf("%s was read as a date", in)
		}
	}
	if _, ok := Date("").In(china); ok {
		t.Error("an empty date is a day")
	}
}

func TestIfMatch(t *testing.T) {
	for header, want := range map[string]error{
		``: fault.ErrVersion, ` `: fault.ErrVersion,
		`*`: errETag, `3`: errETag, `"3`: errETag, `"3","4"`: errETag, `"3", "4"`: errETag, `W/3`: errETag,
		`W/"3"`: fault.ErrStale, `"x"`: fault.ErrStale, `""`: fault.ErrStale, `"03"`: fault.ErrStale, `"+3"`: fault.ErrStale,
		`"99999999999999999999"`: fault.ErrStale, `"3"`: nil, ` "3" `: nil,
	} {
		version, err := IfMatchIn{IfMatch: header}.Version()
		if !errors.Is(err, want) || (err == nil && version != 3) {
			t.Errorf("%q: got %d, %v, want %v", header, version, err, want)
		}
	}
	if ETag(3) != `"3"` {
		t.Error(ETag(3))
	}
}

func TestPageIsNeverNull(t *testing.T) {
	out := NewPage(page.Result[int64]{}, func(id int64) ID { return ID(id) })
	raw, err := json.Marshal(out.Body)
	if err != nil || string(raw) != `{"data":[],"has_more":false}` {
		t.Errorf("got %s, %v", raw, err)
	}
}
