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
	return result{
		Value: float64(ours), Unit: "points", Floor: "first come, nearest free", Ratio: ratio, Lo: ratio, Hi: ratio,
		Note: fmt.Sprintf("students=%d positions=%d wronged_teams=%d", len(in.Students), len(in.Positions), len(out.Wronged)),
	}, nil
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
	around := map[geo.XYZ][]near{}
	for s := range in.Students {
		student := &in.Students[s]
		spots, ok := around[student.At]
		if !ok {
			spots = inRange(in, student.At)
			slices.SortFunc(spots, func(a, b near) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.id, b.id)) })
			around[student.At] = spots
		}
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

// unblocked looks at every eligible pair: whoever would rather be elsewhere must not reach the cut-off there.
func unblocked(in *score.Instance, out *score.Outcome) error {
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), 2)
	if err != nil {
		return err
	}
	around, held := map[geo.XYZ][]near{}, make([]int32, len(in.Positions))
	for s := range in.Students {
		student, have := &in.Students[s], int32(-1)
		if p := out.Place[s]; p != score.None {
			have = scoreOf(in, s, p)
			held[p]++
		}
		spots, ok := around[student.At]
		if !ok {
			spots = inRange(in, student.At)
			around[student.At] = spots
		}
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
