package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// matchQuality compares the total score of a stable matching on complete lists with what is usual: first come, the
// nearest position that is free. Every pair is checked: nobody may prefer a position that would have taken them.
func matchQuality(context.Context, settings, string) (result, error) {
	in, err := settings{}.sample(50_000, 0)
	if err != nil {
		return result{}, err
	}
	out, err := assign.RunComplete(in, 2)
	if err != nil {
		return result{}, err
	}
	if err := unblocked(in, &out.Outcome); err != nil {
		return result{}, err
	}
	ours, floor := worth(in, out.Place), worth(in, firstCome(in))
	ratio := float64(ours) / float64(floor)
	shown, err := recommended(in, &out.Outcome)
	if err != nil {
		return result{}, err
	}
	bound := newAuction(in).bound()
	return result{
		Value: float64(ours), Unit: "points", Floor: "first come, nearest free", Ratio: ratio, Lo: ratio, Hi: ratio,
		Note: fmt.Sprintf("students=%d positions=%d wronged_teams=%d of_optimum=%.3f lists_of_20: of_optimum=%.3f seats=%.3f of_floor=%.3f",
			len(in.Students), len(in.Positions), len(out.Wronged), float64(ours)/float64(bound), float64(worth(in, shown))/float64(bound),
			float64(placed(shown))/float64(placed(out.Place)), float64(worth(in, shown))/float64(floor)),
	}, nil
}

// recommended is the round that comes after: lists of twenty that reach, are likely and are safe by the cut-offs of the
// last one, and another lottery.
func recommended(in *score.Instance, last *score.Outcome) ([]int32, error) {
	next := *in
	next.Round.Seed = []byte("the next round")
	lists := assign.MixedLists(&next, &score.Outlook{Cutoffs: last.Cutoffs, Closed: last.Closed, Students: len(in.Students)}, 2)
	out, err := assign.Run(&next, lists, 2)
	if err != nil {
		return nil, err
	}
	_, err = certify(&next, lists, &out.Outcome)
	return out.Place, err
}

func placed(place []int32) (n int) {
	for _, p := range place {
		if p != score.None {
			n++
		}
	}
	return n
}

// worth is the total score of all who have a place.
func worth(in *score.Instance, place []int32) (total int64) {
	for s, p := range place {
		if p != score.None {
			total += int64(scoreOf(in, s, p))
		}
	}
	return total
}

func scoreOf(in *score.Instance, s int, p int32) int32 {
	student, position := &in.Students[s], &in.Positions[p]
	return score.Of(student, position, score.Measure(student, position), in.Round.Radius).Total()
}

// firstCome gives each student, in the order of their ids, the nearest eligible position with a free seat.
func firstCome(in *score.Instance) (place []int32) {
	place = make([]int32, len(in.Students))
	free := make([]int32, len(in.Positions))
	for p := range in.Positions {
		free[p] = in.Positions[p].Cap
	}
	around := spotsAround(in)
	for s := range in.Students {
		student := &in.Students[s]
		spots := around(student.At)
		place[s] = score.None
		for i := range spots {
			p := spots[i].id
			if free[p] > 0 && score.Misfits(student, &in.Positions[p], score.Measure(student, &in.Positions[p]), in.Round.Radius) == 0 {
				place[s], free[p] = p, free[p]-1
				break
			}
		}
	}
	return place
}

// spotsAround finds the positions in range of a point, the nearest first, once for each point.
func spotsAround(in *score.Instance) func(geo.XYZ) []near {
	known := map[geo.XYZ][]near{}
	return func(at geo.XYZ) []near {
		spots, ok := known[at]
		if !ok {
			spots = inRange(in, at)
			slices.SortFunc(spots, func(a, b near) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.id, b.id)) })
			known[at] = spots
		}
		return spots
	}
}

// unblocked looks at every eligible pair: whoever would rather be elsewhere must not reach the cut-off there.
func unblocked(in *score.Instance, out *score.Outcome) error {
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), 2)
	if err != nil {
		return err
	}
	around, held := spotsAround(in), make([]int32, len(in.Positions))
	for s := range in.Students {
		student, have := &in.Students[s], int32(-1)
		if p := out.Place[s]; p != score.None {
			have = scoreOf(in, s, p)
			held[p]++
		}
		spots := around(student.At)
		for i := range spots {
			p := &in.Positions[spots[i].id]
			fit := score.Measure(student, p)
			if out.Closed[spots[i].id] || score.Misfits(student, p, fit, in.Round.Radius) != 0 {
				continue
			}
			total := score.Of(student, p, fit, in.Round.Radius).Total()
			better := total > have || total == have && spots[i].id < out.Place[s]
			if better && score.Key(in.Round.Rule.Band(student, p, fit, in.Round.Radius), ranks[s]) >= out.Cutoffs[spots[i].id] {
				return fmt.Errorf("student %d and position %d would rather have each other", s, spots[i].id)
			}
		}
	}
	return seated(in, held, out)
}
