//go:build !testclock

package main

import (
	"time"

	"baodao/internal/clock"
)

// appClock is the machine's clock; nobody can set it.
func appClock(string) (now clock.Clock, set func(time.Time)) { return clock.System, nil }
