package round

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/matching/index"
)

// shelfLife is how old the picture of a round's positions may be from which lists are filled. An old one does no harm: every
// wish is checked again before it is written.
const shelfLife = time.Minute

// shelf keeps the pictures of rounds from which lists are filled.
type shelf struct {
	mu sync.Mutex
	of map[int64]*picture
}

// picture is all positions of a round.
type picture struct {
	until    time.Time
	census   *census
	snapshot *index.Snapshot
}

// picture is the one of a round, made anew when it is too old.
func (s *Service) picture(ctx context.Context, r *model.MatchRound) (*picture, error) {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	now := s.Now()
	if p := s.shelf.of[r.ID]; p != nil && now.Before(p.until) {
		return p, nil
	}
	p, err := s.paint(s.DB.WithContext(ctx), r)
	if err != nil {
		return nil, err
	}
	p.until = now.Add(shelfLife)
	fresh := map[int64]*picture{r.ID: p}
	for id, old := range s.shelf.of {
		if now.Before(old.until) && id != r.ID {
			fresh[id] = old
		}
	}
	s.shelf.of = fresh
	return p, nil
}

// paint makes the picture of a round.
func (s *Service) paint(db *gorm.DB, r *model.MatchRound) (*picture, error) {
	k := s.kind()
	c := &census{round: r, now: k.Now(), seq: map[int64]int32{}, community: map[int64]int32{}, branch: map[int64]int32{}, paths: map[int64]string{}}
	if err := c.readUnits(db); err != nil {
		return nil, err
	}
	offers, err := k.offers(db, c)
	if err != nil {
		return nil, err
	}
	ids, rows, err := k.rowsOf(db, c, offers)
	if err != nil {
		return nil, err
	}
	last, err := lastRound(db, r, nil)
	if err != nil {
		return nil, err
	}
	entries := make([]index.Entry, len(ids))
	for i, id := range ids {
		end := last.ends[id]
		entries[i] = index.Entry{ID: id, Position: rows[i], Cutoff: end.cutoff, Partners: end.kept, Closed: end.closed}
	}
	snapshot, err := index.Build(entries, last.round.Rule, last.students)
	if err != nil {
		return nil, fmt.Errorf("round %d: %w", r.ID, err)
	}
	return &picture{census: c, snapshot: snapshot}, nil
}

// fillList adds to a list what is recommended to who leads: a mix that reaches, is likely and is safe, the best first. Of friends
// all must be eligible. What is listed already takes the place of as many.
func (s *Service) fillList(ctx context.Context, r *model.MatchRound, friends, list []int64) ([]int64, error) {
	p, err := s.picture(ctx, r)
	if err != nil {
		return nil, err
	}
	db := s.DB.WithContext(ctx)
	who := &crowd{census: p.census, campus: map[geo.Point]int32{}}
	people, _, _, err := s.kind().peopleOf(db, who, friends[:1])
	if err != nil {
		return nil, err
	}
	room := int(r.K) - len(list)
	if room <= 0 {
		return list, nil
	}
	picks := p.snapshot.Mixed(&index.Query{Student: &people[0], Blocked: who.apart, Radius: int32(r.RadiusM), Limit: room}, nil) //nolint:gosec // checked when it was written
	more := make([]int64, 0, len(picks))
	for _, pick := range picks {
		if !slices.Contains(list, pick.ID) {
			more = append(more, pick.ID)
		}
	}
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
