package main

import (
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

func small(t *testing.T, season score.Season, seed uint64) *score.Instance {
	t.Helper()
	in, err := sample.New(sample.Options{Students: 1500, Positions: 75, Season: season, Rule: score.PointsV2, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	in.Positions[3].Cap = 0
	return in
}

// What the benchmark sees must be what there is: every pair, with the score of the rules.
func TestSurroundingsSeeEveryPair(t *testing.T) {
	t.Parallel()
	for _, season := range []score.Season{score.Term, score.Vacation} {
		in := small(t, season, 3)
		around := newSurroundings(in)
		for s := range in.Students {
			seen := map[int32]int32{}
			spots := around.of(in.Students[s].At)
			for i := range spots {
				seen[spots[i].id] = around.score(&in.Students[s], &spots[i])
			}
			for p := range in.Positions {
				want, fit := int32(-1), score.Measure(&in.Students[s], &in.Positions[p])
				if score.Misfits(&in.Students[s], &in.Positions[p], fit, in.Round.Radius) == 0 {
					want = scoreOf(in, s, int32(p))
				}
				got, ok := seen[int32(p)]
				if ok != (fit.Dist <= in.Round.Radius) || ok && got != want || !ok && want >= 0 {
					t.Fatalf("%s: student %d, position %d: %d (%v), want %d", season, s, p, got, ok, want)
				}
			}
		}
	}
}

// The bound holds for every assignment, and the one that the auction ends with comes within a step for each seat.
func TestBoundIsTight(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		in := small(t, [...]score.Season{score.Term, score.Vacation}[seed%2], seed)
		a := newAuction(in)
		most, place := a.bound()
		held := make([]int32, len(in.Positions))
		for s, p := range place {
			if p == score.None {
				continue
			}
			held[p]++
			if in.Misfits(int32(s), &in.Positions[p], score.Measure(&in.Students[s], &in.Positions[p])) != 0 || held[p] > in.Positions[p].Cap {
				t.Fatalf("student %d cannot have position %d", s, p)
			}
		}
		if reached := worth(in, place); reached > most || most-reached > int64(placed(place)) {
			t.Errorf("seed %d: at most %d, reached %d", seed, most, reached)
		}
		out, err := assign.RunComplete(in, 1)
		if err != nil {
			t.Fatal(err)
		}
		if stable := worth(in, out.Place); stable > most || stable < most*4/5 {
			t.Errorf("seed %d: at most %d, stable %d", seed, most, stable)
		}
	}
}
