package recommend

import (
	"cmp"
	"slices"

	"gorm.io/gorm"

	"baodao/service/matching/geo"
	"baodao/service/matching/index"
	"baodao/service/matching/score"
)

// slowly answers from the database: everything within reach is read, scored and sorted, with nothing of the search in
// memory. It is the truth that the pictures are compared with.
func (s *Service) slowly(db *gorm.DB, a *Asker, ask Ask, q index.Query) (Answer, error) {
	last, err := readRounds(db, ask.ProgrammeID)
	if err != nil {
		return Answer{}, err
	}
	p := &picture{hosts: map[int64]int32{}, rounds: last}
	a = a.before(p, ask)
	r := s.reader(db)
	south, north, half, _ := geo.Window(a.student.LatE6, int64(min(a.radius, a.student.MaxDist)))
	lon := int64(a.student.LonE6)
	events, err := r.events(" AND a.programme_id = ? AND a.lat_e6 BETWEEN ? AND ? AND a.lng_e6 BETWEEN ? AND ?", ask.ProgrammeID, south, north, lon-half, lon+half)
	if err != nil {
		return Answer{}, err
	}
	var all []*place
	for _, e := range events {
		all = append(all, e.places...)
	}
	slices.SortFunc(all, func(a, b *place) int { return cmp.Compare(a.id, b.id) })
	if ask.Mixed {
		if p, err = newPicture(all, a.now, last, nil); err != nil {
			return Answer{}, err
		}
		return p.show(a, ask, q), nil
	}
	p.open(all, a.now)
	a = a.before(p, ask)
	q.Student, q.Radius, q.View = &a.student, a.radius, p.as(a)
	picks := p.every(&q)
	return p.answer(a, picks[:min(len(picks), q.Limit+1)], q.Limit), nil
}

// every scores everything that suits the student, best first.
func (p *picture) every(q *index.Query) []index.Pick {
	var out []index.Pick
	for i := range p.entries {
		entry, e := int32(i), &p.entries[i]
		fit := score.Measure(q.Student, &e.Position)
		switch {
		case score.Misfits(q.Student, &e.Position, fit, q.Radius) != 0,
			q.Within > 0 && fit.Dist > q.Within,
			q.Kinds != 0 && (e.Position.Category < 0 || q.Kinds>>e.Position.Category&1 == 0),
			q.Blocks != 0 && q.Blocks&e.Position.Slots == 0,
			q.View.Hides(entry):
			continue
		}
		pick := index.NewPick(q, entry, e, q.View.Rate(entry, fit))
		mark := pick.Mark()
		if q.After == (index.Mark{}) || mark.Total < q.After.Total || mark.Total == q.After.Total && mark.ID > q.After.ID {
			out = append(out, pick)
		}
	}
	slices.SortFunc(out, func(a, b index.Pick) int {
		return cmp.Or(cmp.Compare(b.Parts.Total(), a.Parts.Total()), cmp.Compare(a.ID, b.ID))
	})
	return out
}
