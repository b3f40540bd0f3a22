package assign_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"baodao/service/matching/assign"
	"baodao/service/matching/geo"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

func invent(t testing.TB, o sample.Options) *score.Instance {
	t.Helper()
	in, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// odd changes an invented round into one with the corners that a nice one lacks.
func odd(in *score.Instance, seed uint64) *score.Instance {
	r := rand.New(rand.NewPCG(seed, 1))
	in.Round.K = 1 + r.IntN(score.MaxList)
	in.Round.Rule = score.Rule(r.IntN(5))
	for i := range in.Positions {
		p := &in.Positions[i]
		switch r.IntN(12) {
		case 0:
			p.Cap = 0
		case 1:
			p.Slots, p.Need = 0, 0
		case 2:
			p.Category = score.None
		case 3:
			p.Community = score.None
		case 4:
			p.Cap = 1
		}
		p.Min = min(p.Min, p.Cap)
	}
	if seed%2 == 1 {
		sample.Enrich(in, seed)
		in.Open = nil // that is tested by itself
	}
	for i := range in.Students {
		s := &in.Students[i]
		switch r.IntN(12) {
		case 0:
			s.Interests = [3]int8{3, 3, 5}
		case 1:
			s.Interests = [3]int8{score.None, 2, score.None}
		case 2:
			s.Slots = 0
		case 3:
			s.MaxDist = 0
		case 4: // at the door of a position; where nobody is, all start from a few points
			p := in.Positions[r.IntN(len(in.Positions))]
			if seed%4 > 1 {
				s.LatE6, s.LonE6, s.At = p.LatE6, p.LonE6, p.At
			}
		case 6, 7: // a position is as far as they go, or a metre farther
			p := in.Positions[r.IntN(len(in.Positions))]
			s.MaxDist = max(0, geo.Chord(s.At, p.At)-int32(r.IntN(2)))
		case 5:
			s.Served = in.Positions[r.IntN(len(in.Positions))].Community
		}
	}
	return in
}

func options(seed uint64) sample.Options {
	r := rand.New(rand.NewPCG(seed, 2))
	season := score.Term
	if r.IntN(2) == 0 {
		season = score.Vacation
	}
	return sample.Options{Students: 1 + r.IntN(300), Positions: 1 + r.IntN(60), Season: season, Rule: score.PointsV2, Seed: seed}
}

func ofLists(lists score.Lists, students int) [][]int {
	all := make([][]int, students)
	for s := range all {
		for _, wish := range lists.Of(s) {
			all[s] = append(all[s], int(wish.Position()))
		}
	}
	return all
}

// The pruned search must find what comparing every pair finds, with the right bands.
func TestListsAreThoseOfBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		in := odd(invent(t, options(seed)), seed)
		lists, o := assign.Lists(in, 1+int(seed%3)), newOracle(in)
		got := ofLists(lists, len(in.Students))
		for s := range in.Students {
			want := o.list(s)
			if len(want) > in.Round.K {
				want = want[:in.Round.K]
			}
			if fmt.Sprint(got[s]) != fmt.Sprint(want) {
				t.Fatalf("seed %d, student %d: got %v, want %v", seed, s, got[s], want)
			}
			for _, wish := range lists.Of(s) {
				if want := o.band(&in.Students[s], &in.Positions[wish.Position()]); int(wish.Band()) != want {
					t.Fatalf("seed %d, student %d, position %d: band %d, want %d", seed, s, wish.Position(), wish.Band(), want)
				}
			}
		}
	}
}

// noTeams takes the rule of smallest teams out of a round.
func noTeams(in *score.Instance) *score.Instance {
	for p := range in.Positions {
		in.Positions[p].Min = 0
	}
	return in
}

func TestRunIsTheTextbook(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		in := noTeams(odd(invent(t, options(seed)), seed))
		lists, o := assign.Lists(in, 2), newOracle(in)
		out, err := assign.Run(in, lists, 2)
		if err != nil {
			t.Fatal(err)
		}
		for s, want := range o.match(ofLists(lists, len(in.Students)), nil) {
			if int(out.Place[s]) != want {
				t.Fatalf("seed %d, student %d: got %d, want %d", seed, s, out.Place[s], want)
			}
		}
		o.certify(t, lists, out.Outcome)
	}
}

// certify holds the outcome against the published cut-offs: everybody has the first wish whose cut-off they reach, a
// cut-off is the lowest key that holds a seat of a full position and 0 elsewhere.
func (o *oracle) certify(t *testing.T, lists score.Lists, out score.Outcome) {
	t.Helper()
	filled, held := make([]int32, len(o.in.Positions)), make([][]int, len(o.in.Positions))
	for s := range o.in.Students {
		want := int32(score.None)
		for _, wish := range lists.Of(s) {
			if p := wish.Position(); !out.Closed[p] && o.key(s, int(p)) >= out.CutoffOf(p, o.paired(&o.in.Students[s], &o.in.Positions[p])) {
				want = p
				break
			}
		}
		if out.Place[s] != want {
			t.Fatalf("student %d is at %d, by the cut-offs at %d", s, out.Place[s], want)
		}
		if want != score.None {
			held[want] = append(held[want], s)
			filled[want]++
		}
	}
	if diff := cmp.Diff(filled, out.Filled); diff != "" {
		t.Fatal(diff)
	}
	o.cutoffs(t, held, out)
}

// cutoffs are what the words of the rules say, read from who holds the seats.
func (o *oracle) cutoffs(t *testing.T, held [][]int, out score.Outcome) {
	t.Helper()
	partners := 0
	for p, all := range held {
		at, own, others := &o.in.Positions[p], uint32(0), uint32(0)
		if n := len(all); n > 0 && n == int(at.Cap) {
			all = o.choose(all, p)
			inside, rest := 0, uint32(1<<32-1)
			own = o.key(all[0], p)
			for _, s := range all {
				own = min(own, o.key(s, p))
				if o.paired(&o.in.Students[s], at) && inside < int(at.Reserved) {
					inside++
				} else {
					rest = min(rest, o.key(s, p))
				}
			}
			if others = rest; inside < int(min(at.Reserved, at.Cap)) {
				own = 0
			}
		}
		if out.Cutoffs[p] != others {
			t.Fatalf("position %d: cut-off %d, want %d", p, out.Cutoffs[p], others)
		}
		if at.Reserved > 0 && at.Cap > 0 {
			if want := (score.PartnerCutoff{Position: int32(p), Cutoff: own}); partners == len(out.Partners) || out.Partners[partners] != want {
				t.Fatalf("%v: want %v among the partners' cut-offs", out.Partners, want)
			}
			partners++
		}
	}
	if partners != len(out.Partners) {
		t.Fatalf("%v: want %d", out.Partners, partners)
	}
}

func TestWorkersAndOrderDoNotMatter(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 5000, Positions: 250, Season: score.Vacation, Rule: score.PointsV2, Seed: 3})
	want := assign.Lists(in, 1)
	first, err := assign.Run(in, want, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 8} {
		got := assign.Lists(in, workers)
		out, err := assign.Run(in, got, workers)
		if diff := cmp.Diff(want, got) + cmp.Diff(first, out); diff != "" || err != nil {
			t.Fatal(workers, "workers:", diff, err)
		}
	}
}

func TestSettleDropsWhatIsNotEligible(t *testing.T) {
	t.Parallel()
	in := noTeams(invent(t, sample.Options{Students: 300, Positions: 40, Season: score.Term, Rule: score.PointsV2, Seed: 9}))
	lists, o, r := score.NewLists(300, 12), newOracle(in), rand.New(rand.NewPCG(1, 1))
	want := make([][]int, 300)
	for s := range 300 {
		for i, p := range r.Perm(40)[:12] {
			lists.Wishes[s*12+i] = score.NewWish(int32(p), 0)
			if o.eligible(s, p) {
				want[s] = append(want[s], p)
			}
		}
	}
	if err := assign.Settle(in, lists, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ofLists(lists, 300)); diff != "" {
		t.Fatal(diff)
	}
	out, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	for s, p := range o.match(want, nil) {
		if int(out.Place[s]) != p {
			t.Fatalf("student %d: got %d, want %d", s, out.Place[s], p)
		}
	}
	lists.Wishes[0] = score.NewWish(40, 0)
	if assign.Settle(in, lists, 1) == nil {
		t.Fatal("a position that is not there was let through")
	}
}

// Corners of the map: over the date line and at the poles the search must not lose anyone.
func TestListsAtTheEndsOfTheMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.SampledFrom([]int32{-90e6, -89.99e6, 0, 60e6, 89.95e6, 90e6}).Draw(t, "lat"), rapid.SampledFrom([]int32{-180e6, -179.99e6, 0, 179.99e6, 180e6}).Draw(t, "lon")
		at := func(label string) (int32, int32, geo.XYZ) {
			a := max(-90e6, min(90e6, lat+rapid.Int32Range(-200_000, 200_000).Draw(t, label)))
			b := lon + rapid.Int32Range(-300_000, 300_000).Draw(t, label)
			if b > 180e6 {
				b -= 360e6
			} else if b < -180e6 {
				b += 360e6
			}
			return a, b, geo.Point{LatE6: int64(a), LngE6: int64(b)}.XYZ()
		}
		in := &score.Instance{Round: score.Round{Seed: []byte{1}, K: 50, Radius: rapid.Int32Range(1, 40_000).Draw(t, "radius"), Season: score.Vacation}}
		for range 40 {
			s := score.Student{MaxDist: 100_000, Slots: 1, Served: -1, Interests: [3]int8{-1, -1, -1}}
			s.LatE6, s.LonE6, s.At = at("s")
			p := score.Position{Cap: 1, Slots: 1, Need: 1}
			p.LatE6, p.LonE6, p.At = at("p")
			in.Students, in.Positions = append(in.Students, s), append(in.Positions, p)
		}
		got, o := ofLists(assign.Lists(in, 1), 40), newOracle(in)
		for s := range in.Students {
			if want := o.list(s); fmt.Sprint(got[s]) != fmt.Sprint(want) {
				t.Fatalf("student %d: got %v, want %v", s, got[s], want)
			}
		}
	})
}

// Where there are fewer students than seats, the seats are free, though everybody has one.
func TestSeatsThatNobodyCouldTakeAreFree(t *testing.T) {
	t.Parallel()
	in := noTeams(invent(t, sample.Options{Students: 3, Positions: 1, Season: score.Term, Rule: score.PointsV2, Seed: 1}))
	p := &in.Positions[0]
	p.Cap, p.Req, p.Need = 4, 0, 0
	for i := range in.Students {
		s := &in.Students[i]
		s.LatE6, s.LonE6, s.At, s.MaxDist, s.Group = p.LatE6, p.LonE6, p.At, 100, score.None
	}
	got, err := assign.Run(in, assign.Lists(in, 1), 1)
	if err != nil || got.Filled[0] != 3 || got.Cutoffs[0] != 0 {
		t.Errorf("filled %d, cut-off %d: %v", got.Filled[0], got.Cutoffs[0], err)
	}
}
