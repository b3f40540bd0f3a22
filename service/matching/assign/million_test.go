package assign_test

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
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
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600)
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
	status, _ := os.ReadFile("/proc/self/status")
	_, status, _ = bytes.Cut(status, []byte("VmHWM:"))
	t.Log("peak", string(status[:14]))
	rank, first := 0, 0
	waited, placed := [3]int{}, [3]int{}
	for s, p := range out.Place {
		w := min(2, in.Students[s].Waited)
		waited[w]++
		if p >= 0 {
			placed[w]++
			for i, wish := range lists.Of(s) {
				if wish.Position() == p {
					rank += i + 1
					if i == 0 {
						first++
					}
				}
			}
		}
	}
	all := placed[0] + placed[1] + placed[2]
	t.Log("avg rank", float64(rank)/float64(all), "first", first*100/all, "placed by waited", placed[0]*100/waited[0], placed[1]*100/waited[1], placed[2]*100/waited[2])
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
