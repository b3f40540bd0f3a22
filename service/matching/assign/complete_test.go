package assign_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// explicit makes the complete lists and runs them as the textbook does.
func explicit(in *score.Instance) (lists [][]int, o *oracle) {
	o = newOracle(in)
	lists = make([][]int, len(in.Students))
	for s := range lists {
		lists[s] = o.list(s)
	}
	return lists, o
}

func TestRunCompleteIsTheTextbookOnCompleteLists(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		in := odd(invent(t, options(seed)), seed)
		if seed%2 == 0 {
			noTeams(in)
		}
		lists, o := explicit(in)
		closed := make([]bool, len(in.Positions))
		want := o.shut(lists, closed)
		if len(o.wronged(lists, want, closed)) > 0 {
			continue // the tries that follow are the same as with lists, and tested there
		}
		got, err := assign.RunComplete(in, 1+int(seed%3))
		if err != nil {
			t.Fatal(err)
		}
		for s, p := range want {
			if int(got.Place[s]) != p {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, got.Place[s], p)
			}
		}
		if !slices.Equal(got.Closed, closed) {
			t.Fatalf("seed %d: closed %v, want %v", seed, got.Closed, closed)
		}
	}
}

// More students than fit, so that lists are made longer again and again.
func TestRunCompleteUnderPressure(t *testing.T) {
	t.Parallel()
	for _, season := range []score.Season{score.Term, score.Vacation} {
		in := noTeams(invent(t, sample.Options{Students: 1500, Positions: 120, Season: season, Rule: score.PointsV2, Seed: 5}))
		for p := range in.Positions {
			in.Positions[p].Cap = 1 + in.Positions[p].Cap/4
		}
		lists, o := explicit(in)
		want := o.match(lists, nil)
		var first assign.Result
		for _, workers := range []int{1, 2, 8} {
			got, err := assign.RunComplete(in, workers)
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				first = got
			}
			for s, p := range want {
				if int(got.Place[s]) != p {
					t.Fatalf("student %d: got %d, want %d", s, got.Place[s], p)
				}
			}
			if diff := cmp.Diff(first.Outcome, got.Outcome); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}
