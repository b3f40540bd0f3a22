package assign

import (
	"slices"

	"baodao/service/matching/score"
)

// MixedLists makes lists of K that reach, are likely and are safe: a quarter the best by score whatever the chance, half
// of the best with a likely chance, the rest the best that are safe, by the outlook of the last round. Where there are
// too few of a kind, the best of the others fill the list. The best comes first, as everywhere. Lists of the best alone
// send everybody to the same places and leave a third of the positions empty.
func MixedLists(in *score.Instance, last *score.Outlook, workers int) score.Lists {
	k := in.Round.K
	lists := score.Lists{Width: k, Wishes: make([]score.Wish, len(in.Students)*k)}
	w := newWorld(in)
	w.each(workers, len(w.crowds), func(f *finder, i int) {
		f.enter(w.crowds[i], nil)
		m := mix{outlook: last, likely: make([]candidate, k), safe: make([]candidate, k)}
		for _, id := range w.crowds[i].students {
			clear(m.likely)
			clear(m.safe)
			q := query{student: f.turn(id), after: everything, list: f.best[:k], mix: &m}
			f.above(&q, 0)
			write(m.take(q.list), lists.Wishes[int(id)*k:][:k])
		}
	})
	return lists
}

// mix are the lists of one kind each, best first; that of all kinds is in the query.
type mix struct {
	outlook      *score.Outlook
	likely, safe []candidate
	taken        []candidate
}

// offer takes a candidate into the lists of its kinds.
func (m *mix) offer(c candidate, id int32, reserved bool) {
	chance := m.outlook.ChanceOf(id, c.band(), reserved)
	if chance >= score.LikelyFrom {
		insert(m.likely, c)
	}
	if chance >= score.SafeFrom {
		insert(m.safe, c)
	}
}

// take mixes the lists. A list that is not full ends with candidates that are none.
func (m *mix) take(all []candidate) []candidate {
	k := len(all)
	m.taken = append(m.taken[:0], all[:k/4]...)
	m.add(m.likely, k-k/4)
	m.add(m.safe, k)
	m.add(m.likely, k)
	m.add(all, k)
	slices.SortFunc(m.taken, func(a, b candidate) int {
		switch {
		case a > b:
			return -1
		case a < b:
			return 1
		default:
			return 0
		}
	})
	return m.taken
}

// add takes from a list until so many are taken.
func (m *mix) add(from []candidate, until int) {
	for _, c := range from {
		if len(m.taken) >= until || c.none() {
			return
		}
		if !slices.Contains(m.taken, c) {
			m.taken = append(m.taken, c)
		}
	}
}

// write turns candidates into a list of wishes.
func write(from []candidate, list []score.Wish) {
	for i := range list {
		list[i] = score.End
		if i < len(from) {
			list[i] = from[i].wish()
		}
	}
}

// insert puts a candidate at its place in a list, best first, if it belongs there.
func insert(list []candidate, c candidate) {
	i := len(list) - 1
	if i < 0 || c <= list[i] {
		return
	}
	for ; i > 0 && list[i-1] < c; i-- {
		list[i] = list[i-1]
	}
	list[i] = c
}
