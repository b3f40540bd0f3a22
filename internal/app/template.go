package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"baodao/config"
	"baodao/internal/wxsim"
	"baodao/service/notify"
)

// TemplateSource lists the subscribe-message templates that the mini-program has at WeChat.
type TemplateSource interface {
	Chosen(ctx context.Context) ([]notify.Chosen, error)
}

// checkTemplates compares our templates with WeChat's and raises the alarm. While WeChat cannot be reached, everything stays
// as it was.
func checkTemplates(ctx context.Context, d Deps, s *Services) error {
	if d.Templates == nil {
		return nil
	}
	chosen, err := d.Templates.Chosen(ctx)
	if err != nil {
		d.Log.Warn("notice templates were not compared: WeChat does not answer", "error", err)
		return nil
	}
	found, err := s.Notify.CheckTemplates(ctx, chosen)
	for _, f := range found {
		d.Log.Error("notice template is wrong; its kind is told in the inbox only", "kind", f.Kind, "template", f.TemplateID, "wrong", f.Wrong)
	}
	return err
}

// CheckTemplates compares the templates now, and tells what is wrong.
func (a *App) CheckTemplates(ctx context.Context) ([]notify.Finding, error) {
	chosen, err := a.deps.Templates.Chosen(ctx)
	if err != nil {
		return nil, fmt.Errorf("list templates at WeChat: %w", err)
	}
	return a.Notify.CheckTemplates(ctx, chosen)
}

// seedTemplates fills in the templates of the simulated mini-program.
func (a *App) seedTemplates(ctx context.Context) error {
	if a.appID != SimAppID {
		return nil
	}
	file, err := notify.ParseTemplates(config.NoticesExample)
	if err != nil {
		return fmt.Errorf("read the simulated templates: %w", err)
	}
	return a.Notify.SeedTemplates(ctx, file)
}

// simTemplates are the templates of the simulated mini-program, one for each template id of the example file.
func simTemplates() []wxsim.Template {
	file, err := notify.ParseTemplates(config.NoticesExample)
	if err != nil {
		return nil // the test of the example file says so
	}
	var out []wxsim.Template
	seen := map[string]bool{}
	for _, t := range file.Templates {
		if seen[t.TemplateID] {
			continue
		}
		seen[t.TemplateID] = true
		out = append(out, wxsim.Template{ID: t.TemplateID, Title: title(t.Kind), Content: contentOf(t.Fields)})
	}
	return out
}

func title(k notify.Kind) string {
	zh, _ := notify.Text(k, false, nil)
	return zh
}

// contentOf is a template's text at WeChat, a line for each field.
func contentOf(fields map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "%s:{{%s.DATA}}\n", key, key)
	}
	return strings.TrimSpace(b.String())
}
