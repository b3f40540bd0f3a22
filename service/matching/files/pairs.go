package files

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"

	"baodao/service/matching/pairing"
	"baodao/service/matching/score"
)

// Names of the files of a round of pairing, beside round.json, result.csv and cutoffs.csv.
const (
	BranchesFile    = "branches.csv"
	CommunitiesFile = "communities.csv"
	IncumbentsFile  = "incumbents.csv"
)

// PairingRule is the one rule of pairing: docs/matching.md.
const PairingRule = "pairing-v1"

// Headers of a round of pairing.
const (
	branchesHeader    = "id,lat_e6,lon_e6,skills,places,limit_m\n"
	communitiesHeader = "id,lat_e6,lon_e6,want,urgency,places\n"
	incumbentsHeader  = "branch,community,kind\n"
	pairsHeader       = "branch,community,kept\n"
	pairCutsHeader    = "community,filled,cutoff\n"
)

// pairRound is round.json of a round of pairing.
type pairRound struct {
	Round   int    `json:"round"`
	Seed    string `json:"seed"`
	RadiusM int32  `json:"radius_m"`
	Rule    string `json:"rule"`
}

// PairRound is a round of pairing and its number.
type PairRound struct {
	Number int
	pairing.Input
}

// IsPairing tells whether a directory holds a round of pairing.
func IsPairing(dir fs.FS) bool {
	_, err := fs.Stat(dir, BranchesFile)
	return err == nil
}

// LoadPairing reads a round of pairing. incumbents.csv need not be there.
func LoadPairing(dir fs.FS) (*PairRound, error) {
	in := &PairRound{}
	err := errors.Join(
		read(dir, RoundFile, func(r io.Reader) error { return readPairRound(r, in) }),
		read(dir, BranchesFile, func(r io.Reader) (err error) { in.Branches, err = ReadBranches(r); return err }),
		read(dir, CommunitiesFile, func(r io.Reader) (err error) { in.Communities, err = ReadCommunities(r); return err }),
	)
	if err != nil {
		return nil, err
	}
	err = read(dir, IncumbentsFile, func(r io.Reader) error { return readIncumbents(r, &in.Input) })
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return in, err
}

func readPairRound(r io.Reader, in *PairRound) error {
	var f pairRound
	if err := decode(r, &f); err != nil {
		return err
	}
	seed, err := hex.DecodeString(f.Seed)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if f.Rule != PairingRule {
		return fmt.Errorf("rule %q: want %s", f.Rule, PairingRule)
	}
	in.Number, in.Seed, in.Radius = f.Round, seed, f.RadiusM
	return nil
}

// ReadBranches reads branches.csv.
func ReadBranches(r io.Reader) (all []pairing.Branch, err error) {
	err = rows(r, 6, func(line int, f *fields) error {
		f.is(line)
		all = append(all, pairing.Branch{
			LatE6: f.small(-maxLat, maxLat), LonE6: f.small(-maxLon, maxLon), Skills: uint32(f.bitmap(score.Skills)), //nolint:gosec // bounded
			Places: f.small(0, math.MaxInt32), Limit: f.small(0, math.MaxInt32),
		})
		return nil
	})
	return all, err
}

// ReadCommunities reads communities.csv.
func ReadCommunities(r io.Reader) (all []pairing.Community, err error) {
	err = rows(r, 6, func(line int, f *fields) error {
		f.is(line)
		all = append(all, pairing.Community{
			LatE6: f.small(-maxLat, maxLat), LonE6: f.small(-maxLon, maxLon), Want: uint32(f.bitmap(score.Skills)), //nolint:gosec // bounded
			Urgency: f.byte(score.MaxUrgency), Places: f.small(0, math.MaxInt32),
		})
		return nil
	})
	return all, err
}

// kinds of pairs in incumbents.csv, as they are written.
const (
	kindRenewed = "renewed"
	kindFormer  = "former"
	kindNever   = "never"
)

func readIncumbents(r io.Reader, in *pairing.Input) error {
	return rows(r, 3, func(_ int, f *fields) error {
		p := f.pair(len(in.Branches), len(in.Communities))
		switch kind := string(f.next()); kind {
		case kindRenewed:
			in.Renewed = append(in.Renewed, p)
		case kindFormer:
			in.Former = append(in.Former, p)
		case kindNever:
			in.Never = append(in.Never, p)
		default:
			return errors.Join(f.err, fmt.Errorf("kind %q: want %s, %s or %s", kind, kindRenewed, kindFormer, kindNever))
		}
		return nil
	})
}

func (f *fields) pair(branches, communities int) pairing.Pair {
	return pairing.Pair{Branch: f.small(0, int64(branches)-1), Community: f.small(0, int64(communities)-1)}
}

// WritePairRound writes round.json of a round of pairing.
func WritePairRound(w io.Writer, in *PairRound) error {
	data, err := json.Marshal(pairRound{Round: in.Number, Seed: hex.EncodeToString(in.Seed), RadiusM: in.Radius, Rule: PairingRule})
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// WriteBranches writes branches.csv.
func WriteBranches(w io.Writer, all []pairing.Branch) error {
	l := newLines(w, branchesHeader)
	for i := range all {
		b := &all[i]
		l.numbers(int32(i), b.LatE6, b.LonE6)
		l.bitmap(uint64(b.Skills))
		l.numbers(b.Places, b.Limit)
		l.end()
	}
	return l.out.Flush()
}

// WriteCommunities writes communities.csv.
func WriteCommunities(w io.Writer, all []pairing.Community) error {
	l := newLines(w, communitiesHeader)
	for i := range all {
		c := &all[i]
		l.numbers(int32(i), c.LatE6, c.LonE6)
		l.bitmap(uint64(c.Want))
		l.numbers(int32(c.Urgency), c.Places)
		l.end()
	}
	return l.out.Flush()
}

// WriteIncumbents writes incumbents.csv: renewed pairs, former ones, those never to be proposed, each by branch and community.
func WriteIncumbents(w io.Writer, in *pairing.Input) error {
	l := newLines(w, incumbentsHeader)
	for _, kind := range []struct {
		name  string
		pairs []pairing.Pair
	}{{kindRenewed, in.Renewed}, {kindFormer, in.Former}, {kindNever, in.Never}} {
		for _, p := range pairing.Sorted(kind.pairs) {
			l.numbers(p.Branch, p.Community)
			l.row = append(append(l.row, kind.name...), ',')
			l.end()
		}
	}
	return l.out.Flush()
}

// ReadPairs reads result.csv of a round of pairing.
func ReadPairs(r io.Reader, in *pairing.Input) (all []pairing.Match, err error) {
	err = rows(r, 3, func(_ int, f *fields) error {
		all = append(all, pairing.Match{Pair: f.pair(len(in.Branches), len(in.Communities)), Kept: f.number(0, 1) == 1})
		return nil
	})
	return all, err
}

// WritePairs writes result.csv of a round of pairing.
func WritePairs(w io.Writer, out *pairing.Result) error {
	l := newLines(w, pairsHeader)
	for _, m := range out.Pairs {
		kept := int32(0)
		if m.Kept {
			kept = 1
		}
		l.numbers(m.Branch, m.Community, kept)
		l.end()
	}
	return l.out.Flush()
}

// ReadPairCutoffs reads cutoffs.csv of a round of pairing.
func ReadPairCutoffs(r io.Reader, communities int) (filled []int32, cutoffs []uint32, err error) {
	err = rows(r, 3, func(line int, f *fields) error {
		f.is(line)
		filled, cutoffs = append(filled, f.small(0, math.MaxInt32)), append(cutoffs, uint32(f.number(0, math.MaxUint32))) //nolint:gosec // bounded
		return nil
	})
	if err == nil && len(cutoffs) != communities {
		err = fmt.Errorf("%d communities: want %d", len(cutoffs), communities)
	}
	return filled, cutoffs, err
}

// WritePairCutoffs writes cutoffs.csv of a round of pairing.
func WritePairCutoffs(w io.Writer, out *pairing.Result) error {
	l := newLines(w, pairCutsHeader)
	filled := out.Filled()
	for c, cutoff := range out.Cutoffs {
		l.numbers(int32(c), filled[c])
		l.row = fmt.Appendf(l.row, "%d,", cutoff)
		l.end()
	}
	return l.out.Flush()
}
