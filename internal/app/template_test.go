package app_test

import (
	"strings"
	"testing"

	"baodao/internal/app"
	"baodao/model"
)

// check runs the hourly comparison and returns how many rows are off.
func (l *loop) check(built *app.Built) (off int64) {
	l.TB.Helper()
	for _, job := range built.Jobs {
		if job.Name == "check-templates" {
			if err := job.Do(l.TB.Context()); err != nil {
				l.TB.Fatal(err)
			}
		}
	}
	if err := l.DB.Model(&model.NoticeTemplate{}).Where("disabled_at IS NOT NULL").Count(&off).Error; err != nil {
		l.TB.Fatal(err)
	}
	return off
}

func TestTheSimulatedMiniProgramHasEveryTemplate(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	if off := l.check(l.built); off != 0 || strings.Contains(l.log.String(), "template") {
		t.Fatalf("%d are off: %s", off, l.log)
	}
}

func TestATemplateThatWeChatLosesRaisesTheAlarmUntilItIsBack(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	lists := func(field string, value any) {
		l.admin("fail", map[string]any{"mode": "set", "path": "/wxaapi/newtmpl/gettemplate", "field": field, "value": value})
	}
	lists("data", []any{})
	if off := l.check(l.built); off != 51 || strings.Count(l.log.String(), `"level":"ERROR"`) != 51 || !strings.Contains(l.log.String(), signupTemplate) {
		t.Fatalf("%d are off: %s", off, l.log)
	}
	l.admin("fail", map[string]any{"mode": "clear"})
	for _, away := range []map[string]any{{"mode": "status", "status": 502}, {"mode": "html"}, {"mode": "errcode", "errcode": -1}} {
		l.log.Reset()
		away["path"] = "/wxaapi/newtmpl/gettemplate"
		l.admin("fail", away)
		if off := l.check(l.built); off != 51 || !strings.Contains(l.log.String(), `"level":"WARN"`) || strings.Contains(l.log.String(), `"level":"ERROR"`) {
			t.Fatalf("WeChat is away: %d are off: %s", off, l.log)
		}
		l.admin("fail", map[string]any{"mode": "clear"})
	}
	if off := l.check(l.built); off != 0 {
		t.Fatalf("%d stay off", off)
	}
}
