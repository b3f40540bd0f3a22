package files_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// directory is a round as files.
func directory(t *testing.T, in *score.Instance) fstest.MapFS {
	t.Helper()
	dir := fstest.MapFS{
		files.RoundFile:     {Data: written(t, func(w io.Writer) error { return files.WriteRound(w, in.Round) })},
		files.StudentsFile:  {Data: written(t, func(w io.Writer) error { return files.WriteStudents(w, in.Students) })},
		files.PositionsFile: {Data: written(t, func(w io.Writer) error { return files.WritePositions(w, in.Positions) })},
	}
	for _, part := range files.More(in) {
		dir[part.Name] = &fstest.MapFile{Data: written(t, part.Write)}
	}
	return dir
}

// What more there is comes back whole, and each of it is in the digest: where it was before is where it is now.
func TestRoundTripOfWhatMoreThereIs(t *testing.T) {
	t.Parallel()
	in, err := sample.New(sample.Options{Students: 300, Positions: 40, Season: score.Term, Rule: score.PointsV2, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	if more := files.More(in); len(more) != 0 {
		t.Fatal("a plain round has", more)
	}
	sample.Enrich(in, 4)
	dir := directory(t, in)
	got, err := files.Load(dir)
	if diff := cmp.Diff(in, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	lists := assign.Lists(in, 1)
	seen := map[audit.Digest]string{}
	for _, without := range []string{"", files.BlocksFile, files.PartnersFile, files.ReservesFile, files.OpenFile} {
		less := directory(t, in)
		if _, ok := less[without]; !ok && without != "" {
			t.Fatalf("%s is not written", without)
		}
		delete(less, without)
		other, err := files.Load(less)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := audit.Inputs(other, lists)
		if before, again := seen[digest]; again || err != nil {
			t.Errorf("without %q the digest is that without %q (%v)", without, before, err)
		}
		seen[digest] = without
	}
	out, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	back, err := files.ReadPartnerCutoffs(bytes.NewReader(written(t, func(w io.Writer) error { return files.WritePartnerCutoffs(w, out.Partners) })), 40)
	if diff := cmp.Diff(out.Partners, back); diff != "" || err != nil || len(back) == 0 {
		t.Fatal(diff, err)
	}
	before, err := audit.Result(&out.Outcome)
	if err != nil {
		t.Fatal(err)
	}
	out.Partners[0].Cutoff ^= 1
	if after, err := audit.Result(&out.Outcome); before == after || err != nil {
		t.Error("the cut-offs of partners are not in the digest", err)
	}
}

func TestExactBytesOfWhatMoreThereIs(t *testing.T) {
	t.Parallel()
	in := &score.Instance{
		Students:  make([]score.Student, 3),
		Blocked:   map[int32][]int32{2: {0}, 1: {}, 0: {9, 2, 9}},
		Positions: []score.Position{{Partner: 3, Partners: []int32{5, 3, 1}}, {Partner: 3, Partners: []int32{3}}, {Partner: -1, Reserved: 4}},
		Open:      []bool{false, true, true},
	}
	want := []struct{ name, text string }{
		{"blocks.csv", "student,community\n0,2\n0,9\n2,0\n"},
		{"partners.csv", "position,branch\n0,1\n0,5\n"},
		{"reserves.csv", "position,seats\n2,4\n"},
		{"open.csv", "student\n1\n2\n"},
	}
	more := files.More(in)
	if len(more) != len(want) {
		t.Fatal(more)
	}
	for i, part := range more {
		if got := string(written(t, part.Write)); part.Name != want[i].name || got != want[i].text {
			t.Errorf("%s: got %q, want %q", part.Name, got, want[i].text)
		}
	}
	own := written(t, func(w io.Writer) error {
		return files.WritePartnerCutoffs(w, []score.PartnerCutoff{{Position: 2, Cutoff: score.Nobody}, {Position: 7}})
	})
	if string(own) != "position,cutoff\n2,4294967295\n7,0\n" {
		t.Errorf("got %q", own)
	}
}

func TestWhatIsWrongWithWhatMoreThereIs(t *testing.T) {
	t.Parallel()
	in, err := sample.New(sample.Options{Students: 3, Positions: 2, Season: score.Term, Rule: score.PointsV2, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	in.Positions[0].Partner = 8
	for text, want := range map[string]string{
		"blocks.csv:3,1\n": "column 1", "blocks.csv:0,-1\n": "column 2", "blocks.csv:0,4\n0,4\n": "already", "blocks.csv:0\n": "too few",
		"partners.csv:2,1\n": "column 1", "partners.csv:0,8\n": "already", "partners.csv:1,4\n1,4\n": "already",
		"reserves.csv:0,0\n": "column 2", "reserves.csv:0,1\n0,2\n": "already", "open.csv:1\n1\n": "twice", "open.csv:3\n": "column 1",
		"open.csv:1,2\n": "1 columns",
	} {
		name, lines, _ := strings.Cut(text, ":")
		dir := directory(t, in)
		dir[name] = &fstest.MapFile{Data: []byte("header\n" + lines)}
		if _, err := files.Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{"1,2\n1,3\n": "rise", "5,0\n": "column 1", "0,4294967296\n": "column 2"} {
		if _, err := files.ReadPartnerCutoffs(strings.NewReader("position,cutoff\n"+text), 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
