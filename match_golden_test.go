package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"baodao/service/matching/files"
	"baodao/service/matching/score"
)

// What was published of a round must hold in every later version: a round without blocks, further partners, reserved seats
// and open students has the digests that it had before there was any of these.
func TestMatchGivesTheDigestsItEverGave(t *testing.T) {
	t.Parallel()
	const inputs = "inputs sha256 f703aa0356676e2a8cc2e263eff8250e9780bfaf53665b2dd7cf0e146bc5ca6f\n"
	for name, test := range map[string]struct {
		friends bool
		args    []string
		want    string
	}{
		"lists":   {false, nil, inputs + "result sha256 c67ccfb4854548e6753362886a1a9b19da008a455a092a82760c1108eba5daee\n"},
		"open":    {false, []string{"--open"}, inputs + "result sha256 b1b9c1a165b3582dfc3164660e087aa715e457307f891e00d9c720892936bc18\n"},
		"friends": {true, nil, "inputs sha256 7be967c97b39f11a0f8b6a98188e08f8b0925c05da4fa02cd3b6ff9546ed6bb1\nresult sha256 41a833c6b18c9780eafbeac5243329c96aa14ce833bb0019e00f2ba0a76f3402\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "match"))); err != nil {
				t.Fatal(err)
			}
			if test.friends {
				befriend(t, dir)
			}
			for _, what := range []string{"run", "verify"} {
				if out := match(t, append([]string{what, dir}, test.args...)...); !strings.Contains(out, test.want) {
					t.Errorf("%s: got %s, want %s", what, out, test.want)
				}
			}
		})
	}
}

// befriend makes pairs of neighbours.
func befriend(t *testing.T, dir string) {
	t.Helper()
	in, err := files.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	group := int32(0)
	for i := 0; i+1 < 60; i++ {
		if i%3 == 0 && in.Students[i].Campus == in.Students[i+1].Campus {
			in.Students[i].Group, in.Students[i+1].Group = group, group
			group++
			i++
		}
	}
	f, err := os.Create(filepath.Join(dir, files.StudentsFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := files.WriteStudents(f, in.Students); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A round with all of it, by the commands alone.
func TestMatchWithReservedSeats(t *testing.T) {
	t.Parallel()
	for name, groups := range map[string]string{"single": "0", "friends": "0.3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			match(t, "sample", dir, "--students", "1600", "--positions", "50", "--rich", "--groups", groups)
			said := match(t, "run", dir)
			out := match(t, "verify", dir)
			_, digests, _ := strings.Cut(said, "inputs sha256")
			if !strings.HasSuffix(out, "\nok\n") || digests == "" || !strings.Contains(out, digests) {
				t.Fatal(said, out)
			}
			for _, name := range []string{files.BlocksFile, files.PartnersFile, files.ReservesFile, files.OpenFile, files.PartnerCutoffsFile} {
				if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.Count(string(b), "\n") < 3 {
					t.Errorf("%s: %s, %v", name, b, err)
				}
			}
			seats(t, dir)
			again := match(t, "run", dir, "--last", filepath.Join(dir, "cutoffs.csv"), "--suffix=-again")
			if again != said {
				t.Error("another result, though the lists are there")
			}
			edit(t, filepath.Join(dir, files.OpenFile), func([]byte) []byte { return []byte("student\n") })
			if code, _, _ := command(t, nil, "match", "verify", dir); code != exitError {
				t.Error("nobody is open any more, and it is not found")
			}
		})
	}
}

// seats asks of each position why these, until one is found where a seat is reserved.
func seats(t *testing.T, dir string) {
	t.Helper()
	in, err := files.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	reserved, paired := false, false
	for p := range in.Positions {
		if in.Positions[p].Reserved == 0 || reserved && paired {
			continue
		}
		out := match(t, "seats", dir, strconv.Itoa(p))
		reserved = reserved || strings.Contains(out, "seats are reserved for students of the paired branches")
		paired = paired || strings.Contains(out, ", of a paired branch: band ")
	}
	if !reserved || !paired {
		t.Error("no team has a reserved seat")
	}
	for s := range in.Students {
		for p := range in.Positions {
			if in.Students[s].Group == score.None && in.Positions[p].ReservedFor(in.Students[s].Branch) &&
				in.Misfits(int32(s), &in.Positions[p], score.Measure(&in.Students[s], &in.Positions[p])) == 0 {
				if out := match(t, "explain", dir, strconv.Itoa(s), strconv.Itoa(p)); !strings.Contains(out, "of whom you are one") {
					t.Error(out)
				}
				return
			}
		}
	}
	t.Error("nobody can have a reserved seat")
}
