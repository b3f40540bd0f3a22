package api

import (
	"strings"

	"baodao/service/fault"
)

// Wrong words a field error of the edge: its code, and the limit that was missed.
func Wrong(pointer, code, limit string) fault.Field {
	zh, en := wording(code)
	if code == "above" || code == "below" {
		code = map[string]string{"above": "min", "below": "max"}[code]
	}
	if limit == "" { // nothing to tell: "格式不对", not "格式不对，应为"
		zh, _, _ = strings.Cut(strings.TrimSuffix(zh, "：%"), "，应")
		en, _, _ = strings.Cut(strings.TrimSuffix(en, ": %"), ", expected")
	}
	zhLimit := limit
	switch code {
	case "type":
		zhLimit = typeName(limit)
	case "pattern":
		zhLimit = patternName(limit)
	}
	return fault.Field{Pointer: pointer, Code: code, ZH: strings.ReplaceAll(zh, "%", zhLimit), EN: strings.ReplaceAll(en, "%", limit)}
}

// typeName is a JSON type in Chinese.
func typeName(name string) string {
	switch name {
	case "boolean":
		return "布尔值 true 或 false"
	case "integer":
		return "整数"
	case "number":
		return "数字"
	case "string":
		return "字符串"
	case "array":
		return "数组"
	case "object":
		return "对象"
	}
	return name
}

// patternName is what a pattern asks for, in Chinese.
func patternName(description string) string {
	words := map[string]string{
		"12 digits":                                  "12 位数字",
		"1–16 digits":                                "1–16 位数字",
		"1–64 visible ASCII characters":              "1–64 个可见的 ASCII 字符",
		"2–40 of A-Z 0-9 - _":                        "2–40 个大写字母、数字、- 或 _",
		"2–40 of A-Z 0-9 _, beginning with a letter": "2–40 个大写字母、数字或 _，以字母开头",
		"MM-DD":                               "月-日，如 09-01",
		"RFC 3339, 2000–2100":                 "带时区的日期和时间，如 2026-09-01T08:30:00+08:00，2000–2100 年",
		"YYYY-MM-DD, 2000–2100":               "年-月-日，如 2026-09-01，2000–2100 年",
		"a code":                              "政策里的代码",
		"a kind":                              "通知的种类",
		"a template id":                       "模板编号",
		"a year":                              "四位年份",
		"eight digits":                        "8 位数字",
		"letters, digits, _ and -":            "字母、数字、_ 和 -",
		"letters, digits, blanks and hyphens": "字母、数字、空格和 -",
		"not blank":                           "至少一个不是空白的字",
		"six of 0 and 1":                      "六个 0 或 1",
		"visible ASCII characters":            "可见的 ASCII 字符",
	}
	if zh, ok := words[description]; ok {
		return zh
	}
	return description
}

func wording(code string) (zh, en string) {
	words := map[string][2]string{
		"required":       {"必填", "is required"},
		"unknown_field":  {"没有这个字段", "is not a known field"},
		"type":           {"类型不对，应为：%", "has the wrong type, expected: %"},
		"format":         {"格式不对，应为：%", "has the wrong format, expected: %"},
		"pattern":        {"格式不对，应符合：%", "does not match: %"},
		"enum":           {"只能是其中之一：%", "must be one of: %"},
		"min":            {"不能小于 %", "must be at least %"},
		"above":          {"必须大于 %", "must be more than %"},
		"max":            {"不能大于 %", "must be at most %"},
		"below":          {"必须小于 %", "must be less than %"},
		"multiple_of":    {"必须是 % 的倍数", "must be a multiple of %"},
		"min_length":     {"至少 % 个字", "must have at least % character(s)"},
		"max_length":     {"最多 % 个字", "must have at most % character(s)"},
		"min_items":      {"至少 % 项", "must have at least % item(s)"},
		"max_items":      {"最多 % 项", "must have at most % item(s)"},
		"unique_items":   {"有重复的项", "has an item twice"},
		"min_properties": {"至少 % 个字段", "must have at least % properties"},
		"max_properties": {"最多 % 个字段", "must have at most % properties"},
		"media_type":     {"不支持这种文件类型", "is not an accepted type of file"},
		"duplicate":      {"只能出现一次", "may appear only once"},
		"shape":          {"不符合任何一种写法", "has none of the allowed shapes"},
	}
	if w, ok := words[code]; ok {
		return w[0], w[1]
	}
	return "不正确", "is wrong"
}

// malformedField says why a request cannot be read.
func malformedField(code, pointer string) fault.Field {
	words := map[string][2]string{
		"syntax":        {"不是合法的 JSON", "is not JSON"},
		"encoding":      {"含有非法的 UTF-8、孤立代理字符或空字符", "has invalid UTF-8, a lone surrogate or U+0000"},
		"duplicate_key": {"字段出现了两次", "the key appears twice"},
		"trailing_data": {"JSON 之后还有内容", "something follows the JSON value"},
		"depth":         {"嵌套超过 32 层", "is nested deeper than 32 levels"},
		"max_items":     {"数组超过 500 项", "is an array of more than 500 items"},
		"number_range":  {"数字太大", "is a number out of range"},
		"missing":       {"缺少请求内容", "the body is missing or incomplete"},
		"multipart":     {"不是合法的 multipart 表单", "is not a multipart form"},
		"query":         {"查询参数无法解析", "the query string cannot be read"},
	}
	w := words[code]
	return fault.Field{Pointer: pointer, Code: code, ZH: w[0], EN: w[1]}
}
