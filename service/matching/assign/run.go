package assign

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"baodao/service/matching/draw"
	"baodao/service/matching/score"
)

// Settle fills in the bands of lists that came from outside. It drops the wishes that are not eligible, and refuses lists
// that name a position that is not there.
func Settle(in *score.Instance, lists score.Lists, workers int) error {
	if lists.Width < 1 || lists.Width > score.MaxList || len(lists.Wishes) != lists.Width*len(in.Students) {
		return errors.New("lists: want one of at most 50 wishes for each student")
	}
	workers = max(1, workers)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for s := len(in.Students) * w / workers; s < len(in.Students)*(w+1)/workers; s++ {
				if errs[w] = settle(in, lists, s); errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func settle(in *score.Instance, lists score.Lists, student int) error {
	s, n := &in.Students[student], 0
	list := lists.Of(student)
	for _, wish := range list {
		id := wish.Position()
		if int(id) >= len(in.Positions) {
			return fmt.Errorf("student %d wishes for position %d of %d", student, id, len(in.Positions))
		}
		p := &in.Positions[id]
		fit := score.Measure(s, p)
		if in.Misfits(int32(student), p, fit) == 0 { //nolint:gosec // a student
			list[n] = score.NewWish(id, in.Round.Rule.Band(s, p, fit, in.Round.Radius))
			n++
		}
	}
	for i := n; i < len(list); i++ {
		list[i] = score.End
	}
	return nil
}

// Result is what a round gives.
type Result struct {
	score.Outcome
	Proposals int64
	Blocking  []int32 // with friends: the first member of each unit that could do better, nearly always nobody
	Wronged   []int32 // closed positions that a whole team would rather have: the rule of smallest teams cannot always avoid them
}

// Run gives the seats to the students by their settled lists, and to those who are open by score after that: the
// student-optimal stable matching, with the rule of the smallest teams after it. Where friends take part, they get the same
// position or none: then a stable matching need not exist, and Blocking names who was left with a better place that would
// have taken them.
func Run(in *score.Instance, lists score.Lists, workers int) (Result, error) {
	return RunOpen(in, lists, in.Open, workers)
}

// RunComplete is Run for a round in which nobody handed in a list and everybody is open: complete lists by score.
func RunComplete(in *score.Instance, workers int) (Result, error) {
	open := make([]bool, len(in.Students))
	for s := range open {
		open[s] = true
	}
	return RunOpen(in, score.Lists{}, open, workers)
}

// RunOpen is Run with others who are open: they agreed to "if my list is exhausted, also propose others that suit me". A
// group of friends is open when all of it are.
func RunOpen(in *score.Instance, lists score.Lists, open []bool, workers int) (Result, error) {
	if err := in.Check(); err != nil {
		return Result{}, err
	}
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), workers)
	if err != nil {
		return Result{}, err
	}
	groups, err := friends(in)
	if err != nil {
		return Result{}, err
	}
	switch anyone := slices.Contains(open, true); {
	case len(groups) > 0:
		c := newCrew(in, newUnits(in, lists, ranks, groups))
		if anyone {
			c.open(open)
		}
		return settleTeams(in, c), nil
	case anyone:
		return settleTeams(in, openMarket(in, lists, open, ranks, workers)), nil
	default:
		return settleTeams(in, newMarket(in, lists, ranks)), nil
	}
}
