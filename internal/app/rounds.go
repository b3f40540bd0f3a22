package app

import (
	"baodao/internal/jobs"
	"baodao/service/content"
	"baodao/service/round"
)

// newRounds makes the rounds of matching. The replica has a name of its own, by which it holds the lease of a round.
func newRounds(d Deps, s *Services, checks *content.Service) *round.Service {
	return &round.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: s.Org.Audit, Vault: s.Vault, Notify: s.Notify, Content: checks,
		Owner: jobs.Name(),
	}
}
