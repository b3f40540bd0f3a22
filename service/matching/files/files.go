// Package files reads and writes a round of matching as a directory: round.json and CSV files with a header, ids dense
// from 0, bitmaps in lower-case hex, -1 for none. The writing is canonical: the same round makes the same bytes, so its
// SHA-256 names it. It decides nothing.
package files

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"baodao/service/matching/score"
)

// Names of the files of a round. Lists, results and cut-offs of other engines or variants carry a suffix before the dot.
const (
	RoundFile     = "round.json"
	StudentsFile  = "students.csv"
	PositionsFile = "positions.csv"
	ListsFile     = "lists.csv"
	ResultFile    = "result.csv"
	CutoffsFile   = "cutoffs.csv"
)

// round is round.json.
type round struct {
	Round   int    `json:"round"`
	Season  string `json:"season"`
	Seed    string `json:"seed"`
	K       int    `json:"k"`
	RadiusM int32  `json:"radius_m"`
	Rule    string `json:"rule"`
}

// ReadRound reads round.json. Fields of others are passed over.
func ReadRound(r io.Reader) (score.Round, error) {
	var f round
	if err := decode(r, &f); err != nil {
		return score.Round{}, err
	}
	seed, err := hex.DecodeString(f.Seed)
	if err != nil {
		return score.Round{}, fmt.Errorf("seed: %w", err)
	}
	rule, err := score.ParseRule(f.Rule)
	if err != nil {
		return score.Round{}, err
	}
	season := score.Season(f.Season)
	if season != score.Term && season != score.Vacation {
		return score.Round{}, fmt.Errorf("season %q: want term or vacation", f.Season)
	}
	return score.Round{Number: f.Round, Season: season, Seed: seed, K: f.K, Radius: f.RadiusM, Rule: rule}, nil
}

// decode reads round.json of either kind.
func decode(r io.Reader, round any) error {
	text, err := io.ReadAll(io.LimitReader(r, bufferSize))
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes.TrimPrefix(text, mark()), round)
}

// WriteRound writes round.json.
func WriteRound(w io.Writer, r score.Round) error {
	data, err := json.Marshal(round{
		Round: r.Number, Season: string(r.Season), Seed: hex.EncodeToString(r.Seed), K: r.K, RadiusM: r.Radius, Rule: r.Rule.String(),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// Load reads the round, its students and its positions, and what more there is.
func Load(dir fs.FS) (*score.Instance, error) {
	in := &score.Instance{}
	err := errors.Join(
		read(dir, RoundFile, func(r io.Reader) (err error) { in.Round, err = ReadRound(r); return err }),
		read(dir, StudentsFile, func(r io.Reader) (err error) { in.Students, err = ReadStudents(r); return err }),
		read(dir, PositionsFile, func(r io.Reader) (err error) { in.Positions, err = ReadPositions(r); return err }),
	)
	if err == nil {
		err = loadMore(dir, in)
	}
	if err == nil {
		err = in.Check()
	}
	return in, err
}

// LoadLists reads a file of lists for the round.
func LoadLists(dir fs.FS, name string, in *score.Instance) (lists score.Lists, err error) {
	err = read(dir, name, func(r io.Reader) error {
		lists, err = ReadLists(r, len(in.Students), len(in.Positions))
		return err
	})
	return lists, err
}

func read(dir fs.FS, name string, with func(io.Reader) error) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	if err := with(f); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", nameOf(f, name), err), f.Close())
	}
	return f.Close()
}

// bufferSize is how much is read or written at once; a line is never longer.
const bufferSize = 1 << 16

// rows calls f for each line after the header, with the fields of it. Blank lines are passed over.
func rows(r io.Reader, columns int, f func(line int, row *fields) error) error {
	in, first, what := bufio.NewReaderSize(r, bufferSize), 1, "line"
	object, ok := r.(*jsonFile)
	if ok {
		first, what = 0, "object" // there the header is no line
	}
	seen := 0
	for line := first; ; line++ {
		text, err := in.ReadSlice('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fmt.Errorf("%s %d: %w", what, max(line, 1), err)
		}
		switch text, err = trim(text), nil; {
		case len(text) == 0:
		case line == first:
			err = checkHeader(text)
		default:
			err = row(&fields{rest: text, object: object}, seen, columns, f)
			seen++
		}
		if err != nil {
			return fmt.Errorf("%s %d: %w", what, line, err)
		}
		if last {
			return nil
		}
	}
}

func row(row *fields, line, columns int, f func(line int, row *fields) error) error {
	if err := f(line, row); err != nil {
		return err
	}
	if row.err == nil && (row.seen != columns || row.more) {
		row.err = fmt.Errorf("want %d columns", columns)
	}
	return row.err
}

func trim(text []byte) []byte {
	for len(text) > 0 && (text[len(text)-1] == '\n' || text[len(text)-1] == '\r') {
		text = text[:len(text)-1]
	}
	return text
}
