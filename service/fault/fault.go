// Package fault holds the one kind of error that a service returns on purpose.
// Any other error is a bug or an outage: it is logged in full and answered as a bare 500.
package fault

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of refusal a Fault is. HTTP maps it to a status; a service only names it.
type Kind int

// The kinds, with the HTTP status each becomes.
const (
	Malformed        Kind = iota + 1 // 400: the request cannot be read
	Unauthenticated                  // 401: nobody, or an unusable token
	Forbidden                        // 403: the caller may see the object but not do this
	NotFound                         // 404: absent, or outside the caller's scope
	MethodNotAllowed                 // 405: the path exists, the method does not
	Timeout                          // 408: the request did not arrive in time
	Conflict                         // 409: the state of things does not allow it
	Stale                            // 412: the caller edits a version that is no longer the newest
	TooLarge                         // 413: body, URL or header over its limit
	UnsupportedMedia                 // 415: not the content type that is read here
	Invalid                          // 422: read, but wrong; Fields names every wrong field
	VersionRequired                  // 428: If-Match is missing
	RateLimited                      // 429: too many requests, see RetryAfter
	Unavailable                      // 503: try again later, see RetryAfter
)

// Field is one wrong field of a request.
type Field struct {
	Pointer string // JSON pointer into the body (/capacity), or "query:limit", "path:id", "header:If-Match"
	Code    string // stable: required, unknown_field, type, format, pattern, min, max, min_length, max_length, min_items, max_items, enum, duplicate, not_found, order, …
	ZH, EN  string // what is wrong, safe to show
}

// Fault is a refusal. Code is stable and clients branch on it; the texts are safe for the person who asked.
type Fault struct {
	Kind       Kind
	Code       string
	ZH, EN     string
	Fields     []Field
	RetryAfter time.Duration // for RateLimited and Unavailable; zero means 1 s
	cause      error
}

// catalogue lists every defined Fault, in the order the packages are initialised.
var catalogue []*Fault //nolint:gochecknoglobals // filled only while packages initialise, read by docs and tests

// Define makes a sentinel Fault and enters it in the catalogue. Call it only in package-level var blocks.
func Define(kind Kind, code, zh, en string) *Fault {
	f := &Fault{Kind: kind, Code: code, ZH: zh, EN: en}
	catalogue = append(catalogue, f)
	return f
}

// Catalogue returns every defined Fault, sorted by code.
func Catalogue() []*Fault {
	all := slices.Clone(catalogue)
	slices.SortFunc(all, func(a, b *Fault) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// Saying finds the Fault of the catalogue whose Chinese text it is, nil when there is none.
func Saying(zh string) *Fault {
	i := slices.IndexFunc(catalogue, func(f *Fault) bool { return f.ZH == zh })
	if i < 0 {
		return nil
	}
	return catalogue[i]
}

// Error returns the code and, for the log, the cause.
func (f *Fault) Error() string {
	if f.cause != nil {
		return f.Code + ": " + f.cause.Error()
	}
	return f.Code
}

// Unwrap returns the cause, which never reaches the client.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes errors.Is compare Faults by code, so that copies made by Because and With still match.
func (f *Fault) Is(target error) bool {
	var t *Fault
	return errors.As(target, &t) && t.Code == f.Code
}

// Because returns a copy that carries a cause for the log.
func (f *Fault) Because(err error) *Fault {
	g := *f
	g.cause = err
	return &g
}

// With returns a copy that names wrong fields.
func (f *Fault) With(fields ...Field) *Fault {
	g := *f
	g.Fields = append(slices.Clone(f.Fields), fields...)
	return &g
}

// Saying returns a copy with other texts: the same code, told more precisely.
func (f *Fault) Saying(zh, en string) *Fault {
	g := *f
	g.ZH, g.EN = zh, en
	return &g
}

// After returns a copy that asks the client to wait d before it tries again.
func (f *Fault) After(d time.Duration) *Fault {
	g := *f
	g.RetryAfter = d
	return &g
}

// Refusals that any service or the edge may return.
var (
	ErrInvalid  = Define(Invalid, "request.invalid", "提交的内容有误，请按提示修改。", "The request is readable but wrong; see the fields.")
	ErrNotFound = Define(NotFound, "resource.not_found", "没有找到，或者不在您的范围内。", "Not found, or outside your scope.")
	ErrState    = Define(Conflict, "state.conflict", "当前状态不允许这样做，请刷新后再看。", "The current state does not allow this move.")
	ErrStale    = Define(Stale, "version.mismatch", "内容已被别人修改，请刷新后再提交。", "Somebody changed it since you read it; read it again.")
	ErrVersion  = Define(VersionRequired, "version.required", "修改前请带上版本号（If-Match）。", "Send the version you read in If-Match.")
	ErrCursor   = Define(Malformed, "page.cursor_invalid", "翻页标记无效，请从第一页重新开始。", "The cursor is not one of ours, or belongs to another list.")
	ErrRate     = Define(RateLimited, "rate.limited", "操作太频繁，请稍后再试。", "Too many tries; try again after Retry-After.")
	ErrBusy     = Define(Unavailable, "server.overloaded", "现在人太多了，请稍后再试。", "Overloaded; try again after Retry-After.")
)

// Collector gathers wrong fields so that all are reported at once.
type Collector struct{ fields []Field }

// Add notes a wrong field when bad is true.
func (c *Collector) Add(bad bool, pointer, code, zh, en string) {
	if bad {
		c.fields = append(c.fields, Field{Pointer: pointer, Code: code, ZH: zh, EN: en})
	}
}

// Err returns ErrInvalid with every noted field, or nil when there is none.
func (c *Collector) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return ErrInvalid.With(c.fields...)
}
