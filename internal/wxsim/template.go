package wxsim

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Template is a subscribe-message template. Content lists its fields as WeChat does, one a line: 活动名称:{{thing1.DATA}}.
type Template struct {
	ID       string
	Title    string
	Content  string
	LongTerm bool                // no counting: one acceptance lasts
	Enums    map[string][]string // allowed values by field key, for fields of type enum
}

var fieldMark = regexp.MustCompile(`\{\{([a-z_]+[0-9]+)\.DATA\}\}`)

// keys returns the field keys in the order of the content.
func (t Template) keys() []string {
	var keys []string
	for _, m := range fieldMark.FindAllStringSubmatch(t.Content, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

// template returns the app's template with this id.
func (a *app) template(id string) (Template, bool) {
	for _, t := range a.Templates {
		if t.ID == id {
			return t, true
		}
	}
	return Template{}, false
}

// listTemplates is GET /wxaapi/newtmpl/gettemplate.
func (a *app) listTemplates(*call) answer {
	list := make([]map[string]any, 0, len(a.Templates))
	for _, t := range a.Templates {
		kind := 2
		if t.LongTerm {
			kind = 3
		}
		enums := []map[string]any{}
		for key, values := range t.Enums {
			enums = append(enums, map[string]any{"keywordCode": key, "enumValueList": values})
		}
		list = append(list, map[string]any{
			"priTmplId": t.ID, "title": t.Title, "content": t.Content, "example": t.Content, "type": kind,
			"keywordEnumValueList": enums,
		})
	}
	return ok(map[string]any{"errcode": 0, "errmsg": "ok", "data": list})
}

// fieldRules are the documented limits of a field's value, by type.
var fieldRules = map[string]*regexp.Regexp{ //nolint:gochecknoglobals // a table
	"number":           regexp.MustCompile(`^-?[0-9]{1,32}(\.[0-9]{1,32})?$`),
	"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"symbol":           regexp.MustCompile(`^[[:punct:]\p{P}\p{S}]{1,5}$`),
	"character_string": regexp.MustCompile(`^[[:print:]]{1,32}$`),
	"time":             regexp.MustCompile(`^([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日 ?)?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(~.{1,32})?$`),
	"date":             regexp.MustCompile(`^([0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}-[0-9]{2}-[0-9]{2})( [0-9]{1,2}:[0-9]{2})?(~.{1,32})?$`),
	"amount":           regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?$`),
	"phone_number":     regexp.MustCompile(`^[0-9+() -]{1,17}$`),
	"car_number":       regexp.MustCompile(`^[\p{Han}A-Z0-9]{1,8}$`),
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
}

// accepts tells whether value is within the limits of the field called key.
func (t Template) accepts(key, value string) bool {
	kind := strings.TrimRight(key, "0123456789")
	runes := utf8.RuneCountInString(value)
	switch kind {
	case "thing":
		return runes >= 1 && runes <= 20 && !strings.ContainsFunc(value, unicode.IsControl)
	case "name":
		han := strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		return runes >= 1 && (runes <= 10 || !han && runes <= 20)
	case "enum":
		for _, allowed := range t.Enums[key] {
			if value == allowed {
				return true
			}
		}
		return false
	}
	rule := fieldRules[kind]
	return rule != nil && rule.MatchString(value)
}
