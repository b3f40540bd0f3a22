package testkit_test

import (
	"strings"
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
)

// What guards the plans of others must itself tell a walk over a table from a look at its key, whatever the table is called.
func TestReadsWhole(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	db, heard := testkit.Hear(w.DB, "SELECT")
	var rows []model.Org
	if err := db.Table("orgs AS o").Where("status = ?", "ACTIVE").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	w.Insert(&model.Region{Code: "370000000000", Name: "山东省"}) // a write is not what was asked for
	said := heard.Said()
	if len(said) != 1 || !strings.HasPrefix(said[0], "SELECT") {
		t.Fatal(said)
	}
	if how := testkit.ReadsWhole(t, w.DB, said[0], "orgs", "regions"); len(how) != 1 || !strings.HasPrefix(how[0], "orgs: ") {
		t.Error("a walk is not seen:", how)
	}
	if how := testkit.ReadsWhole(t, w.DB, "SELECT * FROM orgs WHERE id = 7", "orgs"); len(how) != 0 {
		t.Error("a look at the key is taken for a walk:", how)
	}
	if how := testkit.ReadsWhole(t, w.DB, "SELECT o.id FROM role_grants g JOIN orgs o ON o.status = g.role", "orgs", "role_grants"); len(how) != 2 {
		t.Error("of two walks are seen", how)
	}
}
