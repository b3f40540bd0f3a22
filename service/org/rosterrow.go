package org

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/text"
	"baodao/service/vault"
)

// Columns of a roster, by the name that reports use.
const (
	colNumber     = "student_no"
	colName       = "name"
	colDepartment = "department"
	colBranch     = "branch"
	colMajor      = "major"
	colGrade      = "grade"
	colTags       = "tags"
	colGraduates  = "graduates_on"
	colHome       = "home_region"
)

// headers are the names that a column may have in the file.
var headers = map[string]string{ //nolint:gochecknoglobals // a table
	"学号": colNumber, colNumber: colNumber,
	"姓名": colName, colName: colName,
	"系": colDepartment, "院系": colDepartment, "学院": colDepartment, colDepartment: colDepartment,
	"团支部": colBranch, "班级": colBranch, colBranch: colBranch,
	"专业": colMajor, colMajor: colMajor,
	"年级": colGrade, colGrade: colGrade,
	"身份": colTags, "标签": colTags, colTags: colTags,
	"毕业时间": colGraduates, colGraduates: colGraduates,
	"家庭所在地": colHome, colHome: colHome,
}

// tagNames are the ways to write a tag.
var tagNames = map[string]string{ //nolint:gochecknoglobals // a table
	"团干部": model.TagLeagueCadre, "团学骨干": model.TagLeagueCadre, model.TagLeagueCadre: model.TagLeagueCadre,
	"青马学员": model.TagQingma, "青马": model.TagQingma, model.TagQingma: model.TagQingma,
	"团员": model.TagLeagueMember, "共青团员": model.TagLeagueMember, model.TagLeagueMember: model.TagLeagueMember,
	"普通学生": model.TagOrdinary, "群众": model.TagOrdinary, model.TagOrdinary: model.TagOrdinary,
}

// maxTitleRows is how many rows may stand above the header.
const maxTitleRows = 10

// RowError says what is wrong in one row of an imported file.
type RowError struct {
	Line   int    // row of the sheet or line of the text, from 1
	Column string // name of the column, empty for the row as a whole
	Code   string // stable
	ZH, EN string
}

// student is one row that can be read. Empty fields are not stated.
type student struct {
	line                     int
	number, name             string
	department, branch       string
	major, grade, homeRegion string
	tags                     []string
	graduatesOn              model.Date
}

// layout is where the columns stand in a file.
type layout struct {
	at      map[string]int
	ignored []string // headers that mean nothing here
	width   int      // columns up to the last header
}

// ErrColumns says that the header misses columns or names one twice.
var ErrColumns = fault.Define(fault.Invalid, "import.columns", "表头不对：须有学号、姓名、团支部等列，每列一次。", "The header misses a column or names one twice.")

// findHeader looks for the row that names the columns and returns the rows below it.
func findHeader(t table, needed []string) (layout, []record, error) {
	for i, r := range t.records[:min(len(t.records), maxTitleRows+1)] {
		l, wrong := readHeader(r)
		if _, ok := l.at[colNumber]; !ok {
			continue
		}
		for _, column := range needed {
			if _, ok := l.at[column]; !ok {
				wrong = append(wrong, missingColumn(column))
			}
		}
		if len(wrong) > 0 {
			return l, nil, ErrColumns.With(wrong...)
		}
		return l, t.records[i+1:], nil
	}
	return layout{}, nil, ErrColumns.With(missingColumn(colNumber))
}

func readHeader(r record) (layout, []fault.Field) {
	l := layout{at: map[string]int{}}
	var wrong []fault.Field
	for at, cell := range r.cells {
		column, known := headers[strings.ToLower(cell)]
		_, twice := l.at[column]
		if cell != "" {
			l.width = at + 1
		}
		switch {
		case known && twice:
			wrong = append(wrong, fault.Field{Pointer: "column:" + column, Code: "duplicate", ZH: "这一列出现了两次", EN: "appears twice"})
		case known:
			l.at[column] = at
		case cell != "":
			l.ignored = append(l.ignored, text.Cut(cell, 40))
		}
	}
	return l, wrong
}

func missingColumn(column string) fault.Field {
	return fault.Field{Pointer: "column:" + column, Code: "required", ZH: "缺少这一列", EN: "is missing"}
}

// rowReader turns records into students and gathers what is wrong.
type rowReader struct {
	layout
	sheet  bool
	from   int
	errors []RowError
}

// read returns the student of a row; ok is false when the row has an error.
func (p *rowReader) read(r record) (s student, ok bool) {
	before := len(p.errors)
	bad := func(is bool, column, code, zh, en string) {
		if is {
			p.errors = append(p.errors, RowError{Line: r.line, Column: column, Code: code, ZH: zh, EN: en})
		}
	}
	cell := func(column string) string {
		at, there := p.at[column]
		if !there || at >= len(r.cells) {
			return ""
		}
		long := utf8.RuneCountInString(r.cells[at]) > maxCell
		bad(long, column, "max_length", "最多 200 个字", "must have at most 200 characters")
		if long {
			return ""
		}
		return r.cells[at]
	}
	beyond := slices.ContainsFunc(r.cells[min(p.width, len(r.cells)):], func(cell string) bool { return cell != "" })
	bad(beyond, "", "extra_cells", "这一行的内容比表头多，可能多了分隔符", "has more cells than the header: a separator too many?")
	s = student{line: r.line}
	var fine bool
	s.number, fine = vault.Number(strings.TrimPrefix(cell(colNumber), "'"))
	bad(!fine, colNumber, "pattern", "学号由 1–32 位数字、字母或连字符组成", "must have 1–32 digits, letters or hyphens")
	s.name, fine = vault.Name(cell(colName))
	bad(!fine, colName, "pattern", "姓名为 1–50 个字，不能有特殊符号或自造字", "must be a name of 1–50 letters, without symbols or private characters")
	s.department, s.branch = plainOr(cell(colDepartment)), plainOr(cell(colBranch))
	if major := cell(colMajor); major != "" {
		s.major, fine = text.Line(major, 60)
		bad(!fine, colMajor, "max_length", "最多 60 个字，不能有不可见字符", "must have at most 60 visible characters")
	}
	s.grade = strings.TrimSuffix(cell(colGrade), "级")
	bad(s.grade != "" && !gradeForm.MatchString(s.grade), colGrade, "pattern", "年级写作入学年份，如 2025", "must be the year of entry, such as 2025")
	s.tags, fine = readTags(cell(colTags))
	bad(!fine, colTags, "enum", "身份只能是：团干部、青马学员、团员、普通学生", "must be LEAGUE_CADRE, QINGMA, LEAGUE_MEMBER or ORDINARY")
	s.graduatesOn, fine = p.day(cell(colGraduates))
	bad(!fine, colGraduates, "format", "日期写作 2029-06-30", "must be a day, such as 2029-06-30")
	s.homeRegion, fine = readRegion(cell(colHome))
	bad(!fine, colHome, "pattern", "须填写行政区划代码（2、4、6、9 或 12 位）", "must be a division code of 2, 4, 6, 9 or 12 digits")
	return s, len(p.errors) == before
}

var (
	gradeForm  = regexp.MustCompile(`^20[0-9]{2}$`)
	regionForm = regexp.MustCompile(`^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$`)
	dayForm    = regexp.MustCompile(`^(20[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$`)
	digitsForm = regexp.MustCompile(`^(20[0-9]{2})([0-9]{2})([0-9]{2})$`)
	serialForm = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)
)

// plainOr is the canonical form of a text that is looked up, or the text itself when it has none.
func plainOr(s string) string {
	if canonical, ok := text.Line(s, maxCell); ok {
		return canonical
	}
	return s
}

// readTags reads tags separated by commas, semicolons, slashes, bars or blanks; nil when none is stated.
func readTags(text string) ([]string, bool) {
	var tags []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;；/| \t\n", r) }) {
		tag, known := tagNames[strings.ToUpper(part)]
		if !known {
			return nil, false
		}
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return slices.Compact(tags), true
}

// day reads a day of the years 2000 to 2099; in a sheet also its number.
func (p *rowReader) day(text string) (model.Date, bool) {
	if text == "" {
		return "", true
	}
	for _, form := range []*regexp.Regexp{dayForm, digitsForm} {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		year, month, day := atoi(m[1]), atoi(m[2]), atoi(m[3])
		t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		return model.Date(t.Format(time.DateOnly)), t.Month() == time.Month(month) && t.Day() == day
	}
	if !p.sheet || !serialForm.MatchString(text) {
		return "", false
	}
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "", false
	}
	t, err := excelize.ExcelDateToTime(serial, p.from == 1)
	return model.Date(t.Format(time.DateOnly)), err == nil && t.Year() >= 2000 && t.Year() < 2100
}

// readRegion pads a division code with zeros to 12 digits.
func readRegion(text string) (string, bool) {
	if text == "" {
		return "", true
	}
	return text + strings.Repeat("0", max(0, 12-len(text))), regionForm.MatchString(text)
}

// atoi reads digits that a pattern has matched.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
