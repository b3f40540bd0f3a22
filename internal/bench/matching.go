package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"baodao/service/matching/assign"
	"baodao/service/matching/draw"
	"baodao/service/matching/geo"
	"baodao/service/matching/sample"
	"baodao/service/matching/score"
)

// matchMillion measures the CPU time of a whole round (lists, lottery, assignment) of a million students against scoring
// every pair in range once. The short form has a tenth of both. Every round is checked against its cut-offs.
func matchMillion(ctx context.Context, s settings, _ string) (result, error) {
	in, err := s.sample(100_000, 1_000_000)
	if err != nil {
		return result{}, err
	}
	peak, seen, filled := "", 0, int32(0)
	ours := func(context.Context) (float64, error) {
		if peak == "" {
			resetPeak()
		}
		began := cpuTime()
		lists := assign.Lists(in, 2)
		out, err := assign.Run(in, lists, 2)
		took := cpuTime() - began
		if err != nil {
			return 0, err
		}
		if peak == "" {
			peak = peakMemory()
		}
		filled, err = certify(in, lists, &out.Outcome)
		return took.Seconds(), err
	}
	floor := func(context.Context) (float64, error) {
		began := cpuTime()
		seen = scoreAll(in)
		return (cpuTime() - began).Seconds(), nil
	}
	r, err := pairs(ctx, s.rounds(), ours, floor)
	r.Unit, r.Floor = "cpu_s", "scoring every pair in range"
	r.Note = fmt.Sprintf("students=%d positions=%d pairs=%d filled=%d peak_mib=%s", len(in.Students), len(in.Positions), seen, filled, peak)
	return r, err
}

// rounds are fewer in full, where one takes a quarter of a minute and varies less.
func (s settings) rounds() int {
	if s.full {
		return 3
	}
	return 6
}

// sample invents a round in term, a twentieth of the students positions: around the campuses of BENCH_DATA when it is named.
func (s settings) sample(short, full int) (*score.Instance, error) {
	return s.season(score.Term, short, full)
}

func (s settings) season(season score.Season, short, full int) (*score.Instance, error) {
	o := sample.Options{Students: short, Season: season, Rule: score.PointsV2, Seed: s.seed}
	if s.full {
		o.Students = full
	}
	o.Positions = o.Students / 20
	names, err := filepath.Glob(filepath.Join(s.data, "universities*.csv"))
	if s.data != "" && err == nil && len(names) > 0 {
		f, err := os.Open(names[0])
		if err != nil {
			return nil, err
		}
		o.Campuses, err = sample.Campuses(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return sample.New(o)
}

// certify checks a round without the code that made it: everybody has the first wish whose cut-off they reach, no
// position holds more than its seats, none has too small a team.
func certify(in *score.Instance, lists score.Lists, out *score.Outcome) (filled int32, err error) {
	ranks, err := draw.Ranks(in.Round.Seed, len(in.Students), 2)
	if err != nil {
		return 0, err
	}
	held := make([]int32, len(in.Positions))
	for s := range in.Students {
		want := int32(score.None)
		for _, wish := range lists.Of(s) {
			p := wish.Position()
			if at := &in.Positions[p]; !out.Closed[p] && keyOf(in, s, at, ranks[s]) >= out.Cutoffs[p] {
				want = p
				break
			}
		}
		if out.Place[s] != want {
			return 0, fmt.Errorf("student %d has position %d, by the cut-offs %d", s, out.Place[s], want)
		}
		if want != score.None {
			held[want]++
			filled++
		}
	}
	return filled, seated(in, held, out)
}

func keyOf(in *score.Instance, s int, p *score.Position, rank uint32) uint32 {
	student := &in.Students[s]
	return score.Key(in.Round.Rule.Band(student, p, score.Measure(student, p), in.Round.Radius), rank)
}

func seated(in *score.Instance, held []int32, out *score.Outcome) error {
	for p, n := range held {
		if at := &in.Positions[p]; n != out.Filled[p] || n > at.Cap || n > 0 && n < at.Min || out.Cutoffs[p] != 0 && n < at.Cap {
			return fmt.Errorf("position %d holds %d of %d to %d, the round says %d", p, n, at.Min, at.Cap, out.Filled[p])
		}
	}
	return nil
}

// scoreAll scores every pair in range once, campus by campus, and counts the pairs. Distance, nearness and urgency are
// taken once for a campus; what depends on the student is looked up.
func scoreAll(in *score.Instance) (pairs int) {
	var time, skill [64 * 64]int32
	for i := range time {
		time[i], skill[i] = score.Time(i&63, i>>6), score.Skill(i&63, i>>6)
	}
	campuses := map[geo.XYZ][]int32{}
	for s := range in.Students {
		campuses[in.Students[s].At] = append(campuses[in.Students[s].At], int32(s))
	}
	best := make([]int32, len(in.Students))
	for at, students := range campuses {
		spots := inRange(in, at)
		pairs += len(spots) * len(students)
		for _, id := range students {
			s := &in.Students[id]
			for i := range spots {
				p := &spots[i]
				overlap := bits.OnesCount64(s.Slots & p.slots)
				total := p.part + time[(p.nslots<<6|overlap)&4095] +
					skill[(p.nwant<<6|bits.OnesCount32(s.Skills&p.want))&4095] + score.Interest(s, p.category)
				if total > best[id] && overlap >= int(p.need) && p.req&^s.Skills == 0 && p.dist <= s.MaxDist {
					best[id] = total
				}
			}
		}
	}
	return pairs
}

func inRange(in *score.Instance, at geo.XYZ) (spots []near) {
	for i := range in.Positions {
		p := &in.Positions[i]
		if d := geo.Chord(at, p.At); d <= in.Round.Radius {
			spot := newNear(p, int32(i))
			spot.dist, spot.part = d, score.Near(d, in.Round.Radius)+score.Urgency(p)
			spots = append(spots, spot)
		}
	}
	return spots
}

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// resetPeak makes Linux forget the most memory that this process had.
func resetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // without it the peak is of the whole process
}

// peakMemory is the most memory that this process had, in MiB; "?" where there is no /proc.
func peakMemory() string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return "?"
	}
	defer f.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			if kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "kB"))); err == nil {
				return strconv.Itoa(kib / 1024)
			}
		}
	}
	return "?"
}
