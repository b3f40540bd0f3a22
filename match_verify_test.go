package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit changes a file; the change must do something.
func edit(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	after := change(bytes.Clone(before))
	if bytes.Equal(before, after) {
		t.Fatal("nothing changes in", name)
	}
	if err := os.WriteFile(name, after, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestMatchVerifySaysOKOrWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "600", "--positions", "40")
	said := match(t, "run", dir)
	out := match(t, "verify", dir, "--best", "600")
	if !strings.HasSuffix(out, "\nok\n") || !strings.Contains(out, "\n0 pairs that would rather have each other\n") {
		t.Fatal(out)
	}
	for _, line := range strings.Split(strings.TrimSpace(said), "\n")[2:] {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not said: %s", line, out)
		}
	}
	if code, _, errs := command(t, nil, "match", "verify", dir, "--result", "00"); code != exitError || !strings.Contains(errs, "digest of the result") {
		t.Errorf("exit %d: %s", code, errs)
	}
	edit(t, filepath.Join(dir, "result.csv"), func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] })
	code, out, errs := command(t, nil, "match", "verify", dir)
	if code != exitError || !strings.Contains(errs, "does not follow") || !strings.Contains(out, "FAULT pairs that would rather have each other: student ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	edit(t, filepath.Join(dir, "result.csv"), func([]byte) []byte { return []byte("student,position\n1,40\n") })
	if code, _, errs := command(t, nil, "match", "verify", dir); code != exitError || !strings.Contains(errs, "result.csv: line 2") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, _, errs := command(t, nil, "match", "verify", dir, "--suffix=-other"); code != exitError || !strings.Contains(errs, "cutoffs-other.csv") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMatchVerifyOfOpenRoundsAndFriends(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "500", "--positions", "30")
	match(t, "run", dir, "--open")
	match(t, "verify", dir, "--open")
	dir = t.TempDir()
	match(t, "sample", dir, "--students", "500", "--positions", "30", "--groups", "0.3")
	match(t, "run", dir)
	if out := match(t, "verify", dir); !strings.Contains(out, "groups of friends ") {
		t.Error(out)
	}
}

// The digest of the inputs is that of the lists as they were handed in, with what the rules rule out.
func TestMatchRunNamesTheListsAsHandedIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	match(t, "sample", dir, "--students", "60", "--positions", "20")
	match(t, "run", dir)
	all := "0,\"0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\"\n" // somewhere the student cannot go
	edit(t, filepath.Join(dir, "lists.csv"), func([]byte) []byte { return []byte("student,positions\n" + all) })
	said, checked := match(t, "run", dir), match(t, "verify", dir)
	if _, digest, ok := strings.Cut(said, "inputs sha256 "); !ok || !strings.Contains(checked, "inputs sha256 "+digest[:64]) || strings.Contains(checked, "(0 of them that the rules rule out)") {
		t.Errorf("%s\n%s", said, checked)
	}
}
