package attend

import (
	"gorm.io/gorm"

	"baodao/model"
)

// What tests of the pure parts need to see.
var (
	MakeCode    = makeCode
	MakeOwnCode = makeOwnCode
	PassOf      = passOf
	PassLives   = passLives
	ReadCode    = readCode
	StepOf      = stepOf
	DayOf       = dayOf
	ReadOffline = readOffline
	Worth       = worth
)

// CodeLen is the length of every code.
const CodeLen = codeLen

// Minutes and Reason of a credit.
func (c credit) Minutes() int64 { return c.minutes }

// Reason why it is less.
func (c credit) Reason() string { return c.reason }

// Enter writes lines to the ledger.
func Enter(s *Service, tx *gorm.DB, lines []model.HoursEntry) error { return s.write(tx, lines) }
