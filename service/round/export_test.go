package round

import (
	"gorm.io/gorm"

	"baodao/model"
)

// Announce tells both sides of a round that is out.
func (s *Service) Announce(tx *gorm.DB, r *model.MatchRound) error { return s.announce(tx, r) }
