//go:build testclock

package main

import (
	"sync"
	"time"

	"baodao/config"
	"baodao/internal/clock"
)

// appClock is a clock that PUT /test/clock can set, in the test environment only. It runs on from what it was set to.
func appClock(env string) (now clock.Clock, set func(time.Time)) {
	if env != config.Test {
		return clock.System, nil
	}
	var mu sync.Mutex
	var skew time.Duration
	now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return clock.System().Add(skew)
	}
	set = func(to time.Time) {
		mu.Lock()
		defer mu.Unlock()
		skew = to.Sub(clock.System())
	}
	return now, set
}
