// Package audit names the inputs and the result of a round by their SHA-256, so that a round can be announced before it
// is drawn and anyone can compare a replay.
package audit

import (
	"crypto/sha256"
	"errors"

	"baodao/service/matching/files"
	"baodao/service/matching/score"
)

// Digest is a SHA-256.
type Digest = [sha256.Size]byte

// Inputs is the digest that is published when the lists are frozen: of round.json with an empty seed, students.csv,
// positions.csv and lists.csv in their canonical writing, one after the other, and then of those of blocks.csv,
// partners.csv, reserves.csv and open.csv that have any line.
func Inputs(in *score.Instance, lists score.Lists) (d Digest, err error) {
	round := in.Round
	round.Seed = nil
	h := sha256.New()
	err = errors.Join(
		files.WriteRound(h, round), files.WriteStudents(h, in.Students),
		files.WritePositions(h, in.Positions), files.WriteLists(h, lists),
	)
	for _, part := range files.More(in) {
		err = errors.Join(err, part.Write(h))
	}
	return Digest(h.Sum(nil)), err
}

// Seed is the seed of a round: of the digest of its inputs, a secret to which the committee committed earlier, and a
// public draw that was named in advance. Nobody who knows only two of the three can know it.
func Seed(inputs Digest, secret, public []byte) Digest {
	return sha256.Sum256(append(append(inputs[:], secret...), public...))
}

// Result is the digest of result.csv and cutoffs.csv in their canonical writing, and of partner-cutoffs.csv where seats are
// reserved.
func Result(out *score.Outcome) (d Digest, err error) {
	h := sha256.New()
	err = errors.Join(files.WriteResult(h, out.Place), files.WriteCutoffs(h, out))
	if len(out.Partners) > 0 {
		err = errors.Join(err, files.WritePartnerCutoffs(h, out.Partners))
	}
	return Digest(h.Sum(nil)), err
}
