package upload

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
	"baodao/service/fault"
)

// Use ties an upload of the actor's to a row that shows it, in the transaction that does so; from then on it stays.
// orgPath is the organisation of that row. Errors: fault.ErrInvalid naming pointer (unknown, somebody else's, or its
// day is over), ErrInUse, content.ErrRisky.
func (s *Service) Use(tx *gorm.DB, actor access.Actor, id int64, object string, objectID int64, orgPath, pointer string) error {
	if s.Public[object] == nil {
		return fmt.Errorf("%w: %s", errTables, object)
	}
	var rows []model.Upload
	if err := atomic.ForUpdate(tx).Where("id = ? AND user_id = ?", id, actor.UserID).Find(&rows).Error; err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	if len(rows) == 0 || rows[0].ExpiresAt != nil && !s.Now().Before(*rows[0].ExpiresAt) {
		return fault.ErrInvalid.With(fault.Field{Pointer: pointer, Code: "not_found", ZH: "没有这张图片，或者已经过期", EN: "is no picture of yours, or its day is over"})
	}
	row := rows[0]
	if row.Object != "" && (row.Object != object || row.ObjectID != objectID) {
		return ErrInUse
	}
	status, err := content.ImageStatus(tx, id)
	if err != nil {
		return err
	}
	if status[id] == model.CheckRisky {
		return content.ErrRisky.With(fault.Field{Pointer: pointer, Code: "risky", ZH: "图片不宜发布", EN: "may not be published"})
	}
	if err := content.MoveImage(tx, id, orgPath); err != nil {
		return err
	}
	err = tx.Model(&model.Upload{}).Where("id = ?", id).Updates(map[string]any{"object": object, "object_id": objectID, "expires_at": nil}).Error
	if err != nil {
		return fmt.Errorf("use upload: %w", err)
	}
	return nil
}

// Release unties an upload from what used it; it is deleted after a while, and its day still counts.
func (s *Service) Release(tx *gorm.DB, id int64) error {
	err := tx.Model(&model.Upload{}).Where("id = ?", id).Updates(map[string]any{"object": "", "object_id": 0, "expires_at": s.Now().Add(life)}).Error
	if err != nil {
		return fmt.Errorf("release upload: %w", err)
	}
	return nil
}

// Shown tells which of these uploads may be shown: those that have passed.
func Shown(tx *gorm.DB, ids ...int64) (map[int64]bool, error) {
	status, err := content.ImageStatus(tx, ids...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]bool, len(ids))
	for id, st := range status {
		out[id] = st == model.CheckPassed
	}
	return out, nil
}
