package api

import (
	"net/http"

	"baodao/service/fault"
)

// Status is the HTTP status of a Fault.
func Status(f *fault.Fault) int {
	switch f.Kind {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Timeout:
		return http.StatusRequestTimeout
	case fault.Conflict:
		return http.StatusConflict
	case fault.Stale:
		return http.StatusPreconditionFailed
	case fault.TooLarge:
		if f.Code == ErrURITooLong.Code {
			return http.StatusRequestURITooLong
		}
		return http.StatusRequestEntityTooLarge
	case fault.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.VersionRequired:
		return http.StatusPreconditionRequired
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// titleOf is a status in words.
func titleOf(status int) (zh, en string) {
	words := map[int]string{
		http.StatusBadRequest:            "请求无法解析",
		http.StatusUnauthorized:          "需要登录",
		http.StatusForbidden:             "没有权限",
		http.StatusNotFound:              "没有找到",
		http.StatusMethodNotAllowed:      "方法不允许",
		http.StatusRequestTimeout:        "请求超时",
		http.StatusConflict:              "与当前状态冲突",
		http.StatusPreconditionFailed:    "版本已过期",
		http.StatusRequestEntityTooLarge: "内容太大",
		http.StatusRequestURITooLong:     "网址太长",
		http.StatusUnsupportedMediaType:  "内容类型不支持",
		http.StatusUnprocessableEntity:   "内容有误",
		http.StatusPreconditionRequired:  "需要版本号",
		http.StatusTooManyRequests:       "请求太频繁",
		http.StatusInternalServerError:   "服务器出错",
		http.StatusServiceUnavailable:    "暂时不可用",
	}
	return words[status], http.StatusText(status)
}
