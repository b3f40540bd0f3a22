package signup

import (
	"time"

	"baodao/internal/clock"
	"baodao/model"
)

// The guards that a test may take away.

// WithoutSeatCondition gives seats whether or not one is left.
func (s *Service) WithoutSeatCondition() *Service { s.weak.limitless = true; return s }

// WithoutLookingBack does not look for a live signup in the same activity.
func (s *Service) WithoutLookingBack() *Service { s.weak.dontLookBack = true; return s }

// WithoutStudentLock lets two requests of one student run side by side.
func (s *Service) WithoutStudentLock() *Service { s.weak.dontLock = true; return s }

// WithoutSeatLock lets two transactions change the seats of a position side by side.
func (s *Service) WithoutSeatLock() *Service { s.weak.dontLockSeats = true; return s }

// RememberFull makes the process believe that a position is full, for so long from now, and that it has told so many so.
func (s *Service) RememberFull(a model.Activity, positionID int64, left time.Duration, told int64) {
	k := &mark{until: clock.System().Add(left), event: a, members: map[int64]struct{}{}}
	k.refused.Store(told)
	s.full.set(positionID, k)
}

// Remembers tells whether the process believes that a position is full.
func (s *Service) Remembers(positionID int64) bool { return s.full.fresh(positionID) }
