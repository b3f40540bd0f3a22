package org_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/org"
)

func divisions(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range []string{"provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv"} {
		data, err := os.ReadFile("testdata/divisions/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

// emptyService is the service over an empty database.
func emptyService(tb testing.TB, newID func() int64) (*org.Service, *testkit.Clock) {
	tb.Helper()
	clock := testkit.NewClock()
	return &org.Service{DB: testkit.DB(tb, clock), Now: clock.Now, NewID: newID, Audit: testkit.Audit(clock, newID), Vault: testkit.Vault(tb, clock)}, clock
}

func TestDivisionsBecomeRegionsAndOrganisations(t *testing.T) {
	t.Parallel()
	s, _ := emptyService(t, testkit.IDs())
	var seen []string
	report, err := s.ImportDivisions(t.Context(), divisions(t), org.DivisionOptions{
		Orgs: true, Progress: func(done, total int) { seen = append(seen, fmt.Sprintf("%d/%d", done, total)) },
	})
	wants(t, err, nil)
	if report.Rows != 10 || report.RegionsCreated != 9 || report.OrgsCreated != 9 || report.Failed != 0 {
		t.Fatalf("%+v", report)
	}
	if got := strings.Join(seen, " "); got != "1/10 3/10 5/10 8/10 10/10 10/10" {
		t.Error(got)
	}
	want := map[string]string{
		"370000000000": "共青团山东省委员会", "370100000000": "共青团济南市委员会", "370102000000": "共青团历下区委员会",
		"370102001000": "解放路街道青年工作委员会", "370102001002": "解放桥社区居民委员会", "371900003000": "城关街道青年工作委员会",
	}
	byCode := map[string]model.Org{}
	var rows []model.Org
	wants(t, s.DB.Find(&rows).Error, nil)
	for _, o := range rows {
		byCode[*o.ImportCode] = o
		if o.Status != model.OrgActive || o.RegionCode != *o.ImportCode || o.Side != o.Kind.Side() || o.Version != 1 {
			t.Errorf("%+v", o)
		}
	}
	for code, name := range want {
		if byCode[code].Name != name {
			t.Errorf("%s is %q, want %q", code, byCode[code].Name, name)
		}
	}
	for code, up := range map[string]string{"370102001002": "370102001000", "370102001000": "370102000000", "370102000000": "370100000000", "370100000000": "370000000000", "371900003000": "371900000000"} {
		child, parent := byCode[code], byCode[up]
		if child.ParentID != parent.ID || child.Path != fmt.Sprintf("%s%d/", parent.Path, child.ID) {
			t.Errorf("%s: parent %d path %s, want below %s", code, child.ParentID, child.Path, parent.Path)
		}
	}
	if n := count[model.AuditEntry](t, s.DB, "action = ?", "org.import"); n != 5 {
		t.Errorf("%d audit rows", n)
	}
}

func TestDivisionsAgain(t *testing.T) {
	t.Parallel()
	s, _ := emptyService(t, testkit.IDs())
	files := divisions(t)
	run := func(orgs bool) org.DivisionReport {
		t.Helper()
		report, err := s.ImportDivisions(t.Context(), files, org.DivisionOptions{Orgs: orgs})
		wants(t, err, nil)
		return report
	}
	if r := run(false); r.RegionsCreated != 9 || r.OrgsCreated != 0 {
		t.Fatalf("without organisations: %+v", r)
	}
	if r := run(true); r.RegionsCreated != 0 || r.OrgsCreated != 9 {
		t.Fatalf("then with: %+v", r)
	}
	if r := run(true); r.RegionsCreated+r.RegionsUpdated+r.OrgsCreated+r.OrgsUpdated != 0 || r.Rows != 10 {
		t.Fatalf("second run: %+v", r)
	}
	files["streets.csv"] = &fstest.MapFile{Data: []byte(strings.Replace(string(files["streets.csv"].Data), "解放路街道", "新路街道", 1))}
	wants(t, s.DB.Transaction(func(tx *gorm.DB) error {
		return tx.Model(&model.Org{}).Where("import_code = ?", "370102002000").Update("name", "自取的名字").Error
	}), nil)
	if r := run(false); r.RegionsUpdated != 1 || r.OrgsUpdated != 1 {
		t.Fatalf("renamed: %+v", r)
	}
	var o model.Org
	wants(t, s.DB.Where("import_code = ?", "370102001000").First(&o).Error, nil)
	if o.Name != "新路街道青年工作委员会" || o.Version != 2 {
		t.Errorf("%+v", o)
	}
	if n := count[model.Org](t, s.DB, "name = ?", "自取的名字"); n != 1 {
		t.Error("a name given by hand was overwritten")
	}
}

func TestDivisionsWithWrongRows(t *testing.T) {
	t.Parallel()
	s, _ := emptyService(t, testkit.IDs())
	files := divisions(t)
	files["villages.csv"] = &fstest.MapFile{Data: []byte("code,name,streetCode\n370102001001,甲社区,370102001\n370102009001,乙社区,370102009\n37010200100,丙社区,370102001\n370102001004,丁\u200b社区,370102001\n370102001001,戊社区,370102001\n370102001006,己社区\n")}
	report, err := s.ImportDivisions(t.Context(), files, org.DivisionOptions{Orgs: true})
	wants(t, err, nil)
	var got []string
	for _, e := range report.Errors {
		got = append(got, fmt.Sprintf("%s:%d %s", e.File, e.Line, e.Code))
	}
	want := "villages.csv:4 code, villages.csv:5 name, villages.csv:7 parent_code, villages.csv:3 parent_missing, villages.csv:6 duplicate"
	if strings.Join(got, ", ") != want || report.Failed != 5 || report.Rows != 14 {
		t.Errorf("%s\n%+v", strings.Join(got, ", "), report)
	}
	if n := count[model.Org](t, s.DB, "kind = ?", model.OrgCommunity); n != 1 {
		t.Errorf("%d communities", n)
	}
}

func TestDivisionFilesMissingOrBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   error
		rows   int
	}{
		"only provinces": {func(f fstest.MapFS) {
			delete(f, "cities.csv")
			delete(f, "areas.csv")
			delete(f, "streets.csv")
			delete(f, "villages.csv")
		}, nil, 1},
		"no provinces": {func(f fstest.MapFS) { delete(f, "provinces.csv") }, org.ErrUnreadable, 0},
		"no header":    {func(f fstest.MapFS) { f["cities.csv"] = &fstest.MapFile{Data: []byte("3701,济南市,37\n")} }, org.ErrUnreadable, 1},
		"stray quote": {func(f fstest.MapFS) {
			f["cities.csv"] = &fstest.MapFile{Data: []byte("code,name,provinceCode\n3701,\"济南市,37\n")}
		}, org.ErrUnreadable, 1},
		"byte order mark": {func(f fstest.MapFS) {
			f["provinces.csv"] = &fstest.MapFile{Data: append([]byte("\ufeff"), f["provinces.csv"].Data...)}
		}, nil, 10},
		"a level in between": {func(f fstest.MapFS) { delete(f, "areas.csv") }, nil, 8},
		"windows line breaks": {func(f fstest.MapFS) {
			f["provinces.csv"] = &fstest.MapFile{Data: []byte("code,name\r\n37,山东省\r\n")}
		}, nil, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := emptyService(t, testkit.IDs())
			files := divisions(t)
			c.change(files)
			report, err := s.ImportDivisions(t.Context(), files, org.DivisionOptions{Orgs: true})
			if !errors.Is(err, c.want) || report.Rows != c.rows {
				t.Errorf("%v, %+v", err, report)
			}
		})
	}
}

// BenchmarkImportDivisions imports 31,000 rows into an empty database. internal/bench measures it against a floor.
func BenchmarkImportDivisions(b *testing.B) {
	files := generated()
	for b.Loop() {
		b.StopTimer()
		s, _ := emptyService(b, testkit.IDs())
		b.StartTimer()
		report, err := s.ImportDivisions(b.Context(), files, org.DivisionOptions{Orgs: true})
		if err != nil || report.OrgsCreated != 31_000 {
			b.Fatal(err, report)
		}
	}
}

// generated is 1 province, 10 cities, 100 counties, 1,000 towns and 29,889 communities.
func generated() fs.FS {
	var files [5]strings.Builder
	files[0].WriteString("code,name\n37,山东省\n")
	files[1].WriteString("code,name,provinceCode\n")
	files[2].WriteString("code,name,cityCode,provinceCode\n")
	files[3].WriteString("code,name,areaCode,provinceCode,cityCode\n")
	files[4].WriteString("code,name,streetCode,provinceCode,cityCode,areaCode\n")
	communities := 0
	for c := 1; c <= 10; c++ {
		fmt.Fprintf(&files[1], "37%02d,第%d市,37\n", c, c)
		for a := 1; a <= 10; a++ {
			fmt.Fprintf(&files[2], "37%02d%02d,第%d区,37%02d,37\n", c, a, a, c)
			for s := 1; s <= 10; s++ {
				fmt.Fprintf(&files[3], "37%02d%02d%03d,第%d街道,37%02d%02d,37,37%02d\n", c, a, s, s, c, a, c)
				for v := 1; v <= 30 && communities < 29_889; v++ {
					fmt.Fprintf(&files[4], "37%02d%02d%03d%03d,第%d社区居民委员会,37%02d%02d%03d,37,37%02d,37%02d%02d\n", c, a, s, v, v, c, a, s, c, c, a)
					communities++
				}
			}
		}
	}
	out := fstest.MapFS{}
	for i, name := range []string{"provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv"} {
		out[name] = &fstest.MapFile{Data: []byte(files[i].String())}
	}
	return out
}
