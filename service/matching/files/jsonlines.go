package files

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// A round may also be written as JSON lines: x.jsonl instead of x.csv, one object a line, its fields named as the columns. Bitmaps
// are hex strings as in CSV, the positions of a list an array, all else whole numbers. Digests are those of the CSV writing.

// Dir opens the files of a round by their CSV names, whichever of the two forms they have.
func Dir(dir fs.FS) fs.FS { return either{dir} }

// IsJSONLines tells whether a file is there as JSON lines only.
func IsJSONLines(dir fs.FS, name string) bool {
	_, csv := fs.Stat(dir, name)
	_, lines := fs.Stat(dir, JSONLinesName(name))
	return errors.Is(csv, fs.ErrNotExist) && lines == nil
}

// JSONLinesName is the name of a CSV file in the other form.
func JSONLinesName(name string) string { return strings.TrimSuffix(name, ".csv") + ".jsonl" }

// nameOf is what an open file that goes by a CSV name is really called.
func nameOf(f fs.File, name string) string {
	if _, ok := f.(*jsonFile); ok {
		return JSONLinesName(name)
	}
	return name
}

type either struct{ fs.FS }

func (d either) Open(name string) (fs.File, error) {
	f, err := d.FS.Open(name)
	if !strings.HasSuffix(name, ".csv") {
		return f, err
	}
	other, errOther := d.FS.Open(JSONLinesName(name))
	switch {
	case errors.Is(errOther, fs.ErrNotExist):
		return f, err
	case err == nil:
		return nil, errors.Join(fmt.Errorf("%s and %s are both there: which one counts?", name, JSONLinesName(name)), f.Close(), other.Close())
	case !errors.Is(err, fs.ErrNotExist) || errOther != nil:
		return nil, errors.Join(err, errOther)
	}
	return &jsonFile{File: other, in: bufio.NewReaderSize(other, bufferSize)}, nil
}

// jsonFile reads JSON lines as CSV.
type jsonFile struct {
	fs.File
	in      *bufio.Reader
	columns []string
	rest    []byte // of the CSV line that was made last
}

// Read gives the CSV lines, the header first.
func (f *jsonFile) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		text, err := f.in.ReadBytes('\n')
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if err := f.convert(text); err != nil {
				return 0, err // the reader of rows says which object
			}
		} else if err != nil {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *jsonFile) convert(text []byte) error {
	if f.columns == nil {
		text = bytes.TrimPrefix(text, mark())
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	f.rest = f.rest[:0]
	if f.columns == nil {
		if f.columns = columnsOf(object); f.columns == nil {
			return fmt.Errorf("its fields %s are those of no file of a round", strings.Join(slices.Sorted(maps.Keys(object)), ", "))
		}
		f.rest = append(append(f.rest, strings.Join(f.columns, ",")...), '\n')
	}
	if len(object) != len(f.columns) {
		return fmt.Errorf("want the fields %s", strings.Join(f.columns, ", "))
	}
	for i, name := range f.columns {
		value, ok := object[name]
		if !ok {
			return fmt.Errorf("field %q is missing", name)
		}
		if i > 0 {
			f.rest = append(f.rest, ',')
		}
		var err error
		if f.rest, err = appendField(f.rest, value); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	f.rest = append(f.rest, '\n')
	return nil
}

// columnsOf finds the kind of file by the names of the fields, whatever their order.
func columnsOf(object map[string]json.RawMessage) []string {
	for _, header := range headers() {
		columns := columnsIn(header)
		if len(columns) == len(object) && !slices.ContainsFunc(columns, func(name string) bool { return object[name] == nil }) {
			return columns
		}
	}
	return nil
}

func columnsIn(header string) []string { return strings.Split(strings.TrimSuffix(header, "\n"), ",") }

// appendField writes one value as CSV has it.
func appendField(row []byte, value json.RawMessage) ([]byte, error) {
	switch value[0] {
	case '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return row, err
		}
		if text == "" || strings.ContainsAny(text, ",\"\r\n") {
			return row, fmt.Errorf("%q: want a bitmap in hex or a word", text)
		}
		return append(row, text...), nil
	case '[':
		var all []json.Number
		if err := json.Unmarshal(value, &all); err != nil {
			return row, err
		}
		for i, n := range all {
			if i > 0 {
				row = append(row, ' ')
			}
			row = append(row, n...)
		}
		return row, nil
	}
	return append(row, value...), nil
}

// JSONLines turns the CSV that is written to it into JSON lines. What is written must be whole lines in the end.
func JSONLines(w io.Writer) io.Writer { return &jsonWriter{out: w} }

type jsonWriter struct {
	out     io.Writer
	columns []string
	row     []byte // of a line that is not whole yet
	made    []byte
}

func (w *jsonWriter) Write(p []byte) (int, error) {
	w.made = w.made[:0]
	w.row = append(w.row, p...)
	for {
		line, rest, whole := bytes.Cut(w.row, []byte("\n"))
		if !whole {
			break
		}
		if w.columns == nil {
			w.columns = columnsIn(string(line))
		} else {
			w.object(line)
		}
		w.row = rest
	}
	w.row = bytes.Clone(w.row)
	_, err := w.out.Write(w.made)
	return len(p), err
}

func (w *jsonWriter) object(line []byte) {
	for i, name := range w.columns {
		value, rest, _ := bytes.Cut(line, []byte(","))
		line = rest
		if i == 0 {
			w.made = append(w.made, '{')
		} else {
			w.made = append(w.made, ',')
		}
		w.made = fmt.Appendf(w.made, "%q:", name)
		switch name {
		case "slots", "skills", "req", "want", "kind":
			w.made = fmt.Appendf(w.made, "%q", value)
		case "positions":
			w.made = append(append(append(w.made, '['), bytes.ReplaceAll(bytes.Trim(value, `"`), []byte(" "), []byte(","))...), ']')
		default:
			w.made = append(w.made, value...)
		}
	}
	w.made = append(w.made, "}\n"...)
}
