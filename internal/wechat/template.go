package wechat

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram/subscribe"
)

// Template is a subscribe-message template that the app has chosen at WeChat.
type Template struct {
	ID       string
	Title    string
	Content  string // one field a line: 活动名称:{{thing1.DATA}}
	Example  string
	LongTerm bool // one acceptance lasts; else it is good for one message
	Fields   []TemplateField
}

// TemplateField is one field of a Template.
type TemplateField struct {
	Key   string   // thing1
	Label string   // 活动名称
	Enum  []string // the only values allowed, for fields of type enum
}

var templateLine = regexp.MustCompile(`^(.*?)[:：]?\s*\{\{([a-z_]+[0-9]+)\.DATA\}\}`)

// Templates lists the app's subscribe-message templates. Every error is a *Failure.
func (g *Gateway) Templates(ctx context.Context) (templates []Template, err error) {
	defer g.watch(opTemplates)(&err)
	var out struct {
		Data []subscribe.TemplateItem `json:"data"`
	}
	if err := g.exchange(ctx, opTemplates, http.MethodGet, pathTemplates, nil, &out); err != nil {
		return nil, err
	}
	for _, item := range out.Data {
		templates = append(templates, newTemplate(item))
	}
	return templates, nil
}

func newTemplate(item subscribe.TemplateItem) Template {
	const longTerm = 3
	t := Template{ID: item.PriTmplID, Title: item.Title, Content: item.Content, Example: item.Example, LongTerm: item.Type == longTerm}
	for line := range strings.Lines(item.Content) {
		m := templateLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		field := TemplateField{Key: m[2], Label: m[1]}
		for _, enum := range item.KeywordEnumValueList {
			if enum.KeywordCode == field.Key || enum.KeywordCode == field.Key+".DATA" {
				field.Enum = enum.EnumValueList
			}
		}
		t.Fields = append(t.Fields, field)
	}
	return t
}
