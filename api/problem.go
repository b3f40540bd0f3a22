package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"baodao/service/fault"
)

// Refusals of the edge itself. ErrInternal stands for every error that is not a Fault; nothing of it reaches the client.
var (
	ErrMalformed  = fault.Define(fault.Malformed, "request.malformed", "请求无法解析，请检查格式。", "The request cannot be read.")
	ErrSlow       = fault.Define(fault.Timeout, "request.timeout", "请求发送太慢，请重试。", "The body did not arrive in time.")
	ErrTooLarge   = fault.Define(fault.TooLarge, "request.too_large", "请求内容太大。", "The body is over its limit.")
	ErrURITooLong = fault.Define(fault.TooLarge, "request.uri_too_long", "网址太长。", "The URL is over its limit of 2 KiB.")
	ErrMedia      = fault.Define(fault.UnsupportedMedia, "request.media_type", "不支持这种内容类型，请看接口文档。", "Not the content type that is read here.")
	ErrNoRoute    = fault.Define(fault.NotFound, "route.not_found", "没有这个接口。", "No such endpoint.")
	ErrNoMethod   = fault.Define(fault.MethodNotAllowed, "route.method_not_allowed", "这个接口不支持该方法。", "The endpoint exists, the method does not; see Allow.")
	ErrInternal   = fault.Define(0, "server.internal", "服务器出错了，已记录，请稍后再试。", "Something went wrong on our side; it has been recorded.")
)

// maxFields bounds how many wrong fields one answer names.
const maxFields = 100

// FieldError is one wrong field.
type FieldError struct {
	Pointer string `json:"pointer" doc:"JSON pointer into the body, or query:NAME, path:NAME, header:NAME" example:"/capacity"`
	Code    string `json:"code" doc:"Stable code: required, unknown_field, type, format, pattern, min, max, min_length, max_length, min_items, max_items, enum, unique_items, …" example:"min"`
	Detail  string `json:"detail" doc:"What is wrong, for people" example:"不能小于 1"`
}

// Problem is every error that this API answers (RFC 9457).
type Problem struct {
	Type      string       `json:"type" format:"uri" doc:"Names the kind of problem; ends with code" example:"urn:problem-type:baodao:request.invalid"`
	Title     string       `json:"title" doc:"The status in words" example:"内容有误"`
	Status    int          `json:"status" doc:"The HTTP status again" example:"422"`
	Code      string       `json:"code" doc:"Stable; clients branch on it" example:"request.invalid"`
	Detail    string       `json:"detail" doc:"What happened, safe to show to the person who asked; Chinese, or English with Accept-Language: en" example:"提交的内容有误，请按提示修改。"`
	RequestID string       `json:"request_id" doc:"Quote this when you report a problem" example:"2c1f0f6e9b7a4d53"`
	Errors    []FieldError `json:"errors,omitempty" doc:"Every wrong field at once, sorted by pointer"`
}

// Error, GetStatus and ContentType let Huma write a Problem like any other answer.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Fail answers with err and ends the request. A fault is told as it is; a deadline or a client gone is 503; anything
// else is logged in full and answered as a bare 500.
func Fail(c *gin.Context, err error) {
	answer := refuse(c, err)
	c.Abort()
	c.Header("Content-Type", answer.ContentType(""))
	c.Status(answer.GetStatus())
	if err := json.NewEncoder(c.Writer).Encode(answer); err != nil {
		From(c).Logger().WarnContext(c.Request.Context(), "answer not sent", "error", err)
	}
}

// refusal is what a refused request is answered with: a Problem, or on the token endpoint what OAuth prescribes.
type refusal interface {
	error
	GetStatus() int
	ContentType(string) string
}

// refuse turns err into an answer and sets its headers.
func refuse(c *gin.Context, err error) refusal {
	f := faultOf(c, err)
	status := Status(f)
	ex := From(c)
	ex.Code = f.Code
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		c.Header("Retry-After", retryAfter(f.RetryAfter))
	}
	if ex.OAuth {
		return oauthError(c, f)
	}
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", challenge(c))
	}
	english := speaksEnglish(c)
	c.Writer.Header().Add("Vary", "Accept-Language")
	c.Header("Content-Language", pick(english, "zh", "en"))
	zh, en := titleOf(status)
	return &Problem{
		Type: "urn:problem-type:baodao:" + f.Code, Title: pick(english, zh, en), Status: status,
		Code: f.Code, Detail: pick(english, f.ZH, f.EN), RequestID: ex.RequestID, Errors: fieldErrors(f.Fields, english),
	}
}

// faultOf finds the Fault in err, or makes one, and logs what the client is not told.
func faultOf(c *gin.Context, err error) *fault.Fault {
	ctx := c.Request.Context()
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		if f.Kind == fault.Unavailable {
			From(c).Logger().WarnContext(ctx, "unavailable", "error", err)
		}
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		From(c).Logger().WarnContext(ctx, "gave up", "error", err)
		return fault.ErrBusy.Because(err)
	}
	From(c).Logger().ErrorContext(ctx, "internal error", "error", err)
	return ErrInternal.Because(err)
}

func fieldErrors(fields []fault.Field, english bool) []FieldError {
	var out []FieldError
	for _, f := range fields {
		out = append(out, FieldError{Pointer: clip(f.Pointer), Code: f.Code, Detail: pick(english, f.ZH, f.EN)})
	}
	slices.SortStableFunc(out, func(a, b FieldError) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Code, b.Code))
	})
	out = slices.Compact(out)
	return out[:min(len(out), maxFields)]
}

// clip keeps a pointer short: it may hold a key that the client invented.
func clip(pointer string) string {
	const limit = 128
	if len(pointer) <= limit {
		return pointer
	}
	runes := []rune(pointer[:limit])
	return string(runes[:len(runes)-1]) + "…"
}

func pick(english bool, zh, en string) string {
	if english {
		return en
	}
	return zh
}

// retryAfter is whole seconds, at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// challenge is what RFC 6750 asks a 401 to say.
func challenge(c *gin.Context) string {
	if c.GetHeader("Authorization") == "" {
		return `Bearer realm="baodao"`
	}
	return `Bearer realm="baodao", error="invalid_token"`
}

// Exchange is what the edge knows of one request and its answer.
type Exchange struct {
	RequestID string
	Log       *slog.Logger
	Code      string // code of the problem answered, for the access log
	UserID    int64
	ClientID  int64
	OAuth     bool // errors in the shape of RFC 6749

	form map[string]bool // parts of the multipart form that is read, see gate
}

// Logger writes the request id on every line.
func (ex *Exchange) Logger() *slog.Logger { return ex.Log.With("request_id", ex.RequestID) }

const exchangeKey = "baodao.exchange"

// Begin ties an Exchange to the request; the router does this first of all.
func Begin(c *gin.Context, ex *Exchange) { c.Set(exchangeKey, ex) }

// From is the request's Exchange; never nil (outside the router it logs nowhere).
func From(c *gin.Context) *Exchange {
	if v, ok := c.Get(exchangeKey); ok {
		if ex, ok := v.(*Exchange); ok {
			return ex
		}
	}
	ex := &Exchange{Log: slog.New(slog.DiscardHandler)}
	Begin(c, ex)
	return ex
}
