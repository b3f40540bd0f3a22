package round

import "baodao/service/matching/score"

// Handed makes the lists of what so many students have handed in.
func Handed(students, positions int, text func(student int) string) (score.Lists, error) {
	var w wishes
	for s := range students {
		if err := w.add(text(s), positions); err != nil {
			return score.Lists{}, err
		}
	}
	return w.lists(students), nil
}
