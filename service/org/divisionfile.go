package org

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"baodao/service/text"
)

// division is one row of a file of divisions. Codes have 12 digits.
type division struct {
	line         int
	code, parent string
	name         string
}

// openLevel opens the file of a level; nil when it is missing and may be.
func openLevel(fsys fs.FS, l level) (fs.File, error) {
	f, err := fsys.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) && l.parent != "" {
		return nil, nil //nolint:nilnil // a missing file is fine
	}
	if err != nil {
		return nil, unreadableFile(l.file, err)
	}
	return f, nil
}

func unreadableFile(name string, err error) error {
	return ErrUnreadable.Saying("无法读取 "+name+"。", "Cannot read "+name+".").Because(err)
}

// countLines counts the rows below the header, for the progress.
func countLines(fsys fs.FS, l level) (int, error) {
	f, err := openLevel(fsys, l)
	if err != nil || f == nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	lines, whole, buf := 0, true, make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			lines += bytes.Count(buf[:n], []byte{'\n'})
			whole = bytes.HasSuffix(buf[:n], []byte{'\n'})
		}
		if errors.Is(err, io.EOF) {
			if !whole {
				lines++
			}
			return max(0, lines-1), nil
		}
		if err != nil {
			return 0, unreadableFile(l.file, err)
		}
	}
}

// divisionReader reads the rows of one file.
type divisionReader struct {
	level
	csv                  *csv.Reader
	atCode, atName, atUp int // columns; atUp -1 at the top
}

func newDivisionReader(r io.Reader, l level) (*divisionReader, error) {
	buffered := bufio.NewReaderSize(r, 256<<10)
	if start, err := buffered.Peek(3); err == nil && string(start) == "\ufeff" {
		if _, err := buffered.Discard(3); err != nil {
			return nil, unreadableFile(l.file, err)
		}
	}
	d := &divisionReader{level: l, csv: csv.NewReader(buffered), atCode: -1, atName: -1, atUp: -1}
	d.csv.FieldsPerRecord, d.csv.ReuseRecord = -1, true
	header, err := d.csv.Read()
	if err != nil {
		return nil, unreadableFile(l.file, err)
	}
	for i, column := range header {
		switch strings.TrimSpace(column) {
		case "code":
			d.atCode = i
		case "name":
			d.atName = i
		case l.parent:
			d.atUp = i
		}
	}
	if d.atCode < 0 || d.atName < 0 || (l.parent != "" && d.atUp < 0) {
		return nil, unreadableFile(l.file, fmt.Errorf("want the columns code, name, %s", l.parent))
	}
	return d, nil
}

// next reads at most n rows; io.EOF comes with the last ones.
func (d *divisionReader) next(n int) (rows []division, wrong []DivisionError, err error) {
	rows = make([]division, 0, n)
	for len(rows)+len(wrong) < n {
		cells, err := d.csv.Read()
		if errors.Is(err, io.EOF) {
			return rows, wrong, io.EOF
		}
		if err != nil {
			return rows, wrong, unreadableFile(d.file, err)
		}
		line, _ := d.csv.FieldPos(0)
		row, bad := d.row(line, cells)
		if bad != nil {
			wrong = append(wrong, *bad)
			continue
		}
		rows = append(rows, row)
	}
	return rows, wrong, nil
}

func (d *divisionReader) row(line int, cells []string) (division, *DivisionError) {
	cell := func(at int) string {
		if at < 0 || at >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[at])
	}
	row := division{line: line, code: padCode(cell(d.atCode)), parent: padCode(cell(d.atUp))}
	var ok bool
	row.name, ok = text.Line(cell(d.atName), maxName-len([]rune(townSuffix)))
	switch {
	case !isCode(cell(d.atCode), d.digits):
		return row, d.wrong(line, "code", fmt.Sprintf("代码须为 %d 位数字", d.digits), fmt.Sprintf("code must have %d digits", d.digits))
	case d.parent != "" && !isCode(cell(d.atUp), len(strings.TrimSpace(cell(d.atUp)))):
		return row, d.wrong(line, "parent_code", "上级代码缺失或不是数字", d.parent+" is missing or not a number")
	case !ok:
		return row, d.wrong(line, "name", "名称缺失、过长或含不可见字符", "name is missing, too long or has invisible characters")
	}
	return row, nil
}

func (d *divisionReader) wrong(line int, code, zh, en string) *DivisionError {
	return &DivisionError{File: d.file, Line: line, Code: code, ZH: zh, EN: en}
}

// padCode fills a code with zeros on the right up to 12 digits.
func padCode(code string) string { return code + strings.Repeat("0", max(0, 12-len(code))) }

func isCode(code string, digits int) bool {
	return len(code) == digits && digits >= 2 && digits <= 12 && strings.Trim(code, "0123456789") == ""
}
