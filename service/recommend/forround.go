package recommend

import (
	"context"
	"errors"
	"slices"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// ForRound is what the actor's list for a round is filled with: what Recommend would show them mixed, only that every place
// comes from rounds, lies within what the round reaches, and is none of except. Nothing for who stands nowhere.
// Errors: fault.ErrNotFound, ErrNoHome.
func (s *Service) ForRound(ctx context.Context, actor access.Actor, r *model.MatchRound, except []int64, limit int) ([]int64, error) {
	a, err := s.Asker(ctx, actor, r.ProgrammeID, r.Season)
	if errors.Is(err, ErrNowhere) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	got, err := s.For(ctx, a, Ask{ProgrammeID: r.ProgrammeID, Season: r.Season, Mixed: true, round: r, except: except}, page.Request{Limit: limit})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(got.Items))
	for i, x := range got.Items {
		ids[i] = x.ID
	}
	return ids, nil
}

// listed is a view that hides what no round gives, and what is known already.
type listed struct {
	*view
	except []int64
}

// Hides tells what is not for the student.
func (v listed) Hides(entry int32) bool {
	return v.ways[entry] != byRounds || v.view.Hides(entry) || slices.Contains(v.except, v.places[entry].id)
}
