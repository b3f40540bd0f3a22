package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"baodao/service/fault"
)

// TemplateFile says which subscribe-message template tells each kind. The file is the whole truth about its mini-program: a
// kind that is not in it is told in the inbox only. Several kinds may share a template.
type TemplateFile struct {
	AppID     string         `json:"app_id"`
	Templates []TemplateRule `json:"templates"`
}

// TemplateRule is the template of one kind. {name} in Page and Fields is replaced by the word of the event, {id} by the id
// of what it is about.
type TemplateRule struct {
	Kind       Kind              `json:"kind"`
	TemplateID string            `json:"template_id"`
	Page       string            `json:"page"`
	Fields     map[string]string `json:"fields"`
}

var (
	templateID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	appIDForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{4,64}$`)
	pageForm   = regexp.MustCompile(`^[A-Za-z0-9_./-]+(\?[A-Za-z0-9_=&{}-]*)?$`)
	fieldForm  = regexp.MustCompile(`^(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum)[1-9][0-9]{0,2}$`)
	wordForm   = regexp.MustCompile(`\{([a-z_]*)\}`)
)

const (
	pageMost  = 255
	fieldMost = 200 // characters of a field's text before it is filled
)

// ParseTemplates reads a TemplateFile strictly and names every mistake at once. Errors: fault.ErrInvalid.
func ParseTemplates(raw []byte) (TemplateFile, error) {
	var file TemplateFile
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(&file)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		return file, fault.ErrInvalid.With(fault.Field{Code: "format", ZH: "不是规定的 JSON：" + err.Error(), EN: "is not the JSON that is wanted: " + err.Error()})
	}
	var wrong fault.Collector
	wrong.Add(!appIDForm.MatchString(file.AppID), "/app_id", "pattern", "须为小程序的 AppID", "must be the mini-program's app id")
	wrong.Add(len(file.Templates) == 0, "/templates", "min_items", "至少一项", "must have at least one item")
	seen := map[Kind]bool{}
	for i, t := range file.Templates {
		at := fmt.Sprintf("/templates/%d", i)
		wrong.Add(seen[t.Kind], at+"/kind", "duplicate", "这种通知已有模板："+string(t.Kind), "this kind has a template already: "+string(t.Kind))
		seen[t.Kind] = true
		t.check(&wrong, at)
	}
	return file, wrong.Err()
}

// check notes every mistake of one rule.
func (t TemplateRule) check(wrong *fault.Collector, at string) {
	w, known := wordingOf(t.Kind)
	wrong.Add(!known, at+"/kind", "enum", "没有这种通知："+string(t.Kind), "there is no such kind: "+string(t.Kind))
	wrong.Add(!templateID.MatchString(t.TemplateID), at+"/template_id", "pattern", "须为微信给出的模板编号", "must be the template id that WeChat shows")
	bad := t.Page != "" && (len(t.Page) > pageMost || !pageForm.MatchString(t.Page) || strings.HasPrefix(t.Page, "/"))
	wrong.Add(bad, at+"/page", "pattern", "须为小程序页面路径，前面没有 /", "must be a page of the mini-program, without a leading /")
	wrong.Add(len(t.Fields) == 0, at+"/fields", "min_items", "至少一个字段", "must have at least one field")
	words := w.Words()
	unknown := func(text string) string {
		for _, m := range wordForm.FindAllStringSubmatch(text, -1) {
			if known && !slices.Contains(words, m[1]) {
				return m[0]
			}
		}
		if left := wordForm.ReplaceAllString(text, ""); strings.ContainsAny(left, "{}") {
			return "{"
		}
		return ""
	}
	hint := strings.Join(words, " ")
	word := unknown(t.Page)
	wrong.Add(word != "", at+"/page", "placeholder", "不能用 "+word+"，可用："+hint, "cannot use "+word+", only: "+hint)
	for _, key := range slices.Sorted(maps.Keys(t.Fields)) {
		text := t.Fields[key]
		wrong.Add(!fieldForm.MatchString(key), at+"/fields/"+key, "pattern", "须为类型加序号，如 thing1", "must be a type and a number, as thing1")
		wrong.Add(text == "" || utf8.RuneCountInString(text) > fieldMost, at+"/fields/"+key, "max_length", "须为 1–200 个字", "must have 1–200 characters")
		word := unknown(text)
		wrong.Add(word != "", at+"/fields/"+key, "placeholder", "不能用 "+word+"，可用："+hint, "cannot use "+word+", only: "+hint)
	}
}

// Words are the placeholders that a kind's events have: those of its own wording, and id.
func (w Wording) Words() []string {
	words := []string{"id"}
	for _, m := range wordForm.FindAllStringSubmatch(w.TitleZH+w.BodyZH+w.TitleEN+w.BodyEN, -1) {
		words = append(words, m[1])
	}
	slices.Sort(words)
	return slices.Compact(words)
}
