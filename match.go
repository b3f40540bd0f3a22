package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"baodao/service/matching/assign"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

type matchCmd struct {
	Run     matchRunCmd     `cmd:"" help:"Match students and positions of a directory: docs/matching.md."`
	Verify  matchVerifyCmd  `cmd:"" help:"Check a result with a program that shares nothing with the one that made it; exit 1 when anything is wrong."`
	Explain matchExplainCmd `cmd:"" help:"Tell a student why not this position, or what the chance is."`
	Seats   matchSeatsCmd   `cmd:"" help:"Tell a host why these students."`
	Pair    matchPairCmd    `cmd:"" help:"Bring branches and communities of a directory together: docs/matching.md."`
	Sample  matchSampleCmd  `cmd:"" help:"Invent a round around real campuses and write it to a directory."`
}

type matchRunCmd struct {
	Dir     string `arg:"" help:"Directory with round.json, students.csv and positions.csv, or students.jsonl and positions.jsonl."`
	Lists   string `placeholder:"FILE" help:"Lists in the directory to match by (default lists.csv; when it is missing, the best k of each student are made and written)."`
	Open    bool   `help:"Everybody agreed, not only those in open.csv: when my list is exhausted, also propose others that suit me. Without lists.csv, complete lists by score."`
	Last    string `placeholder:"FILE" help:"Cut-offs of the last round, as cutoffs.csv: the lists that are made reach, are likely and are safe by them."`
	Suffix  string `help:"Added to the names of the files written: result SUFFIX .csv."`
	Workers int    `help:"Threads; 0 takes every core. The result does not depend on it."`
}

// Run needs no settings, no database and no network.
func (m matchRunCmd) Run(c *console) error {
	in, err := files.Load(files.Dir(os.DirFS(m.Dir)))
	if err != nil {
		return err
	}
	if m.Workers < 1 {
		m.Workers = runtime.GOMAXPROCS(0)
	}
	lists, err := m.lists(in)
	if err != nil {
		return err
	}
	inputs, err := audit.Inputs(in, lists) // as they were handed in: what is not eligible is dropped afterwards
	if err != nil {
		return err
	}
	result, err := m.match(in, lists)
	if err != nil {
		return err
	}
	if err := m.save(&result); err != nil {
		return err
	}
	return m.report(c.out, in, inputs, &result)
}

func (m matchRunCmd) save(r *assign.Result) error {
	err := errors.Join(
		m.write(files.ResultFile, func(w io.Writer) error { return files.WriteResult(w, r.Place) }),
		m.write(files.CutoffsFile, func(w io.Writer) error { return files.WriteCutoffs(w, &r.Outcome) }),
	)
	if len(r.Partners) > 0 {
		err = errors.Join(err, m.write(files.PartnerCutoffsFile, func(w io.Writer) error { return files.WritePartnerCutoffs(w, r.Partners) }))
	}
	return err
}

func (m matchRunCmd) match(in *score.Instance, lists score.Lists) (assign.Result, error) {
	if lists.Width > 0 {
		if err := assign.Settle(in, lists, m.Workers); err != nil {
			return assign.Result{}, err
		}
	}
	if !m.Open {
		return assign.Run(in, lists, m.Workers)
	}
	open := make([]bool, len(in.Students))
	for s := range open {
		open[s] = true
	}
	return assign.RunOpen(in, lists, open, m.Workers)
}

// lists reads the lists, or makes them where none were handed in.
func (m matchRunCmd) lists(in *score.Instance) (score.Lists, error) {
	name := cmp.Or(m.Lists, files.ListsFile)
	lists, err := files.LoadLists(files.Dir(os.DirFS(m.Dir)), name, in)
	switch {
	case err == nil:
		return lists, nil
	case m.Lists != "" || !errors.Is(err, fs.ErrNotExist):
		return lists, err
	case m.Open:
		return score.Lists{}, nil
	}
	if lists, err = m.propose(in); err == nil {
		err = assign.ShareLists(in, lists)
	}
	if err != nil {
		return lists, err
	}
	return lists, writeLike(m.Dir, files.StudentsFile, name, func(w io.Writer) error { return files.WriteLists(w, lists) })
}

// propose makes the lists that recommendations would be.
func (m matchRunCmd) propose(in *score.Instance) (score.Lists, error) {
	if m.Last == "" {
		return assign.Lists(in, m.Workers), nil
	}
	last, err := readLast(m.Last, in)
	if err != nil {
		return score.Lists{}, err
	}
	return assign.MixedLists(in, last, m.Workers), nil
}

// readLast reads how the last round ended.
func readLast(name string, in *score.Instance) (*score.Outlook, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, usageError{err}
	}
	last, err := files.ReadCutoffs(f, len(in.Positions))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	partners, err := readPartners(filepath.Join(filepath.Dir(name), "partner-"+filepath.Base(name)), in)
	return &score.Outlook{Cutoffs: last.Cutoffs, Closed: last.Closed, Students: len(in.Students), Partners: partners}, err
}

// readPartners reads the cut-offs of paired branches beside the others, if there are any.
func readPartners(name string, in *score.Instance) ([]score.PartnerCutoff, error) {
	f, err := openFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	partners, err := files.ReadPartnerCutoffs(f, len(in.Positions))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return partners, nil
}

func (m matchRunCmd) write(name string, write func(io.Writer) error) error {
	return writeLike(m.Dir, files.StudentsFile, suffixed(name, m.Suffix), write)
}

// openFile opens a file of a round in either form.
func openFile(name string) (fs.File, error) {
	base := filepath.Base(name)
	if stem, ok := strings.CutSuffix(base, ".jsonl"); ok {
		base = stem + ".csv"
	}
	return files.Dir(os.DirFS(filepath.Dir(name))).Open(base)
}

// writeLike writes a file in the form that another file of the directory has.
func writeLike(dir, other, name string, write func(io.Writer) error) error {
	return writeForm(dir, files.IsJSONLines(os.DirFS(dir), other), name, write)
}

// writeForm writes a CSV file, or the same as JSON lines.
func writeForm(dir string, jsonLines bool, name string, write func(io.Writer) error) error {
	if !jsonLines || !strings.HasSuffix(name, ".csv") {
		return writeFile(filepath.Join(dir, name), write)
	}
	return writeFile(filepath.Join(dir, files.JSONLinesName(name)), func(w io.Writer) error { return write(files.JSONLines(w)) })
}

func suffixed(name, suffix string) string {
	stem, extension, _ := strings.Cut(name, ".")
	return stem + suffix + "." + extension
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// report says what came of it, and the digests by which a replay is compared.
func (m matchRunCmd) report(w io.Writer, in *score.Instance, inputs audit.Digest, r *assign.Result) error {
	result, err := audit.Result(&r.Outcome)
	if err != nil {
		return err
	}
	seats, filled, closed := int64(0), int64(0), 0
	for p := range in.Positions {
		seats, filled = seats+int64(in.Positions[p].Cap), filled+int64(r.Filled[p])
		if r.Closed[p] {
			closed++
		}
	}
	fmt.Fprintf(w, "round %d, %s, rule %s: %d students, %d positions, %d seats\n", in.Round.Number, in.Round.Season, in.Round.Rule, len(in.Students), len(in.Positions), seats)
	fmt.Fprintf(w, "placed %d, seats free %d, positions closed for too small a team %d, teams that could not have theirs %d\n", filled, seats-filled, closed, len(r.Wronged))
	if len(r.Blocking) > 0 {
		fmt.Fprintf(w, "groups or students who could do better %d, first members: %v\n", len(r.Blocking), r.Blocking)
	}
	fmt.Fprintf(w, "inputs sha256 %x\nresult sha256 %x\n", inputs, result)
	return nil
}

type matchSampleCmd struct {
	Dir       string  `arg:"" help:"Directory to write to; it is made."`
	Students  int     `default:"2000" help:"How many students."`
	Positions int     `default:"200" help:"How many positions."`
	Season    string  `default:"term" enum:"term,vacation" help:"term or vacation."`
	Rule      string  `default:"points-v2" help:"points-v1, points-v2, points-v3, score or lottery."`
	Seed      uint64  `default:"1" help:"The same seed invents the same round."`
	Groups    float64 `help:"Share of students who come with friends, 0 to 1."`
	JSON      bool    `help:"Write JSON lines instead of CSV: what is made of them later is written in the same form."`
	Rich      bool    `help:"Add students and communities who keep apart, more paired branches, reserved seats, and students who are open."`
	Campuses  string  `placeholder:"FILE" help:"Campuses with the columns name, lat, lng instead of the built-in ones."`
}

// Run writes the round.
func (m matchSampleCmd) Run(*console) error {
	rule, err := score.ParseRule(m.Rule)
	if err != nil {
		return usageError{err}
	}
	o := sample.Options{Students: m.Students, Positions: m.Positions, Season: score.Season(m.Season), Rule: rule, Seed: m.Seed, Groups: m.Groups}
	if m.Campuses != "" {
		f, err := os.Open(m.Campuses)
		if err != nil {
			return usageError{err}
		}
		o.Campuses, err = sample.Campuses(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	in, err := sample.New(o)
	if err != nil {
		return usageError{err}
	}
	if m.Rich {
		sample.Enrich(in, m.Seed)
	}
	if err := os.MkdirAll(m.Dir, 0o750); err != nil {
		return err
	}
	err = errors.Join(
		writeForm(m.Dir, m.JSON, files.RoundFile, func(w io.Writer) error { return files.WriteRound(w, in.Round) }),
		writeForm(m.Dir, m.JSON, files.StudentsFile, func(w io.Writer) error { return files.WriteStudents(w, in.Students) }),
		writeForm(m.Dir, m.JSON, files.PositionsFile, func(w io.Writer) error { return files.WritePositions(w, in.Positions) }),
	)
	for _, part := range files.More(in) {
		err = errors.Join(err, writeForm(m.Dir, m.JSON, part.Name, part.Write))
	}
	return err
}
