package org_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"baodao/model"
	"baodao/service/org"
)

// zipped makes an archive of parts.
func zipped(t *testing.T, change map[string]string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(sheet(t, []any{"学号", "姓名", "团支部"}, []any{"1", "甲", "辛班团支部"}, []any{"2", "乙", "辛班团支部"})), int64(len(sheet(t, []any{"学号", "姓名", "团支部"}, []any{"1", "甲", "辛班团支部"}, []any{"2", "乙", "辛班团支部"}))))
	wants(t, err, nil)
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	for _, f := range in.File {
		w, err := out.Create(f.Name)
		wants(t, err, nil)
		r, err := f.Open()
		wants(t, err, nil)
		var part bytes.Buffer
		_, err = part.ReadFrom(r)
		wants(t, err, nil)
		text := part.String()
		if cut, ok := change[f.Name]; ok {
			text = strings.Replace(text, cut, change["with"], 1)
		}
		_, err = w.Write([]byte(text))
		wants(t, err, nil)
	}
	wants(t, out.Close(), nil)
	return buf.Bytes()
}

func TestImportRosterOfBrokenFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	whole := sheet(t, []any{"学号", "姓名", "团支部"}, []any{"1", "甲", "辛班团支部"})
	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	part, err := w.Create("xl/worksheets/sheet1.xml")
	wants(t, err, nil)
	for range 100 {
		_, err = part.Write(make([]byte, 1<<20))
		wants(t, err, nil)
	}
	wants(t, w.Close(), nil)
	long := "学号,姓名,团支部\n" + strings.Repeat("1,甲,辛班团支部\n", org.MaxRosterRows+1)
	tests := map[string]struct {
		data []byte
		want error
	}{
		"empty":                       {nil, org.ErrColumns},
		"only blanks":                 {[]byte(" \n\n,,\n"), org.ErrColumns},
		"no header":                   {[]byte("1,甲,辛班团支部\n"), org.ErrColumns},
		"a column is missing":         {[]byte("学号,姓名\n1,甲\n"), org.ErrColumns},
		"a column appears twice":      {[]byte("学号,姓名,团支部,班级\n1,甲,辛班团支部,辛班\n"), org.ErrColumns},
		"a stray quote":               {[]byte("学号,姓名,团支部\n1,\"甲,辛班团支部\n"), org.ErrUnreadable},
		"a NUL":                       {[]byte("学号,姓名,团支部\n1,甲\x00,辛班团支部\n"), org.ErrUnreadable},
		"neither UTF-8 nor GB18030":   {[]byte("学号,姓名\n1,\xff\xff\xff\n"), org.ErrUnreadable},
		"UTF-16":                      {[]byte("\xff\xfef\x5b\x00\x00"), org.ErrUnreadable},
		"an old XLS":                  {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...), org.ErrUnreadable},
		"half a spreadsheet":          {whole[:len(whole)/2], org.ErrUnreadable},
		"only its first bytes":        {whole[:4], org.ErrUnreadable},
		"a bomb":                      {bomb.Bytes(), org.ErrTooLarge},
		"a spreadsheet of broken XML": {zipped(t, map[string]string{"xl/worksheets/sheet1.xml": `<row r="3"`, "with": `<<row r="3"`}), org.ErrUnreadable},
		"a cell far away":             {zipped(t, map[string]string{"xl/worksheets/sheet1.xml": `r="A3"`, "with": `r="XFD3"`}), org.ErrUnreadable},
		"too many rows":               {[]byte(long), org.ErrTooLarge},
		"too many bytes":              {make([]byte, org.MaxRosterBytes+1), org.ErrTooLarge},
		"too many columns":            {[]byte(strings.Repeat("学号,", 101) + "\n"), org.ErrUnreadable},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := h.s.ImportRoster(t.Context(), h.university, h.University.ID, c.data, reason)
			wants(t, err, c.want)
		})
	}
	if count[model.StudentProfile](t, h.DB, "1 = 1") != 0 {
		t.Error("something was written")
	}
	unchanged := zipped(t, nil)
	must[org.Report](t)(h.s.ImportRoster(t.Context(), h.university, h.University.ID, unchanged, reason))
}

func TestFormulasCountWithTheirValue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	data := zipped(t, map[string]string{"xl/worksheets/sheet1.xml": `<c r="A2" t="s"><v>3</v></c>`, "with": `<c r="A2"><f>1+1</f><v>77</v></c>`})
	report := must[org.Report](t)(h.s.ImportRoster(t.Context(), h.university, h.University.ID, data, reason))
	if report.Created != 2 || count[model.StudentProfile](t, h.DB, "student_no_idx = ?", h.Vault.Index("student_profiles.student_no", "77")) != 1 {
		t.Errorf("%+v", report)
	}
}
