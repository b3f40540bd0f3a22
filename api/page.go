package api

import (
	"strconv"
	"strings"

	"baodao/service/fault"
	"baodao/service/page"
)

var errETag = fault.Define(fault.Malformed, "version.malformed", "If-Match 须是读取时得到的版本号，例如 \"3\"。", `If-Match must be one strong tag as you received it, such as "3".`)

// PageIn asks for a page of a list. Embed it in the input of every list.
type PageIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many rows at most"`
	Cursor string `query:"cursor" maxLength:"512" doc:"next_cursor of the page before; leave it out for the first page" example:"eyJsIjoic2FtcGxlIiwiayI6WzQyXX0"`
}

// Request is what the service is asked.
func (in PageIn) Request() page.Request { return page.Request{Limit: in.Limit, Cursor: in.Cursor} }

// Page is one page of a list. Data is never null.
type Page[T any] struct {
	Data       []T    `json:"data" doc:"The rows, at most limit"`
	HasMore    bool   `json:"has_more" doc:"Whether another page follows"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Cursor of the next page; absent on the last one" example:"eyJsIjoic2FtcGxlIiwiayI6WzQyXX0"`
}

// PageOut is the answer of a list.
type PageOut[T any] struct{ Body Page[T] }

// NewPage maps a page of rows into an answer.
func NewPage[A, T any](in page.Result[A], view func(A) T) *PageOut[T] {
	mapped := page.MapResult(in, view)
	return &PageOut[T]{Body: Page[T]{Data: mapped.Items, HasMore: mapped.Next != "", NextCursor: mapped.Next}}
}

// Views maps rows into parts of an answer; never nil.
func Views[A, T any](rows []A, view func(A) T) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = view(row)
	}
	return out
}

// IfMatchIn carries the version that the caller edits. Embed it in the input of every edit.
type IfMatchIn struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The ETag of the version you read, for example \"3\"" example:"\"3\""`
}

// Version is the version the caller has read: absent is fault.ErrVersion (428), a tag that is never ours
// fault.ErrStale (412), and *, lists and anything unquoted version.malformed (400).
func (in IfMatchIn) Version() (int64, error) {
	tag := strings.TrimSpace(in.IfMatch)
	if tag == "" {
		return 0, fault.ErrVersion
	}
	weak := strings.HasPrefix(tag, "W/")
	inner, quoted := strings.CutPrefix(strings.TrimPrefix(tag, "W/"), `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if !quoted || !closed || strings.ContainsAny(inner, `",`) {
		return 0, errETag
	}
	version, err := strconv.ParseInt(inner, 10, 64)
	if weak || err != nil || ETag(version) != tag {
		return 0, fault.ErrStale
	}
	return version, nil
}

// ETag is the strong tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }
