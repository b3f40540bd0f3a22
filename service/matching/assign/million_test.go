package assign_test

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestProbe(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("PROBE"))
	if n == 0 {
		return
	}
	season := score.Season(os.Getenv("SEASON"))
	if season == "" {
		season = score.Term
	}
	in, err := sample.New(sample.Options{Students: n, Positions: n / 20, Season: season, Rule: score.PointsV2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	t.Log("made", cpu())
	seats := 0
	for i := range in.Positions {
		seats += int(in.Positions[i].Cap)
	}
	inRange, eligible, tried := 0, 0, 0
	for s := 0; s < n; s += max(1, n/300) {
		tried++
		for p := range in.Positions {
			f := score.Measure(&in.Students[s], &in.Positions[p])
			if f.Dist <= in.Round.Radius {
				inRange++
				if score.Misfits(&in.Students[s], &in.Positions[p], f, in.Round.Radius) == 0 {
					eligible++
				}
			}
		}
	}
	t.Logf("seats %d, in range %d, eligible %d per student", seats, inRange/tried, eligible/tried)
	runtime.GC()
	c := cpu()
	lists := assign.Lists(in, 1)
	t.Log("lists", cpu()-c)
	c = cpu()
	_, _ = draw.Ranks(in.Round.Seed, n, 1)
	t.Log("draw", cpu()-c)
	c = cpu()
	out, err := assign.Run(in, lists, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("draw+run", cpu()-c)
	filled := 0
	for _, f := range out.Filled {
		filled += int(f)
	}
	t.Log("filled", filled, "wronged", len(out.Wronged))
	if os.Getenv("COMPLETE") != "" {
		c = cpu()
		out, err = assign.RunComplete(in, 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Log("complete", cpu()-c, "proposals", out.Proposals, "wronged", len(out.Wronged))
		filled = 0
		for _, f := range out.Filled {
			filled += int(f)
		}
		t.Log("filled", filled, "total", worth(in, out.Place))
		outlook := &score.Outlook{Cutoffs: out.Cutoffs, Closed: out.Closed, Students: n}
		again := *in
		again.Round.Seed = []byte("another")
		c = cpu()
		lists = assign.MixedLists(&again, outlook, 1)
		t.Log("mixed", cpu()-c)
		out, _ = assign.Run(&again, lists, 1)
		filled = 0
		for _, f := range out.Filled {
			filled += int(f)
		}
		t.Log("filled", filled, "total", worth(in, out.Place))
	}
}

func worth(in *score.Instance, place []int32) (total int64) {
	for s, p := range place {
		if p >= 0 {
			total += int64(score.Of(&in.Students[s], &in.Positions[p], score.Measure(&in.Students[s], &in.Positions[p]), in.Round.Radius).Total())
		}
	}
	return total
}
