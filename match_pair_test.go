package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A round of pairing follows from its files, and the check, which shares no code with what made it, finds what was changed.
func TestMatchPairIsRepeatedAndVerified(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := match(t, "pair", dir, "--branches", "300", "--communities", "80")
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	result := read("result.csv")
	if again := match(t, "pair", dir); again != first || read("result.csv") != result || !strings.HasPrefix(result, "branch,community,kept\n") {
		t.Errorf("got %s, want %s", again, first)
	}
	_, digests, _ := strings.Cut(first, "\n")
	if out := match(t, "verify", dir); !strings.Contains(out, "0 faults\n") || !strings.Contains(out, digests) || !strings.HasSuffix(out, "ok\n") {
		t.Error(out)
	}
	if code, _, errs := command(t, nil, "match", "explain", dir, "0", "0"); code != exitUsage || !strings.Contains(errs, "it is a round of pairing") {
		t.Errorf("exit %d, %s", code, errs)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(result, "\n"), "\n")
	for name, spoilt := range map[string]string{
		"a pair less": strings.Join(append(append([]string{}, lines[:40]...), lines[41:]...), ""),
		"kept":        strings.Replace(result, ",0\n", ",1\n", 1),
		"not kept":    strings.Replace(result, ",1\n", ",0\n", 1),
		"twice":       result + lines[1],
	} {
		if err := os.WriteFile(filepath.Join(dir, "result.csv"), []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, _ := command(t, nil, "match", "verify", dir); code == exitOK || !strings.Contains(out, "FAULT ") {
			t.Errorf("%s: exit %d, %s", name, code, out)
		}
	}
}
