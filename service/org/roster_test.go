package org_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
)

// sheet makes an XLSX file of rows of cells.
func sheet(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			tb.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

const header = "学号,姓名,院系,团支部,专业,年级,身份,毕业时间,家庭所在地\n"

var reason = org.ImportOptions{Reason: "新学期名册"}

// problems writes row errors as line/column/code.
func problems(r org.Report) string {
	var out []string
	for _, e := range r.Errors {
		out = append(out, fmt.Sprintf("%d/%s/%s", e.Line, e.Column, e.Code))
	}
	return strings.Join(out, " ")
}

func TestImportRoster(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(header + "s-1,䶮𠮷·买买提,庚系,辛班团支部,社会学,2025级,团员、青马学员,2029-06-30,370102\n"))
	wants(t, err, nil)
	all := header + "s-1,䶮𠮷·买买提,庚系,辛班团支部,社会学,2025级,团员、青马学员,2029-06-30,370102\n"
	tests := map[string][]byte{
		"CSV":                                []byte(all),
		"CSV with a byte order mark":         []byte("\ufeff" + all),
		"CSV of an old Excel":                gb,
		"Windows line breaks":                []byte(strings.ReplaceAll(all, "\n", "\r\n")),
		"English headers, any order":         []byte("Name,student_no,branch,department,grade,tags,graduates_on,home_region,major\n䶮𠮷•买买提,Ｓ－１,辛班团支部,庚系团委,2025,LEAGUE_MEMBER;QINGMA,2029/6/30,370102000000,社会学\n"),
		"title, blank rows, unknown columns": []byte("己大学2025级新生名册\n\n备注,学号,姓名,院系,团支部,专业,年级,身份,毕业时间,家庭所在地\n,,\n好,s-1,䶮𠮷·买买提,,辛班团支部,社会学,2025,青马 团员,2029年6月30日,370102\n"),
		"spreadsheet":                        sheet(t, []any{"学号", "姓名", "院系", "班级", "专业", "年级", "标签", "毕业时间", "家庭所在地"}, []any{"s-1", "䶮𠮷·买买提", "庚系团委", "辛班团支部", "社会学", 2025, "共青团员，青马", 47299, 370102}),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Insert(&model.Region{Code: "370102000000", Level: model.RegionCounty, Name: "历下区"})
			report := must[org.Report](t)(h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, reason))
			if report.Rows != 1 || report.Created != 1 || report.Failed != 0 {
				t.Fatalf("%+v", report)
			}
			var p model.StudentProfile
			wants(t, h.DB.First(&p).Error, nil)
			_, name, no := h.opened(t, p.ID)
			got := fmt.Sprint(name, no, p.BranchID == h.Branch.ID, p.UniversityID == h.University.ID, p.Major, p.Grade, p.Tags, *p.GraduatesOn, p.HomeRegion, p.Version, p.UserID == nil)
			if want := fmt.Sprint("䶮𠮷·买买提", "S-1", true, true, "社会学", "2025", "[LEAGUE_MEMBER QINGMA]", "2029-06-30", "370102000000", 1, true); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if count[model.Membership](t, h.DB, "student_id = ? AND org_id = ? AND from_on = ? AND to_on IS NULL", p.ID, h.Branch.ID, "2026-10-12") != 1 {
				t.Error("no membership from today")
			}
			if count[model.AuditEntry](t, h.DB, "action = ? AND reason = ?", "roster.import", reason.Reason) != 1 {
				t.Error("no audit row")
			}
			again := must[org.Report](t)(h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, reason))
			if again.Unchanged != 1 || again.Created+again.Updated+again.Failed != 0 {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

func TestImportedStudentBinds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must[org.Report](t)(h.s.ImportRoster(t.Context(), h.secretary, h.Branch.ID, []byte("学号,姓名\n2023001,李四\n"), org.ImportOptions{}))
	by := h.person("微信用户")
	info := must[org.StudentInfo](t)(h.s.BindStudent(t.Context(), by, h.University.ID, org.Claim{StudentNo: "2023001", Name: "李四"}))
	must[org.Report](t)(h.s.ImportRoster(t.Context(), h.secretary, h.Branch.ID, []byte("学号,姓名\n2023001,李四光\n"), org.ImportOptions{}))
	p, name, _ := h.opened(t, info.ID)
	if name != "李四光" || h.userName(t, by.UserID) != "李四光" || p.Version != 3 || !bytes.Equal(p.NameIdx, h.Vault.Index("student_profiles.name", "李四光")) {
		t.Errorf("%+v %s", p, name)
	}
}

func TestImportRosterAgainWithChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	next := h.Org(h.Department, model.OrgLeagueBranch, "壬班团支部")
	roster := func(s string) org.Report {
		t.Helper()
		return must[org.Report](t)(h.s.ImportRoster(t.Context(), h.department, h.Department.ID, []byte(header+s), org.ImportOptions{}))
	}
	roster("1,甲,,辛班团支部,历史,2025,团员,,\n2,乙,,辛班团支部,历史,2025,,,\n3,丙,,辛班团支部,,,,,\n")
	h.Clock.Add(24 * 3600e9)
	r := roster("1,甲,,壬班团支部,历史,2025,团员,,\n2,乙,,辛班团支部,,,,,\n3,丙,,辛班团支部,哲学,2026,,2030-06-30,\n4,丁,,壬班团支部,,,,,\n")
	if r.Created != 1 || r.Updated != 2 || r.Unchanged != 1 {
		t.Fatalf("%+v", r)
	}
	var rows []model.StudentProfile
	wants(t, h.DB.Order("id").Find(&rows).Error, nil)
	if rows[0].BranchID != next.ID || rows[0].Version != 2 || rows[1].Major != "历史" || rows[1].Version != 1 || rows[2].Major != "哲学" || rows[2].Grade != "2026" || *rows[2].GraduatesOn != "2030-06-30" {
		t.Errorf("%+v", rows)
	}
	var members []model.Membership
	wants(t, h.DB.Where("student_id = ?", rows[0].ID).Order("id").Find(&members).Error, nil)
	if len(members) != 2 || members[0].ToOn == nil || *members[0].ToOn != "2026-10-13" || members[1].FromOn != "2026-10-13" || members[1].OrgID != next.ID || members[1].ToOn != nil {
		t.Errorf("%+v", members)
	}
}

func TestImportRosterWithWrongRows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Org(h.Department, model.OrgLeagueBranch, "同名")
	h.Org(h.Org(h.University, model.OrgDepartmentCommittee, "别系"), model.OrgLeagueBranch, "同名")
	data := []byte(header +
		"1,甲,,辛班团支部,,,,,\n" + // 2: good
		",乙,,辛班团支部,,,,,\n" + // 3
		"3,<script>,,辛班团支部,,,,,\n" + // 4
		"4,丁,,没有的班,,,,,\n" + // 5
		"5,戊,,同名,,,,,\n" + // 6
		"1,己,,辛班团支部,,,,,\n" + // 7
		"7,庚,,辛班团支部,,大一,,,\n" + // 8
		"8,辛,,辛班团支部,,,党员,,\n" + // 9
		"9,壬,,辛班团支部,,,,2029-02-30,\n" + // 10
		"10,癸,,辛班团支部,,,,,37010\n" + // 11
		"11,子,,辛班团支部,,,,,370102\n" + // 12: a code of the right form that is not there
		"12,丑,别系,辛班团支部,,,,,\n" + // 13
		"13,寅,," + strings.Repeat("长", 201) + ",,,,,\n" + // 14
		"x y_,\u202e,,辛班团支部,,,,,\n" + // 15: two at once
		"15,辰,别系,同名,,,,,\n" + // 16: good
		"16\n") // 17
	want := "3/student_no/pattern 4/name/pattern 5/branch/not_found 6/branch/ambiguous 7/student_no/duplicate 8/grade/pattern 9/tags/enum " +
		"10/graduates_on/format 11/home_region/pattern 12/home_region/not_found 13/branch/not_found 14/branch/max_length " +
		"15/student_no/pattern 15/name/pattern 17/name/pattern"
	report, err := h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, reason)
	wants(t, err, org.ErrRows)
	if got := problems(report); got != want || report.Failed != 14 || report.Rows != 16 {
		t.Errorf("got  %s\nwant %s\n%+v", got, want, report)
	}
	if f, _ := errors.AsType[*fault.Fault](err); len(f.Fields) != len(report.Errors) || f.Fields[0].Pointer != "line:3/student_no" {
		t.Errorf("%+v", f.Fields)
	}
	if count[model.StudentProfile](t, h.DB, "1 = 1")+count[model.PersonKey](t, h.DB, "person_id IN (SELECT id FROM student_profiles)")+h.audits(t, "roster.import") != 0 {
		t.Error("something was written on a refusal")
	}
	partial := reason
	partial.Partial = true
	report, err = h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, partial)
	wants(t, err, nil)
	if problems(report) != want || report.Created != 2 || count[model.StudentProfile](t, h.DB, "1 = 1") != 2 {
		t.Errorf("%+v", report)
	}
}

func TestImportRosterNamesAtMost500Errors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	report, err := h.s.ImportRoster(t.Context(), h.secretary, h.Branch.ID, []byte("学号,姓名\n"+strings.Repeat("?,?\n", 600)), org.ImportOptions{})
	wants(t, err, org.ErrRows)
	if len(report.Errors) != 500 || report.Failed != 600 {
		t.Errorf("%d %d", len(report.Errors), report.Failed)
	}
}

func TestImportRosterScope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.Org(h.Org(h.University, model.OrgDepartmentCommittee, "别系"), model.OrgLeagueBranch, "别班")
	theirs := h.Profile("外系", other, 0)
	good := []byte("学号,姓名,团支部\n1,甲,辛班团支部\n")
	tests := map[string]struct {
		by   access.Actor
		at   int64
		data []byte
		opts org.ImportOptions
		want error
	}{
		"a branch":                               {h.secretary, h.Branch.ID, good, org.ImportOptions{}, nil},
		"the program itself":                     {access.System("roster import"), h.University.ID, []byte("学号,姓名,团支部\n2,乙,辛班团支部\n"), org.ImportOptions{}, nil},
		"the university without a reason":        {h.university, h.University.ID, good, org.ImportOptions{}, access.ErrReason},
		"a foreign branch":                       {h.secretary, other.ID, good, org.ImportOptions{}, access.ErrDenied},
		"above oneself":                          {h.department, h.University.ID, good, org.ImportOptions{}, access.ErrDenied},
		"host staff":                             {h.host, h.Branch.ID, good, org.ImportOptions{}, access.ErrDenied},
		"nobody":                                 {access.Actor{}, h.Branch.ID, good, org.ImportOptions{}, access.ErrRequired},
		"unknown":                                {h.university, 42, good, reason, fault.ErrNotFound},
		"a branch out of scope":                  {h.department, h.Department.ID, []byte("学号,姓名,团支部\n1,甲,别班\n"), org.ImportOptions{}, org.ErrRows},
		"a student of others is not drawn over":  {h.department, h.Department.ID, []byte("学号,姓名,团支部\n" + number(theirs) + ",外系,辛班团支部\n"), org.ImportOptions{}, org.ErrRows},
		"not below a university, by the program": {access.System("roster import"), h.Community.ID, []byte("学号,姓名,团支部\n2,乙,辛班团支部\n"), org.ImportOptions{}, fault.ErrNotFound},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			before := count[model.StudentProfile](t, h.DB, "1 = 1")
			_, err := h.s.ImportRoster(t.Context(), c.by, c.at, c.data, c.opts)
			wants(t, err, c.want)
			if made := count[model.StudentProfile](t, h.DB, "1 = 1") - before; (made == 1) != (c.want == nil) {
				t.Errorf("%d students", made)
			}
		})
	}
	if p, _, _ := h.opened(t, theirs.ID); p.BranchID != other.ID {
		t.Error("drawn over")
	}
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var rows strings.Builder
	rows.WriteString("学号,姓名,团支部\n")
	for i := range 300 {
		fmt.Fprintf(&rows, "%d,甲,辛班团支部\n", i)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var sum org.Report
	for range 3 {
		wg.Go(func() {
			r, err := h.s.ImportRoster(t.Context(), h.university, h.University.ID, []byte(rows.String()), reason)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			sum.Created += r.Created
			sum.Unchanged += r.Unchanged
		})
	}
	wg.Wait()
	if sum.Created != 300 || sum.Unchanged != 600 || count[model.StudentProfile](t, h.DB, "1 = 1") != 300 {
		t.Errorf("%+v", sum)
	}
}

// BenchmarkImportRoster imports 20,000 students from a spreadsheet.
func BenchmarkImportRoster(b *testing.B) {
	rows := [][]any{{"学号", "姓名", "院系", "团支部", "专业", "年级", "标签", "毕业时间"}}
	for i := range org.MaxRosterRows {
		rows = append(rows, []any{fmt.Sprintf("2025%06d", i), "某某某", "庚系团委", "辛班团支部", "社会学", "2025", "团员", "2029-06-30"})
	}
	data := sheet(b, rows...)
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b)
		b.StartTimer()
		report, err := h.s.ImportRoster(b.Context(), h.university, h.University.ID, data, reason)
		if err != nil || report.Created != org.MaxRosterRows {
			b.Fatal(err, report)
		}
	}
}

// TestImportRosterWithMoreCellsThanTheHeader: what stands right of the last header is nobody's, so the row is wrong.
func TestImportRosterWithMoreCellsThanTheHeader(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, data := range map[string][]byte{
		"text":        []byte("学号,姓名,团支部\n1,甲,辛班团支部,\n2,乙,丙,辛班团支部\n"),
		"spreadsheet": sheet(t, []any{"学号", "姓名", "团支部"}, []any{"1", "甲", "辛班团支部", " "}, []any{"2", "乙", "辛班团支部", "", "转专业"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, reason)
			wants(t, err, org.ErrRows)
			f, _ := errors.AsType[*fault.Fault](err)
			if len(f.Fields) == 0 || f.Fields[0].Pointer != "line:3" || f.Fields[0].Code != "extra_cells" {
				t.Errorf("%+v", f.Fields)
			}
		})
	}
}
