package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// command runs the program with its own data folder.
func command(t *testing.T, env []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, env, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestWrongUsageIsOneLineAndExitCodeTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"nonsense"}, {"serve", "--fast"}, {"org", "import"}, {"roster", "import", "x.csv"}, {"migrate"}, {"wxsim", "--addr", "0.0.0.0:1"}} {
		code, out, errs := command(t, nil, args...)
		if code != exitUsage || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "--help") {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, out, errs)
		}
	}
	if code, out, _ := command(t, nil, "--help"); code != exitOK || !strings.Contains(out, "bootstrap") {
		t.Errorf("--help: exit %d: %s", code, out)
	}
}

func TestWrongSettingsAreAllNamedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	code, _, errs := command(t, []string{"BAODAO_DB=oracle:x", "BAODAO_ADDR=x"}, "serve")
	if code != exitError || !strings.Contains(errs, "BAODAO_DB") || !strings.Contains(errs, "BAODAO_ADDR") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMigrateUpAndStatus(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	env := []string{"BAODAO_DATA=" + data}
	if code, out, errs := command(t, env, "migrate", "status"); code != exitError || out != "" || !strings.Contains(errs, "no database yet") {
		t.Errorf("status of no database: exit %d: %s%s", code, out, errs)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("looking made something: %v", err)
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "baodao.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := command(t, env, "migrate", "status"); code != exitError || !strings.Contains(out, "missing") {
		t.Errorf("status of an empty database: exit %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(data, "keys.env")); err == nil {
		t.Error("looking made keys")
	}
	if code, _, errs := command(t, env, "migrate", "up"); code != exitOK {
		t.Fatal(errs)
	}
	if code, out, _ := command(t, env, "migrate", "status"); code != exitOK || !strings.Contains(out, "applied") {
		t.Errorf("status: exit %d: %s", code, out)
	}
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	for file, args := range map[string][]string{
		"docs/openapi.json": {"openapi"}, "docs/problems.md": {"docs", "problems"}, "docs/states.md": {"docs", "states"},
	} {
		code, out, errs := command(t, nil, args...)
		have, err := os.ReadFile(file)
		if code != exitOK || err != nil || out != string(have) {
			t.Errorf("%s is not what baodao %v prints: run make generate (exit %d, %v, %s)", file, args, code, err, errs)
		}
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	dir, env := t.TempDir(), []string{"BAODAO_DATA=" + t.TempDir(), "BAODAO_LOG_LEVEL=error"}
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("provinces.csv", "code,name\n37,甲省\n")
	write("cities.csv", "code,name,provinceCode\n3701,乙市,37\n")
	if code, out, errs := command(t, env, "org", "import", dir, "--orgs"); code != exitOK || errs != "" {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	bad := write("roster.csv", "学号,姓名,团支部\n,无名,一班\n")
	if code, out, errs := command(t, env, "roster", "import", bad, "--university", "1"); code != exitError || out != "" || errs == "" {
		t.Fatalf("exit %d: %q %q", code, out, errs)
	}
}

// spoken is what a server says while it runs; its address is heard once.
type spoken struct {
	mu    sync.Mutex
	all   bytes.Buffer
	heard chan string
}

// Write takes a line.
func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var line struct{ Msg, URL string }
	if json.Unmarshal(p, &line) == nil && line.Msg == "listening" {
		s.heard <- strings.TrimPrefix(line.URL, "http://")
	}
	return s.all.Write(p)
}

// String is everything so far.
func (s *spoken) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.all.String() }

// TestServeAnswersAndDrains starts the server as a newcomer would, beside it bootstrap, and ends it with its context.
func TestServeAnswersAndDrains(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	data := t.TempDir()
	log := &spoken{heard: make(chan string, 1)}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve"}, []string{"BAODAO_DATA=" + data, "BAODAO_ADDR=127.0.0.1:0"}, io.Discard, log)
	}()
	var addr string
	select {
	case addr = <-log.heard:
	case code := <-done:
		t.Fatalf("exit %d: %s", code, log.String())
	}
	env := []string{"BAODAO_DATA=" + data, "BAODAO_ADDR=" + addr}
	if code, _, errs := command(t, env, "healthcheck"); code != exitOK { // it listens: whoever asks now is answered
		t.Fatalf("unhealthy: exit %d: %s", code, errs)
	}
	code, out, errs := command(t, env, "bootstrap")
	if code != exitOK || len(out) < 20 {
		t.Fatalf("bootstrap beside a running server: exit %d: %s", code, errs)
	}
	res, err := http.Post("http://"+addr+"/api/v1/auth/login", "application/json", strings.NewReader(`{"code":"dev-xiaolin-1"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens map[string]any
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || res.StatusCode != http.StatusOK || fmt.Sprint(tokens["access_token"]) == "" {
		t.Fatal(res.StatusCode, tokens, err)
	}
	clock, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+addr+"/test/clock", strings.NewReader(`{"now":"2027-01-01T00:00:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := http.DefaultClient.Do(clock)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Body.Close()
	if set.StatusCode != http.StatusNotFound {
		t.Fatal("an ordinary build has a clock that can be set")
	}
	stop()
	if code := <-done; code != exitOK {
		t.Fatalf("exit %d: %s", code, log.String())
	}
	if !strings.Contains(log.String(), "WECHAT IS SIMULATED") {
		t.Error("the simulated WeChat is not said loudly")
	}
}
