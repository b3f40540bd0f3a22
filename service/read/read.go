// Package read is how services read rows: one or fault.ErrNotFound, and hot statements prepared.
package read

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/service/fault"
)

// One reads the first row that the query selects. It is fault.ErrNotFound when there is none; what names the row in any
// other error.
func One[T any](q *gorm.DB, what string) (T, error) {
	var row T
	err := q.First(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, fault.ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("read %s: %w", what, err)
	}
	return row, nil
}

// Prepared keeps the statements that are read through it prepared on each connection. It is for hot reads with few different
// texts: parsing them is half of their cost on SQLite.
func Prepared(ctx context.Context, db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{PrepareStmt: true, Context: ctx})
}
