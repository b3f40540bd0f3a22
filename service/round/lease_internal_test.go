package round

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A lease is renewed in time as long as there is work. One that is lost ends the work, and so does one that could not be
// renewed for as long as it lasts; a database that was away for a moment does not.
func TestALeaseIsKept(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for name, c := range map[string]struct {
		renews []error // at each third of the lease; then all is well
		want   error
		after  time.Duration
	}{
		"all is well":         {nil, nil, 95 * time.Second},
		"lost":                {[]error{nil, errLost}, errLost, 20 * time.Second},
		"away for a moment":   {[]error{away, away, nil, away, away}, nil, 95 * time.Second},
		"away for too long":   {[]error{nil, away, away, away}, away, 40 * time.Second},
		"away, and then lost": {[]error{away, errLost}, errLost, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, n := time.Now(), 0 //nolint:forbidigo // of the bubble
				err := keep(t.Context(), func(context.Context) error {
					if n++; n <= len(c.renews) {
						return c.renews[n-1]
					}
					return nil
				}, func(ctx context.Context) error {
					work := time.NewTimer(95 * time.Second)
					defer work.Stop()
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-work.C:
						return nil
					}
				})
				if took := time.Since(start); !errors.Is(err, c.want) || took != c.after { //nolint:forbidigo // of the bubble
					t.Errorf("%v after %v", err, took)
				}
				if c.want == nil && n != 9 {
					t.Errorf("renewed %d times", n)
				}
			})
		})
	}
}
