package assign_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// rich is a round with everything: several paired branches, reserved seats, blocks, who is open.
func rich(t *testing.T, seed uint64) (*score.Instance, score.Lists) {
	t.Helper()
	o := options(seed)
	in := odd(invent(t, o), seed)
	sample.Enrich(in, seed)
	in.Round.K = 1 + int(seed%6)
	return in, assign.Lists(in, 1)
}

// The two ways of matching agree where a pair that wants nothing makes it a round of friends: the one asks for more when
// it comes to the end of a list, the other writes it out.
func TestFriendsThatWantNothingChangeNothing(t *testing.T) {
	t.Parallel()
	reserved, off := 0, 0
	for seed := range uint64(60) {
		in, lists := rich(t, seed)
		if len(in.Students) < 2 {
			continue
		}
		for _, s := range []int{0, len(in.Students) - 1} {
			in.Open[s] = false
			for i := range lists.Width {
				lists.Wishes[s*lists.Width+i] = score.End
			}
		}
		want, err := assign.Run(in, lists, 2)
		if err != nil {
			t.Fatal(err)
		}
		in.Students[0].Group, in.Students[len(in.Students)-1].Group = 7, 7
		got, err := assign.Run(in, lists, 1)
		if diff := gocmp.Diff(want.Outcome, got.Outcome) + gocmp.Diff(want.Wronged, got.Wronged); diff != "" || err != nil {
			t.Fatal(seed, diff, err)
		}
		reserved += len(want.Partners)
		for s, p := range want.Place {
			if p != score.None && rank(lists.Of(s), p) == len(lists.Of(s)) {
				off++
			}
		}
	}
	if reserved == 0 || off == 0 {
		t.Errorf("%d cut-offs of partners, %d places after the lists: they prove nothing", reserved, off)
	}
}

// Who is open goes on for themselves alone, and the file of the round says who is.
func TestRunAsksWhoIsOpen(t *testing.T) {
	t.Parallel()
	in, lists := rich(t, 5)
	want, err := assign.RunOpen(in, lists, in.Open, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := assign.Run(in, lists, 2)
	if diff := gocmp.Diff(want.Outcome, got.Outcome); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	in.Open = in.Open[1:]
	if _, err := assign.Run(in, lists, 1); err == nil {
		t.Error("a round was run that does not say of everybody whether they are open")
	}
}

// A group goes on when all of it are open: with the positions that all of them can have, by the sum of their scores.
func TestFriendsGoOnTogether(t *testing.T) {
	t.Parallel()
	together, alone := 0, 0
	for seed := range uint64(12) {
		in, lists := withFriends(t, 400, 0.5, seed)
		noTeams(in)
		for i := range lists.Wishes {
			if i%lists.Width > 1 {
				lists.Wishes[i] = score.End
			}
		}
		o := newOracle(in)
		in.Open = make([]bool, len(in.Students))
		for s := range in.Open {
			in.Open[s] = s%7 > 0
		}
		got, err := assign.Run(in, lists, 1)
		if err != nil {
			t.Fatal(err)
		}
		members, free := map[int32][]int{}, make([]int32, len(in.Positions))
		for p := range free {
			free[p] = in.Positions[p].Cap - got.Filled[p]
		}
		for s := range in.Students {
			if g := in.Students[s].Group; g != score.None {
				members[g] = append(members[g], s)
			}
		}
		for _, all := range members {
			place := got.Place[all[0]]
			open := len(all) > 1 && !slices.ContainsFunc(all, func(s int) bool { return !in.Open[s] })
			off := place != score.None && rank(lists.Of(all[0]), place) == len(lists.Of(all[0]))
			if off && !open && len(all) > 1 {
				t.Fatalf("seed %d: %v are not open and have %d", seed, all, place)
			}
			if !open || len(got.Blocking) > 0 || place != score.None && !off {
				alone++
				continue
			}
			// Nothing better that all of them can have has room for them.
			for _, p := range o.common(all) {
				if int32(p) == place {
					break
				}
				if rank(lists.Of(all[0]), int32(p)) == len(lists.Of(all[0])) && free[p] >= int32(len(all)) {
					t.Fatalf("seed %d: %v have %d, and %d is free and better", seed, all, place, p)
				}
			}
			if off {
				together++
			}
		}
	}
	if together == 0 || alone == 0 {
		t.Errorf("%d groups had something after their list, %d did not: they prove nothing", together, alone)
	}
}

// common are the positions that all of some friends can have, the best sum of scores first.
func (o *oracle) common(all []int) (positions []int) {
	sum := map[int]int{}
	for p := range o.in.Positions {
		at := &o.in.Positions[p]
		if slices.ContainsFunc(all, func(s int) bool { return !o.eligible(s, p) }) {
			continue
		}
		positions = append(positions, p)
		for _, s := range all {
			sum[p] += o.score(&o.in.Students[s], at)
		}
	}
	slices.SortFunc(positions, func(a, b int) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
	return positions
}

// Nobody is put where one of the two does not want the other, in any way of matching.
func TestWhoIsKeptApartStaysApart(t *testing.T) {
	t.Parallel()
	blocks := 0
	for seed := range uint64(20) {
		in, lists := rich(t, seed)
		complete, err := assign.RunComplete(in, 1)
		if err != nil {
			t.Fatal(err)
		}
		last := &score.Outlook{Cutoffs: complete.Cutoffs, Closed: complete.Closed, Partners: complete.Partners, Students: len(in.Students)}
		mixed := assign.MixedLists(in, last, 1)
		for s := range in.Students {
			blocked := in.Blocked[int32(s)]
			blocks += len(blocked)
			for _, w := range slices.Concat(lists.Of(s), mixed.Of(s)) {
				if c := in.Positions[w.Position()].Community; c >= 0 && slices.Contains(blocked, c) {
					t.Fatalf("seed %d: student %d is shown position %d", seed, s, w.Position())
				}
			}
			if p := complete.Place[s]; p != score.None && in.Positions[p].Community >= 0 && slices.Contains(blocked, in.Positions[p].Community) {
				t.Fatalf("seed %d: student %d has position %d", seed, s, p)
			}
		}
	}
	if blocks == 0 {
		t.Error("nobody is kept apart: that proves nothing")
	}
}
