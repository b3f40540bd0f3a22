// Command bench measures the server against floors taken in the same run. A figure is a ratio; absolute times are context.
//
// BENCH names one benchmark (all by default), BENCH_FULL=1 takes the full sizes, BENCH_GATE names a JSON file of lowest
// ratios {"list.page": 0.6}: a ratio below it ends the run with exit code 1. A wrong answer always does. BENCH_DATA names a
// folder of real divisions (provinces.csv to villages.csv) and campuses (universities*.csv: name, lat, lng); without it
// they are invented or the built-in excerpt.
// BENCH_SEED is another number for other invented rounds of matching (1).
// With TEST_MYSQL_DSN every benchmark of the database runs on that server too.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings come from the environment.
type settings struct {
	full  bool
	mysql string // DSN, empty without a server
	data  string // folder of real divisions and campuses, empty for invented ones
	seed  uint64 // of invented rounds of matching
	out   io.Writer
}

// result is one figure.
type result struct {
	Value  float64 // in Unit, median
	Unit   string
	Floor  string  // what it is compared with
	Ratio  float64 // median of the paired ratios
	Lo, Hi float64 // smallest and largest paired ratio
	Engine string
	Note   string
}

// benchmark is one line of PERFORMANCE targets. less says that a smaller ratio is better.
type benchmark struct {
	name    string
	engines bool // runs once for each engine
	less    bool
	run     func(ctx context.Context, s settings, engine string) (result, error)
}

func all() []benchmark {
	return []benchmark{
		{name: "edge.overhead", run: edgeOverhead},
		{name: "list.page", engines: true, run: listPage},
		{name: "list.public", engines: true, run: listPublic},
		{name: "outbox.drain", engines: true, run: outboxDrain},
		{name: "signup.hot", engines: true, run: signupHot},
		{name: "signup.commit", engines: true, run: signupCommit},
		{name: "signup.burst", engines: true, less: true, run: signupBurst},
		{name: "signup.full", engines: true, run: signupFull},
		{name: "signup.spread", engines: true, run: signupSpread},
		{name: "signup.single", engines: true, less: true, run: signupSingle},
		{name: "signup.growth", engines: true, less: true, run: signupGrowth},
		{name: "signup.replicas", engines: true, run: signupReplicas},
		{name: "checkin.redeem", engines: true, run: checkinRedeem},
		{name: "ledger.total", engines: true, less: true, run: ledgerTotal},
		{name: "import.divisions", engines: true, less: true, run: importDivisions},
		{name: "match.million", less: true, run: matchMillion},
		{name: "match.quality", run: matchQuality},
		{name: "match.online", engines: true, run: matchOnline},
		{name: "match.pairing", less: true, run: matchPairing},
		{name: "match.round", engines: true, less: true, run: matchRound},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	s := settings{full: os.Getenv("BENCH_FULL") == "1", mysql: os.Getenv("TEST_MYSQL_DSN"), data: os.Getenv("BENCH_DATA"), out: os.Stdout}
	var err error
	if s.seed, err = seedOf(os.Getenv("BENCH_SEED")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if os.Getenv(simulatorVariable) != "" {
		err = simulate(ctx)
	} else {
		err = run(ctx, s, os.Getenv("BENCH"), os.Getenv("BENCH_GATE"))
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func seedOf(text string) (uint64, error) {
	if text == "" {
		return 1, nil
	}
	return strconv.ParseUint(text, 10, 64)
}

func run(ctx context.Context, s settings, only, gateFile string) error {
	gate, err := readGate(gateFile)
	if err != nil {
		return err
	}
	list := all()
	if only != "" {
		list = slices.DeleteFunc(list, func(b benchmark) bool { return b.name != only })
		if len(list) == 0 {
			return fmt.Errorf("no benchmark %q", only)
		}
	}
	var errs []error
	for _, b := range list {
		engines := []string{""}
		if b.engines {
			engines = []string{"sqlite"}
			if s.mysql != "" {
				engines = append(engines, "mysql")
			}
		}
		for _, engine := range engines {
			errs = append(errs, measureOne(ctx, s, b, engine, gate))
		}
	}
	return errors.Join(errs...)
}

func measureOne(ctx context.Context, s settings, b benchmark, engine string, gate map[string]float64) error {
	most := 10 * time.Minute
	if s.full {
		most = time.Hour
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	r, err := b.run(ctx, s, engine)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	if r.Engine == "" {
		r.Engine = "none"
	}
	fmt.Fprintf(s.out, "BENCH name=%s value=%.4g unit=%s floor=%s ratio=%.3f range=%.3f..%.3f engine=%s %s\n",
		b.name, r.Value, r.Unit, strings.ReplaceAll(r.Floor, " ", "_"), r.Ratio, r.Lo, r.Hi, r.Engine, r.Note)
	if bar, ok := gate[b.name]; ok && ((!b.less && r.Ratio < bar) || (b.less && r.Ratio > bar)) {
		return fmt.Errorf("%s: ratio %.3f misses the bar %.3f on %s", b.name, r.Ratio, bar, r.Engine)
	}
	return nil
}

func readGate(file string) (map[string]float64, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, fmt.Errorf("read gate: %w", err)
	}
	var gate map[string]float64
	if err := json.Unmarshal(data, &gate); err != nil {
		return nil, fmt.Errorf("read gate: %w", err)
	}
	return gate, nil
}
