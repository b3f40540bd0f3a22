package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoticesImportAndCheck(t *testing.T) {
	t.Parallel()
	env := []string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_LOG_LEVEL=error"}
	if code, out, errs := command(t, env, "notices", "import", "config/notices.example.json"); code != exitOK || !strings.Contains(out, "written 51, removed 0") {
		t.Fatalf("import: exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := command(t, env, "notices", "check"); code != exitOK || !strings.Contains(out, "as WeChat has them") {
		t.Fatalf("check: exit %d: %s%s", code, out, errs)
	}
	bad := filepath.Join(t.TempDir(), "bad.json")
	write := func(content string) {
		if err := os.WriteFile(bad, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"app_id":"wx0000000000000000","templates":[{"kind":"SIGNUP_CONFIRMED","template_id":"gone","page":"/x","fields":{"thing1":"{hours}"}}]}`)
	if code, out, errs := command(t, env, "notices", "import", bad); code != exitError || out != "" || !strings.Contains(errs, "/templates/0/page") || !strings.Contains(errs, "/templates/0/fields/thing1") {
		t.Errorf("a bad file: exit %d: %s%s", code, out, errs)
	}
	write(`{"app_id":"wx0000000000000000","templates":[{"kind":"SIGNUP_CONFIRMED","template_id":"gone","page":"","fields":{"thing1":"{activity}"}}]}`)
	if code, out, errs := command(t, env, "notices", "import", bad); code != exitOK {
		t.Fatalf("import: exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := command(t, env, "notices", "check"); code != exitError || !strings.Contains(errs, "SIGNUP_CONFIRMED, template gone: WeChat has no such template") {
		t.Errorf("check: exit %d: %s", code, errs)
	}
	write(`{"app_id":"wx1111111111111111","templates":[{"kind":"SIGNUP_CONFIRMED","template_id":"gone","page":"","fields":{"thing1":"{activity}"}}]}`)
	if code, _, errs := command(t, env, "notices", "import", bad); code != exitError || !strings.Contains(errs, "another mini-program") {
		t.Errorf("another app: exit %d: %s", code, errs)
	}
}
