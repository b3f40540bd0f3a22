package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func match(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := command(t, nil, append([]string{"match"}, args...)...)
	if code != exitOK || errs != "" {
		t.Fatalf("%v: exit %d: %s%s", args, code, out, errs)
	}
	return out
}

// The same files give the same bytes, whatever the number of workers.
func TestMatchRunCanBeReplayed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "2000", "--positions", "120")
	first := match(t, "run", dir, "--workers", "1")
	result, err := os.ReadFile(filepath.Join(dir, "result.csv"))
	if err != nil || len(result) < 1000 {
		t.Fatal(len(result), err)
	}
	if again := match(t, "run", dir, "--workers", "8", "--suffix=-again"); again != first {
		t.Errorf("got %s, want %s", again, first)
	}
	again, err := os.ReadFile(filepath.Join(dir, "result-again.csv"))
	if err != nil || string(again) != string(result) {
		t.Error("the second result differs", err)
	}
	open := match(t, "run", dir, "--open", "--suffix=-open")
	if open == first || !strings.Contains(open, "result sha256 ") {
		t.Errorf("open: %s", open)
	}
	if err := os.Rename(filepath.Join(dir, "lists.csv"), filepath.Join(dir, "lists-best.csv")); err != nil {
		t.Fatal(err)
	}
	if mixed := match(t, "run", dir, "--last", filepath.Join(dir, "cutoffs-open.csv")); mixed == first {
		t.Error("the last round's cut-offs changed nothing")
	}
	if best := match(t, "run", dir, "--lists", "lists-best.csv"); best != first {
		t.Errorf("got %s, want %s", best, first)
	}
}

// JSON lines are another way to write the same round: same digests, and what is made of them is JSON lines too.
func TestMatchReadsJSONLines(t *testing.T) {
	t.Parallel()
	csv, lines := t.TempDir(), t.TempDir()
	options := []string{"--students", "600", "--positions", "60", "--rich", "--groups", "0.1"}
	match(t, append([]string{"sample", csv}, options...)...)
	match(t, append([]string{"sample", lines, "--json"}, options...)...)
	want := match(t, "run", csv)
	if got := match(t, "run", lines); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if files, err := filepath.Glob(filepath.Join(lines, "*.csv")); len(files) > 0 || err != nil {
		t.Error(files, err)
	}
	out, expected := match(t, "verify", lines), match(t, "verify", csv)
	if out != expected || !strings.HasSuffix(out, "ok\n") {
		t.Errorf("got %s, want %s", out, expected)
	}
	result := filepath.Join(lines, "result.jsonl")
	data, err := os.ReadFile(result)
	if err == nil {
		_, less, _ := strings.Cut(string(data), "\n")
		err = os.WriteFile(result, []byte(less), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := command(t, nil, "match", "verify", lines); code == exitOK || !strings.Contains(out, "FAULT ") {
		t.Errorf("exit %d, %s", code, out)
	}
	last := filepath.Join(lines, "cutoffs.jsonl")
	if got, want := match(t, "explain", lines, "5", "3", "--last", last), match(t, "explain", csv, "5", "3", "--last", filepath.Join(csv, "cutoffs.csv")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMatchRunWithFriends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "1000", "--positions", "80", "--groups", "0.2", "--season", "vacation", "--rule", "lottery")
	if out := match(t, "run", dir); !strings.Contains(out, "rule lottery: 1000 students, 80 positions") {
		t.Error(out)
	}
}

func TestMatchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "30", "--positions", "5")
	for name, text := range map[string]string{"round.json": "{}", "students.csv": "id\n1\n", "positions.csv": "id\nx\n"} {
		before, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if code, _, errs := command(t, nil, "match", "run", dir); code != exitError || !strings.Contains(errs, name) {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
		if err := os.WriteFile(filepath.Join(dir, name), before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, _ := command(t, nil, "match", "sample", dir, "--rule", "best"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
}
