package audit

import (
	"crypto/sha256"
	"errors"

	"baodao/service/matching/files"
	"baodao/service/matching/pairing"
)

// PairInputs is the digest of a round of pairing before it is drawn: of round.json with an empty seed, branches.csv,
// communities.csv and incumbents.csv in their canonical writing, one after the other.
func PairInputs(in *files.PairRound) (d Digest, err error) {
	round := *in
	round.Seed = nil
	h := sha256.New()
	err = errors.Join(
		files.WritePairRound(h, &round), files.WriteBranches(h, in.Branches),
		files.WriteCommunities(h, in.Communities), files.WriteIncumbents(h, &in.Input),
	)
	return Digest(h.Sum(nil)), err
}

// PairResult is the digest of result.csv and cutoffs.csv of a round of pairing.
func PairResult(out *pairing.Result) (d Digest, err error) {
	h := sha256.New()
	err = errors.Join(files.WritePairs(h, out), files.WritePairCutoffs(h, out))
	return Digest(h.Sum(nil)), err
}
