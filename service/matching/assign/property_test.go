package assign_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// tiny is a market small enough to try everything: six students, four positions, lists of all of them in any order.
func tiny(t *testing.T, seed uint64) (*score.Instance, score.Lists) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 4))
	in := noTeams(invent(t, sample.Options{Students: 6, Positions: 4, Season: score.Term, Rule: score.PointsV2, Seed: seed}))
	for p := range in.Positions {
		at := &in.Positions[p]
		at.Cap, at.Slots, at.Need, at.Req = 1+int32(r.IntN(2)), 1, 1, 0
		at.LatE6, at.LonE6, at.At = in.Students[0].LatE6, in.Students[0].LonE6, in.Students[0].At
	}
	lists := score.NewLists(6, 4)
	for s := range in.Students {
		in.Students[s].Slots, in.Students[s].MaxDist = 1, 10_000
		in.Students[s].LatE6, in.Students[s].LonE6, in.Students[s].At = in.Students[0].LatE6, in.Students[0].LonE6, in.Students[0].At
		for i, p := range r.Perm(4)[:1+r.IntN(4)] {
			lists.Wishes[s*4+i] = score.NewWish(int32(p), 0)
		}
	}
	reserve(in, r, seed)
	if err := assign.Settle(in, lists, 1); err != nil {
		t.Fatal(err)
	}
	return in, lists
}

// reserve makes a few branches of the students, and reserves seats for them in every other market.
func reserve(in *score.Instance, r *rand.Rand, seed uint64) {
	for s := range in.Students {
		in.Students[s].Branch = int32(r.IntN(4)) - 1
	}
	for p := range in.Positions {
		at := &in.Positions[p]
		at.Partner = int32(r.IntN(3)) - 1
		if seed%2 == 1 {
			at.Partners, at.Reserved = []int32{int32(r.IntN(3))}, int32(r.IntN(3))
		}
	}
}

func places(t *testing.T, in *score.Instance, lists score.Lists) []int32 {
	t.Helper()
	out, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	return out.Place
}

// rank is where a place stands on a list; no place is behind all.
func rank(list []score.Wish, place int32) int {
	if i := slices.IndexFunc(list, func(w score.Wish) bool { return w.Position() == place }); i >= 0 {
		return i
	}
	return len(list)
}

// All stable matchings are enumerated: the result is one of them, no student is better off in another, and all of them
// place the same students.
func TestStudentOptimalAmongAllStableMatchings(t *testing.T) {
	t.Parallel()
	several := 0
	for seed := range uint64(200) {
		in, lists := tiny(t, seed)
		got, o, found, count := places(t, in, lists), newOracle(in), false, 0
		try := make([]int32, 6)
		var next func(s int)
		next = func(s int) {
			if s < 6 {
				for _, w := range lists.Of(s) {
					try[s] = w.Position()
					next(s + 1)
				}
				try[s] = score.None
				next(s + 1)
				return
			}
			if !o.stable(lists, try) {
				return
			}
			count++
			found = found || slices.Equal(try, got)
			for s := range try {
				if rank(lists.Of(s), try[s]) < rank(lists.Of(s), got[s]) {
					t.Fatalf("seed %d: student %d has %d and %d in a stable matching", seed, s, got[s], try[s])
				}
				if (try[s] == score.None) != (got[s] == score.None) {
					t.Fatalf("seed %d: student %d is placed in one stable matching and not in another", seed, s)
				}
			}
		}
		next(0)
		if !found {
			t.Fatalf("seed %d: %v is not stable", seed, got)
		}
		if count > 1 {
			several++
		}
	}
	if several == 0 {
		t.Error("every market had one stable matching only: that proves little")
	}
}

func (o *oracle) stable(lists score.Lists, place []int32) bool {
	held := make([][]int, len(o.in.Positions))
	for s, p := range place {
		if p != score.None {
			held[p] = append(held[p], s)
		}
	}
	for p, all := range held {
		if len(o.choose(all, p)) < len(all) {
			return false
		}
	}
	for s := range place {
		for _, w := range lists.Of(s)[:rank(lists.Of(s), place[s])] {
			p := int(w.Position())
			if slices.Contains(o.choose(append(slices.Clone(held[p]), s), p), s) {
				return false
			}
		}
	}
	return true
}

// Every other list that a student could hand in gives that student nothing better by the true one.
func TestNoListIsBetterThanTheTrueOne(t *testing.T) {
	t.Parallel()
	var orders [][]int32
	var permute func(order []int32)
	permute = func(order []int32) {
		orders = append(orders, slices.Clone(order))
		for p := range int32(4) {
			if !slices.Contains(order, p) {
				permute(append(order, p))
			}
		}
	}
	permute(nil)
	for seed := range uint64(20) {
		in, lists := tiny(t, seed)
		truth := places(t, in, lists)
		for s := range 6 {
			own := slices.Clone(lists.Wishes[s*4 : s*4+4])
			list := lists.Of(s)
			best := rank(slices.Clone(list), truth[s])
			honest := slices.Clone(list)
			for _, order := range orders {
				for i := range 4 {
					lists.Wishes[s*4+i] = score.End
					if i < len(order) {
						lists.Wishes[s*4+i] = score.NewWish(order[i], 0)
					}
				}
				if err := assign.Settle(in, lists, 1); err != nil {
					t.Fatal(err)
				}
				if got := places(t, in, lists)[s]; rank(honest, got) < best {
					t.Fatalf("seed %d: student %d gains %d over %d by listing %v", seed, s, got, truth[s], order)
				}
			}
			copy(lists.Wishes[s*4:], own)
		}
	}
}

// One seat more, or one student less, never makes anybody else worse off.
func TestMoreSeatsAndFewerStudentsHurtNobody(t *testing.T) {
	t.Parallel()
	for seed := range uint64(15) {
		in := noTeams(invent(t, sample.Options{Students: 400, Positions: 30, Season: score.Term, Rule: score.Rule(seed % 5), Seed: seed}))
		sample.Enrich(in, seed)
		in.Open = nil
		lists := assign.Lists(in, 1)
		before := places(t, in, lists)
		check := func(what string, but int) {
			t.Helper()
			for s, p := range places(t, in, lists) {
				if s != but && rank(lists.Of(s), p) > rank(lists.Of(s), before[s]) {
					t.Fatalf("seed %d: %s: student %d went from %d to %d", seed, what, s, before[s], p)
				}
			}
		}
		p := &in.Positions[seed%30]
		p.Cap++
		check("one seat more", -1)
		p.Cap--
		gone := int(seed * 13 % 400)
		for i := range lists.Width {
			lists.Wishes[gone*lists.Width+i] = score.End
		}
		check("one student less", gone)
	}
}
