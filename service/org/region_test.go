package org_test

import (
	"slices"
	"testing"

	"baodao/model"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

func TestRegions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.s.ImportDivisions(t.Context(), divisions(t), org.DivisionOptions{})
	wants(t, err, nil)
	codes := func(parent string, limit int) (out []string) {
		for cursor := ""; ; {
			rows := must[page.Result[model.Region]](t)(h.s.Regions(t.Context(), h.host, parent, page.Request{Limit: limit, Cursor: cursor}))
			for _, r := range rows.Items {
				out = append(out, r.Code)
			}
			if cursor = rows.Next; cursor == "" {
				return out
			}
		}
	}
	if got := codes("", 1); !slices.Equal(got, []string{"370000000000"}) {
		t.Error(got)
	}
	if got := codes("370102000000", 1); !slices.Equal(got, []string{"370102001000", "370102002000"}) {
		t.Error(got)
	}
	r := must[model.Region](t)(h.s.Region(t.Context(), h.host, "370102001002"))
	if r.Level != model.RegionCommunity || r.ParentCode != "370102001000" {
		t.Errorf("%+v", r)
	}
	_, err = h.s.Region(t.Context(), h.host, "999999999999")
	wants(t, err, fault.ErrNotFound)
}
