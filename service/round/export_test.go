package round

import (
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
)

// Announce tells both sides of a round that is out.
func (s *Service) Announce(tx *gorm.DB, r *model.MatchRound) error { return s.announce(tx, r) }

// Mendable tells whether a student can do something about a refusal before the proposal lapses.
func Mendable(why *fault.Fault) bool { return mendable(why) }
