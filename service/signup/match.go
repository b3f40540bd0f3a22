package signup

import (
	"errors"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
)

// Pick is a student for a position, as a match round found them for each other and both sides have confirmed.
type Pick struct{ ProposalID, StudentID, PositionID int64 }

// Picked is what became of a pick: a signup with a seat, or why there is none.
type Picked struct {
	Signup  model.Signup
	Refusal *fault.Fault // nil with a signup
}

// Match makes confirmed proposals signups within the caller's transaction, in the order in which they are given: each is
// judged as every request for a seat, only that it need not come within the window of the sign-up. A refusal of one leaves
// the others alone. The caller has locked the proposals and has checked that the actor may confirm; students are told of
// their seats here.
func (s *Service) Match(tx *gorm.DB, actor access.Actor, picks ...Pick) ([]Picked, error) {
	f, w, err := s.openPicks(tx, picks)
	if err != nil {
		return nil, err
	}
	out := make([]Picked, len(picks))
	for i, pick := range picks {
		st, p := f.students[pick.StudentID], f.positions[pick.PositionID]
		status, why, err := f.judgePick(p, st)
		if err != nil {
			return nil, err
		}
		if out[i].Refusal = why; why == nil {
			out[i].Signup = s.admit(f, w, actor, st, p, status, entry{proposal: pick.ProposalID})
		}
	}
	return out, s.write(tx, f, w)
}

// MayMatch tells what Match would refuse now, nil if nothing, and changes nothing.
func (s *Service) MayMatch(tx *gorm.DB, pick Pick) (*fault.Fault, error) {
	f, _, err := s.openPicks(tx, []Pick{pick})
	if err != nil {
		return nil, err
	}
	_, why, err := f.judgePick(f.positions[pick.PositionID], f.students[pick.StudentID])
	return why, err
}

// openPicks locks the students, then the positions, and reads what the rules ask.
func (s *Service) openPicks(tx *gorm.DB, picks []Pick) (*facts, *writes, error) {
	students, positions := make([]int64, len(picks)), make([]int64, len(picks))
	for i, pick := range picks {
		students[i], positions[i] = pick.StudentID, pick.PositionID
	}
	f, err := s.lock(tx, students, positions)
	w := &writes{}
	if err == nil {
		err = s.settle(tx, f, w)
	}
	if err == nil {
		err = f.learn(tx)
	}
	return f, w, err
}

// judgePick judges a pick. A position or a student that is no longer there is closed to the other.
func (f *facts) judgePick(p *seats, st *student) (model.SignupStatus, *fault.Fault, error) {
	if p == nil || st == nil {
		return "", ErrClosed, nil
	}
	status, err := f.judge(p, st, manner{matched: true})
	if why, refused := errors.AsType[*fault.Fault](err); refused {
		return "", why, nil
	}
	if errors.Is(err, errUnpublished) {
		return "", ErrClosed, nil
	}
	return status, nil, err
}
