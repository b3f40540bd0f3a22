package files_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/files"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What was written is read back whole, and written again as the same bytes.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, season := range []score.Season{score.Term, score.Vacation} {
		in, err := sample.New(sample.Options{Students: 700, Positions: 60, Season: season, Rule: score.PointsV3, Seed: 4, Groups: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		dir := fstest.MapFS{
			files.RoundFile:     {Data: written(t, func(w io.Writer) error { return files.WriteRound(w, in.Round) })},
			files.StudentsFile:  {Data: written(t, func(w io.Writer) error { return files.WriteStudents(w, in.Students) })},
			files.PositionsFile: {Data: written(t, func(w io.Writer) error { return files.WritePositions(w, in.Positions) })},
		}
		got, err := files.Load(dir)
		if diff := cmp.Diff(in, got); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		lists := assign.Lists(in, 1)
		dir[files.ListsFile] = &fstest.MapFile{Data: written(t, func(w io.Writer) error { return files.WriteLists(w, lists) })}
		back, err := files.LoadLists(dir, files.ListsFile, in)
		if err == nil {
			err = assign.Settle(in, back, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		for s := range in.Students { // the width may differ
			if !slices.Equal(lists.Of(s), back.Of(s)) {
				t.Fatalf("student %d: got %v, want %v", s, back.Of(s), lists.Of(s))
			}
		}
		out, err := assign.Run(in, lists, 1)
		if err != nil {
			t.Fatal(err)
		}
		place, err := files.ReadResult(bytes.NewReader(written(t, func(w io.Writer) error { return files.WriteResult(w, out.Place) })), 700, 60)
		if diff := cmp.Diff(out.Place, place); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		rest, err := files.ReadCutoffs(bytes.NewReader(written(t, func(w io.Writer) error { return files.WriteCutoffs(w, &out.Outcome) })), 60)
		rest.Place = place
		if diff := cmp.Diff(out.Outcome, rest); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	}
}

// The bytes are the contract with other programs.
func TestExactBytes(t *testing.T) {
	t.Parallel()
	s := score.Student{
		Campus: 7, LatE6: 36_681_366, LonE6: 117_066_638, Slots: 0x3ff00000001, Skills: 0xf00000a1, Interests: [3]int8{11, 0, -1},
		MaxDist: 6000, Served: -1, Waited: 2, Branch: 12, Group: -1,
	}
	p := score.Position{
		Community: 3, Category: 11, LatE6: -1, LonE6: 117_000_000, Cap: 20, Min: 4, Slots: 0x10, Need: 1, Req: 0xa, Want: 0, Urgency: 7, Partner: 12,
	}
	lists := score.NewLists(3, 2)
	lists.Wishes[0], lists.Wishes[1], lists.Wishes[4] = score.NewWish(5, 40), score.NewWish(0, 1), score.NewWish(9, 250)
	out := score.Outcome{Place: []int32{-1, 1, 0}, Filled: []int32{1, 1}, Cutoffs: []uint32{0, 4_294_967_000}, Closed: []bool{false, true}}
	for want, write := range map[string]func(io.Writer) error{
		`{"round":3,"season":"term","seed":"00ff","k":20,"radius_m":10000,"rule":"points-v2"}` + "\n": func(w io.Writer) error {
			return files.WriteRound(w, score.Round{Number: 3, Season: score.Term, Seed: []byte{0, 255}, K: 20, Radius: 10000, Rule: score.PointsV2})
		},
		"id,campus,lat_e6,lon_e6,slots,skills,i1,i2,i3,maxdist_m,served,waited,branch,group\n" +
			"0,7,36681366,117066638,3ff00000001,f00000a1,11,0,-1,6000,-1,2,12,-1\n": func(w io.Writer) error { return files.WriteStudents(w, []score.Student{s}) },
		"id,community,category,lat_e6,lon_e6,cap,min,slots,need,req,want,urgency,partner\n" +
			"0,3,11,-1,117000000,20,4,10,1,a,0,7,12\n": func(w io.Writer) error { return files.WritePositions(w, []score.Position{p}) },
		"student,positions\n0,\"5 0\"\n2,\"9\"\n":                    func(w io.Writer) error { return files.WriteLists(w, lists) },
		"student,position\n1,1\n2,0\n":                               func(w io.Writer) error { return files.WriteResult(w, out.Place) },
		"position,filled,closed,cutoff\n0,1,0,0\n1,1,1,4294967000\n": func(w io.Writer) error { return files.WriteCutoffs(w, &out) },
	} {
		if got := string(written(t, write)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	students := "id,campus,lat_e6,lon_e6,slots,skills,i1,i2,i3,maxdist_m,served,waited,branch,group\n"
	for text, want := range map[string]string{
		"0,7,36681366,117066638,1,1,11,0,-1,6000,-1,2,12\n":              "line 2: too few columns",
		"0,7,36681366,117066638,1,1,11,0,-1,6000,-1,2,12,-1,9\n":         "want 14 columns",
		"1,7,36681366,117066638,1,1,11,0,-1,6000,-1,2,12,-1\n":           "dense",
		"0,7,36681366,117066638,40000000000,1,11,0,-1,6000,-1,2,12,-1\n": "42 bits",
		"0,7,36681366,117066638,1,1,12,0,-1,6000,-1,2,12,-1\n":           "column 7",
		"0,7,96681366,117066638,1,1,11,0,-1,6000,-1,2,12,-1\n":           "column 3",
		"0,x,36681366,117066638,1,1,11,0,-1,6000,-1,2,12,-1\n":           "column 2",
	} {
		if _, err := files.ReadStudents(strings.NewReader(students + text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"0,1 2\n0,3\n": "two lists", "0,1 1\n": "twice", "0,9\n": "there are 9", "5,1\n": "column 1", "0,\"x\"\n": "position",
		"0," + strings.Repeat("1 ", 51) + "\n": "twice",
	} {
		if _, err := files.ReadLists(strings.NewReader("student,positions\n"+text), 5, 9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	if _, err := files.ReadRound(strings.NewReader(`{"round":1,"season":"winter","seed":"00","k":20,"radius_m":1,"rule":"points-v2"}`)); err == nil {
		t.Error("a season that is none was read")
	}
	if _, err := files.ReadResult(strings.NewReader("student,position\n1,2\n1,3\n"), 5, 9); err == nil {
		t.Error("two places were read")
	}
	if _, err := files.ReadCutoffs(strings.NewReader("position,filled,closed,cutoff\n0,1,0,0\n"), 2); err == nil {
		t.Error("a missing position was read")
	}
}

// Other programs write files as their system does. What is lost or taken for something else is refused.
func TestFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"student,positions\n0,1\n1,2\n": "", "\xef\xbb\xbfstudent,positions\r\n0,1\r\n1,2\r\n": "", "student,positions\n0,1\n\n1,2\n\n": "", "student,list\n0,1\n1,2": "",
		"0,1\n1,2\n": "line 1: the header is missing", "positions,student\n1,0\n2,1\n": "line 1: want the columns in the order student,positions",
		"\"Positions\", STUDENT\n1,0\n2,1\n": "line 1: want the columns in the order student,positions", "Student, \"positions\"\n0,1\n1,2\n": "",
		"student,positions\n0,1\nx\n": `line 3: column 1: "x"`,
	} {
		lists, err := files.ReadLists(strings.NewReader(text), 2, 3)
		if want == "" && (err != nil || lists.Of(0)[0].Position() != 1 || lists.Of(1)[0].Position() != 2) {
			t.Errorf("%q: %v, %v", text, lists, err)
		}
		if want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	round := `{"round":1,"season":"term","seed":"00","k":20,"radius_m":1,"rule":"points-v2"}`
	if r, err := files.ReadRound(strings.NewReader("\xef\xbb\xbf" + round + "\r\n")); err != nil || r.K != 20 {
		t.Error(r, err)
	}
	if _, err := files.ReadRound(strings.NewReader(round + round)); err == nil {
		t.Error("two rounds were read as one")
	}
}

func FuzzReadStudents(f *testing.F) {
	f.Add([]byte("id\n0,7,36681366,117066638,1,1,11,0,-1,6000,-1,2,12,-1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := files.ReadStudents(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := files.ReadStudents(bytes.NewReader(written(t, func(w io.Writer) error { return files.WriteStudents(w, all) })))
		if diff := cmp.Diff(all, again); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	})
}

func TestListsLongerThanUsual(t *testing.T) {
	t.Parallel()
	text := "student,positions\n2,3 1\n0,"
	for p := range 25 {
		text += fmt.Sprintf("%d ", p)
	}
	lists, err := files.ReadLists(strings.NewReader(text+"\n1,\n"), 4, 30)
	if err != nil || lists.Width != 25 {
		t.Fatal(lists.Width, err)
	}
	for s, want := range []int{25, 0, 2, 0} {
		if got := len(lists.Of(s)); got != want {
			t.Errorf("student %d has %d wishes, want %d", s, got, want)
		}
	}
	if lists.Of(0)[24].Position() != 24 || lists.Of(2)[1].Position() != 1 {
		t.Error(lists.Wishes)
	}
}
