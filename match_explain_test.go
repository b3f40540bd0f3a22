package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMatchExplainAndSeats(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "600", "--positions", "40")
	match(t, "run", dir)
	result, err := os.ReadFile(filepath.Join(dir, "result.csv"))
	if err != nil {
		t.Fatal(err)
	}
	student, position, _ := strings.Cut(strings.Split(string(result), "\n")[1], ",")
	if out := match(t, "explain", dir, student, position); !strings.Contains(out, "这个岗位就是给您的建议") || !strings.Contains(out, "\npoints ") {
		t.Error(out)
	}
	if out := match(t, "seats", dir, position); !strings.Contains(out, "by the published rule points-v2") || !strings.Contains(out, "\nstudent "+student+": band ") {
		t.Error(out)
	}
	if out := match(t, "explain", dir, student, position, "--last", filepath.Join(dir, "cutoffs.csv")); !strings.Contains(out, " ‰ if all comes as in the last round") {
		t.Error(out)
	}
	match(t, "run", dir, "--open", "--suffix=-open")
	match(t, "explain", dir, student, position, "--open", "--suffix=-open")
	match(t, "seats", dir, position, "--open", "--suffix=-open")
	for _, args := range [][]string{{"explain", dir, "600", "0"}, {"explain", dir, "0", "40"}, {"seats", dir, "40"}, {"explain", dir, "0", "0", "--last", "nowhere"}} {
		if code, _, _ := command(t, nil, append([]string{"match"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if code, _, _ := command(t, nil, "match", "explain", dir, "0", "0", "--suffix=-none"); code != exitError {
		t.Errorf("exit %d", code)
	}
}
