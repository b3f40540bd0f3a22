package notify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"baodao/model"
	"baodao/service/notify"
)

func TestHowThingsAreSaid(t *testing.T) {
	t.Parallel()
	for got, want := range map[notify.Words]notify.Words{
		notify.When(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)):  notify.Both("2026年11月22日 14:00", "22 November 2026, 14:00"),
		notify.When(time.Date(2026, 12, 31, 16, 5, 0, 0, time.UTC)): notify.Both("2027年1月1日 00:05", "1 January 2027, 00:05"),
		notify.Day(model.Date("2026-11-05")):                        notify.Both("2026年11月5日", "5 November 2026"),
		notify.Hours(120):                                           notify.Own("2"), notify.Hours(90): notify.Own("1.5"), notify.Hours(20): notify.Own("0.33"),
		notify.Hours(119): notify.Own("1.98"), notify.Hours(0): notify.Own("0"), notify.Hours(60000): notify.Own("1000"),
		notify.Where(""): notify.Both("线上", "online"), notify.Where("广场"): notify.Own("广场"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

var latin = regexp.MustCompile(`[A-Za-z]{2,}`)

func han(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// TestEveryKindIsToldWholeInEachLanguage: a notice of any kind whose data are words of the program is all Chinese for WeChat and
// for who reads Chinese, all English for who reads English.
func TestEveryKindIsToldWholeInEachLanguage(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	user := k.User("李同学").ID
	var events []notify.Event
	var file notify.TemplateFile
	for _, w := range notify.Wordings() {
		data := map[string]notify.Words{"time": notify.When(k.Clock.Now()), "due": notify.Day("2026-12-01"), "place": notify.Where(""), "hours": notify.Hours(90)}
		for _, name := range []string{"activity", "org", "reason", "name"} {
			data[name] = notify.Both("甲乙", "alpha")
		}
		events = append(events, notify.Event{Kind: w.Kind, UserIDs: []int64{user}, Fact: []string{"f"}, ObjectID: 7, Data: data})
		file.Templates = append(file.Templates, notify.TemplateRule{Kind: w.Kind, TemplateID: "t", Fields: map[string]string{"thing1": w.BodyZH}})
	}
	file.AppID = appID
	if _, _, err := k.Notices.ImportTemplates(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		k.enqueue(e)
	}
	var inbox []model.Notification
	var outbox []model.Notice
	if err := k.DB.Find(&inbox).Error; err != nil || len(inbox) != len(events) {
		t.Fatal(len(inbox), err)
	}
	if err := k.DB.Find(&outbox).Error; err != nil || len(outbox) != len(events) {
		t.Fatal(len(outbox), err)
	}
	for _, n := range inbox {
		title, body := notify.Text(notify.Kind(n.Kind), false, n.Data)
		if latin.MatchString(title + body) {
			t.Errorf("%s in Chinese: %s", n.Kind, title+" "+body)
		}
		if title, body = notify.Text(notify.Kind(n.Kind), true, n.Data); han(title + body) {
			t.Errorf("%s in English: %s", n.Kind, title+" "+body)
		}
	}
	for _, n := range outbox {
		if latin.MatchString(n.Fields["thing1"]) {
			t.Errorf("%s at WeChat: %s", n.Kind, n.Fields["thing1"])
		}
	}
}

// TestWordsOfTheProgramAreSaidInBothLanguages reads the services: nothing that the program says itself goes as words that
// somebody chose, and what goes in both languages is in the right one each time.
func TestWordsOfTheProgramAreSaidInBothLanguages(t *testing.T) {
	t.Parallel()
	calls := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if of, named := f.X.(*ast.Ident); !named || of.Name != "notify" {
				return true
			}
			at := set.Position(call.Pos())
			switch f.Sel.Name {
			case "Own":
				calls++
				if texts, fields := said(call.Args[0]); texts != "" || fields {
					t.Errorf("%s: words of the program need both languages", at)
				}
			case "Both":
				calls++
				zh, _ := said(call.Args[0])
				en, _ := said(call.Args[1])
				if latin.MatchString(zh) || han(en) || strings.Contains(zh+en, " / ") {
					t.Errorf("%s: %q and %q are not one in each language", at, zh, en)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || calls < 30 {
		t.Error(calls, err)
	}
}

// said are the literal texts of an expression, and whether it reads the text of a refusal.
func said(x ast.Expr) (texts string, refusal bool) {
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				texts += strings.Trim(n.Value, `"`)
			}
		case *ast.SelectorExpr:
			refusal = refusal || n.Sel.Name == "ZH" || n.Sel.Name == "EN"
		}
		return true
	})
	return texts, refusal
}
