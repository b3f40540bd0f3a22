package main

import (
	"fmt"
	"math/rand/v2"

	"baodao/service/matching/assign"
	"baodao/service/matching/score"
)

// standing is how the students of a round fared: the targets that are no total score.
type standing struct {
	rank   float64 // of the place on the list, from 1, of those who have one
	first  float64 // share of them who got their first wish
	waited float64 // share placed of those who waited for two rounds
	filled float64 // share of all seats
}

func fared(in *score.Instance, lists score.Lists, place []int32) (f standing) {
	sum, first, seats, waiting, patient := 0, 0, 0, 0, 0
	for p := range in.Positions {
		seats += int(in.Positions[p].Cap)
	}
	for s, p := range place {
		if in.Students[s].Waited >= score.MaxWaited {
			waiting++
			if p != score.None {
				patient++
			}
		}
		if p == score.None || len(lists.Wishes) == 0 {
			continue
		}
		for i, wish := range lists.Of(s) {
			if wish.Position() == p {
				sum += i + 1
				if i == 0 {
					first++
				}
			}
		}
	}
	n := placed(place)
	return standing{rank: share(sum, n), first: share(first, n), waited: share(patient, waiting), filled: share(n, seats)}
}

func placed(place []int32) (n int) {
	for _, p := range place {
		if p != score.None {
			n++
		}
	}
	return n
}

func share[N int | int64](part, all N) float64 { return float64(part) / float64(max(1, all)) }

// What students and hosts say to a proposal, as the targets have it.
const (
	studentsYes = 0.85
	hostsYes    = 0.95
)

// again plays rounds until so many were held: what both confirm is taken out, everybody else comes again. It says what
// share of all seats is confirmed after each. Without an outlook the lists are of the best alone.
func again(in *score.Instance, last *score.Outlook, rounds int) (confirmed []float64, err error) {
	next := *in
	next.Students = append([]score.Student(nil), in.Students...)
	next.Positions = append([]score.Position(nil), in.Positions...)
	random := rand.New(rand.NewPCG(7, 2026)) //nolint:gosec // nothing secret
	seats, taken := 0, 0
	for p := range next.Positions {
		seats += int(next.Positions[p].Cap)
	}
	for round := range rounds {
		next.Round.Seed = fmt.Appendf(nil, "round %d", round)
		lists := offered(&next, last)
		out, err := assign.Run(&next, lists, 2)
		if err != nil {
			return nil, err
		}
		if last != nil {
			last = &score.Outlook{Cutoffs: out.Cutoffs, Closed: out.Closed, Students: len(next.Students)}
		}
		taken += confirm(&next, lists, out.Place, random)
		confirmed = append(confirmed, share(taken, seats))
	}
	return confirmed, nil
}

// listed is how many wishes one must have had to have waited.
const listed = 5

// confirm lets both sides say yes or no. Whoever has a seat for good leaves; who got no proposal has waited once more.
func confirm(in *score.Instance, lists score.Lists, place []int32, random *rand.Rand) (taken int) {
	stay := in.Students[:0]
	for s, p := range place {
		student := in.Students[s]
		switch {
		case p == score.None && len(lists.Of(s)) >= listed:
			student.Waited = min(student.Waited+1, score.MaxWaited)
		case p != score.None && random.Float64() < studentsYes*hostsYes:
			in.Positions[p].Cap--
			in.Positions[p].Min = max(0, in.Positions[p].Min-1)
			taken++
			continue
		}
		stay = append(stay, student)
	}
	in.Students = stay
	return taken
}
