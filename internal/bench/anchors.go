package main

import (
	"fmt"
	"io"
	"slices"

	"baodao/service/matching/score"
)

// anchors are what the published prototype says of its invented round of a million students, term and vacation; 0 is what
// it does not say. Ours are printed beside them, so that everybody sees how alike the two countries are.
func (q *quality) anchors(w io.Writer, in *score.Instance) {
	m := q.measure(in)
	for _, a := range []struct {
		name                 string
		ours, term, vacation float64
	}{
		{"seats_per_position", m.seats, 11.93, 11.93},
		{"in_range_per_student", m.pairs, 2622, 610},
		{"eligible_of_in_range", m.eligible, 0.520, 0.393},
		{"seats_optimum", share(placed(q.best), m.capacity), 0.883, 0},
		{"seats_complete", q.all.filled, 0.869, 0.988},
		{"seats_first_come", share(placed(q.nearest), m.capacity), 0.872, 0},
		{"seats_mixed", q.mixed.filled, 0.825, 0},
		{"seats_best_alone", q.plain.filled, 0.561, 0.956},
		{"of_optimum_complete", share(q.complete, q.bound), 0.941, 0.962},
		{"of_optimum_mixed", share(q.shown, q.bound), 0.900, 0},
		{"of_optimum_best_alone", share(q.plainWorth, q.bound), 0.667, 0.943},
		{"of_optimum_first_come", share(q.usual, q.bound), 0.653, 0.731},
		{"metres_complete", metres(in, q.place), 3479, 0},
		{"metres_first_come", metres(in, q.nearest), 3637, 0},
		{"rank_best_alone", q.plain.rank, 8.8, 3.35},
		{"first_best_alone", q.plain.first, 0.107, 0.46},
		{"rank_true", m.rank, 82, 0},
		{"placed_waited_0", m.waited[0], 0.43, 0},
		{"placed_waited_1", m.waited[1], 0.78, 0},
		{"placed_waited_2", m.waited[2], 0.94, 0},
		{"placed_3_km", m.limit[0], 0.30, 0},
		{"placed_6_km", m.limit[1], 0.50, 0},
		{"placed_10_km", m.limit[2], 0.65, 0},
		{"campus_least", m.campus[0], 0.23, 0},
		{"campus_tenth", m.campus[1], 0.36, 0},
		{"campus_median", m.campus[2], 0.64, 0},
		{"campus_ninth", m.campus[3], 0.89, 0},
	} {
		theirs := a.term
		if in.Round.Season == score.Vacation {
			theirs = a.vacation
		}
		fmt.Fprintf(w, "ANCHOR season=%s name=%s ours=%.4g theirs=%.4g\n", in.Round.Season, a.name, a.ours, theirs)
	}
}

// measures are those figures that no target asks for.
type measures struct {
	capacity               int
	seats, pairs, eligible float64
	rank                   float64    // of the place among all eligible positions, of those who have one by complete lists
	waited                 [3]float64 // placed by complete lists, by earlier rounds without a place
	limit                  [3]float64 // by their own limit: up to 3, 6 and 10 km
	campus                 [4]float64 // by campus: the least, the first tenth, the median and the last tenth
}

func (q *quality) measure(in *score.Instance) (m measures) {
	for p := range in.Positions {
		m.capacity += int(in.Positions[p].Cap)
	}
	m.seats = share(m.capacity, len(in.Positions))
	m.look(in, q.place)
	waited, limit, campus := map[int32]tally{}, map[int32]tally{}, map[int32]tally{}
	for s := range in.Students {
		student, got := &in.Students[s], q.place[s] != score.None
		count(waited, int32(student.Waited), got)
		count(limit, min(student.MaxDist, 10_000), got)
		count(campus, student.Campus, got)
	}
	for i := range m.waited {
		m.waited[i] = waited[int32(i)].share()
		m.limit[i] = limit[[...]int32{3000, 6000, 10_000}[i]].share()
	}
	var shares []float64
	for _, t := range campus {
		shares = append(shares, t.share())
	}
	slices.Sort(shares)
	for i, per := range []int{0, 10, 50, 90} {
		m.campus[i] = shares[per*(len(shares)-1)/100]
	}
	return m
}

// look goes through the pairs of twenty thousand students.
func (m *measures) look(in *score.Instance, place []int32) {
	around, seen, pairs, eligible, ranks, ranked := newSurroundings(in), 0, 0, 0, 0, 0
	for s := 0; s < len(in.Students); s += max(1, len(in.Students)/20_000) {
		student, have := &in.Students[s], int32(score.MaxTotal+1)
		if place[s] != score.None {
			have, ranked = scoreOf(in, s, place[s]), ranked+1
			ranks++
		}
		spots := around.of(student.At)
		seen, pairs = seen+1, pairs+len(spots)
		for i := range spots {
			total := around.score(student, &spots[i])
			if total >= 0 {
				eligible++
			}
			if total > have || total == have && spots[i].id < place[s] {
				ranks++
			}
		}
	}
	m.pairs, m.eligible, m.rank = share(pairs, seen), share(eligible, pairs), share(ranks, ranked)
}

// metres is how far those who have a place have to go, on the average.
func metres(in *score.Instance, place []int32) float64 {
	sum := 0
	for s, p := range place {
		if p != score.None {
			sum += int(score.Measure(&in.Students[s], &in.Positions[p]).Dist)
		}
	}
	return share(sum, placed(place))
}

// tally is how many of some students have a place.
type tally struct{ placed, all int }

func (t tally) share() float64 { return share(t.placed, t.all) }

func count(in map[int32]tally, key int32, got bool) {
	t := in[key]
	if t.all++; got {
		t.placed++
	}
	in[key] = t
}
