package assign_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/score"
)

// mixed is a list that reaches, is likely and is safe, made from all eligible positions, best first.
func (o *oracle) mixed(s int, all []int, last *score.Outlook) []int {
	k := o.in.Round.K
	take := slices.Clone(all[:min(len(all), k/4)])
	for _, step := range []struct{ until, from int }{{k - k/4, 300}, {k, 900}, {k, 300}, {k, 0}} {
		for _, p := range all {
			if len(take) < step.until && !slices.Contains(take, p) && o.chance(s, p, last) >= step.from {
				take = append(take, p)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p int) bool { return !slices.Contains(take, p) })
}

func (o *oracle) chance(s, p int, last *score.Outlook) int {
	cutoff := int(last.Cutoffs[p])
	for _, c := range last.Partners {
		if int(c.Position) == p && o.paired(&o.in.Students[s], &o.in.Positions[p]) {
			cutoff = int(c.Cutoff)
		}
	}
	band := o.band(&o.in.Students[s], &o.in.Positions[p])
	switch {
	case last.Closed[p] || cutoff > 0 && band < cutoff>>24:
		return 0
	case cutoff == 0 || band > cutoff>>24:
		return 1000
	}
	return 1000 * (1<<24 - cutoff&(1<<24-1)) / last.Students
}

// Where too few are safe, what is likely comes before what is not, however many of the best are likely already.
func TestMixedListsAreThoseOfTheRule(t *testing.T) {
	t.Parallel()
	short := 0
	for seed := range uint64(20) {
		in, _ := rich(t, seed)
		r := rand.New(rand.NewPCG(seed, 9))
		last := &score.Outlook{Cutoffs: make([]uint32, len(in.Positions)), Closed: make([]bool, len(in.Positions)), Students: len(in.Students)}
		o := newOracle(in)
		for p := range in.Positions {
			last.Cutoffs[p] = score.Key(uint8(r.IntN(16)), uint32(r.IntN(len(in.Students))))
			last.Closed[p] = r.IntN(10) == 0
		}
		in.Round.K = 4 + r.IntN(20)
		lists := ofLists(assign.MixedLists(in, last, 2), len(in.Students))
		for s := range lists {
			all := o.list(s)
			if want := o.mixed(s, all, last); !slices.Equal(lists[s], want) {
				t.Fatalf("seed %d, list of %d, student %d: %v, want %v", seed, in.Round.K, s, lists[s], want)
			}
			if len(lists[s]) < len(all) {
				short++
			}
		}
	}
	if short == 0 {
		t.Error("no list leaves anything out: that proves nothing")
	}
}
