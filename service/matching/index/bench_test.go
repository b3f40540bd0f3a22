package index_test

import (
	"slices"
	"syscall"
	"testing"

	"baodao/service/matching/index"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// large is a hundred thousand positions around 150 campuses, and a thousand of their students.
func large(b *testing.B) *score.Instance {
	b.Helper()
	in := invent(b, sample.Options{Students: 1_000_000, Positions: 100_000, Season: score.Term, Rule: score.PointsV2, Seed: 1})
	for s := range 1000 {
		in.Students[s] = in.Students[s*1000]
	}
	in.Students = slices.Clone(in.Students[:1000])
	return in
}

// cpu reports the processor's time, which other work on the machine does not change as it does the clock's.
func cpu(b *testing.B) (stop func()) {
	b.Helper()
	used := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	began := used()
	return func() { b.ReportMetric(float64(used()-began)/float64(b.N), "cpu-ns/op") }
}

func BenchmarkOnline(b *testing.B) {
	in := large(b)
	snapshot, picks := build(b, in, nil), make([]index.Pick, 0, 20)
	query := func(i int) *index.Query {
		return &index.Query{Student: &in.Students[i*7919%1000], Radius: in.Round.Radius, Limit: 20}
	}
	b.Run("Recommend", func(b *testing.B) {
		defer cpu(b)()
		for i := 0; b.Loop(); i++ {
			picks = snapshot.Recommend(query(i), picks[:0])
		}
	})
	b.Run("Shared", func(b *testing.B) {
		defer cpu(b)()
		for i := 0; b.Loop(); i++ {
			q := query(i)
			q.Shared = true
			picks = snapshot.Recommend(q, picks[:0])
		}
	})
	b.Run("Mixed", func(b *testing.B) {
		defer cpu(b)()
		for i := 0; b.Loop(); i++ {
			picks = snapshot.Mixed(query(i), picks[:0])
		}
	})
	b.Run("Build", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			build(b, in, nil)
		}
	})
}
