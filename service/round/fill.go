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
	// is safe, the best first, and none of except. The picture that they come from may be old: the caller looks at each again.
	ForRound(ctx context.Context, actor access.Actor, r *model.MatchRound, except []int64, limit int) ([]int64, error)
}

// fillAsks is how often a list asks for more: what friends have in common may be little of what is recommended to one of them.
const fillAsks = 10

// fillList adds to a list what is recommended to who leads, until there are as many as the round shows or nothing is left. Of
// friends all must be eligible: what is not for one of them leaves its place to the next.
func (s *Service) fillList(ctx context.Context, db *gorm.DB, actor access.Actor, r *model.MatchRound, friends, list []int64) ([]int64, error) {
	known := slices.Clone(list)
	for range fillAsks {
		room := int(r.K) - len(list)
		if room <= 0 {
			break
		}
		more, err := s.Advice.ForRound(ctx, actor, r, known, room)
		if err != nil || len(more) == 0 {
			return list, err
		}
		g, err := s.look(db, r, friends, more)
		if err != nil {
			return nil, err
		}
		known = append(known, more...)
		list = append(list, slices.DeleteFunc(more, func(id int64) bool { return !g.fits(id) })...)
	}
	return list, nil
}

// fits tells whether a position is to be had, by each of the friends.
func (g *glimpse) fits(id int64) bool {
	row, ok := g.at[id]
	if !ok {
		return false
	}
	zh, _ := g.unfit(row)
	return zh == ""
}
