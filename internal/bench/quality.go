package main

import (
	"context"
	"fmt"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/score"
)

// matchQuality compares the total score of a stable matching on complete lists in term with what is usual: first come, the
// nearest position that is free. Every pair is checked: nobody may prefer a position that would have taken them. The note
// tells both seasons: shares of the certified optimum, how lists of twenty do, ranks, who waited, and rounds to come.
func matchQuality(_ context.Context, s settings, _ string) (result, error) {
	r := result{Unit: "points", Floor: "first come, nearest free"}
	for _, season := range []score.Season{score.Term, score.Vacation} {
		in, err := s.season(season, 50_000, 1_000_000)
		if err != nil {
			return result{}, err
		}
		q, err := qualityOf(in)
		if err != nil {
			return result{}, fmt.Errorf("%s: %w", season, err)
		}
		q.anchors(s.out, in)
		r.Note += q.note(in)
		if season == score.Term {
			r.Value, r.Ratio = float64(q.complete), share(q.complete, q.usual)
		}
	}
	r.Lo, r.Hi = r.Ratio, r.Ratio
	return r, nil
}

// quality are the figures of one season.
type quality struct {
	bound                              int64    // what no assignment exceeds
	complete, shown, plainWorth, usual int64    // total scores
	place, nearest, best               []int32  // by complete lists, first come, and by the auction
	all, mixed, plain                  standing // by complete lists, lists of reach, likely and safe, lists of the best alone
	wronged                            int
	rounds, plainRounds                []float64 // share of seats confirmed after each
}

func qualityOf(in *score.Instance) (q quality, err error) {
	last, err := q.match(in)
	if err != nil {
		return q, err
	}
	if q.rounds, err = again(in, last, 2); err != nil {
		return q, err
	}
	q.plainRounds, err = again(in, nil, 4)
	return q, err
}

// match fills seats in every way there is, and returns how the best of them ended.
func (q *quality) match(in *score.Instance) (*score.Outlook, error) {
	out, err := assign.RunComplete(in, 2)
	if err != nil {
		return nil, err
	}
	if err := unblocked(in, &out.Outcome); err != nil {
		return nil, err
	}
	last := &score.Outlook{Cutoffs: out.Cutoffs, Closed: out.Closed, Students: len(in.Students)}
	q.wronged, q.all = len(out.Wronged), fared(in, score.Lists{}, out.Place)
	q.place, q.nearest = out.Place, firstCome(in)
	q.complete, q.usual = worth(in, q.place), worth(in, q.nearest)
	next := *in
	next.Round.Seed = []byte("the next round")
	place, lists, err := matched(&next, last)
	if err != nil {
		return nil, err
	}
	q.shown, q.mixed = worth(in, place), fared(in, lists, place)
	if place, lists, err = matched(in, nil); err != nil {
		return nil, err
	}
	q.plainWorth, q.plain = worth(in, place), fared(in, lists, place)
	q.bound, q.best = newAuction(in).bound()
	return last, nil
}

func (q *quality) note(in *score.Instance) string {
	return fmt.Sprintf("%s: students=%d positions=%d wronged_teams=%d of_optimum=%.3f seats=%.3f waited_placed=%.3f "+
		"lists_of_20: of_optimum=%.3f of_floor=%.3f of_seats=%.3f two_rounds=%.3f best_alone: rank=%.2f first=%.3f seats=%.3f four_rounds=%.3f ",
		in.Round.Season, len(in.Students), len(in.Positions), q.wronged, share(q.complete, q.bound), q.all.filled, q.all.waited,
		share(q.shown, q.bound), share(q.shown, q.usual), q.mixed.filled/q.all.filled, q.rounds[1], q.plain.rank, q.plain.first, q.plain.filled, q.plainRounds[3])
}

// matched is a round on lists of twenty: those that reach, are likely and are safe by the last round, or without one the
// best alone. It is checked against its cut-offs.
func matched(in *score.Instance, last *score.Outlook) ([]int32, score.Lists, error) {
	lists := offered(in, last)
	out, err := assign.Run(in, lists, 2)
	if err != nil {
		return nil, lists, err
	}
	_, err = certify(in, lists, &out.Outcome)
	return out.Place, lists, err
}

func offered(in *score.Instance, last *score.Outlook) score.Lists {
	if last == nil {
		return assign.Lists(in, 2)
	}
	return assign.MixedLists(in, last, 2)
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
	around, nowhere := newSurroundings(in), &near{id: score.None, dist: 1 << 30}
	for s := range in.Students {
		student, best := &in.Students[s], nowhere
		spots := around.of(student.At)
		for i := range spots {
			p := &spots[i]
			if free[p.id] > 0 && (p.dist < best.dist || p.dist == best.dist && p.id < best.id) && around.score(student, p) >= 0 {
				best = p
			}
		}
		if place[s] = best.id; best != nowhere {
			free[best.id]--
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
	around, held := newSurroundings(in), make([]int32, len(in.Positions))
	for s := range in.Students {
		student, have := &in.Students[s], int32(-1)
		if p := out.Place[s]; p != score.None {
			have = scoreOf(in, s, p)
			held[p]++
		}
		spots := around.of(student.At)
		for i := range spots {
			spot := &spots[i]
			total := around.score(student, spot)
			if total < have || total < 0 || total == have && spot.id >= out.Place[s] || out.Closed[spot.id] {
				continue
			}
			if keyOf(in, s, &in.Positions[spot.id], ranks[s]) >= out.Cutoffs[spot.id] {
				return fmt.Errorf("student %d and position %d would rather have each other", s, spot.id)
			}
		}
	}
	return seated(in, held, out)
}
