package recommend

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// changes are what the log tells since the last look.
type changes struct {
	signups, activities, positions, rounds, programmes map[int64]bool
	many                                               bool // more is new than is worth following
}

// changes reads the log. It walks the primary key alone: the condition on objects is looked at here, lest a database
// takes the index of objects instead. What was worked on before does not count as many: else a quarter of a minute of a rush
// would be more than is worth following, at every tick, and everything would be read again while most people sign up.
func (w *watch) changes(db *gorm.DB) (c changes, err error) {
	c = changes{signups: map[int64]bool{}, activities: map[int64]bool{}, positions: map[int64]bool{}, rounds: map[int64]bool{}, programmes: map[int64]bool{}}
	of := map[string]map[int64]bool{
		"signups": c.signups, "activities": c.activities, "positions": c.positions, "position_needs": c.positions, "match_rounds": c.rounds, "programmes": c.programmes,
	}
	rows, err := db.Raw("SELECT id, object, object_id FROM audit_log WHERE id > ? ORDER BY id LIMIT ?", w.top-lookBack, len(w.seen)+w.most+1).Rows()
	if err != nil {
		return c, fmt.Errorf("read the log: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	fresh := 0
	for rows.Next() {
		var id, objectID int64
		var object string
		if err := rows.Scan(&id, &object, &objectID); err != nil {
			return c, fmt.Errorf("read the log: %w", err)
		}
		if w.seen[id] {
			continue
		}
		fresh++
		w.seen[id], w.top = true, max(w.top, id)
		if set := of[object]; set != nil {
			set[objectID] = true
		}
	}
	c.many = fresh > w.most
	for id := range w.seen {
		if id <= w.top-lookBack {
			delete(w.seen, id)
		}
	}
	return c, rows.Err()
}

// apply reads again what changed.
func (s *Service) apply(db *gorm.DB, c changes) error {
	r := s.reader(db)
	if err := r.column("SELECT activity_id FROM positions WHERE id IN ?", c.positions, c.activities); err != nil {
		return err
	}
	var events []*event
	var gone []int64
	for part := range slices.Chunk(sorted(c.activities), batch) {
		read, err := r.events(" AND a.id IN ?", part)
		if err != nil {
			return err
		}
		events, gone = append(events, read...), append(gone, part...)
	}
	for programme := range c.programmes {
		read, err := r.events(" AND a.programme_id = ?", programme)
		if err != nil {
			return err
		}
		events = append(events, read...)
		for id, e := range s.watch.events {
			if e.programmeID == programme {
				gone = append(gone, id)
			}
		}
	}
	if len(events)+len(gone) > 0 {
		s.watch.put(events, gone)
	}
	if err := s.reseat(r, c); err != nil {
		return err
	}
	return s.rerank(r, c)
}

// reseat reads the seats of the positions for which somebody signed up or gave up.
func (s *Service) reseat(r *reader, c changes) error {
	touched := map[int64]bool{}
	if err := r.column("SELECT position_id FROM signups WHERE id IN ?", c.signups, touched); err != nil {
		return err
	}
	now, ofEvent := map[int64]seats{}, map[int64]bool{}
	for part := range slices.Chunk(sorted(touched), batch) {
		rows, err := r.rows("id IN ?", part)
		if err != nil {
			return err
		}
		for id, p := range rows {
			now[id], ofEvent[p.activityID] = p.seats, true
		}
	}
	var events []*event
	for id := range ofEvent {
		if e := s.watch.events[id]; e != nil {
			events = append(events, e.with(now))
		}
	}
	if len(events) > 0 {
		s.watch.put(events, nil)
	}
	return nil
}

// rerank reads how rounds ended.
func (s *Service) rerank(r *reader, c changes) error {
	programmes := map[int64]bool{}
	if err := r.column("SELECT programme_id FROM match_rounds WHERE id IN ?", c.rounds, programmes); err != nil {
		return err
	}
	for programme := range s.watch.places {
		if s.watch.rounds[programme] == nil {
			programmes[programme] = true
		}
	}
	for programme := range c.programmes { // those in which nothing was open yet come when something is
		if s.watch.rounds[programme] != nil {
			programmes[programme] = true
		}
	}
	for programme := range programmes {
		if err := s.watch.learn(r.db, programme); err != nil {
			return err
		}
	}
	return nil
}

// column adds to a set what a query finds for the ids of another. DISTINCT is not for the database: it would walk a whole index
// in order to have none twice.
func (r *reader) column(sql string, ids, to map[int64]bool) error {
	for part := range slices.Chunk(sorted(ids), batch) {
		var found []int64
		if err := r.db.Raw(sql, part).Scan(&found).Error; err != nil {
			return fmt.Errorf("read what changed: %w", err)
		}
		for _, id := range found {
			to[id] = true
		}
	}
	return nil
}
