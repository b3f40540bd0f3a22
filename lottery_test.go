package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baodao/service/matching/lottery"
)

// drawn is a lottery of five entries for four seats.
func drawn(t *testing.T) lottery.File {
	t.Helper()
	f, err := lottery.New([32]byte{1}, lottery.Stake{ActivityID: 12, PositionID: 34, Capacity: 4},
		[]lottery.Entry{{ID: 1, Weight: 1, Seats: 1}, {ID: 2, Weight: 2, Seats: 1}, {ID: 3, Weight: 3, Seats: 1}, {ID: 4, Weight: 4, Seats: 1}, {ID: 5, Weight: 5, Seats: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// saved writes each as a file of its own.
func saved(t *testing.T, files ...lottery.File) (names []string) {
	t.Helper()
	dir := t.TempDir()
	for i, f := range files {
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, string(rune('a'+i))+".json")
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func verify(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return command(t, nil, append([]string{"lottery", "verify"}, args...)...)
}

func TestLotteryVerifySaysWhatWasCheckedAndOK(t *testing.T) {
	t.Parallel()
	f := drawn(t)
	code, out, errs := verify(t, saved(t, f)...)
	if code != exitOK || errs != "" || !strings.HasSuffix(out, "\nok\n") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	for _, part := range []string{"activity 12, position 34", "5 entries for 4 seats", "all 5 places", "4 entries; 1 wait", f.Commitment, f.Digest} {
		if !strings.Contains(out, part) {
			t.Errorf("%q is not said:\n%s", part, out)
		}
	}
	open := f
	open.Seed, open.Digest, open.Order, open.Winners = "", "", nil, nil
	if code, out, _ := verify(t, saved(t, open)...); code != exitOK || !strings.Contains(out, "not drawn yet") || strings.Contains(out, "winners") {
		t.Errorf("before the draw: exit %d: %s", code, out)
	}
}

func TestLotteryVerifyTakesPagesInAnyOrderAndFromStdin(t *testing.T) {
	t.Parallel()
	whole := drawn(t)
	first, last := whole, whole
	first.Entries, first.Order = whole.Entries[:2], whole.Order[:2]
	last.Entries, last.Order, last.Start = whole.Entries[2:], whole.Order[2:], 2
	first.Winners, last.Winners = whole.Winners[:2], whole.Winners[2:]
	names := saved(t, first, last)
	if code, out, errs := verify(t, names[1], names[0]); code != exitOK {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for _, name := range names {
		if code, _, errs := verify(t, name); code != exitError || !strings.Contains(errs, "page") {
			t.Errorf("one page alone: exit %d: %s", code, errs)
		}
	}
	var both, out bytes.Buffer
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		both.Write(raw)
	}
	if err := (lotteryVerifyCmd{Files: []string{"-"}, stdin: &both}).Run(&console{out: &out}); err != nil || !strings.HasSuffix(out.String(), "ok\n") {
		t.Errorf("stdin: %v: %s", err, &out)
	}
}

func TestLotteryVerifyNamesTheReasonWithExitCodeOne(t *testing.T) {
	t.Parallel()
	f := drawn(t)
	swapped := f
	swapped.Order = append(lottery.IDs{f.Order[1], f.Order[0]}, f.Order[2:]...)
	file := saved(t, f)[0]
	for reason, args := range map[string][]string{
		"order, place 1":                       saved(t, swapped),
		"it is not the JSON":                   {"main.go"},
		"the commitment is not the one you no": {file, "--commitment", f.Digest},
		"the digest is not the one you noted":  {file, "--digest", f.Commitment},
	} {
		if code, out, errs := verify(t, args...); code != exitError || out != "" || !strings.Contains(errs, reason) {
			t.Errorf("want %q: exit %d: %s%s", reason, code, out, errs)
		}
	}
	if code, out, errs := verify(t, file, "--commitment", f.Commitment, "--digest", strings.ToUpper(f.Digest)); code != exitOK || strings.Contains(out, "Compare") {
		t.Errorf("both noted: exit %d: %s%s", code, out, errs)
	}
}

func TestLotteryVerifyWrongUsageIsExitCodeTwo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"no-such-file.json"}, {"--fast", "x"}} {
		if code, out, errs := verify(t, args...); code != exitUsage || out != "" || !strings.Contains(errs, "--help") {
			t.Errorf("%v: exit %d: %s%s", args, code, out, errs)
		}
	}
}
