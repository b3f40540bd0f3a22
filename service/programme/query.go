// Package programme keeps practice programmes: their policy as versioned data, their phases and milestones.
package programme

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/read"
)

// ByID reads a programme; fault.ErrNotFound if there is none.
func ByID(tx *gorm.DB, id int64) (model.Programme, error) {
	return read.One[model.Programme](tx.Where("id = ?", id), "programme")
}

// Reaches tells whether a programme of owner is open to a unit: owner stands above the campus unit. A county has no
// university below it, so its programmes reach whoever works with a unit of the county. Without a campus side (the zero
// Org) the owner must stand above the local unit.
func Reaches(owner, campus, local model.Org) bool {
	if campus.ID != 0 && strings.HasPrefix(campus.Path, owner.Path) {
		return true
	}
	return (campus.ID == 0 || owner.Kind == model.OrgCountyCommittee) && strings.HasPrefix(local.Path, owner.Path)
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

// CheckCodes notes field and category codes that a policy does not have; empty is none.
func CheckCodes(c *fault.Collector, policy model.Policy, field, category string) {
	c.Add(!has(policy.Fields, field), "/field", "not_found", "不是本计划的领域代码", "is not one of the programme's fields")
	c.Add(!has(policy.Categories, category), "/category", "not_found", "不是本计划的类别代码", "is not one of the programme's categories")
}

func has(items []model.Item, code string) bool {
	return code == "" || slices.ContainsFunc(items, func(i model.Item) bool { return i.Code == code })
}
