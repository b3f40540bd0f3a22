package assign_test

import (
	"math/rand/v2"
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
	again := 0
	for seed := range uint64(60) {
		in := odd(invent(t, options(seed)), seed)
		if seed%2 == 0 {
			noTeams(in)
		} else {
			for p := range in.Positions { // short, so that who loses a place takes another's
				in.Positions[p].Cap = (in.Positions[p].Cap + 2) / 3
			}
			largeTeams(in, seed)
		}
		lists, o := explicit(in)
		again += o.opensAgain(lists)
		want, closed, wronged := o.settle(lists)
		got, err := assign.RunComplete(in, 1+int(seed%3))
		if err != nil {
			t.Fatal(err)
		}
		for s, p := range want {
			if int(got.Place[s]) != p {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, got.Place[s], p)
			}
		}
		if !slices.Equal(got.Closed, closed) || !slices.Equal(got.Wronged, wronged) {
			t.Fatalf("seed %d: closed %v, want %v; wronged %v, want %v", seed, got.Closed, closed, got.Wronged, wronged)
		}
	}
	if again == 0 {
		t.Error("nothing was opened again: that proves little")
	}
}

// More students than fit, so that lists are made longer again and again.
func TestRunCompleteUnderPressure(t *testing.T) {
	t.Parallel()
	for i, rule := range []score.Rule{score.PointsV2, score.PointsV2, score.PointsV1} {
		season := []score.Season{score.Term, score.Vacation}[i%2]
		in := noTeams(invent(t, sample.Options{Students: 1500, Positions: 120, Season: season, Rule: rule, Seed: 5}))
		for p := range in.Positions {
			at := &in.Positions[p]
			at.Cap = 1 + at.Cap/4
			if i == 2 && at.Partner != score.None { // partners beside the column alone must be found too
				at.Partner, at.Partners = score.None, []int32{at.Partner, at.Partner + 1}
			}
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

// Who is open has every position after the list; who is not has the list alone.
func TestOpenStudentsGoOnAfterTheirLists(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		in := odd(invent(t, options(seed)), seed)
		largeTeams(in, seed)
		r, n := rand.New(rand.NewPCG(seed, 3)), len(in.Students)
		lists, o := score.NewLists(n, 5), newOracle(in)
		open, all := make([]bool, n), make([][]int, n)
		for s := range n {
			open[s] = r.IntN(3) > 0
			complete := o.list(s)
			var own []int
			for _, i := range r.Perm(len(complete)) {
				if len(own) == 5 || r.IntN(6) == 0 {
					break
				}
				lists.Wishes[s*5+len(own)] = score.NewWish(int32(complete[i]), 0)
				own = append(own, complete[i])
			}
			all[s] = own
			if open[s] {
				for _, p := range complete {
					if !slices.Contains(own, p) {
						all[s] = append(all[s], p)
					}
				}
			}
		}
		if err := assign.Settle(in, lists, 1); err != nil {
			t.Fatal(err)
		}
		want, closed, wronged := o.settle(all)
		got, err := assign.RunOpen(in, lists, open, 2)
		if err != nil {
			t.Fatal(err)
		}
		for s, p := range want {
			if int(got.Place[s]) != p {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, got.Place[s], p)
			}
		}
		if !slices.Equal(got.Closed, closed) || !slices.Equal(got.Wronged, wronged) {
			t.Fatalf("seed %d: closed %v, want %v; wronged %v, want %v", seed, got.Closed, closed, got.Wronged, wronged)
		}
	}
}

// Positions close, others open again, and every seat is fought for: going back is beginning anew.
func TestRunCompleteOpensAgainUnderPressure(t *testing.T) {
	t.Parallel()
	again := 0
	for seed := range uint64(6) {
		in := invent(t, sample.Options{Students: 500, Positions: 60, Season: score.Vacation, Rule: score.PointsV2, Seed: seed})
		for p := range in.Positions {
			at := &in.Positions[p]
			at.Cap = 2 + at.Cap/4
			at.Min = min(at.Cap, 1+int32(p%6))
		}
		lists, o := explicit(in)
		again += o.opensAgain(lists)
		want, closed, wronged := o.settle(lists)
		got, err := assign.RunComplete(in, 2)
		if err != nil {
			t.Fatal(err)
		}
		for s, p := range want {
			if int(got.Place[s]) != p {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, got.Place[s], p)
			}
		}
		if !slices.Equal(got.Closed, closed) || !slices.Equal(got.Wronged, wronged) {
			t.Fatalf("seed %d: closed %v, want %v; wronged %v, want %v", seed, got.Closed, closed, got.Wronged, wronged)
		}
	}
	if again < 2 {
		t.Errorf("%d rounds opened anything again: that proves little", again)
	}
}
