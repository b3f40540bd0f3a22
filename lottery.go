package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"baodao/service/matching/lottery"
)

type lotteryCmd struct {
	Verify lotteryVerifyCmd `cmd:"" help:"Draw a published lottery again and compare; exit 1 with the reason when anything does not hold."`
}

type lotteryVerifyCmd struct {
	Files      []string `arg:"" name:"file" help:"What GET …/lottery answered: one file, or all its pages in any order; - reads stdin."`
	Commitment string   `placeholder:"HEX" help:"The commitment that you noted when the entries opened."`
	Digest     string   `placeholder:"HEX" help:"The digest that you noted when the entries closed."`

	stdin io.Reader // nil is the process's own
}

// Run needs no settings, no database and no network.
func (l lotteryVerifyCmd) Run(c *console) error {
	var pages []lottery.File
	for _, name := range l.Files {
		more, err := l.read(name)
		if err != nil {
			return err
		}
		pages = append(pages, more...)
	}
	whole, err := lottery.Join(pages)
	if err != nil {
		return err
	}
	if err := errors.Join(noted("commitment", l.Commitment, whole.Commitment), noted("digest", l.Digest, whole.Digest), lottery.Verify(whole)); err != nil {
		return err
	}
	l.report(c.out, whole)
	return nil
}

// read reads the pages that a file holds.
func (l lotteryVerifyCmd) read(name string) ([]lottery.File, error) {
	in := l.stdin
	switch {
	case name != "-":
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError{err}
		}
		defer file.Close() //nolint:errcheck // it was only read
		in = file
	case in == nil:
		in = os.Stdin
	}
	pages, err := lottery.Decode(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return pages, nil
}

// noted compares what somebody wrote down with what the file says.
func noted(what, noted, have string) error {
	if noted == "" || strings.EqualFold(noted, have) {
		return nil
	}
	return fmt.Errorf("the %s is not the one you noted: the file says %s, you noted %s", what, have, noted)
}

// report says in plain words what was checked.
func (l lotteryVerifyCmd) report(w io.Writer, f lottery.File) {
	fmt.Fprintf(w, "Lottery of activity %d, position %d, by %s: %d entries for %d seats.\n", f.ActivityID, f.PositionID, f.Algorithm, len(f.Entries), f.Capacity)
	if f.Digest != "" {
		fmt.Fprintln(w, "The digest belongs to these entries, weights and seats.")
	}
	if f.Drawn() {
		fmt.Fprintln(w, "The seed is the one committed to.")
		fmt.Fprintf(w, "The order is what the seed draws, all %d places of it.\n", len(f.Order))
		fmt.Fprintf(w, "The winners are those whose seats fitted, in that order: %d entries; %d wait.\n", len(f.Winners), len(f.Order)-len(f.Winners))
	} else {
		fmt.Fprintln(w, "It is not drawn yet: there is no seed to check.")
	}
	if l.Commitment == "" {
		fmt.Fprintf(w, "Compare the commitment with the one published when the entries opened: %s\n", f.Commitment)
	}
	if l.Digest == "" && f.Digest != "" {
		fmt.Fprintf(w, "Compare the digest with the one published when the entries closed: %s\n", f.Digest)
	}
	fmt.Fprintln(w, "ok")
}
