package database_test

import (
	"io/fs"
	"strings"
	"testing"

	"gorm.io/gorm"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/model/migrations"
)

// What was drafted from a demand before that was written down beside it names it after the update.
func TestOldDraftsNameTheirDemand(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	raw, err := fs.ReadFile(migrations.Files, w.DB.Name()+"/0023_demand_link.sql")
	if err != nil {
		t.Fatal(err)
	}
	id := func(n int64) *int64 { return &n }
	now := w.Clock.Now()
	activity := func(id int64) model.Activity {
		return model.Activity{ID: id, SignupOpensAt: now, SignupClosesAt: now, CancelUntil: now, StartsAt: now, EndsAt: now, CreatedAt: now, UpdatedAt: now}
	}
	err = w.DB.Transaction(func(tx *gorm.DB) error {
		for _, row := range []any{
			&[]model.Project{{ID: 11, CreatedAt: now, UpdatedAt: now}, {ID: 12, CreatedAt: now, UpdatedAt: now}},
			&[]model.Activity{activity(21), activity(22)},
			&[]model.Demand{
				{ID: 31, ProjectID: id(12), CreatedAt: now, UpdatedAt: now}, {ID: 32, ActivityID: id(21), CreatedAt: now, UpdatedAt: now}, {ID: 33, CreatedAt: now, UpdatedAt: now},
			},
		} {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		done := 0
		for statement := range strings.SplitSeq(string(raw), ";\n") {
			if strings.HasPrefix(statement, "UPDATE") {
				done++
				if err := tx.Exec(statement).Error; err != nil {
					return err
				}
			}
		}
		if done != 2 {
			t.Errorf("%d updates", done)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[any]map[int64]int64{&model.Project{}: {11: 0, 12: 31}, &model.Activity{}: {21: 32, 22: 0}} {
		for row, demand := range want {
			var got *int64
			if err := w.DB.Model(of).Select("demand_id").Where("id = ?", row).Scan(&got).Error; err != nil {
				t.Fatal(err)
			}
			if (got == nil) != (demand == 0) || got != nil && *got != demand {
				t.Errorf("%T %d: %v, want %d", of, row, got, demand)
			}
		}
	}
}
