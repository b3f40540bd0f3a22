package app

import (
	"time"

	"baodao/internal/jobs"
)

// hurry is how often a job looks at the latest on a server whose clock can be set: a year passes in minutes there, and what
// looks every hour would see nothing of it.
const hurry = 2 * time.Second

// due are the jobs as this server runs them.
func (a *App) due() []jobs.Job {
	if a.deps.SetClock == nil {
		return a.Jobs
	}
	often := make([]jobs.Job, 0, len(a.Jobs))
	for _, job := range a.Jobs {
		job.Every = min(job.Every, hurry)
		often = append(often, job)
	}
	return often
}
