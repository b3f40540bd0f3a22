package attend

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
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

// RedeemTogether redeems in one transaction what would come one by one.
func (s *Service) RedeemTogether(ctx context.Context, actors []access.Actor, tries []Try) error {
	asks := make([]*ask, len(tries))
	for i, in := range tries {
		asks[i] = &ask{actor: actors[i], method: model.MethodSelfScan, studentID: actors[i].StudentID, nonce: in.Nonce, at: s.Now(), evidence: in.Evidence}
		asks[i].scanned(s.CodeKey, in.Code)
	}
	err := s.together(ctx, asks)
	for _, a := range asks {
		err = errors.Join(err, a.err)
		if a.row != nil && a.row.Verdict != model.VerdictOK {
			err = errors.Join(err, refusal(a.row.Reason))
		}
	}
	return err
}
