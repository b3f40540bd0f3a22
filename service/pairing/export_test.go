package pairing

import (
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
)

// AnchorsNear is anchorsNear.
func AnchorsNear(db *gorm.DB, at geo.Point, limit int) ([]model.Org, error) {
	return anchorsNear(db, at, limit)
}

// BondOf is bondOf.
func BondOf(p model.Pairing, term model.Term, both bool) BondKind { return bondOf(p, term, both) }
