package round_test

import (
	"flag"
	"testing"
	"time"
)

var benchStudents = flag.Int("round-students", 5_000, "students of BenchmarkRound; a tenth as many positions, at most 50,000")

// BenchmarkRound takes a round from the lists to the proposals: what it costs to write the inputs down, to load them, match
// and write the result, and to play it again. One process after the other, as a job does it.
func BenchmarkRound(b *testing.B) {
	m := newMill(b, *benchStudents, min(50_000, *benchStudents/10))
	for b.Loop() {
		id := m.open()
		m.Clock.Add(25 * time.Hour)
		took := func(name string, do func()) {
			start := time.Now() //nolint:forbidigo // a measurement
			do()
			b.ReportMetric(time.Since(start).Seconds(), name) //nolint:forbidigo // a measurement
		}
		took("s/freeze", func() { m.work(m.s) })
		m.draw(id)
		took("s/match", func() { m.work(m.s) })
		took("s/replay", func() {
			if got, err := replayed(m.ctx(), m.s, m.officer, id); err != nil || !equal(got) {
				b.Fatal(got, err)
			}
		})
		took("s/publish", func() {
			if _, err := m.s.Publish(m.ctx(), m.officer, id); err != nil {
				b.Fatal(err)
			}
			m.work(m.s)
		})
		b.ReportMetric(float64(m.row(id).Placed), "placed")
	}
}
