package lottery_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"baodao/service/matching/lottery"
)

// anyStake and anyEntries make what may be drawn; small weights are as likely as large ones, ids have gaps.
func anyStake(t *rapid.T) lottery.Stake {
	id := rapid.Int64Range(1, 1<<53)
	return lottery.Stake{ActivityID: id.Draw(t, "activity"), PositionID: id.Draw(t, "position"), Capacity: rapid.Int64Range(0, 60).Draw(t, "capacity")}
}

func anyEntries(t *rapid.T, least int) []lottery.Entry {
	weight := rapid.OneOf(rapid.Int64Range(1, 3), rapid.Int64Range(1, lottery.MaxWeight))
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) lottery.Entry {
		return lottery.Entry{ID: rapid.Int64Range(1, 1<<53).Draw(t, "id"), Weight: weight.Draw(t, "weight"), Seats: rapid.Int64Range(1, 6).Draw(t, "seats")}
	}), least, 40, func(e lottery.Entry) int64 { return e.ID }).Draw(t, "entries")
}

func anySeed(t *rapid.T) [32]byte {
	return [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
}

// mustOrder draws what is known to be right.
func mustOrder(t rapid.TB, seed [32]byte, stake lottery.Stake, entries []lottery.Entry) []int64 {
	t.Helper()
	order, err := lottery.Order(seed, stake, entries)
	if err != nil {
		t.Fatal(err)
	}
	return order
}

func TestEveryEntryIsDrawnOnceWhateverOrderTheyCameIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed, stake, entries := anySeed(t), anyStake(t), anyEntries(t, 0)
		before := slices.Clone(entries)
		order := mustOrder(t, seed, stake, entries)
		ids := make([]int64, 0, len(entries))
		for _, e := range entries {
			ids = append(ids, e.ID)
		}
		if diff := cmp.Diff(sorted(ids), sorted(order)); diff != "" {
			t.Fatal(diff)
		}
		if !slices.Equal(before, entries) {
			t.Fatal("the caller's entries were moved")
		}
		shuffled := slices.Clone(entries)
		rand.New(rand.NewPCG(1, uint64(len(entries)))).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(order, mustOrder(t, seed, stake, shuffled)); diff != "" {
			t.Fatal(diff)
		}
		if lottery.Digest(stake, entries) != lottery.Digest(stake, shuffled) {
			t.Fatal("the digest depends on the order of the entries")
		}
	})
}

func sorted(ids []int64) []int64 { return slices.Sorted(slices.Values(ids)) }

// TestEverythingThatIsDrawnForMakesAnotherDigest changes one number of the stake and the entries after the other.
func TestEverythingThatIsDrawnForMakesAnotherDigest(t *testing.T) {
	t.Parallel()
	stake := lottery.Stake{ActivityID: 1, PositionID: 2, Capacity: 3}
	entries := []lottery.Entry{{ID: 4, Weight: 5, Seats: 6}, {ID: 7, Weight: 8, Seats: 9}}
	seen := map[[32]byte]bool{lottery.Digest(stake, entries): true, lottery.Digest(stake, entries[:1]): true, lottery.Digest(stake, nil): true}
	numbers := []*int64{&stake.ActivityID, &stake.PositionID, &stake.Capacity}
	for i := range entries {
		numbers = append(numbers, &entries[i].ID, &entries[i].Weight, &entries[i].Seats)
	}
	for _, n := range numbers {
		*n += 10
		seen[lottery.Digest(stake, entries)] = true
		*n -= 10
	}
	if want := 3 + len(numbers); len(seen) != want {
		t.Errorf("%d different digests, want %d", len(seen), want)
	}
}

func TestCommitmentDigestAndOrderHashDifferently(t *testing.T) {
	t.Parallel()
	var a, b [32]byte
	b[31] = 1
	if lottery.Commit(a) == lottery.Commit(b) || lottery.Commit(a) == lottery.Digest(lottery.Stake{}, nil) {
		t.Error("two hashes are the same")
	}
}

func TestWhatCannotBeDrawnIsNamed(t *testing.T) {
	t.Parallel()
	good := lottery.Stake{ActivityID: 1, PositionID: 1}
	for want, c := range map[string]struct {
		stake   lottery.Stake
		entries []lottery.Entry
	}{
		"capacity -1":                   {lottery.Stake{ActivityID: 1, PositionID: 1, Capacity: -1}, nil},
		"activity 0, position 1":        {lottery.Stake{PositionID: 1}, nil},
		"activity 1, position 0":        {lottery.Stake{ActivityID: 1}, nil},
		"entry 0: ids begin at 1":       {good, []lottery.Entry{{ID: 0, Weight: 1, Seats: 1}}},
		"entry 5 is there twice":        {good, []lottery.Entry{{ID: 5, Weight: 1, Seats: 1}, {ID: 6, Weight: 1, Seats: 1}, {ID: 5, Weight: 2, Seats: 1}}},
		"entry 5 has weight 0":          {good, []lottery.Entry{{ID: 5, Weight: 0, Seats: 1}}},
		"entry 5 has weight 1001: want": {good, []lottery.Entry{{ID: 5, Weight: 1001, Seats: 1}}},
		"entry 5 has 0 seats":           {good, []lottery.Entry{{ID: 5, Weight: 1, Seats: 0}}},
	} {
		order, err := lottery.Order([32]byte{}, c.stake, c.entries)
		if err == nil || order != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v, %v", want, order, err)
		}
		if _, err := lottery.New([32]byte{}, c.stake, c.entries); err == nil {
			t.Errorf("%q: a file was made of it", want)
		}
	}
	if order, err := lottery.Order([32]byte{}, good, nil); err != nil || len(order) != 0 {
		t.Errorf("no entries: %v, %v", order, err)
	}
	edge := []lottery.Entry{{ID: 1, Weight: 1, Seats: 1 << 62}, {ID: 2, Weight: lottery.MaxWeight, Seats: 1 << 62}, {ID: 3, Weight: 1, Seats: 1 << 62}}
	winners, waiting := lottery.Seats(mustOrder(t, [32]byte{}, good, edge), edge, 1<<62)
	if len(winners) != 1 || len(waiting) != 2 {
		t.Errorf("huge groups: %v win, %v wait", winners, waiting)
	}
}

// TestSeatsAreDealtInOrder states the rule as a sceptic would: walk down the order, an entry waits only if it did not fit.
func TestSeatsAreDealtInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stake, entries := anyStake(t), anyEntries(t, 0)
		order := mustOrder(t, anySeed(t), stake, entries)
		winners, waiting := lottery.Seats(order, entries, stake.Capacity)
		if diff := cmp.Diff(sorted(order), sorted(slices.Concat(winners, waiting))); diff != "" {
			t.Fatal(diff)
		}
		need := map[int64]int64{}
		for _, e := range entries {
			need[e.ID] = e.Seats
		}
		left := stake.Capacity
		for _, id := range order {
			won := len(winners) > 0 && winners[0] == id
			switch {
			case won:
				winners, left = winners[1:], left-need[id]
			case len(waiting) == 0 || waiting[0] != id:
				t.Fatalf("entry %d is not at its place", id)
			default:
				waiting = waiting[1:]
			}
			if left < 0 || !won && need[id] <= left {
				t.Fatalf("entry %d: won %v, %d seats left", id, won, left)
			}
		}
	})
}

func TestAGroupThatDoesNotFitWaitsAndLaterOnesFillWhatIsLeft(t *testing.T) {
	t.Parallel()
	entries := []lottery.Entry{{ID: 1, Weight: 1, Seats: 2}, {ID: 2, Weight: 1, Seats: 3}, {ID: 3, Weight: 1, Seats: 1}, {ID: 4, Weight: 1, Seats: 1}}
	winners, waiting := lottery.Seats([]int64{1, 2, 3, 4, 9}, entries, 3)
	if !slices.Equal(winners, []int64{1, 3}) || !slices.Equal(waiting, []int64{2, 4, 9}) {
		t.Errorf("%v win, %v wait", winners, waiting)
	}
	for _, none := range []int64{0, -1} {
		if winners, waiting := lottery.Seats([]int64{1, 2}, entries, none); winners != nil || len(waiting) != 2 {
			t.Errorf("%d seats: %v win", none, winners)
		}
	}
}

func BenchmarkOrder100000(b *testing.B) {
	entries := make([]lottery.Entry, 100_000)
	for i := range entries {
		entries[i] = lottery.Entry{ID: int64(i)*7919%100_003 + 1, Weight: int64(i%lottery.MaxWeight) + 1, Seats: 1}
	}
	for b.Loop() {
		mustOrder(b, [32]byte{1}, lottery.Stake{ActivityID: 1, PositionID: 1, Capacity: 1000}, entries)
	}
}
