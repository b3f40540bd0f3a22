package project_test

import (
	"testing"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

// BenchmarkActivities is a page of 20 rows out of rowsOf: at the top, around a place, by a word.
func BenchmarkActivities(b *testing.B) {
	h := newHouse(b)
	h.fill(b, rowsOf, func(i int, a *model.Activity) {
		lat, lng := int64(36_600_000+i*30), int64(117_120_000)
		a.LatE6, a.LngE6 = &lat, &lng
	})
	h.analyze(b)
	for name, f := range map[string]project.Filter{
		"top":  {},
		"near": {Near: &project.Near{Center: geo.FromDegrees(36.65, 117.12), RadiusM: 5000}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Activities(b.Context(), f, limit(20)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
