package index_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"baodao/service/matching/index"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// What is kept around a point is that of one radius: rounds may reach less far than others.
func TestOnePointAndSeveralRadii(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 20, Positions: 400, Season: score.Term, Rule: score.PointsV2, Seed: 6})
	snapshot := build(t, in, nil)
	for i := range 200 {
		q := index.Query{Student: &in.Students[i%20], Radius: in.Round.Radius - int32(i%3)*2000, Limit: 20}
		want := snapshot.Recommend(&q, nil)
		q.Shared = true
		if diff := gocmp.Diff(want, snapshot.Recommend(&q, nil)); diff != "" {
			t.Fatalf("radius %d: %s", q.Radius, diff)
		}
	}
}
