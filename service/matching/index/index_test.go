package index_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"baodao/service/matching/assign"
	"baodao/service/matching/geo"
	"baodao/service/matching/index"
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

// idOf gives the positions of an instance ids with gaps.
func idOf(p int32) int64 { return 7 + 3*int64(p) }

func build(t testing.TB, in *score.Instance, last *score.Outlook) *index.Snapshot {
	t.Helper()
	entries := make([]index.Entry, len(in.Positions))
	for p := range in.Positions {
		entries[p] = index.Entry{ID: idOf(int32(p)), Position: in.Positions[p]}
		if last != nil {
			entries[p].Cutoff, entries[p].Closed = last.Cutoffs[p], last.Closed[p]
			entries[p].Partners = (&score.Outcome{Cutoffs: last.Cutoffs, Partners: last.Partners}).CutoffOf(int32(p), true)
		}
	}
	students := 0
	if last != nil {
		students = last.Students
	}
	s, err := index.Build(entries, in.Round.Rule, students)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// corners bends an instance so that the rare comes up.
func corners(in *score.Instance, r *rand.Rand) {
	for i := range in.Positions {
		p := &in.Positions[i]
		switch r.IntN(8) {
		case 0:
			p.Cap = 0
		case 1:
			p.Slots, p.Need = 0, 0
		case 2:
			p.Category, p.Community = score.None, score.None
		}
	}
	for i := range in.Students {
		s := &in.Students[i]
		switch r.IntN(6) {
		case 0:
			s.Interests = [3]int8{3, score.None, 3}
		case 1:
			p := in.Positions[r.IntN(len(in.Positions))]
			s.LatE6, s.LonE6, s.At, s.Served = p.LatE6, p.LonE6, p.At, p.Community
		}
	}
}

func ids(list []score.Wish) (all []int64) {
	for _, w := range list {
		all = append(all, idOf(w.Position()))
	}
	return all
}

func picked(picks []index.Pick) (all []int64) {
	for i := range picks {
		all = append(all, picks[i].ID)
	}
	return all
}

// What one student is shown now is what the round would list for them.
func TestOnlineIsBatch(t *testing.T) {
	t.Parallel()
	lists, differ := 0, 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		in := invent(t, sample.Options{
			Students: 50 + r.IntN(300), Positions: 1 + r.IntN(300), Seed: seed, Rule: score.Rule(seed % 5),
			Season: []score.Season{score.Term, score.Vacation}[seed%2],
		})
		corners(in, r)
		if seed%3 > 0 {
			sample.Enrich(in, seed)
		}
		in.Round.K = 1 + r.IntN(score.MaxList)
		batch := assign.Lists(in, 2)
		result, err := assign.Run(in, batch, 2)
		if err != nil {
			t.Fatal(err)
		}
		last := &score.Outlook{Cutoffs: result.Cutoffs, Closed: result.Closed, Students: len(in.Students), Partners: result.Partners}
		snapshot, mixed := build(t, in, last), assign.MixedLists(in, last, 2)
		for s := range in.Students {
			q := &index.Query{Student: &in.Students[s], Blocked: in.Blocked[int32(s)], Radius: in.Round.Radius, Limit: in.Round.K, Shared: s%2 == 0}
			picks := snapshot.Recommend(q, nil)
			for i, pick := range picks {
				p := &in.Positions[(pick.ID-7)/3]
				if want := score.Of(q.Student, p, score.Measure(q.Student, p), q.Radius); pick.Parts != want || pick.Band != batch.Of(s)[i].Band() {
					t.Fatalf("seed %d, student %d: %+v, want %+v", seed, s, pick, want)
				}
			}
			for kind, pair := range [][2][]int64{{picked(picks), ids(batch.Of(s))}, {picked(snapshot.Mixed(q, nil)), ids(mixed.Of(s))}} {
				if lists++; !slices.Equal(pair[0], pair[1]) {
					differ++
					t.Errorf("seed %d, student %d, kind %d: online %v, batch %v", seed, s, kind, pair[0], pair[1])
				}
			}
		}
	}
	t.Logf("%d lists, %d differ", lists, differ)
}

// At the poles and over the date line nobody may be lost.
func TestOnlineIsBatchAtTheEndsOfTheMap(t *testing.T) {
	t.Parallel()
	ends := []geo.Point{{LatE6: 90e6}, {LatE6: -89.99e6, LngE6: 100e6}, {LatE6: 66e6, LngE6: 180e6}, {LatE6: -17e6, LngE6: -180e6}, {}, {LatE6: 66e6}}
	for i, at := range slices.Concat(ends, ends) {
		spread, radius, seed := int64(200_000), int32(10_000), i
		if i >= len(ends) {
			spread, radius = 12e6, 1_000_000
		}
		r := rand.New(rand.NewPCG(uint64(seed), 4))
		in := invent(t, sample.Options{Students: 200, Positions: 200, Season: score.Term, Rule: score.PointsV2, Seed: uint64(seed)})
		near := func(lat, lon *int32, xyz *geo.XYZ) {
			p := geo.Point{LatE6: min(90e6, max(-90e6, at.LatE6+r.Int64N(2*spread)-spread)), LngE6: at.LngE6 + r.Int64N(2*spread) - spread}
			p.LngE6 = (p.LngE6+540e6)%360e6 - 180e6
			*lat, *lon, *xyz = int32(p.LatE6), int32(p.LngE6), p.XYZ()
		}
		for i := range in.Positions {
			p := &in.Positions[i]
			near(&p.LatE6, &p.LonE6, &p.At)
		}
		for i := range in.Students {
			s := &in.Students[i]
			near(&s.LatE6, &s.LonE6, &s.At)
			s.MaxDist = radius
		}
		in.Round.Radius = radius
		batch, snapshot, some := assign.Lists(in, 1), build(t, in, nil), 0
		for s := range in.Students {
			var picks []index.Pick
			for range 5 { // the first are searched for on the map, the last in what was found there
				picks = snapshot.Recommend(&index.Query{Student: &in.Students[s], Radius: in.Round.Radius, Limit: in.Round.K, Shared: s%2 == 0}, nil)
			}
			if !slices.Equal(picked(picks), ids(batch.Of(s))) {
				t.Fatalf("at %v, student %d: online %v, batch %v", at, s, picked(picks), ids(batch.Of(s)))
			}
			some += len(picks)
		}
		if some == 0 {
			t.Errorf("at %v nothing is in reach: it proves nothing", at)
		}
	}
}

// Pages put together are the one list, also when the position at which a page ended has gone since.
func TestPagesAndFilters(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 60, Positions: 400, Season: score.Term, Rule: score.PointsV2, Seed: 3})
	snapshot := build(t, in, nil)
	for i := range in.Students {
		s := &in.Students[i]
		q := index.Query{Student: s, Radius: in.Round.Radius, Kinds: 0b1011, Blocks: 1<<40 | 1<<31 | 1<<33, Within: 8000, Limit: 7, Shared: i%2 == 0}
		var want, got []index.Pick
		for p := range in.Positions {
			at := &in.Positions[p]
			fit := score.Measure(s, at)
			if score.Misfits(s, at, fit, q.Radius) == 0 && fit.Dist <= 8000 && 0b1011>>at.Category&1 == 1 && at.Slots&q.Blocks != 0 {
				want = append(want, index.Pick{ID: idOf(int32(p)), Parts: score.Of(s, at, fit, q.Radius), Fit: fit})
			}
		}
		slices.SortFunc(want, func(a, b index.Pick) int {
			return cmp.Or(cmp.Compare(b.Parts.Total(), a.Parts.Total()), cmp.Compare(a.ID, b.ID))
		})
		for {
			page := snapshot.Recommend(&q, nil)
			if got = append(got, page...); len(page) < q.Limit {
				break
			}
			q.After = page[len(page)-1].Mark()
		}
		if diff := gocmp.Diff(picked(want), picked(got)); diff != "" {
			t.Fatalf("student %d: %s", i, diff)
		}
		if len(want) > 3 {
			gone := want[2].Mark()
			gone.ID-- // between two positions: nobody has this id
			q.After, q.Limit = gone, 50
			if diff := gocmp.Diff(picked(want[2:min(len(want), 52)]), picked(snapshot.Recommend(&q, nil))); diff != "" {
				t.Fatalf("student %d: %s", i, diff)
			}
		}
	}
	q := index.Query{Student: &in.Students[0], Radius: in.Round.Radius, Limit: 50, After: index.Mark{Total: 9000, ID: 1}}
	for _, pick := range snapshot.Recommend(&q, nil) {
		if pick.Parts.Total() > 9000 {
			t.Errorf("%+v is before the mark", pick)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	in := invent(t, sample.Options{Students: 50, Positions: 2000, Season: score.Term, Rule: score.PointsV2, Seed: 4})
	snapshot, picks, i := build(t, in, nil), make([]index.Pick, 0, 20), 0
	query := func() index.Query {
		i++
		return index.Query{Student: &in.Students[i%50], Radius: in.Round.Radius, Limit: 20, Shared: i > 500}
	}
	for range 500 { // what lies around the campuses
		q := query()
		q.Shared = true
		picks = snapshot.Recommend(&q, picks[:0])
	}
	words := make([]byte, 0, 4096)
	best := testing.AllocsPerRun(200, func() {
		q := query()
		picks = snapshot.Recommend(&q, picks[:0])
		for i := range picks {
			words = picks[i].Words(words[:0], i%2 == 0)
		}
	})
	mixed := testing.AllocsPerRun(200, func() {
		q := query()
		picks = snapshot.Mixed(&q, picks[:0])
	})
	if best != 0 || mixed != 0 {
		t.Errorf("%v and %v allocations", best, mixed)
	}
}

// Whoever reads while pictures are swapped sees one picture or the other, whole.
func TestSwap(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 1, Positions: 300, Season: score.Term, Rule: score.PointsV2, Seed: 5})
	q := index.Query{Student: &in.Students[0], Radius: 10_000, Limit: 50}
	x, full := index.New(), build(t, in, nil)
	if got := x.Now().Recommend(&q, nil); len(got) != 0 || x.Now().Len() != 0 {
		t.Fatal("a new index has", got)
	}
	want := len(full.Recommend(&q, nil))
	empty, err := index.Build(nil, score.PointsV2, 0)
	if err != nil || want == 0 {
		t.Fatal(want, err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 500 {
				if n := len(x.Now().Recommend(&q, nil)); n != 0 && n != want {
					t.Errorf("%d positions, want 0 or %d", n, want)
				}
			}
		})
	}
	for range 500 {
		x.Swap(full)
		x.Swap(empty)
	}
	wg.Wait()
	if _, err := index.Build([]index.Entry{{ID: 2}, {ID: 1}}, score.PointsV2, 0); err == nil {
		t.Error("entries out of order are taken")
	}
}

func TestReasonsAreSaid(t *testing.T) {
	t.Parallel()
	s := &score.Student{Slots: 7, Skills: 3, MaxDist: 9000, Served: 5, Branch: 6, Interests: [3]int8{2, 4, score.None}}
	for want, p := range map[string]score.Position{
		"0 m away; near; you are free whenever there is work; you have every skill that is wanted; it is your first interest; the community needs it urgently; you have served in this community; the community is paired with your branch": {
			Slots: 3, Want: 3, Category: 2, Urgency: 5, Community: 5, Partner: 6, Cap: 1, Need: 1,
		},
		"0 m away; near; 1 blocks of time fit; 1 of the skills that are wanted are yours; it is one of your interests": {
			Slots: 9, Want: 5, Category: 4, Community: 1, Partner: score.None, Cap: 1, Need: 1,
		},
	} {
		snapshot, err := index.Build([]index.Entry{{ID: 1, Position: p}}, score.PointsV2, 0)
		if err != nil {
			t.Fatal(err)
		}
		picks := snapshot.Recommend(&index.Query{Student: s, Radius: 10_000, Limit: 1}, nil)
		if len(picks) != 1 {
			t.Fatal("nothing is recommended")
		}
		zh, en := string(picks[0].Words(nil, false)), string(picks[0].Words(nil, true))
		if en != want || strings.Count(zh, "；") != strings.Count(en, ";") || picks[0].Chance != 1000 {
			t.Errorf("got %q (%s), want %q", en, zh, want)
		}
	}
}
