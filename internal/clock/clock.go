// Package clock is the only place that reads the machine's time.
package clock

import "time"

// Clock returns the present time in UTC, whole milliseconds.
type Clock func() time.Time

// System is the machine's clock, truncated to the millisecond that both databases store.
func System() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// China is the zone in which days, terms and deadlines are counted.
func China() *time.Location { return china }

var china = mustLoad("Asia/Shanghai") //nolint:gochecknoglobals // a constant that the standard library can only load

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}
