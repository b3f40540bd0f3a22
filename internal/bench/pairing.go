package main

import (
	"context"
	"fmt"
	"time"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/pairing"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// matchPairing measures a round of branches and communities against a round of students of the same size of country, by
// the clock. Every renewed pair must be kept, and no branch and community may rather have each other.
func matchPairing(ctx context.Context, s settings, _ string) (result, error) {
	in, err := s.sample(100_000, 1_000_000)
	if err != nil {
		return result{}, err
	}
	branches, communities := 2857, 1000
	if s.full {
		branches, communities = 28_571, 10_000
	}
	round, err := sample.Pairing(branches, communities, 1)
	if err != nil {
		return result{}, err
	}
	made := 0
	ours := func(context.Context) (float64, error) {
		began := time.Now()
		out, err := pairing.Run(round)
		took := time.Since(began)
		if err != nil {
			return 0, err
		}
		made = len(out.Pairs)
		return took.Seconds(), steady(round, out)
	}
	floor := func(context.Context) (float64, error) {
		began := time.Now()
		_, err := assign.Run(in, assign.Lists(in, 2), 2)
		return time.Since(began).Seconds(), err
	}
	r, err := pairs(ctx, s.rounds(), ours, floor)
	r.Unit, r.Floor = "s", "wall of match.million"
	r.Note = fmt.Sprintf("branches=%d communities=%d renewed=%d pairs=%d", branches, communities, len(round.Renewed), made)
	return r, err
}

// steady checks a round of pairing: renewed pairs are kept, nobody has more than their places, no pair blocks.
func steady(in *pairing.Input, out pairing.Result) error {
	ranks, err := draw.Ranks(in.Seed, len(in.Branches), 1)
	if err != nil {
		return err
	}
	h := newHoldings(in, out)
	for _, p := range in.Renewed {
		if !h.has[p] {
			return fmt.Errorf("renewed pair %v was not kept", p)
		}
	}
	for c, left := range h.left {
		if left < 0 {
			return fmt.Errorf("community %d has more than its places", c)
		}
	}
	for b := range in.Branches {
		if h.free[b] < 0 {
			return fmt.Errorf("branch %d has more than its places", b)
		}
		if c := h.blocking(int32(b), ranks[b], out.Cutoffs); c != score.None {
			return fmt.Errorf("branch %d and community %d would rather have each other", b, c)
		}
	}
	return nil
}

// holdings are who has what after a round of pairing.
type holdings struct {
	in          *pairing.Input
	has, former map[pairing.Pair]bool
	free        []int32 // places that a branch has left
	worst       []int32 // score of the worst community that a branch was given
	left        []int32 // places of a community that are not held
	drawn       []bool  // whether a community has places that are not held by renewed pairs
	at          []geo.XYZ
}

func newHoldings(in *pairing.Input, out pairing.Result) *holdings {
	h := &holdings{
		in: in, has: map[pairing.Pair]bool{}, former: map[pairing.Pair]bool{}, free: make([]int32, len(in.Branches)),
		worst: make([]int32, len(in.Branches)), left: make([]int32, len(in.Communities)), drawn: make([]bool, len(in.Communities)),
	}
	for _, p := range in.Former {
		h.former[p] = true
	}
	for b := range in.Branches {
		h.worst[b], h.free[b] = 1<<30, in.Branches[b].Places
	}
	for c := range in.Communities {
		h.left[c], h.at = in.Communities[c].Places, append(h.at, in.Communities[c].At())
	}
	for _, m := range out.Pairs {
		if m.Kept {
			h.left[m.Community]--
		}
	}
	for c, left := range h.left {
		h.drawn[c] = left > 0
	}
	for _, m := range out.Pairs {
		h.has[m.Pair] = true
		h.free[m.Branch]--
		if m.Kept {
			continue
		}
		h.left[m.Community]--
		d := geo.Chord(in.Branches[m.Branch].At(), h.at[m.Community])
		h.worst[m.Branch] = min(h.worst[m.Branch], in.Score(m.Branch, m.Community, d, h.former[m.Pair]))
	}
	return h
}

// blocking is a community that a branch would rather have and that would take it, or None.
func (h *holdings) blocking(b int32, rank uint32, cutoffs []uint32) int32 {
	from := h.in.Branches[b].At()
	for c := range h.in.Communities {
		d := geo.Chord(from, h.at[c])
		p := pairing.Pair{Branch: b, Community: int32(c)}
		if d > min(h.in.Branches[b].Limit, h.in.Radius) || !h.drawn[c] || h.has[p] {
			continue
		}
		wants := h.free[b] > 0 || h.worst[b] < h.in.Score(b, p.Community, d, h.former[p])
		if wants && score.Key(h.in.Band(b, p.Community, d, h.former[p]), rank) >= cutoffs[c] {
			return p.Community
		}
	}
	return score.None
}
