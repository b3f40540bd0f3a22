// Package org keeps the organisation tree, its members, roles and invitations, and imports divisions and rosters.
package org

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/read"
)

// ByID reads an organisation; fault.ErrNotFound if there is none.
func ByID(tx *gorm.DB, id int64) (model.Org, error) {
	return read.One[model.Org](tx.Where("id = ?", id), "organisation")
}

// ByIDs reads several organisations in one query; missing ones are missing from the map.
func ByIDs(tx *gorm.DB, ids ...int64) (map[int64]model.Org, error) {
	out := make(map[int64]model.Org, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []model.Org
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read organisations: %w", err)
	}
	for _, o := range rows {
		out[o.ID] = o
	}
	return out, nil
}
