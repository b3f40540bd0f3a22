package index_test

import (
	"slices"
	"sync"
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

// Many may ask from one point at the same time, while what lies around it is being laid out.
func TestManyAskFromOnePointAtOnce(t *testing.T) {
	t.Parallel()
	in := invent(t, sample.Options{Students: 40, Positions: 500, Season: score.Term, Rule: score.PointsV2, Seed: 7})
	snapshot, want := build(t, in, nil), make([][]int64, 40)
	for i := range want {
		want[i] = picked(snapshot.Recommend(&index.Query{Student: &in.Students[i], Radius: in.Round.Radius, Limit: 20}, nil))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 400 {
				q := index.Query{Student: &in.Students[i%40], Radius: in.Round.Radius, Limit: 20, Shared: true}
				if got := picked(snapshot.Recommend(&q, nil)); !slices.Equal(got, want[i%40]) {
					t.Errorf("student %d: %v, want %v", i%40, got, want[i%40])
				}
			}
		})
	}
	wg.Wait()
}
