package database_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"baodao/internal/testkit"
	"baodao/model"
)

// TestTheMigratedSchemaIsWhatTheModelsSay compares tables, columns, nullability, lengths and indexes both ways.
func TestTheMigratedSchemaIsWhatTheModelsSay(t *testing.T) {
	t.Parallel()
	db := testkit.DB(t, testkit.NewClock())
	tables := map[string]bool{"schema_migrations": true}
	for _, row := range model.All() {
		parsed, err := schema.Parse(row, &sync.Map{}, db.NamingStrategy)
		if err != nil {
			t.Fatal(err)
		}
		tables[parsed.Table] = true
		t.Run(parsed.Table, func(t *testing.T) {
			compareColumns(t, db, parsed)
			compareIndexes(t, db, parsed)
		})
	}
	have, err := db.Migrator().GetTables()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range have {
		if !tables[name] && !strings.HasPrefix(name, "sqlite_") {
			t.Errorf("table %s has no model", name)
		}
	}
}

func compareColumns(t *testing.T, db *gorm.DB, parsed *schema.Schema) {
	t.Helper()
	columns, err := db.Migrator().ColumnTypes(parsed.ModelType)
	if len(columns) == 0 {
		columns, err = db.Migrator().ColumnTypes(parsed.Table)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(columns) != len(parsed.DBNames) {
		t.Errorf("%d columns, the model has %d", len(columns), len(parsed.DBNames))
	}
	for _, c := range columns {
		field := parsed.FieldsByDBName[c.Name()]
		if field == nil {
			t.Errorf("column %s has no field", c.Name())
			continue
		}
		if nullable, known := c.Nullable(); known && !field.PrimaryKey && nullable == field.NotNull {
			t.Errorf("column %s: nullable %t, the model says not null %t", c.Name(), nullable, field.NotNull)
		}
		if db.Name() != "mysql" {
			continue
		}
		if comment, _ := c.Comment(); comment == "" {
			t.Errorf("column %s has no comment", c.Name())
		}
		if length, ok := c.Length(); ok && field.Size > 0 && field.DataType == schema.String && field.TagSettings["TYPE"] == "" && length != int64(field.Size) {
			t.Errorf("column %s: length %d, the model says %d", c.Name(), length, field.Size)
		}
	}
}

func compareIndexes(t *testing.T, db *gorm.DB, parsed *schema.Schema) {
	t.Helper()
	have, err := db.Migrator().GetIndexes(parsed.Table)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]gorm.Index{}
	for _, ix := range have {
		if primary, _ := ix.PrimaryKey(); !primary && ix.Name() != "PRIMARY" && !strings.HasPrefix(ix.Name(), "sqlite_") {
			found[ix.Name()] = ix
		}
	}
	for _, want := range parsed.ParseIndexes() {
		got, ok := found[want.Name]
		if !ok {
			t.Errorf("index %s is missing", want.Name)
			continue
		}
		delete(found, want.Name)
		var columns []string
		for _, f := range want.Fields {
			columns = append(columns, f.DBName)
		}
		if !slices.Equal(columns, got.Columns()) {
			t.Errorf("index %s is on %v, the model says %v", want.Name, got.Columns(), columns)
		}
		if unique, known := got.Unique(); known && unique != (want.Class == "UNIQUE") {
			t.Errorf("index %s: unique %t", want.Name, unique)
		}
	}
	for name := range found {
		t.Errorf("index %s has no model", name)
	}
}
