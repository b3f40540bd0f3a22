package assign_test

import (
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

func BenchmarkLists(b *testing.B) {
	for _, season := range []score.Season{score.Term, score.Vacation} {
		b.Run(string(season), func(b *testing.B) {
			in := invent(b, sample.Options{Students: 100_000, Positions: 5000, Season: season, Rule: score.PointsV2, Seed: 1})
			for b.Loop() {
				assign.Lists(in, 1)
			}
		})
	}
}

func BenchmarkComplete(b *testing.B) {
	in := invent(b, sample.Options{Students: 100_000, Positions: 5000, Season: score.Term, Rule: score.PointsV2, Seed: 1})
	for b.Loop() {
		if _, err := assign.RunComplete(in, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	in := invent(b, sample.Options{Students: 100_000, Positions: 5000, Season: score.Term, Rule: score.PointsV2, Seed: 1})
	lists := assign.Lists(in, 2)
	for b.Loop() {
		if _, err := assign.Run(in, lists, 1); err != nil {
			b.Fatal(err)
		}
	}
}
