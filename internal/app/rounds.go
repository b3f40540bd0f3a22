package app

import (
	"context"
	"runtime"
	"time"

	"baodao/internal/jobs"
	"baodao/model"
	"baodao/service/content"
	"baodao/service/round"
)

// newRounds makes the rounds of matching. The replica has a name of its own, by which it holds the lease of a round. Rounds
// hear of suspended accounts.
func newRounds(d Deps, s *Services, checks *content.Service) *round.Service {
	rounds := &round.Service{
		DB: d.DB, Now: d.Now, NewID: d.NewID, Audit: s.Org.Audit, Vault: s.Vault, Notify: s.Notify, Content: checks, Signups: s.Signup, Survey: s.Survey, Advice: s.Recommend,
		Owner: jobs.Name(), Workers: runtime.GOMAXPROCS(0), Kinds: map[string]round.Kind{
			model.RoundPositions: &round.Positions{DB: d.DB, Now: d.Now, NewID: d.NewID, Survey: s.Survey},
			model.RoundPairing:   &round.Pairs{DB: d.DB, Now: d.Now, Survey: s.Survey, Pairings: s.Pairing},
		},
	}
	s.Account.Suspended = rounds.Suspended
	return rounds
}

// roundJobs take match rounds further, end proposals that nobody answered, play rounds again, and forget those that are past
// their time.
func roundJobs(s *Services) []jobs.Job {
	return []jobs.Job{{Name: "lapse-match-proposals", Every: 30 * time.Second, Do: func(ctx context.Context) error {
		_, err := s.Round.Lapse(ctx, 50_000)
		return err
	}}, {Name: "end-gone-proposals", Every: 10 * time.Second, Do: func(ctx context.Context) error {
		_, err := s.Round.EndGone(ctx, 2000)
		return err
	}}, {Name: "advance-match-rounds", Every: 10 * time.Second, Do: func(ctx context.Context) error {
		_, err := s.Round.Advance(ctx, 20)
		return err
	}}, {Name: "replay-match-rounds", Every: 5 * time.Second, Do: func(ctx context.Context) error {
		_, err := s.Round.PlayAgain(ctx, 4)
		return err
	}}, {Name: "forget-match-rounds", Every: time.Hour, Do: func(ctx context.Context) error {
		_, err := s.Round.Forget(ctx, 20)
		return err
	}}, {Name: "propose-match-pairs", Every: 10 * time.Second, Do: func(ctx context.Context) error {
		_, err := s.Round.ProposePairs(ctx, 200)
		return err
	}}}
}
