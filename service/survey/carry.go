package survey

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
)

// Carry hands the needs of positions that are being replaced on to those with the same title, the first of several; what
// nobody takes over is gone. A draft is written anew as a whole, and its host must not have to say everything again.
func (s *Service) Carry(tx *gorm.DB, was, now []model.Position) error {
	heirs := map[string]int64{}
	for _, p := range now {
		if _, taken := heirs[p.Title]; !taken {
			heirs[p.Title] = p.ID
		}
	}
	for _, p := range was {
		q := tx.Model(&model.PositionNeeds{}).Where("position_id = ?", p.ID)
		heir, found := heirs[p.Title]
		delete(heirs, p.Title)
		var err error
		if found {
			err = q.Update("position_id", heir).Error
		} else {
			err = q.Delete(&model.PositionNeeds{}).Error
		}
		if err != nil {
			return fmt.Errorf("carry needs on: %w", err)
		}
	}
	return nil
}
