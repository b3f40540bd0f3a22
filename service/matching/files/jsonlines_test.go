package files_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/files"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// asJSONLines is the same directory in the other form.
func asJSONLines(t *testing.T, dir fstest.MapFS) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for name, file := range dir {
		if !strings.HasSuffix(name, ".csv") {
			out[name] = file
			continue
		}
		data := written(t, func(w io.Writer) error {
			_, err := files.JSONLines(w).Write(file.Data)
			return err
		})
		out[files.JSONLinesName(name)] = &fstest.MapFile{Data: data}
	}
	return out
}

func TestJSONLinesAreTheSameRound(t *testing.T) {
	t.Parallel()
	in, err := sample.New(sample.Options{Students: 300, Positions: 40, Season: score.Vacation, Rule: score.PointsV2, Seed: 4, Groups: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	sample.Enrich(in, 4)
	dir := directory(t, in)
	lists := assign.Lists(in, 1)
	out, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		files.ListsFile:          func(w io.Writer) error { return files.WriteLists(w, lists) },
		files.ResultFile:         func(w io.Writer) error { return files.WriteResult(w, out.Place) },
		files.CutoffsFile:        func(w io.Writer) error { return files.WriteCutoffs(w, &out.Outcome) },
		files.PartnerCutoffsFile: func(w io.Writer) error { return files.WritePartnerCutoffs(w, out.Partners) },
	} {
		dir[name] = &fstest.MapFile{Data: written(t, write)}
	}
	other := files.Dir(asJSONLines(t, dir))
	got, err := files.Load(other)
	if diff := cmp.Diff(in, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	for name, file := range dir {
		f, err := other.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if want := strings.ReplaceAll(string(file.Data), `"`, ""); err != nil || name != files.RoundFile && string(data) != want {
			t.Errorf("%s as JSON lines reads %.200s, want %.200s (%v)", name, data, want, err)
		}
	}
}

const jsonStudent = `{"group":-1,"id":0,"campus":7,"lat_e6":36681366,"lon_e6":117066638,"slots":"3ff","skills":"a1","i1":11,"i2":0,"i3":-1,` +
	`"maxdist_m":6000,"served":-1,"waited":2,"branch":12}`

// The bytes are the contract with other programs; the order of the fields is not.
func TestExactJSONLines(t *testing.T) {
	t.Parallel()
	dir := fstest.MapFS{"students.jsonl": {Data: []byte(jsonStudent + "\n\n")}}
	f, err := files.Dir(dir).Open(files.StudentsFile)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	want := "id,campus,lat_e6,lon_e6,slots,skills,i1,i2,i3,maxdist_m,served,waited,branch,group\n0,7,36681366,117066638,3ff,a1,11,0,-1,6000,-1,2,12,-1\n"
	if err != nil || string(data) != want {
		t.Errorf("got %q, want %q (%v)", data, want, err)
	}
	var b bytes.Buffer
	w := files.JSONLines(&b)
	for _, piece := range []string{"student,posi", "tions\n0,\"5", " 0\"\n2", ",\"9\"\n3,\"\"\n"} {
		if _, err := io.WriteString(w, piece); err != nil {
			t.Fatal(err)
		}
	}
	if want := `{"student":0,"positions":[5,0]}` + "\n" + `{"student":2,"positions":[9]}` + "\n" + `{"student":3,"positions":[]}` + "\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestWhatIsWrongWithAnObjectIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		strings.Replace(jsonStudent, `"i2":0`, `"i2":12`, 1):                 `object 1: field "i2": "12"`,
		jsonStudent + "\n" + jsonStudent:                                     "object 2: id 0",
		jsonStudent + "\n" + strings.Replace(jsonStudent, `"i2"`, `"i4"`, 1): `object 2: field "i2" is missing`,
		jsonStudent + "\n" + strings.Replace(jsonStudent, `"i2":0,`, ``, 1):  "object 2: want the fields id, campus",
		strings.Replace(jsonStudent, `"i2"`, `"i4"`, 1):                      "object 1: its fields branch, campus",
		strings.Replace(jsonStudent, `"3ff"`, `"3ff,1"`, 1):                  `field "slots"`,
		strings.Replace(jsonStudent, `"3ff"`, `"zz"`, 1):                     `field "slots": "zz"`,
		strings.Replace(jsonStudent, `"waited":2`, `"waited":null`, 1):       `field "waited": `,
		strings.Replace(jsonStudent, `"waited":2`, `"waited":{"a":1}`, 1):    `field "waited": `,
		strings.Replace(jsonStudent, `"waited":2`, `"waited":2.5`, 1):        `field "waited": `,
		strings.Replace(jsonStudent, `"waited":2`, `"waited":["x"]`, 1):      `field "waited"`,
		`[1]`:   "object 1",
		`{"id"`: "object 1",
	} {
		dir := files.Dir(fstest.MapFS{"students.jsonl": {Data: []byte(text)}, files.RoundFile: {Data: []byte(`{"seed":"","rule":"points-v2","season":"term"}`)}})
		if _, err := files.Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "students.jsonl: object ") {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
	noRule := files.Dir(fstest.MapFS{"students.jsonl": {Data: []byte(jsonStudent)}, files.RoundFile: {Data: []byte(`{}`)}})
	if _, err := files.Load(noRule); err == nil || !strings.HasPrefix(err.Error(), "round.json: rule") {
		t.Error(err)
	}
	both := files.Dir(fstest.MapFS{"open.jsonl": {}, "open.csv": {}})
	if _, err := both.Open(files.OpenFile); err == nil || !strings.Contains(err.Error(), "open.jsonl are both there") {
		t.Error(err)
	}
}

// Whatever the bytes, no object makes more or less than one line of CSV.
func FuzzJSONLines(f *testing.F) {
	f.Add([]byte(jsonStudent))
	f.Add([]byte(`{"student":1,"positions":[5,0]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := files.Dir(fstest.MapFS{"students.jsonl": {Data: data}}).Open(files.StudentsFile)
		if err != nil {
			t.Fatal(err)
		}
		csv, err := io.ReadAll(file)
		if err != nil || len(csv) == 0 {
			return
		}
		objects := 0
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			if len(bytes.TrimSpace(line)) > 0 {
				objects++
			}
		}
		if got := bytes.Count(csv, []byte("\n")); got != 1+objects {
			t.Fatalf("%d objects became %q", objects, csv)
		}
	})
}
