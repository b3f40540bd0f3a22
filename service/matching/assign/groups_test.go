package assign_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// withFriends makes a round whose groups have one list each.
func withFriends(t *testing.T, n int, share float64, seed uint64) (*score.Instance, score.Lists) {
	t.Helper()
	in := invent(t, sample.Options{Students: n, Positions: max(1, n/15), Season: score.Term, Rule: score.PointsV2, Seed: seed, Groups: share})
	lists := assign.Lists(in, 1)
	if err := assign.ShareLists(in, lists); err != nil {
		t.Fatal(err)
	}
	return in, lists
}

func TestFriendsGetTheSamePositionOrNone(t *testing.T) {
	t.Parallel()
	groups, placed, singles := 0, 0, 0
	for seed := range uint64(6) {
		in, lists := withFriends(t, 1500, 0.3, seed)
		for p := range in.Positions {
			in.Positions[p].Cap = min(in.Positions[p].Cap, 6)
			in.Positions[p].Min = min(in.Positions[p].Min, in.Positions[p].Cap)
		}
		got, err := assign.Run(in, lists, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Blocking) > 0 {
			t.Errorf("seed %d: %v could do better", seed, got.Blocking)
		}
		place, filled := map[int32]int32{}, make([]int32, len(in.Positions))
		for s, p := range got.Place {
			if p != score.None {
				filled[p]++
				if !slices.ContainsFunc(lists.Of(s), func(w score.Wish) bool { return w.Position() == p }) {
					t.Fatalf("seed %d: student %d has position %d, which is not on the list", seed, s, p)
				}
			}
			g := in.Students[s].Group
			if g == score.None {
				singles++
				continue
			}
			if before, ok := place[g]; ok && before != p {
				t.Fatalf("seed %d: group %d is at %d and %d", seed, g, before, p)
			}
			if place[g] = p; p != score.None {
				placed++
			}
		}
		groups += len(place)
		for p, n := range filled {
			if at := &in.Positions[p]; n != got.Filled[p] || n > at.Cap || n > 0 && n < at.Min || n > 0 && got.Closed[p] {
				t.Fatalf("seed %d: position %d holds %d of %d to %d, said %d", seed, p, n, at.Min, at.Cap, got.Filled[p])
			}
		}
	}
	if groups == 0 || placed == 0 || singles == 0 {
		t.Errorf("%d groups, %d members placed, %d singles: they prove nothing", groups, placed, singles)
	}
}

// A round in which a group has one member is a round without groups.
func TestAGroupOfOneIsASingle(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 900, Positions: 50, Season: score.Term, Rule: score.PointsV2, Seed: 8})
	lists := assign.Lists(in, 1)
	want, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	in.Students[5].Group = 3
	got, err := assign.Run(in, lists, 1)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	// A pair that wants nothing does not change what the others get: the two ways of matching agree.
	quiet := score.NewLists(900, lists.Width)
	copy(quiet.Wishes, lists.Wishes)
	for _, s := range []int{5, 6} {
		for i := range lists.Width {
			quiet.Wishes[s*lists.Width+i] = score.End
		}
	}
	in.Students[5].Group = score.None
	if want, err = assign.Run(in, quiet, 1); err != nil {
		t.Fatal(err)
	}
	in.Students[5].Group, in.Students[6].Group = 3, 3
	got, err = assign.Run(in, quiet, 1)
	if diff := cmp.Diff(want.Outcome, got.Outcome); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

func TestGroupsThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	in, lists := withFriends(t, 300, 0.5, 1)
	for s := range 5 {
		in.Students[s].Group = 1_000_000
	}
	if _, err := assign.Run(in, lists, 1); err == nil {
		t.Error("a group of five was taken")
	}
}
