package org

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"baodao/service/fault"
)

// Refusals of a file as a whole. Wrong rows are told one by one in a Report.
var (
	ErrUnreadable = fault.Define(fault.Invalid, "import.unreadable", "文件无法读取，请另存为 XLSX 或 CSV（UTF-8 或 GB18030）后再试。", "The file cannot be read: send XLSX, or CSV in UTF-8 or GB18030.")
	ErrTooLarge   = fault.Define(fault.TooLarge, "import.too_large", "文件太大：最多 20,000 行、10 MiB。", "The file is too large: at most 20,000 rows and 10 MiB.")
)

// Limits of a roster file.
const (
	MaxRosterBytes   = 10 << 20
	MaxRosterRows    = 20_000
	maxRosterColumns = 100
	maxCell          = 200      // characters
	unzipLimit       = 48 << 20 // bytes of all parts of an XLSX
	maxSheetRow      = 1 << 20
)

// record is one row of a file that is not blank.
type record struct {
	line  int // as the person sees it: row of the sheet, line of the text
	cells []string
}

// table is a file as rows of text.
type table struct {
	records []record
	sheet   bool // from a spreadsheet: days are numbers
	from    int  // day number 0 counts from 1904 (1) or 1900 (0)
}

// readTable finds out what the bytes are and reads them: ErrUnreadable for anything broken, ErrTooLarge beyond a limit.
func readTable(data []byte) (table, error) {
	switch {
	case len(data) > MaxRosterBytes:
		return table{}, ErrTooLarge
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readSheet(data)
	default:
		return readCSV(data)
	}
}

func readCSV(data []byte) (table, error) {
	text, err := decodeText(data)
	if err != nil {
		return table{}, err
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	var t table
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return table{}, unreadable(err)
		}
		line, _ := reader.FieldPos(0)
		if err := t.add(line, cells); err != nil {
			return table{}, err
		}
	}
}

// unreadable names the line on which the text breaks.
func unreadable(err error) error {
	wrong, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return ErrUnreadable.Because(err)
	}
	return ErrUnreadable.Because(err).With(fault.Field{Pointer: fmt.Sprintf("line:%d", wrong.Line), Code: "syntax", ZH: "引号没有成对", EN: "has a stray quote"})
}

// decodeText reads UTF-8, with or without a byte order mark, or else GB18030.
func decodeText(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return "", ErrUnreadable.Because(err)
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", ErrUnreadable
	}
	return string(data), nil
}

// add keeps a row unless it is blank.
func (t *table) add(line int, cells []string) error {
	if len(cells) > maxRosterColumns {
		return ErrUnreadable.Because(fmt.Errorf("%d columns in line %d", len(cells), line))
	}
	blank := true
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
		blank = blank && cells[i] == ""
	}
	if blank {
		return nil
	}
	if len(t.records) == MaxRosterRows+maxTitleRows+1 {
		return ErrTooLarge
	}
	t.records = append(t.records, record{line: line, cells: cells})
	return nil
}

// readSheet reads the first sheet of an XLSX file. Formulas count with the value that was stored with them.
func readSheet(data []byte) (t table, err error) {
	defer func() {
		if p := recover(); p != nil { // the library does not promise to survive every file
			t, err = table{}, ErrUnreadable.Because(fmt.Errorf("panic: %v", p))
		}
	}()
	if err := checkParts(data); err != nil {
		return table{}, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: unzipLimit, UnzipXMLSizeLimit: unzipLimit})
	if err != nil {
		return table{}, ErrUnreadable.Because(err)
	}
	t, err = sheetRows(f)
	return t, errors.Join(err, f.Close())
}

func sheetRows(f *excelize.File) (table, error) {
	t := table{sheet: true}
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		t.from = 1
	}
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return t, ErrUnreadable.Because(err)
	}
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return t, ErrUnreadable.Because(err)
		}
		if err := t.add(line, cells); err != nil {
			return t, errors.Join(err, rows.Close())
		}
		if line > maxSheetRow {
			return t, errors.Join(ErrTooLarge, rows.Close())
		}
	}
	if err := rows.Close(); err != nil {
		return t, ErrUnreadable.Because(err)
	}
	return t, nil
}

// checkParts reads what the library would read, because it takes broken XML for the end of a sheet and makes a cell for every
// column that a row skips.
func checkParts(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return ErrUnreadable.Because(err)
	}
	left := int64(unzipLimit)
	for _, part := range archive.File {
		if part.UncompressedSize64 > uint64(left) {
			return ErrTooLarge
		}
		left -= part.FileInfo().Size()
		name := strings.ToLower(part.Name)
		if !strings.HasPrefix(name, "xl/worksheets/sheet") && name != "xl/sharedstrings.xml" {
			continue
		}
		if err := checkXML(part); err != nil {
			return err
		}
	}
	return nil
}

func checkXML(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return ErrUnreadable.Because(err)
	}
	defer r.Close()
	decoder := xml.NewDecoder(r)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrUnreadable.Because(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "c" && farColumn(start.Attr) {
			return ErrUnreadable.Because(errors.New("too many columns"))
		}
	}
}

// farColumn tells whether a cell stands right of column ZZ.
func farColumn(attrs []xml.Attr) bool {
	for _, a := range attrs {
		if a.Name.Local == "r" {
			return len(strings.TrimRight(a.Value, "0123456789")) > 2
		}
	}
	return false
}
