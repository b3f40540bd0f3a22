package round

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/audit"
	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
)

// pairGame is a round of pairing in memory.
type pairGame struct{ files.PairRound }

// loadPairs reads a game from its lines.
func loadPairs(r *model.MatchRound, each Each) (*pairGame, error) {
	g := &pairGame{files.PairRound{Number: int(r.Number), Input: pairing.Input{Radius: int32(r.RadiusM), Seed: r.Seed}}} //nolint:gosec // bounded when the round was planned
	communities, branches := strings.Builder{}, strings.Builder{}
	communities.WriteByte('\n') // in place of the header
	branches.WriteByte('\n')
	err := errors.Join(
		each(model.SideGiving, func(in Input) error { _, err := communities.WriteString(in.Line + "\n"); return err }),
		each(model.SideAsking, func(in Input) error {
			branches.WriteString(in.Line + "\n")
			return g.know(int32(in.Seq), in.More) //nolint:gosec // bounded
		}),
	)
	if err != nil {
		return nil, err
	}
	if g.Communities, err = files.ReadCommunities(strings.NewReader(communities.String())); err != nil {
		return nil, fmt.Errorf("%w: communities: %w", errInputs, err)
	}
	if g.Branches, err = files.ReadBranches(strings.NewReader(branches.String())); err != nil {
		return nil, fmt.Errorf("%w: branches: %w", errInputs, err)
	}
	return g, nil
}

// know reads what a branch has been to communities.
func (g *pairGame) know(b int32, text string) error {
	if text == "" {
		return nil
	}
	var k incumbents
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		return fmt.Errorf("%w: known partners of a branch: %w", errInputs, err)
	}
	for _, c := range k.Renewed {
		g.Renewed = append(g.Renewed, pairing.Pair{Branch: b, Community: c})
	}
	for _, c := range k.Former {
		g.Former = append(g.Former, pairing.Pair{Branch: b, Community: c})
	}
	for _, c := range k.Never {
		g.Never = append(g.Never, pairing.Pair{Branch: b, Community: c})
	}
	return nil
}

// Digest of the inputs.
func (g *pairGame) Digest() ([]byte, error) {
	d, err := audit.PairInputs(&g.PairRound)
	return d[:], err
}

// Figures of the inputs.
func (g *pairGame) Figures() Figures {
	f := Figures{Asking: int64(len(g.Branches)), Giving: int64(len(g.Communities))}
	for i := range g.Communities {
		f.Seats += int64(g.Communities[i].Places)
	}
	return f
}

// Files of the inputs.
func (g *pairGame) Files(add AddFile) error {
	return errors.Join(
		add(files.RoundFile, func(w io.Writer) error { return files.WritePairRound(w, &g.PairRound) }),
		add(files.BranchesFile, func(w io.Writer) error { return files.WriteBranches(w, g.Branches) }),
		add(files.CommunitiesFile, func(w io.Writer) error { return files.WriteCommunities(w, g.Communities) }),
		add(files.IncumbentsFile, func(w io.Writer) error { return files.WriteIncumbents(w, &g.Input) }),
	)
}

// Run draws and matches; it takes one core.
func (g *pairGame) Run(seed []byte, _ int) (Outcome, error) {
	in := g.Input
	in.Seed = seed
	out, err := pairing.Run(&in)
	if err != nil {
		return nil, err
	}
	book, err := pairing.NewBook(&in, &out)
	if err != nil {
		return nil, err
	}
	return &pairOutcome{out: out, book: book}, nil
}

// pairOutcome is what came of a game.
type pairOutcome struct {
	out  pairing.Result
	book *pairing.Book
}

// Digest of the result.
func (o *pairOutcome) Digest() ([]byte, error) {
	d, err := audit.PairResult(&o.out)
	return d[:], err
}

// Figures of the result: every pair that is kept or proposed.
func (o *pairOutcome) Figures() Figures { return Figures{Placed: int64(len(o.out.Pairs))} }

// Files of the result.
func (o *pairOutcome) Files(add AddFile) error {
	return errors.Join(
		add(files.ResultFile, func(w io.Writer) error { return files.WritePairs(w, &o.out) }),
		add(files.CutoffsFile, func(w io.Writer) error { return files.WritePairCutoffs(w, &o.out) }),
	)
}

// Given is how many branches each community has, and its cut-off.
func (o *pairOutcome) Given() []Given {
	all := make([]Given, len(o.out.Cutoffs))
	for c, n := range o.out.Filled() {
		all[c] = Given{Filled: int64(n), Cutoff: int64(o.out.Cutoffs[c])}
	}
	return all
}

// Ranks of the branches in the lottery.
func (o *pairOutcome) Ranks() []uint32 { return o.book.Ranks() }

// Store writes the pairs of the branches numbered from to to.
func (o *pairOutcome) Store(tx *gorm.DB, r *model.MatchRound, refs [2][]int64, from, to int) error {
	if from >= to {
		return nil
	}
	units := refs[model.SideAsking][from:to]
	if err := tx.Where("round_id = ? AND campus_org_id IN ?", r.ID, units).Delete(&model.MatchPair{}).Error; err != nil {
		return fmt.Errorf("clear pairs of a round: %w", err)
	}
	live, err := livePairings(tx, r.ProgrammeID, units)
	if err != nil {
		return err
	}
	var rows []model.MatchPair
	for _, m := range o.out.Pairs {
		if int(m.Branch) < from || int(m.Branch) >= to {
			continue
		}
		a := o.book.Why(m.Pair)
		row := newPair(r.ID, &a)
		row.CampusOrgID, row.LocalOrgID = refs[model.SideAsking][m.Branch], refs[model.SideGiving][m.Community]
		if id, ok := live[[2]int64{row.CampusOrgID, row.LocalOrgID}]; ok && row.Kind != model.PairNew {
			row.PairingID = &id
		}
		rows = append(rows, row)
	}
	if err := tx.CreateInBatches(&rows, 200).Error; err != nil {
		return fmt.Errorf("write pairs of a round: %w", err)
	}
	return nil
}

func newPair(round int64, a *pairing.Answer) model.MatchPair {
	kind := model.PairNew
	switch {
	case a.Reason == pairing.Renewed:
		kind = model.PairKept
	case a.Stay > 0:
		kind = model.PairStays
	}
	return model.MatchPair{
		RoundID: round, Kind: kind, Metres: int64(a.Metres), Near: int64(a.Near), Skill: int64(a.Skill), Urgency: int64(a.Urgency),
		Stay: int64(a.Stay), Band: int64(a.Band), Lottery: int64(a.Lottery),
	}
}

// livePairings reads the pairings of some campus units that are proposed or in force.
func livePairings(tx *gorm.DB, programmeID int64, units []int64) (map[[2]int64]int64, error) {
	out := map[[2]int64]int64{}
	var rows []model.Pairing
	err := tx.Where("live_programme_id = ? AND campus_org_id IN ?", programmeID, units).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read pairings of a round: %w", err)
	}
	for _, p := range rows {
		out[[2]int64{p.CampusOrgID, p.LocalOrgID}] = p.ID
	}
	return out, nil
}
