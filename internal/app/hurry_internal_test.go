package app

import (
	"testing"
	"time"

	"baodao/internal/jobs"
)

func TestJobsLookOftenOnlyWhereTheClockCanBeSet(t *testing.T) {
	t.Parallel()
	built := &Built{Jobs: []jobs.Job{{Name: "rest-pairings", Every: time.Hour}, {Name: "soon", Every: time.Second}}}
	machine := &App{Built: built}
	test := &App{Built: built, deps: Deps{SetClock: func(time.Time) {}}}
	for name, c := range map[string]struct {
		app  *App
		want []time.Duration
	}{
		"a clock that can be set": {test, []time.Duration{2 * time.Second, time.Second}},
		"the machine's clock":     {machine, []time.Duration{time.Hour, time.Second}},
	} {
		got := c.app.due()
		if len(got) != 2 || got[0].Every != c.want[0] || got[1].Every != c.want[1] || got[0].Name != "rest-pairings" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
