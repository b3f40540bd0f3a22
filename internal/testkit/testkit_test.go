package testkit_test

import (
	"testing"

	"baodao/internal/testkit"
	"baodao/model"
)

func TestWorldStandsOnAFreshDatabase(t *testing.T) {
	t.Parallel()
	w := testkit.NewWorld(t)
	w.Staff("陈干事", "HOST_STAFF", w.Community)
	w.Student("李同学", w.Branch)
	p := w.Project(w.Pair(w.Branch, w.Community), "项目")
	w.Activity(p, 3, nil)
	var n int64
	if err := w.DB.Model(&model.Activity{}).Count(&n).Error; err != nil || n != 1 {
		t.Fatal(n, err)
	}
}
