package index

import (
	"math/bits"

	"baodao/service/matching/geo"
	"baodao/service/matching/score"
)

// View is how one student sees the positions: what is not shown to them, and what follows from who they are and where they
// took part before. Entries are numbered as they were given to Build.
type View interface {
	// Hides tells what is not for this student; it is asked only of what would be shown.
	Hides(entry int32) bool
	Rate(entry int32, fit score.Fit) Rating
}

// Rating is how a student stands at a position.
type Rating struct {
	Band    uint8
	Chance  int32 // in per mille; negative: not known
	Partner bool  // the community is paired with the student's branch
}

// rate asks the student's view, or takes what holds for everybody.
func (s *Snapshot) rate(q *Query, entry int32, fit score.Fit) Rating {
	if q.View != nil {
		return q.View.Rate(entry, fit)
	}
	p := &s.entries[entry].Position
	band := s.rule.Band(q.Student, p, fit, q.Radius)
	return Rating{Band: band, Chance: s.last.ChanceOf(entry, band, p.ReservedFor(q.Student.Branch)), Partner: p.PairedWith(q.Student.Branch)}
}

// NewPick says of a position what it is made of for a student.
func NewPick(q *Query, entry int32, e *Entry, rating Rating) Pick {
	p := &e.Position
	fit := score.Measure(q.Student, p)
	pick := Pick{ID: e.ID, Entry: entry, Parts: score.Of(q.Student, p, fit, q.Radius), Fit: fit, Band: rating.Band, Chance: rating.Chance}
	pick.Reasons = reasons(q.Student, p.Category, bits.OnesCount64(p.Slots), bits.OnesCount32(p.Want), &pick)
	if rating.Partner {
		pick.Reasons |= OurPartner
	}
	return pick
}

// fill says the rest of a pick that has its entry, as NewPick does, but from its record: one line of memory, not several.
func (s *Snapshot) fill(q *Query, pick *Pick) {
	r, student := &s.records[s.where[pick.Entry]], q.Student
	fit := score.Fit{Dist: geo.Chord(student.At, r.at), Overlap: bits.OnesCount64(student.Slots & r.slots), Hits: bits.OnesCount32(student.Skills & r.want)}
	rating := s.rate(q, pick.Entry, fit)
	pick.Fit, pick.Band, pick.Chance = fit, rating.Band, rating.Chance
	pick.Parts = score.Parts{
		Near: score.Near(fit.Dist, q.Radius), Time: int32(s.time[int(r.nslots)<<6|fit.Overlap]), Skill: int32(s.skill[int(r.nwant)<<6|fit.Hits]),
		Interest: score.Interest(student, r.category-1), Urgency: int32(r.urgency),
	}
	if r.community == student.Served && r.community != score.None {
		pick.Parts.Served = score.Served
	}
	pick.Reasons = reasons(student, r.category-1, int(r.nslots), int(r.nwant), pick)
	if rating.Partner {
		pick.Reasons |= OurPartner
	}
}
