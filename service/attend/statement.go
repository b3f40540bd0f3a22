package attend

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/read"
	"baodao/service/upload"
)

// Statement is what stands behind a claim, for those who read the claim.
type Statement struct {
	model.HoursStatement

	Claim  model.HoursClaim
	Hidden bool // the text has not passed yet: only its author reads it
	Files  []StatementFile
}

// StatementFile is a picture of a statement. Others see it once it has passed.
type StatementFile struct {
	ID    int64
	Shown bool
}

// Statement reads what stands behind a claim: fault.ErrNotFound for a claim that only a pair of check-ins stands behind, and
// for those who may not read it.
func (s *Service) Statement(ctx context.Context, actor access.Actor, claimID int64) (Statement, error) {
	if err := actor.Require(access.HoursRead); err != nil {
		return Statement{}, err
	}
	db := s.DB.WithContext(ctx)
	claim, err := s.readableClaim(db, actor, claimID)
	if err != nil {
		return Statement{}, err
	}
	if claim.Basis == model.BasisCheckIn {
		return Statement{}, fault.ErrNotFound
	}
	row, err := read.One[model.HoursStatement](db.Where("claim_id = ?", claimID), "statement")
	if err != nil {
		return Statement{}, err
	}
	out := Statement{HoursStatement: row, Claim: claim}
	own := actor.UserID != 0 && actor.UserID == row.UserID
	shown, err := s.Content.Shown(db, content.Activity, statementTexts(row.Text)...)
	if err != nil {
		return out, err
	}
	if out.Hidden = !shown[0]; out.Hidden && !own {
		out.Text = ""
	}
	out.Files, err = filesOf(db, claimID)
	return out, err
}

// StatementFile tells that the actor may see a picture of a claim's statement: it has passed, and they read the claim.
func (s *Service) StatementFile(ctx context.Context, actor access.Actor, claimID, fileID int64) error {
	if err := actor.Require(access.HoursRead); err != nil {
		return err
	}
	db := s.DB.WithContext(ctx)
	if _, err := s.readableClaim(db, actor, claimID); err != nil {
		return err
	}
	files, err := filesOf(db, claimID)
	if err != nil {
		return err
	}
	if !slices.Contains(files, StatementFile{ID: fileID, Shown: true}) {
		return fault.ErrNotFound
	}
	return nil
}

// readableClaim reads a claim that the actor may read.
func (s *Service) readableClaim(db *gorm.DB, actor access.Actor, id int64) (model.HoursClaim, error) {
	claim, err := read.One[model.HoursClaim](db.Where("id = ?", id), "claim")
	if err != nil {
		return claim, err
	}
	v, err := s.viewing(db, &claim)
	if err != nil {
		return claim, err
	}
	return claim, actor.Check(access.HoursRead, v.personal)
}

// filesOf reads the pictures of a claim, oldest first.
func filesOf(db *gorm.DB, claimID int64) ([]StatementFile, error) {
	var ids []int64
	err := db.Model(&model.Upload{}).Where("object = ? AND object_id = ?", model.HoursClaim{}.TableName(), claimID).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("read pictures: %w", err)
	}
	shown, err := upload.Shown(db, ids...)
	out := make([]StatementFile, len(ids))
	for i, id := range ids {
		out[i] = StatementFile{ID: id, Shown: shown[id]}
	}
	return out, err
}

// ClaimIsPublic tells whether everybody may see the pictures of a claim: nobody but those who read the claim.
func ClaimIsPublic(*gorm.DB, int64) (bool, error) { return false, nil }
