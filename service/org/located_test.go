package org_test

import (
	"testing"

	"baodao/model"
	"baodao/service/org"
)

// What stands on a path is where the lowest one is that has a location.
func TestLocated(t *testing.T) {
	t.Parallel()
	at := int64(1)
	all := map[int64]model.Org{1: {ID: 1, LatE6: &at, LngE6: &at}, 2: {ID: 2, LatE6: &at, LngE6: &at}, 3: {ID: 3, LatE6: &at}}
	for path, want := range map[string]int64{"/1/2/3/": 2, "/1/3/": 1, "/3/": 0, "/4/": 0, "": 0} {
		if got, ok := org.Located(path, all); got.ID != want || ok != (want != 0) {
			t.Errorf("%s: %d %v, want %d", path, got.ID, ok, want)
		}
	}
}
