package content

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
)

// AddImage notes, in the transaction that adds an upload, that its picture has to be looked at. orgPath is the author's
// organisation, empty for none.
func (s *Service) AddImage(tx *gorm.DB, actor access.Actor, uploadID int64, orgPath string) error {
	now := s.Now()
	row := model.ContentCheck{
		ID: s.NewID(), Kind: model.CheckImage, Purpose: string(picture), UserID: actor.UserID, UploadID: &uploadID, OrgPath: orgPath,
		Status: model.CheckPending, Fields: []string{}, NextAt: now, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("add check: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "content.check", Object: row.TableName(), ObjectID: row.ID, OrgPath: orgPath, To: row.State(),
		Data: map[string]any{"use": row.Purpose, "upload_id": fmt.Sprint(uploadID)},
	})
}

// DropImages forgets the checks of uploads that are being deleted.
func DropImages(tx *gorm.DB, uploads []int64) error {
	if err := tx.Where("upload_id IN ?", uploads).Delete(&model.ContentCheck{}).Error; err != nil {
		return fmt.Errorf("drop checks: %w", err)
	}
	return nil
}

// MoveImage puts the check of a picture under the organisation that uses it now, whose reviewers decide from then on.
func MoveImage(tx *gorm.DB, upload int64, orgPath string) error {
	if err := tx.Model(&model.ContentCheck{}).Where("upload_id = ?", upload).Update("org_path", orgPath).Error; err != nil {
		return fmt.Errorf("move check: %w", err)
	}
	return nil
}

// ImageStatus reads what became of the pictures of these uploads.
func ImageStatus(tx *gorm.DB, uploads ...int64) (map[int64]model.CheckStatus, error) {
	out := make(map[int64]model.CheckStatus, len(uploads))
	if len(uploads) == 0 {
		return out, nil
	}
	var rows []model.ContentCheck
	if err := tx.Select("upload_id", "status").Where("upload_id IN ?", uploads).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	for _, r := range rows {
		out[*r.UploadID] = r.Status
	}
	return out, nil
}

// advanceImage gives a picture to WeChat, within asking; ctx is for what follows.
func (s *Service) advanceImage(ctx, asking context.Context, openID string, row model.ContentCheck) (answered bool, err error) {
	address := ""
	if s.Address != nil {
		address = s.Address(*row.UploadID)
	}
	switch {
	case address == "":
		return true, s.settle(ctx, row, outcome{status: model.CheckReview, why: whyNoAddress}, "")
	case openID == "":
		return true, s.settle(ctx, row, outcome{status: model.CheckReview, why: whyNoOpenID}, "")
	}
	trace, unseen, err := s.Checker.SubmitImage(asking, openID, address)
	switch f, ok := errors.AsType[*fault.Fault](err); {
	case err != nil && ok && f.Kind == fault.Unavailable:
		return false, s.settle(ctx, row, outcome{failure: err}, "")
	case err != nil:
		return false, fmt.Errorf("submit picture: %w", err)
	case unseen:
		return true, s.settle(ctx, row, outcome{status: model.CheckReview, why: whyUnseen}, "")
	}
	return true, s.settle(ctx, row, outcome{}, trace)
}

// submitted notes that WeChat has a picture.
func (s *Service) submitted(tx *gorm.DB, row *model.ContentCheck, trace string) error {
	return s.Audit.Move(tx, program(), row, audit.Move{
		Action: "content.submit", To: string(model.CheckChecking), OrgPath: row.OrgPath, Set: map[string]any{"trace_id": trace, "next_at": s.Now().Add(answerDue)},
	})
}

// MediaVerdict takes WeChat's verdict about the picture it looked at under a trace id; a repeat changes nothing, and neither
// does one that comes after a person has decided. ErrUnknownTrace: there is no such picture, or its row is still being
// written; keep the verdict and bring it again.
func (s *Service) MediaVerdict(ctx context.Context, traceID, suggest string, label int) error {
	if traceID == "" {
		return ErrUnknownTrace
	}
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		var rows []model.ContentCheck
		if err := atomic.ForUpdate(tx).Where("trace_id = ?", traceID).Find(&rows).Error; err != nil {
			return fmt.Errorf("read check: %w", err)
		}
		if len(rows) == 0 {
			return ErrUnknownTrace
		}
		got := outcome{status: model.CheckReview, why: whySuggested, label: label}
		switch Suggestion(suggest) {
		case Pass:
			got.status, got.why = model.CheckPassed, ""
		case Risky:
			got.status, got.why = model.CheckRisky, ""
		case Review:
		}
		if row := &rows[0]; row.MayBecome(string(got.status)) {
			return s.move(tx, program(), row, got)
		}
		return nil
	})
}
