package assign

import (
	"math/bits"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// scan takes the spots of a category, until none of the rest can reach the list. Most of the time of a round is spent here.
func (f *finder) scan(q *query, category int, interest int32) {
	t, s := f.tables, q.student
	floor := q.floor() - interest
	spots, at := f.field.of(category)
	special := s.Served != score.None || len(f.blocked) > 0
	for i := range spots {
		p := &spots[i]
		if int32(p.bound) < floor {
			return
		}
		overlap := bits.OnesCount64(s.Slots & p.slots)
		sum := p.static + t.timeOf(p.nslots, overlap) + t.skillOf(p.nwant, bits.OnesCount32(s.Skills&p.want))
		if sum.score() < floor || overlap < int(p.need) || p.req&^s.Skills != 0 || p.dist > s.MaxDist {
			continue
		}
		points := sum.points() + q.extra
		if p.partner == s.Branch && p.partner != score.None || p.partner == several && f.paired(p.id, s.Branch) {
			points += t.partner
		}
		if points < int32(p.bar) {
			continue
		}
		if !f.exact {
			d := geo.Chord(s.At, at[i])
			if d > s.MaxDist || d > t.radius {
				continue
			}
			less := p.static - t.near(d) - two(p.urgency) //nolint:gosec // at most 700
			sum -= less
			points -= less.points()
		}
		if special && f.passed(s, p.id) {
			continue
		}
		total := sum.score() + interest
		f.offer(q, newCandidate(total, p.id, t.band(points, total)), p.id)
		floor = q.floor() - interest
	}
}

// passed says whether a position was there before all others, because the student served in the community, or is kept apart
// from the student. Few ask, so it stays out of the loop.
func (f *finder) passed(s *score.Student, id int32) bool {
	p := &f.in.Positions[id]
	return s.Served != score.None && p.Community == s.Served || p.OfAny(f.blocked)
}

func (f *finder) paired(id, branch int32) bool { return f.in.Positions[id].PairedWith(branch) }
