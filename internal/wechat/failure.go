package wechat

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Kind says what the caller of a failed operation should do.
type Kind int

// The kinds of Failure.
const (
	KindUnknown   Kind = iota // nobody can tell whether WeChat did it, or the code is not in our table
	KindBusy                  // WeChat is busy and did nothing: try again after a short wait
	KindToken                 // the access token was refused even after a refresh; nothing was done
	KindThrottled             // quota of the minute: nothing of this sort before RetryAt
	KindQuota                 // quota of the day: nothing of this sort before RetryAt, and a person should know
	KindGone                  // the person has not subscribed, or has used up the subscription
	KindRefused               // this person or this content is refused; trying again is useless
	KindInvalid               // the request is wrong: a bug of ours or bad data
	KindConfig                // the app is set up wrong, blocked or not granted: stop and alarm
)

// String returns the kind's name in lower case, for logs and metrics.
func (k Kind) String() string {
	names := [...]string{"unknown", "busy", "token", "throttled", "quota", "gone", "refused", "invalid", "config"}
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Failure is why an operation failed. It holds no URL, token, secret, code or message text.
type Failure struct {
	Op      string    // the operation: login, phone, notify, …
	Code    int       // WeChat's errcode; 0 when there was no readable answer
	Kind    Kind      // what to do
	RID     string    // WeChat's request id, for its support
	RetryAt time.Time // not before this time; zero leaves the wait to the caller
	Field   string    // for KindInvalid: what is wrong, such as the message field
	cause   error
}

// Error tells operation, kind, code and request id.
func (f *Failure) Error() string {
	text := fmt.Sprintf("wechat %s: %s", f.Op, f.Kind)
	if f.Code != 0 {
		text += fmt.Sprintf(" (errcode %d, rid %s)", f.Code, f.RID)
	}
	if f.Field != "" {
		text += " in field " + f.Field
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

// Unwrap returns the transport failure, if that is the cause; context errors can be found through it.
func (f *Failure) Unwrap() error { return f.cause }

// unknown is a Failure whose outcome nobody can tell. At the token endpoint it is only a delay: the operation that
// wanted the token was not begun. So is a call that the breaker did not let through.
func unknown(op string, cause error) *Failure {
	var open *openError
	if errors.As(cause, &open) {
		return &Failure{Op: op, Kind: KindBusy, RetryAt: open.until, cause: cause}
	}
	if op == opToken {
		return &Failure{Op: op, Kind: KindBusy, cause: cause}
	}
	return &Failure{Op: op, Kind: KindUnknown, cause: cause}
}

// invalid is a Failure found before anything was sent.
func invalid(op, field, text string) *Failure {
	return &Failure{Op: op, Kind: KindInvalid, Field: field, cause: errors.New(text)}
}

// head makes an answer that embeds its status readable in one go.
func (s *status) head() *status { return s }

var errUnreadable = errors.New("the answer is not the JSON that was expected")

// status is the part that every JSON answer may have.
type status struct {
	ErrCode *int   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
}

// decode reads the status of an answer, then the answer itself into out. A missing errcode is told by the first
// result; whether that is fine depends on the operation.
func (g *Gateway) decode(op string, raw []byte, out any) (coded bool, err error) {
	var s status
	if one, ok := out.(interface{ head() *status }); ok && json.Unmarshal(raw, out) == nil && one.head().ErrCode != nil && *one.head().ErrCode == 0 {
		return true, nil // the usual answer, read in one go
	}
	if json.Unmarshal(raw, &s) != nil {
		return false, unknown(op, errUnreadable) // the decoder's own text may quote the body
	}
	if s.ErrCode != nil && *s.ErrCode != 0 {
		return true, g.failure(op, *s.ErrCode, s.ErrMsg)
	}
	if out != nil && json.Unmarshal(raw, out) != nil {
		return false, unknown(op, errUnreadable)
	}
	return s.ErrCode != nil, nil
}

var (
	ridPattern   = regexp.MustCompile(`rid: ?([0-9A-Za-z-]{1,64})`)
	fieldPattern = regexp.MustCompile(`data\.([a-z_]{1,24}[0-9]{1,3})`)
)

// failure makes the Failure for an errcode.
func (g *Gateway) failure(op string, code int, errmsg string) *Failure {
	f := &Failure{Op: op, Code: code, Kind: kindOf(op, code)}
	if m := ridPattern.FindStringSubmatch(errmsg); m != nil {
		f.RID = m[1]
	}
	if m := fieldPattern.FindStringSubmatch(errmsg); m != nil && code == 47003 {
		f.Field = m[1]
	}
	f.RetryAt = g.retryAt(f)
	return f
}
