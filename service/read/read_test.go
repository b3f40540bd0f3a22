package read_test

import (
	"errors"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
	"baodao/service/fault"
	"baodao/service/read"
)

func TestOneRowOrNotFoundAndNothingElseIsNotFound(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	for _, db := range []string{"plain", "prepared"} {
		q := w.DB.WithContext(t.Context())
		if db == "prepared" {
			q = read.Prepared(t.Context(), w.DB)
		}
		row, err := read.One[model.Org](q.Where("id = ?", w.Town.ID), "organisation")
		if err != nil || row.Name != w.Town.Name {
			t.Fatal(row, err)
		}
		if _, err := read.One[model.Org](q.Where("id = ?", 7), "organisation"); !errors.Is(err, fault.ErrNotFound) {
			t.Fatalf("%s: a missing row is %v", db, err)
		}
		if _, err := read.One[model.Org](q.Where("nonsense = ?", 7), "organisation"); err == nil || errors.Is(err, fault.ErrNotFound) {
			t.Fatalf("%s: a broken statement is %v", db, err)
		}
	}
}
