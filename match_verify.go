package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/score"
	matchcheck "baodao/service/matching/verify"
)

// matchFiles say where in a directory a round and its result are.
type matchFiles struct {
	Dir    string `arg:"" type:"existingdir" help:"Directory with the round and its result, as match run leaves it."`
	Lists  string `placeholder:"FILE" help:"Lists in the directory that the round was matched by (default lists.csv)."`
	Suffix string `help:"Of the names of the files with the result: result SUFFIX .csv."`
}

// played is a round with its result.
type played struct {
	in    *score.Instance
	lists score.Lists
	out   score.Outcome
}

// read reads all of it. An open round need not have lists.
func (m matchFiles) read(open bool) (r played, err error) {
	dir := files.Dir(os.DirFS(m.Dir))
	if files.IsPairing(dir) {
		return r, usageError{errors.New("it is a round of pairing: match pair and match verify are for it")}
	}
	if r.in, err = files.Load(dir); err != nil {
		return r, err
	}
	r.lists, err = files.LoadLists(dir, cmp.Or(m.Lists, files.ListsFile), r.in)
	if open && m.Lists == "" && errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return r, err
	}
	err = m.open(dir, files.CutoffsFile, func(f io.Reader) error {
		r.out, err = files.ReadCutoffs(f, len(r.in.Positions))
		return err
	})
	if slices.ContainsFunc(r.in.Positions, func(p score.Position) bool { return p.Reserved > 0 }) {
		err = errors.Join(err, m.open(dir, files.PartnerCutoffsFile, func(f io.Reader) (err error) {
			r.out.Partners, err = files.ReadPartnerCutoffs(f, len(r.in.Positions))
			return err
		}))
	}
	return r, errors.Join(err, m.open(dir, files.ResultFile, func(f io.Reader) error {
		r.out.Place, err = files.ReadResult(f, len(r.in.Students), len(r.in.Positions))
		return err
	}))
}

func (m matchFiles) open(dir fs.FS, name string, read func(io.Reader) error) error {
	name = suffixed(name, m.Suffix)
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// goingOn is how many lists go on.
func (r *played) goingOn(all bool) (n int64) {
	if all {
		return int64(len(r.in.Students))
	}
	for _, open := range r.in.Open {
		if open {
			n++
		}
	}
	return n
}

type matchVerifyCmd struct {
	matchFiles
	Open      bool   `help:"Everybody agreed, not only those in open.csv: when my list is exhausted, also propose others that suit me."`
	Published int64  `help:"How many groups or students the round itself says could do better: only where friends take part."`
	Best      int    `help:"Compare the lists of so many students with the best positions of all: where nobody made a list."`
	Inputs    string `placeholder:"HEX" help:"The digest of the inputs that you noted when the lists were frozen."`
	Result    string `placeholder:"HEX" help:"The digest of the result that you noted."`
}

// Run needs no settings, no database and no network.
func (m matchVerifyCmd) Run(c *console) error {
	if files.IsPairing(files.Dir(os.DirFS(m.Dir))) {
		return m.pairs(c)
	}
	r, err := m.read(m.Open)
	if err != nil {
		return err
	}
	if r.goingOn(m.Open)*int64(len(r.in.Positions)) > matchcheck.MaxOpen {
		return usageError{errors.New("an open round as large as this cannot be checked: at most 500,000,000 pairs of students and positions")}
	}
	inputs, err := audit.Inputs(r.in, r.lists)
	if err != nil {
		return err
	}
	result, err := audit.Result(&r.out)
	if err != nil {
		return err
	}
	report := matchcheck.Check(r.in, r.lists, &r.out, matchcheck.Options{Open: m.Open, Published: m.Published, Best: m.Best})
	m.report(c.out, r.in, &report)
	fmt.Fprintf(c.out, "inputs sha256 %x\nresult sha256 %x\n", inputs, result)
	err = errors.Join(noted("digest of the inputs", m.Inputs, fmt.Sprintf("%x", inputs)), noted("digest of the result", m.Result, fmt.Sprintf("%x", result)))
	if !report.OK() {
		err = errors.Join(err, errors.New("the result does not follow from the rules"))
	}
	if err == nil {
		fmt.Fprintln(c.out, "ok")
	}
	return err
}

// report prints the figures, and then how many faults of each kind there are.
func (m matchVerifyCmd) report(w io.Writer, in *score.Instance, r *matchcheck.Report) {
	fmt.Fprintf(w, "round %d, %s, rule %s: %d students, %d positions, %d seats\n", in.Round.Number, in.Round.Season, in.Round.Rule, len(in.Students), len(in.Positions), r.Seats)
	fmt.Fprintf(w, "placed %d, positions closed %d, total score %d, wishes %d (%d of them that the rules rule out)\n", r.Placed, r.Closed, r.Score, r.Wishes, r.Void)
	if r.Placed > 0 {
		fmt.Fprintf(w, "of the placed: first wish %.1f %%, mean wish %.2f, mean distance %d m\n",
			100*float64(r.FirstWishes)/float64(r.Placed), float64(r.Ranks)/float64(r.Placed), r.Metres/r.Placed)
	}
	fmt.Fprintf(w, "closed positions that a whole team would rather have %d\n", r.Wronged)
	if r.Groups > 0 {
		fmt.Fprintf(w, "groups of friends %d, students and groups who could do better %d; with friends a result is not the only one and is not made anew\n", r.Groups, r.Remaining)
	}
	for _, k := range matchcheck.Kinds() {
		fmt.Fprintf(w, "%d %s\n", r.Counts[k], k)
	}
	for _, f := range r.First {
		fmt.Fprintln(w, "FAULT", f)
	}
}
