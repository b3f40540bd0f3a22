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

// Rounds that got one number before that was impossible keep it: it is in their files and so in their digests.
func TestRoundsWithOneNumberAreToldApart(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	db := testkit.DB(t, clock)
	row := func(id, programme, number int64) model.MatchRound {
		return model.MatchRound{ID: id, ProgrammeID: programme, Number: number, SecretCommit: []byte{}, Secret: []byte{}, WishesFrom: clock.Now(), WishesUntil: clock.Now(), CreatedAt: clock.Now(), UpdatedAt: clock.Now()}
	}
	raw, err := fs.ReadFile(migrations.Files, db.Name()+"/0022_round_keep.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(raw), "-- The number is in the files")
	_, text, more := strings.Cut(text, "\n")
	statements := strings.Split(text, ";\n")
	if !found || !more || !strings.HasPrefix(statements[0], "UPDATE") || !strings.HasPrefix(statements[1], "CREATE UNIQUE INDEX `uq_round_number`") {
		t.Fatalf("%q", statements)
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Migrator().DropIndex(&model.MatchRound{}, "uq_round_number"); err != nil {
			return err
		}
		rows := []model.MatchRound{row(1, 7, 1), row(2, 7, 2), row(3, 7, 2), row(4, 8, 2), row(5, 7, 2)}
		if err := tx.Create(&rows).Error; err != nil {
			return err
		}
		for _, s := range statements[:2] {
			if err := tx.Exec(s).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []model.MatchRound
	if err := db.Order("id").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	for i, want := range []model.MatchRound{{Number: 1}, {Number: 2}, {Number: 2, Twin: 3}, {Number: 2}, {Number: 2, Twin: 5}} {
		if rows[i].Number != want.Number || rows[i].Twin != want.Twin {
			t.Errorf("round %d: number %d, twin %d", rows[i].ID, rows[i].Number, rows[i].Twin)
		}
	}
}
