package recommend

import (
	"baodao/model"
	"baodao/service/matching/index"
	"baodao/service/matching/score"
	"baodao/service/page"
)

// view is how a student sees a picture.
type view struct {
	*picture
	a     *Asker
	plain bool // nothing but what is special can be hidden: the student is bound nowhere, and nobody has opened or closed since
}

func (p *picture) as(a *Asker) *view {
	return &view{picture: p, a: a, plain: len(a.apart)+len(a.busy) == 0 && (p.turns.IsZero() || a.now.Before(p.turns))}
}

// Hides tells what is not for the student. What they are signed up for is at a time at which they are busy. Where places are given by rounds, what others wait for does not matter.
func (v *view) Hides(entry int32) bool {
	if v.plain && !v.special[entry] {
		return false
	}
	a, p := v.a, v.places[entry]
	e := p.event
	if a.apart[e.hostID] || !e.open(a.now) || !e.meant(a) || e.clashes(a.busy) {
		return true
	}
	paired := e.below(a.paired)
	if e.pairedFirst && !e.matched() && e.pairedUntil != nil && a.now.Before(*e.pairedUntil) && !paired {
		return true
	}
	return p.seats.free(e, paired, a.now) < 1
}

// Rate tells how the student stands. Where seats are given in the order of the requests, a free one is safe; where the
// organiser chooses or lots are drawn, nothing is known.
func (v *view) Rate(entry int32, fit score.Fit) index.Rating {
	r := index.Rating{Chance: unknown, Partner: len(v.a.paired) > 0 && v.places[entry].event.below(v.a.paired)}
	switch v.ways[entry] {
	case firstCome:
		r.Chance = 1000
	case byRounds:
		r.Band, r.Chance = v.stands(entry, fit)
	case byChoice:
	}
	return r
}

// stands tells the band and the chance by the last round, whose partners are those of the host itself.
func (v *view) stands(entry int32, fit score.Fit) (band uint8, chance int32) {
	a, p := v.a, v.places[entry]
	switch {
	case a.last == nil:
		return 0, unknown
	case fit.Dist > a.last.radius:
		return 0, 0
	}
	position, partner := v.entries[entry].Position, a.partners[p.event.hostID]
	if partner {
		position.Partner = a.student.Branch
	}
	band = a.last.rule.Band(&a.student, &position, fit, a.last.radius)
	return band, a.last.chance(p.id, band, partner && p.keeps(a.now))
}

// show searches the picture.
func (p *picture) show(a *Asker, ask Ask, q index.Query) Answer {
	a = a.before(p, ask)
	q.Student, q.Radius, q.View, q.Shared = &a.student, a.radius, p.as(a), ask.Season == model.SeasonTerm
	if ask.round != nil {
		q.View = listed{p.as(a), ask.except}
	}
	var room [score.MaxList]index.Pick
	if ask.Mixed {
		return p.answer(a, p.snapshot.Mixed(&q, room[:0]), len(room))
	}
	size := q.Limit
	q.Limit = min(size+1, score.MaxList)
	picks := p.snapshot.Recommend(&q, room[:0])
	if len(picks) == score.MaxList && size == score.MaxList { // is there more? a list has room for no more than these
		more := q
		more.Limit, more.After = 1, picks[size-1].Mark()
		picks = p.snapshot.Recommend(&more, picks)
	}
	return p.answer(a, picks, size)
}

// answer is what the student reads of picks, of which there may be one more than a page has.
func (p *picture) answer(a *Asker, picks []index.Pick, size int) Answer {
	items := make([]Item, len(picks))
	for i := range picks {
		shown := &p.cards[picks[i].Entry]
		items[i] = Item{Pick: picks[i], Written: shown.written, Left: shown.left}
		if p.special[picks[i].Entry] {
			place := p.places[picks[i].Entry]
			items[i].Left = place.seats.free(place.event, picks[i].Reasons&index.OurPartner != 0, a.now)
		}
	}
	one := page.Cut(items, size, listName, func(x Item) []int64 { return []int64{int64(x.Parts.Total()), x.ID} })
	out := Answer{Items: one.Items, Next: one.Next, Stated: a.stated, RadiusM: int64(a.radius)}
	if a.last != nil {
		out.RoundID = a.last.id
	}
	for i := range out.Items {
		if out.Items[i].Chance >= score.SafeFrom {
			out.Safe++
		}
	}
	return out
}
