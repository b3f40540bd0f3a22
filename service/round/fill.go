package round

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
)

// Advisor recommends positions to a student who makes a list.
type Advisor interface {
	// ForRound are open positions whose places come from rounds, within what the round reaches: a mix that reaches, is likely and
	// is safe, the best first. The picture that they come from may be old: the caller looks at each again.
	ForRound(ctx context.Context, actor access.Actor, r *model.MatchRound, limit int) ([]int64, error)
}

// fillList adds to a list what is recommended to who leads. Of friends all must be eligible. What is listed already takes the
// place of as many.
func (s *Service) fillList(ctx context.Context, db *gorm.DB, actor access.Actor, r *model.MatchRound, friends, list []int64) ([]int64, error) {
	room := int(r.K) - len(list)
	if room <= 0 {
		return list, nil
	}
	more, err := s.Advice.ForRound(ctx, actor, r, room)
	if err != nil {
		return nil, err
	}
	more = slices.DeleteFunc(more, func(id int64) bool { return slices.Contains(list, id) })
	g, err := s.look(db, r, friends, more)
	if err != nil {
		return nil, err
	}
	for _, id := range more {
		row, ok := g.at[id]
		if !ok {
			continue
		}
		if zh, _ := g.unfit(row); zh == "" {
			list = append(list, id)
		}
	}
	return list, nil
}
