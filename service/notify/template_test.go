package notify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"baodao/config"
	"baodao/model"
	"baodao/service/fault"
	"baodao/service/notify"
)

func TestTheExampleFileIsGoodAndWhole(t *testing.T) {
	t.Parallel()
	file, err := notify.ParseTemplates(config.NoticesExample)
	if err != nil {
		t.Fatal(wrongIn(err))
	}
	have := map[notify.Kind]bool{}
	for _, r := range file.Templates {
		have[r.Kind] = true
	}
	for _, w := range notify.Wordings() {
		if !have[w.Kind] {
			t.Errorf("%s has no template", w.Kind)
		}
	}
}

func TestEveryMistakeOfATemplateFileIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := notify.ParseTemplates([]byte(`{"app_id":"x","templates":[
		{"kind":"SIGNUP_CONFIRMED","template_id":"a b","page":"/pages/x","fields":{"thing1":"{activity}"}},
		{"kind":"SIGNUP_CONFIRMED","template_id":"a","page":"pages/x?id={phone}","fields":{"thing1":"{hours}","thing":"x","money2":"x","thing3":"{activity","thing4":""}},
		{"kind":"NO_SUCH","template_id":"a","page":"","fields":{}}]}`))
	want := []string{
		"/app_id pattern", "/templates/0/template_id pattern", "/templates/0/page pattern", "/templates/1/kind duplicate", "/templates/1/page placeholder",
		"/templates/1/fields/thing1 placeholder", "/templates/1/fields/thing pattern", "/templates/1/fields/money2 pattern", "/templates/1/fields/thing3 placeholder",
		"/templates/1/fields/thing4 max_length", "/templates/2/kind enum", "/templates/2/fields min_items",
	}
	have := wrongIn(err)
	for _, w := range want {
		if !strings.Contains(have, w+"\n") {
			t.Errorf("%s is not named", w)
		}
	}
	if n := strings.Count(have, "\n"); n != len(want) {
		t.Errorf("%d mistakes, want %d:\n%s", n, len(want), have)
	}
	for _, raw := range []string{``, `{`, `[]`, `{"app_id":1}`, `{"app_id":"wx00","templates":[],"more":1}`, string(config.NoticesExample) + "{}"} {
		if _, err := notify.ParseTemplates([]byte(raw)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%.20s: %v", raw, err)
		}
	}
}

func wrongIn(err error) string {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return fmt.Sprint(err)
	}
	var b strings.Builder
	for _, field := range f.Fields {
		fmt.Fprintln(&b, field.Pointer, field.Code)
	}
	return b.String()
}

func (k *kit) templates() string {
	k.TB.Helper()
	var rows []model.NoticeTemplate
	if err := k.DB.Order("kind").Find(&rows).Error; err != nil {
		k.TB.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Kind, " ", r.TemplateID, " ", len(r.Fields), " long=", r.LongTerm, " off=", r.DisabledAt != nil))
	}
	return strings.Join(out, "\n")
}

func TestAnImportIsTheWholeTruthAboutItsApp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.Insert(&model.NoticeTemplate{AppID: "wx-other", Kind: "AWARD_NOTICE", TemplateID: "z", Fields: map[string]string{"thing1": "x"}, UpdatedAt: k.Clock.Now()})
	file := notify.TemplateFile{AppID: appID, Templates: []notify.TemplateRule{
		{Kind: notify.SignupConfirmed, TemplateID: "new", Fields: map[string]string{"thing1": "{activity}"}},
		{Kind: notify.ReminderDay, TemplateID: once, Fields: map[string]string{"thing1": "{activity}", "time2": "09:00"}},
	}}
	for range 2 {
		if _, _, err := k.Notices.ImportTemplates(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	const want = "AWARD_NOTICE z 1 long=false off=false\nREMINDER_DAY tmpl-once 2 long=false off=false\nSIGNUP_CONFIRMED new 1 long=false off=false"
	if have := k.templates(); have != want {
		t.Fatal(have)
	}
	file.AppID = "wx-third"
	if _, _, err := k.Notices.ImportTemplates(t.Context(), file); err == nil || k.templates() != want {
		t.Fatal("a file for another app was taken")
	}
}

func TestTemplatesFollowWhatWeChatHas(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	check := func(want string, found int, chosen ...notify.Chosen) {
		t.Helper()
		wrong, err := k.Notices.CheckTemplates(t.Context(), chosen)
		if err != nil || len(wrong) != found || k.templates() != want {
			t.Fatalf("%v %v\n%s", wrong, err, k.templates())
		}
	}
	cancelled := func(off bool) string { return fmt.Sprint("ACTIVITY_CANCELLED tmpl-always 1 long=true off=", off, "\n") }
	confirmed := func(long, off bool) string {
		return fmt.Sprint("SIGNUP_CONFIRMED tmpl-once 2 long=", long, " off=", off)
	}
	a := notify.Chosen{ID: always, LongTerm: true, Fields: []string{"thing1"}}
	o := notify.Chosen{ID: once, Fields: []string{"thing1", "time2"}}
	check(cancelled(false)+confirmed(false, false), 0, a, o, notify.Chosen{ID: "unused"})
	check(cancelled(true)+confirmed(false, false), 1, o)
	check(cancelled(true)+confirmed(false, false), 1, o) // the alarm goes on
	check(cancelled(false)+confirmed(true, false), 0, a, notify.Chosen{ID: once, LongTerm: true, Fields: o.Fields})
	check(cancelled(false)+confirmed(true, true), 1, a, notify.Chosen{ID: once, Fields: []string{"thing1", "time3"}})
	check(cancelled(false)+confirmed(true, true), 1, a, notify.Chosen{ID: once, Fields: []string{"thing1", "time2", "thing4"}})
	check(cancelled(false)+confirmed(false, false), 0, a, o)
	check(cancelled(true)+confirmed(false, true), 2)
}

func TestAPageNamesWhatTheMessageIsAbout(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	li := k.person("li")
	k.enqueue(notify.Event{Kind: notify.SignupConfirmed, UserIDs: []int64{li}, Fact: []string{"f"}, Data: map[string]notify.Words{"activity": notify.Own("x")}})
	if have := k.notices()[0].Page; have != "pages/activity?id=7" {
		t.Fatal(have)
	}
}
