package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
	"baodao/service/matching/pairing/check"
	"baodao/service/matching/sample"
)

type matchPairCmd struct {
	Dir         string `arg:"" help:"Directory with round.json, branches.csv, communities.csv and, if there were pairs before, incumbents.csv."`
	Branches    int    `help:"Invent a round of so many branches first and write it to the directory."`
	Communities int    `default:"100" help:"How many communities to invent."`
	Seed        uint64 `default:"1" help:"The same seed invents the same round."`
}

// Run brings branches and communities together.
func (m matchPairCmd) Run(c *console) error {
	if m.Branches > 0 {
		if err := m.invent(); err != nil {
			return err
		}
	}
	in, err := files.LoadPairing(files.Dir(os.DirFS(m.Dir)))
	if err != nil {
		return err
	}
	out, err := pairing.Run(&in.Input)
	if err != nil {
		return err
	}
	err = errors.Join(
		m.write(files.ResultFile, func(w io.Writer) error { return files.WritePairs(w, &out) }),
		m.write(files.CutoffsFile, func(w io.Writer) error { return files.WritePairCutoffs(w, &out) }),
	)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "round %d, rule %s: %d branches, %d communities; %d pairs, %d of them renewed\n", in.Number, files.PairingRule, len(in.Branches), len(in.Communities), len(out.Pairs), len(in.Renewed))
	return pairDigests(c.out, in, &out)
}

func (m matchPairCmd) invent() error {
	round, err := sample.Pairing(m.Branches, m.Communities, m.Seed)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.Dir, 0o750); err != nil {
		return err
	}
	in := &files.PairRound{Number: 1, Input: *round}
	return errors.Join(
		m.write(files.RoundFile, func(w io.Writer) error { return files.WritePairRound(w, in) }),
		m.write(files.BranchesFile, func(w io.Writer) error { return files.WriteBranches(w, in.Branches) }),
		m.write(files.CommunitiesFile, func(w io.Writer) error { return files.WriteCommunities(w, in.Communities) }),
		m.write(files.IncumbentsFile, func(w io.Writer) error { return files.WriteIncumbents(w, &in.Input) }),
	)
}

func (m matchPairCmd) write(name string, write func(io.Writer) error) error {
	return writeLike(m.Dir, files.BranchesFile, name, write)
}

// pairDigests prints the digests by which a replay is compared.
func pairDigests(w io.Writer, in *files.PairRound, out *pairing.Result) error {
	inputs, err := audit.PairInputs(in)
	if err != nil {
		return err
	}
	result, err := audit.PairResult(out)
	fmt.Fprintf(w, "inputs sha256 %x\nresult sha256 %x\n", inputs, result)
	return err
}

// maxPairs is how many branches times communities can be checked: the check writes the whole table out.
const maxPairs = 20_000_000

// pairs checks a round of pairing.
func (m matchVerifyCmd) pairs(c *console) error {
	dir := files.Dir(os.DirFS(m.Dir))
	in, err := files.LoadPairing(dir)
	if err != nil {
		return err
	}
	if len(in.Branches)*len(in.Communities) > maxPairs {
		return usageError{fmt.Errorf("a round of pairing as large as this cannot be checked: at most %d pairs of branches and communities", maxPairs)}
	}
	var out check.Result
	err = errors.Join(
		m.open(dir, files.ResultFile, func(r io.Reader) (err error) { out.Pairs, err = files.ReadPairs(r, &in.Input); return err }),
		m.open(dir, files.CutoffsFile, func(r io.Reader) (err error) {
			out.Filled, out.Cutoffs, err = files.ReadPairCutoffs(r, len(in.Communities))
			return err
		}),
	)
	if err != nil {
		return err
	}
	faults := check.Round(&in.Input, out)
	fmt.Fprintf(c.out, "round %d, rule %s: %d branches, %d communities; %d pairs, %d of them renewed\n", in.Number, files.PairingRule, len(in.Branches), len(in.Communities), len(out.Pairs), len(in.Renewed))
	fmt.Fprintf(c.out, "%d faults\n", len(faults))
	for _, f := range faults[:min(len(faults), 20)] {
		fmt.Fprintln(c.out, "FAULT", f)
	}
	if err := pairDigests(c.out, in, &pairing.Result{Pairs: out.Pairs, Cutoffs: out.Cutoffs}); err != nil {
		return err
	}
	if len(faults) > 0 {
		return errors.New("the result does not follow from the rules")
	}
	fmt.Fprintln(c.out, "ok")
	return nil
}
