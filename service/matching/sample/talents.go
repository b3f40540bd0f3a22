package sample

import (
	"slices"

	"baodao/service/matching/score"
)

// What people study, like and can do hangs together, and so does what a position is about and what it asks for: who likes
// tutoring more often studies to be a teacher, a student of teaching can tutor, and a place in tutoring asks first for
// somebody who can. Drawn apart, as if by dice, they are a country in which nobody wants to do what they can do.
const (
	works       = 7    // kinds of work, as the plan of a province has them
	own         = 3    // skills that belong to one kind of work alone
	common      = 11   // skills of no kind: driving, dialect, photographs, first aid, ...
	shareCommon = 0.45 // of what is asked for or known beside the main thing
	shareOwn    = 0.45 // the rest is anything
	shareNamed  = 0.6  // of students name what they study among their interests; as many what they like beside it
)

// ownSkill draws one of the skills of a kind of work.
func (m *maker) ownSkill(work int8) uint32 { return 1 << (common + own*int(work) + m.random.IntN(own)) }

// anySkill draws a skill that people of some kinds of work may have.
func (m *maker) anySkill(work ...int8) uint32 {
	switch x := m.random.Float64(); {
	case x < shareCommon:
		return 1 << m.random.IntN(common)
	case x < shareCommon+shareOwn:
		return m.ownSkill(work[m.random.IntN(len(work))])
	default:
		return 1 << m.random.IntN(score.Skills)
	}
}

// wanted draws up to three skills that would help: first one of the work itself.
func (m *maker) wanted(work int8) (all uint32) {
	for i := range m.random.IntN(4) {
		if i == 0 {
			all = m.ownSkill(work)
		} else {
			all |= m.anySkill(work)
		}
	}
	return all
}

// talents draw what a student knows and likes. A branch is a class, and a class studies one thing: its skills its students
// have. Of what they like beside it they know one, and a few others.
func (m *maker) talents(s *score.Student) {
	const all = 1<<own - 1
	studies, likes := int8(s.Branch%works), m.work()
	s.Skills = all<<(common+own*int(studies)) | m.ownSkill(likes)
	for range 2 + m.random.IntN(5) {
		s.Skills |= m.anySkill(studies, likes)
	}
	var interests []int8
	name := func(work int8) {
		if !slices.Contains(interests, work) {
			interests = append(interests, work)
		}
	}
	if m.random.Float64() < shareNamed {
		name(likes)
	}
	if m.random.Float64() < shareNamed {
		name(studies)
	}
	for len(interests) < len(s.Interests) {
		name(m.work())
	}
	for i, work := range interests {
		if m.random.Float64() < 0.95-0.1*float64(i) {
			s.Interests[i] = work
		}
	}
}

func (m *maker) work() int8 { return int8(m.random.IntN(works)) } //nolint:gosec // bounded

// before is the community in which a student served: that of the best of some positions that would do, since nobody
// served where they could not or would not.
func (m *maker) before(s *score.Student) int32 {
	const looked = 8
	best, community, near := int32(0), int32(score.None), m.near[s.Campus]
	for range min(looked, len(near)) {
		p := &m.in.Positions[near[m.random.IntN(len(near))]]
		fit := score.Measure(s, p)
		if score.Misfits(s, p, fit, m.in.Round.Radius) != 0 {
			continue
		}
		if total := score.Of(s, p, fit, m.in.Round.Radius).Total(); total > best {
			best, community = total, p.Community
		}
	}
	return community
}
