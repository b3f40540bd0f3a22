package org

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"baodao/service/vault"
)

// FuzzRosterCSV: reading any bytes never panics, and every row that is not blank is either accepted or reported.
func FuzzRosterCSV(f *testing.F) {
	f.Add([]byte("学号,姓名,团支部\n1,甲,辛班\n1,乙,辛班\n?,,\n"), false)
	f.Add([]byte("\ufefftitle\nstudent_no,name,grade,tags,graduates_on,home_region\n7,甲,2025级,团员;青马,20290630,37\n"), true)
	f.Add([]byte("PK\x03\x04"), true)
	book := excelize.NewFile()
	if err := book.SetSheetRow("Sheet1", "A1", &[]any{"学号", "姓名", "毕业时间"}); err != nil {
		f.Fatal(err)
	}
	if err := book.SetSheetRow("Sheet1", "A2", &[]any{"1", "甲", 47299}); err != nil {
		f.Fatal(err)
	}
	var buf bytes.Buffer
	if err := book.Write(&buf); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes(), true)
	f.Fuzz(func(t *testing.T, data []byte, inBranch bool) {
		rows, report, err := parseRoster(data, inBranch)
		if err != nil {
			return
		}
		bad := map[int]bool{}
		for _, e := range report.Errors {
			bad[e.Line] = true
		}
		if len(rows)+report.Failed != report.Rows || len(bad) != report.Failed {
			t.Fatalf("%d rows: %d accepted, %d failed on %d lines", report.Rows, len(rows), report.Failed, len(bad))
		}
		numbers := map[string]bool{}
		for _, r := range rows {
			no, numberOK := vault.Number(r.number)
			name, nameOK := vault.Name(r.name)
			if bad[r.line] || numbers[no] || !numberOK || !nameOK || no != r.number || name != r.name {
				t.Fatalf("accepted %+v", r)
			}
			numbers[no] = true
		}
	})
}
