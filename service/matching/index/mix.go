package index

import (
	"slices"

	"baodao/service/matching/score"
)

// mix are the best of those that are likely and of those that are safe, best first.
type mix struct {
	likely, safe []candidate
}

// Mixed recommends a list that reaches, is likely and is safe: a quarter the best by score, half the best with a likely
// chance, the rest the best that are safe; where there are too few of a kind, the best of the others. In the order of
// their scores. It has no pages: After is not looked at.
func (s *Snapshot) Mixed(q *Query, dst []Pick) []Pick {
	var all, likely, safe, taken [score.MaxList]candidate
	k := max(0, min(q.Limit, score.MaxList))
	x := s.search(q, all[:k])
	x.after = 1<<64 - 1
	x.mixed, x.mix = true, mix{likely: likely[:k], safe: safe[:k]}
	x.run()
	list := append(taken[:0], x.best[:k/4]...)
	for len(list) > 0 && list[len(list)-1] == 0 { // fewer than a quarter were found
		list = list[:len(list)-1]
	}
	list = add(list, x.mix.likely, k-k/4)
	list = add(list, x.mix.safe, k)
	list = add(list, x.mix.likely, k)
	list = add(list, x.best, k)
	slices.SortFunc(list, func(a, b candidate) int {
		if a > b {
			return -1
		}
		return 1
	})
	return s.picks(q, list, dst)
}

// add takes from a list until so many are taken.
func add(taken, from []candidate, until int) []candidate {
	for _, c := range from {
		if len(taken) >= until || c == 0 {
			break
		}
		if !slices.Contains(taken, c) {
			taken = append(taken, c)
		}
	}
	return taken
}

// offer takes a candidate into the lists of its kinds.
func (m *mix) offer(x *search, c candidate) {
	if len(m.likely) > 0 && c <= m.likely[len(m.likely)-1] && c <= m.safe[len(m.safe)-1] {
		return
	}
	p := &x.s.entries[c.entry()].Position
	chance := x.s.rate(x.Query, c.entry(), score.Measure(x.Student, p)).Chance
	if chance >= score.LikelyFrom {
		insert(m.likely, c)
	}
	if chance >= score.SafeFrom {
		insert(m.safe, c)
	}
}

// floor is the score that is below all three lists.
func (m *mix) floor(best []candidate) int32 {
	return min(total(best), total(m.likely), total(m.safe))
}
