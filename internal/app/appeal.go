package app

import (
	"context"
	"time"

	"gorm.io/gorm"

	"baodao/internal/jobs"
	"baodao/service/appeal"
	"baodao/service/content"
	"baodao/service/support"
)

// newAppeals makes the service of appeals from the other ones.
func newAppeals(d Deps, s *Services, checks *content.Service) *appeal.Service {
	return &appeal.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: s.Standing.Audit, Vault: s.Vault, Notify: s.Notify, Content: checks, Pictures: s.Upload,
		Standing: s.Standing, Signups: s.Signup, Attendance: s.Attend,
	}
}

// newSupport makes the service of incidents from the other ones.
func newSupport(d Deps, s *Services, checks *content.Service) *support.Service {
	return &support.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: s.Standing.Audit, Vault: s.Vault, Notify: s.Notify, Content: checks, Pictures: s.Upload,
	}
}

// appealJobs take appeals further whose time is over.
func appealJobs(s *Services) []jobs.Job {
	return []jobs.Job{{Name: "sweep-appeals", Every: 5 * time.Minute, Do: func(ctx context.Context) error {
		_, err := s.Appeal.Sweep(ctx, 500)
		return err
	}}}
}

// neverPublic is for pictures that only those see who may read what they belong to.
func neverPublic(*gorm.DB, int64) (bool, error) { return false, nil }
