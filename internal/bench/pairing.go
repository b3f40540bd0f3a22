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
	pairs := 0
	ours := func(context.Context) (float64, error) {
		began := time.Now()
		out, err := pairing.Run(round)
		took := time.Since(began)
		if err != nil {
			return 0, err
		}
		pairs = len(out.Pairs)
		return took.Seconds(), steady(round, out)
	}
	floor := func(context.Context) (float64, error) {
		began := time.Now()
		_, err := assign.Run(in, assign.Lists(in, 2), 2)
		return time.Since(began).Seconds(), err
	}
	r, err := pair(ctx, ours, floor)
	r.Unit, r.Floor = "s", "wall of match.million"
	r.Note = fmt.Sprintf("branches=%d communities=%d renewed=%d pairs=%d", branches, communities, len(round.Renewed), pairs)
	return r, err
}

// steady checks a round of pairing: renewed pairs are kept, nobody has more than their places, no pair blocks.
func steady(in *pairing.Input, out pairing.Result) error {
	ranks, err := draw.Ranks(in.Seed, len(in.Branches), 1)
	if err != nil {
		return err
	}
	has, former := map[pairing.Pair]bool{}, map[pairing.Pair]bool{}
	for _, p := range in.Former {
		former[p] = true
	}
	worst, left := make([]int32, len(in.Branches)), make([]int32, len(in.Communities))
	free := make([]int32, len(in.Branches))
	for b := range in.Branches {
		worst[b], free[b] = 1<<30, in.Branches[b].Places
	}
	for c := range in.Communities {
		left[c] = in.Communities[c].Places
	}
	kept := 0
	for _, m := range out.Pairs {
		has[m.Pair] = true
		free[m.Branch]--
		if m.Kept {
			kept++
			left[m.Community]--
			continue
		}
		d := geo.Chord(in.Branches[m.Branch].At(), in.Communities[m.Community].At())
		worst[m.Branch] = min(worst[m.Branch], in.Score(m.Branch, m.Community, d, former[m.Pair]))
	}
	for _, p := range in.Renewed {
		if !has[p] {
			return fmt.Errorf("renewed pair %v was not kept", p)
		}
	}
	if kept != len(in.Renewed) {
		return fmt.Errorf("%d kept, %d renewed", kept, len(in.Renewed))
	}
	at := make([]geo.XYZ, len(in.Communities))
	for c := range at {
		at[c] = in.Communities[c].At()
	}
	for b := range in.Branches {
		if free[b] < 0 {
			return fmt.Errorf("branch %d has more than its places", b)
		}
		from := in.Branches[b].At()
		for c := range in.Communities {
			d := geo.Chord(from, at[c])
			p := pairing.Pair{Branch: int32(b), Community: int32(c)}
			if d > min(in.Branches[b].Limit, in.Radius) || left[c] == 0 || has[p] {
				continue
			}
			wants := free[b] > 0 || worst[b] < in.Score(p.Branch, p.Community, d, former[p])
			if wants && score.Key(in.Band(p.Branch, p.Community, d, former[p]), ranks[b]) >= out.Cutoffs[c] {
				return fmt.Errorf("branch %d and community %d would rather have each other", b, c)
			}
		}
	}
	return nil
}
