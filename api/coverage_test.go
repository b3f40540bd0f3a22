package api_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"baodao/internal/testkit/apitest"
)

// TestMain demands after a full run that every operation of the contract was answered with a success and with a refusal.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && full() {
		if missing := apitest.Contract(overTB{}).Missing(); len(missing) > 0 {
			fmt.Fprintf(os.Stderr, "FAIL: %d answers of the contract were never seen:\n", len(missing))
			for _, what := range missing {
				fmt.Fprintln(os.Stderr, "\t"+what)
			}
			code = 1
		}
	}
	os.Exit(code) //nolint:forbidigo // nothing else fails after the last test
}

// full tells whether all tests were run: none was filtered out, and tests were what was asked for.
func full() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}

// overTB is the testing.TB of what happens when the tests are over.
type overTB struct{ testing.TB }

// Helper says nothing.
func (overTB) Helper() {}
