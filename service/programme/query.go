// Package programme keeps practice programmes: their policy as versioned data, their phases and milestones.
package programme

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/read"
)

// ByID reads a programme; fault.ErrNotFound if there is none.
func ByID(tx *gorm.DB, id int64) (model.Programme, error) {
	return read.One[model.Programme](tx.Where("id = ?", id), "programme")
}

// PolicyOf reads the newest policy of a programme.
func PolicyOf(tx *gorm.DB, programmeID int64) (model.Policy, error) {
	var row model.ProgrammePolicy
	err := tx.Where("programme_id = ?", programmeID).Order("version DESC").First(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return model.Policy{}, fault.ErrNotFound
	}
	if err != nil {
		return model.Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return row.Policy, nil
}
