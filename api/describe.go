package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/idem"
)

// codesOf lists every error code of an operation and the statuses they have, sorted: those of its line in the route
// table, those of its inputs, and those that anything may answer.
func codesOf(op Operation, e Endpoint) (codes []string, statuses []int, err error) {
	known := map[string]*fault.Fault{}
	for _, f := range fault.Catalogue() {
		known[f.Code] = f
	}
	seen := map[string]bool{}
	add := func(f *fault.Fault) {
		if !seen[f.Code] {
			status := Status(f)
			if e.oauth {
				_, status = oauthCode(f)
			}
			seen[f.Code], codes, statuses = true, append(codes, f.Code), append(statuses, status)
		}
	}
	for _, code := range op.Codes {
		f := known[code]
		if f == nil {
			return nil, nil, fmt.Errorf("error code %q is defined nowhere", code)
		}
		add(f)
	}
	for _, f := range slices.Concat(e.standard(op.Method), implied(op, e)) {
		add(f)
	}
	for _, code := range []string{"auth.token_invalid", "auth.token_expired", "auth.header_invalid"} {
		if f := known[code]; f != nil {
			add(f)
		}
	}
	slices.Sort(codes)
	slices.Sort(statuses)
	return codes, slices.Compact(statuses), nil
}

// implied are the faults that follow from the permission and the input.
func implied(op Operation, e Endpoint) []*fault.Fault {
	var out []*fault.Fault
	if op.Permission != access.Public {
		out = append(out, access.ErrRequired)
	}
	if op.Permission != access.Public && op.Permission != access.SignedIn {
		out = append(out, access.ErrDenied)
	}
	if op.StepUp {
		out = append(out, access.ErrStepUp)
	}
	if strings.Contains(op.Path, "/:") {
		out = append(out, fault.ErrNotFound)
	}
	if e.embeds(reflect.TypeFor[PageIn]()) {
		out = append(out, fault.ErrCursor)
	}
	if e.embeds(reflect.TypeFor[IfMatchIn]()) {
		out = append(out, fault.ErrVersion, fault.ErrStale, errETag)
	}
	if e.embeds(reflect.TypeFor[IdemIn]()) {
		out = append(out, idem.ErrMismatch, idem.ErrInProgress)
		if !op.KeyOptional {
			out = append(out, idem.ErrKeyRequired)
		}
	}
	return out
}

func idempotency(op Operation, e Endpoint) string {
	switch {
	case !e.embeds(reflect.TypeFor[IdemIn]()):
		return "none"
	case op.KeyOptional:
		return "optional"
	default:
		return "required"
	}
}

func description(op Operation, e Endpoint, codes []string) string {
	lines := []string{fmt.Sprintf("权限 / permission: `%s`", op.Permission)}
	if op.StepUp {
		lines = append(lines, "需要 5 分钟内登录 / needs a login not older than five minutes")
	}
	if kind := idempotency(op, e); kind != "none" {
		lines = append(lines, "Idempotency-Key: "+kind)
	}
	lines = append(lines, "错误码 / error codes: `"+strings.Join(codes, "`, `")+"`")
	return strings.Join(lines, "\n\n")
}

func fileResponse(types []string) *huma.Response {
	r := &huma.Response{Description: "The file", Content: map[string]*huma.MediaType{}}
	for _, t := range types {
		r.Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		if strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+xml") {
			r.Content[t].Schema.Format = ""
		}
	}
	return r
}

func refusalHeaders(status int) map[string]*huma.Param {
	text := func(doc string) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	headers := map[string]*huma.Param{"X-Request-Id": text("The request id, also in the body")}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		headers["Retry-After"] = text("Whole seconds to wait")
	case http.StatusUnauthorized:
		headers["WWW-Authenticate"] = text("How to sign in")
	}
	return headers
}

func refusalExample(status int, oauth bool) any {
	if oauth {
		return map[string]any{"error": "invalid_client", "error_description": "Unknown client or wrong secret."}
	}
	sample := ErrInternal
	for _, f := range edgeFaults() {
		if Status(f) == status {
			sample = f
			break
		}
	}
	zh, _ := titleOf(status)
	example := map[string]any{
		"type": "urn:problem-type:baodao:" + sample.Code, "title": zh, "status": status, "code": sample.Code,
		"detail": sample.ZH, "request_id": "2c1f0f6e9b7a4d53",
	}
	if status == http.StatusUnprocessableEntity {
		w := Wrong("/capacity", "min", "1")
		example["errors"] = []any{map[string]any{"pointer": w.Pointer, "code": w.Code, "detail": w.ZH}}
	}
	return example
}

// edgeFaults are samples, one for each status at least.
func edgeFaults() []*fault.Fault {
	limited := &fault.Fault{Kind: fault.RateLimited, Code: "rate.limited", ZH: "操作太频繁，请稍后再试。"}
	return []*fault.Fault{
		ErrMalformed, access.ErrRequired, access.ErrDenied, fault.ErrNotFound, ErrNoMethod, fault.ErrState, fault.ErrStale,
		ErrTooLarge, ErrURITooLong, ErrMedia, fault.ErrInvalid, fault.ErrVersion, limited, fault.ErrBusy, ErrInternal,
	}
}

func securitySchemes() map[string]*huma.SecurityScheme {
	schemes := map[string]*huma.SecurityScheme{}
	maps.Copy(schemes, map[string]*huma.SecurityScheme{"bearer": {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "登录后得到的 access_token，15 分钟有效 / the access_token of a login, valid for 15 minutes",
	}})
	return schemes
}

func info() *huma.Info {
	return &huma.Info{
		Title: "Baodao 大学生结对服务 API", Version: "1", Description: guide,
		License: &huma.License{Name: "MIT"},
	}
}

const guide = `高校学生与城乡社区结对服务的接口。An API for pairing university students with urban and rural communities.

## 登录 / Signing in
- 用 wx.login 得到的 ` + "`code`" + ` 登录，换取 access_token（15 分钟）与 refresh_token。
- 服务器接模拟微信时（默认），登录码写作 ` + "`dev-<name>-<any>`" + `（共 8–128 个字符，只用 A-Z a-z 0-9 _ -），只能用一次，登录虚构用户 ` + "`<name>`" + `；例如 dev-xiaoli-0001。
- Sign in with the code of wx.login and get an access_token (15 minutes) and a refresh_token. With the simulated WeChat (the default) a login code is ` + "`dev-<name>-<any>`" + ` (8–128 characters of A-Z a-z 0-9 _ -), used once; it logs in the invented user ` + "`<name>`" + `, for example dev-xiaoli-0001.
- 之后每个请求带上 / then send with every request: ` + "`Authorization: Bearer <access_token>`" + `.

## 约定 / Conventions
- 错误 / Errors: ` + "`application/problem+json`" + ` (RFC 9457)。按 ` + "`code`" + ` 判断，不要按文字；默认中文，` + "`Accept-Language: en`" + ` 为英文。422 一次列出所有有误的字段 / branch on code; 422 names every wrong field by JSON pointer.
- 请求体 / Bodies: 严格 JSON，UTF-8，不超过 256 KiB；未知字段、重复字段、多余内容都会被拒绝；不接受 null，没有值就不写 / strict JSON; unknown and duplicate keys are refused; null is never accepted, leave the field out.
- 编号 / Ids: 数字字符串，因为 JavaScript 只能精确到 2^53 / strings of digits.
- 时间 / Times: 应答为 UTC（Z，毫秒），请求可用任意时区偏移 / answers in UTC with milliseconds, requests with any offset.
- 列表 / Lists: ` + "`{\"data\":[…],\"has_more\":true,\"next_cursor\":\"…\"}`" + `，用 ` + "`limit`" + `（1–100，默认 20）和 ` + "`cursor`" + ` 翻页 / page with limit and cursor.
- 幂等 / Idempotency: 创建类 POST 带 ` + "`Idempotency-Key`" + `（x-idempotency 为 required 时必须），重试用同一个值，至少 24 小时内得到同样的应答 / repeat with the same key and get the same answer for at least 24 hours.
- 并发编辑 / Editing: 读取时得到 ` + "`ETag`" + `，PUT 时放进 ` + "`If-Match`" + `；没有为 428，过期为 412 / send the ETag you read in If-Match.
- 429 与 503 带 ` + "`Retry-After`" + ` / 429 and 503 carry Retry-After. 每个应答都有 ` + "`X-Request-Id`" + ` / every answer carries X-Request-Id.
`
