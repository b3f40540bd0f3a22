package index

import "baodao/service/matching/score"

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
	pick.Reasons = reasons(q.Student, p, &pick)
	if rating.Partner {
		pick.Reasons |= OurPartner
	}
	return pick
}
