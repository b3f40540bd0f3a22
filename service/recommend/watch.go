package recommend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/programme"
)

// How pictures are kept: the audit log says what changed, as every change of a state writes a line there in its own
// transaction. Lines are in the order in which they were written, not in which they were committed, so the last quarter of a
// minute is looked at again. What no line tells is found when everything is read again, a part at a time.
const (
	lookBack  = 15 << 22 // ids of the log; an id has 22 bits below its second
	maxLines  = 20_000   // new ones at once; who has missed more starts anew
	rollEvery = 10       // ticks
	rollParts = 60       // so that everything was read again after ten minutes of ticks of one second
	rollLeast = 100
)

// watch is what the pictures are drawn from. One goroutine at a time has it.
type watch struct {
	events   map[int64]*event
	places   map[int64][]*place // of each programme, by rising id
	rounds   map[int64]*rounds
	policies map[int64]*model.Policy
	pictures map[int64]*picture
	dirty    map[int64]bool // programmes to be drawn anew
	top      int64          // newest line of the log
	seen     map[int64]bool // lines that were worked on
	most     int            // new lines at once
	ticks    int
	from     rollMark
}

// rollMark is how far everything was read again.
type rollMark struct {
	at time.Time
	id int64
}

// load reads everything.
func (s *Service) load(db *gorm.DB) (*watch, error) {
	w := &watch{
		events: map[int64]*event{}, places: map[int64][]*place{}, rounds: map[int64]*rounds{}, policies: map[int64]*model.Policy{}, pictures: map[int64]*picture{},
		dirty: map[int64]bool{}, seen: map[int64]bool{}, most: cmp.Or(s.lines, maxLines),
	}
	if err := db.Raw("SELECT COALESCE(MAX(id), 0) FROM audit_log").Scan(&w.top).Error; err != nil {
		return nil, fmt.Errorf("read the end of the log: %w", err)
	}
	for c := (changes{many: true}); c.many; { // what the last lines tell is in what is read now
		var err error
		if c, err = w.changes(db); err != nil {
			return nil, err
		}
	}
	r := s.reader(db)
	for mark := (rollMark{}); ; {
		events, next, err := r.after(mark, batch)
		if err != nil {
			return nil, err
		}
		w.put(events, nil)
		if next == (rollMark{}) {
			break
		}
		mark = next
	}
	for programme := range w.places {
		if err := w.learn(db, programme); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// learn reads what a picture takes of a programme beside what is open in it.
func (w *watch) learn(db *gorm.DB, id int64) error {
	policy, err := programme.PolicyOf(db, id)
	if err != nil {
		return err
	}
	last, err := readRounds(db, id)
	if err != nil {
		return err
	}
	w.policies[id], w.rounds[id], w.dirty[id] = &policy, last, true
	return nil
}

// after reads the next n events in the order of their beginning; next is zero at the end.
func (r *reader) after(m rollMark, n int) (events []*event, next rollMark, err error) {
	drafts, err := r.drafts(" AND (a.listed_at > ? OR (a.listed_at = ? AND a.id > ?)) ORDER BY a.listed_at, a.id LIMIT ?", m.at, m.at, m.id, n)
	if err != nil {
		return nil, next, err
	}
	if len(drafts) == n {
		next = rollMark{drafts[n-1].starts, drafts[n-1].id}
	}
	events, err = r.whole(drafts)
	return events, next, err
}

// put takes events in, in place of those that have their ids, and those of gone out.
func (w *watch) put(events []*event, gone []int64) {
	out, in := map[int64]bool{}, map[int64][]*place{}
	for _, id := range gone {
		out[id] = true
	}
	for _, e := range events {
		out[e.id] = true
	}
	for id := range out {
		if old := w.events[id]; old != nil {
			w.dirty[old.programmeID] = true
			delete(w.events, id)
		}
	}
	for _, e := range events {
		if w.events[e.id] == nil { // it may come twice
			in[e.programmeID] = append(in[e.programmeID], e.places...)
			w.events[e.id], w.dirty[e.programmeID] = e, true
		}
	}
	for programme := range w.dirty {
		w.places[programme] = merge(w.places[programme], in[programme], func(e *event) bool { return out[e.id] })
	}
}

// Tick brings the pictures up to date: what was committed before it began is in them when it ends. The first one reads
// everything.
func (s *Service) Tick(ctx context.Context) error {
	s.ticking.Lock()
	defer s.ticking.Unlock()
	db, now := s.DB.WithContext(ctx), s.Now()
	if s.watch == nil {
		w, err := s.load(db)
		if err != nil {
			return err
		}
		s.watch = w
	}
	if err := s.follow(db); err != nil {
		s.watch = nil // half of it may be in
		return err
	}
	for programme, p := range s.watch.pictures {
		if !p.turns.IsZero() && !now.Before(p.turns) {
			s.watch.dirty[programme] = true
		}
	}
	return s.draw(now)
}

// follow takes in what changed, and every now and then a part of everything.
func (s *Service) follow(db *gorm.DB) error {
	w := s.watch
	c, err := w.changes(db)
	if err != nil {
		return err
	}
	if c.many {
		if s.watch, err = s.load(db); err != nil {
			return err
		}
		return nil
	}
	if err := s.apply(db, c); err != nil {
		return err
	}
	w.ticks++
	if w.ticks%rollEvery == 0 {
		return s.roll(db)
	}
	return nil
}

// draw makes the pictures of the programmes that changed and shows them all at once.
func (s *Service) draw(now time.Time) error {
	w := s.watch
	for programme := range w.dirty {
		p, err := newPicture(w.places[programme], now, w.rounds[programme], w.policies[programme])
		if err != nil {
			return fmt.Errorf("draw programme %d: %w", programme, err)
		}
		w.pictures[programme] = p
	}
	clear(w.dirty)
	s.board.Store(&board{at: now, pictures: maps.Clone(w.pictures)})
	return nil
}

// roll reads the next part of everything again, for what no line of the log tells: the name of a host, for instance.
func (s *Service) roll(db *gorm.DB) error {
	w, r := s.watch, s.reader(db)
	events, next, err := r.after(w.from, max(rollLeast, len(w.events)/rollParts+1))
	if err != nil {
		return err
	}
	read := make(map[int64]bool, len(events))
	var fresh []*event
	for _, e := range events {
		read[e.id] = true
		if old := w.events[e.id]; old == nil || !reflect.DeepEqual(old, e) {
			fresh = append(fresh, e)
		}
	}
	var gone []int64
	for id, e := range w.events {
		after := e.starts.After(w.from.at) || e.starts.Equal(w.from.at) && id > w.from.id
		until := next == (rollMark{}) || e.starts.Before(next.at) || e.starts.Equal(next.at) && id <= next.id
		if !read[id] && (after && until || !e.starts.After(r.now)) {
			gone = append(gone, id)
		}
	}
	if len(fresh)+len(gone) > 0 {
		w.put(fresh, gone)
	}
	w.from = next
	return nil
}

// Run keeps the pictures until ctx ends. Every replica does: pictures are its own.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("recommendations are not up to date", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sorted are the keys of a set in order.
func sorted(set map[int64]bool) []int64 { return slices.Sorted(maps.Keys(set)) }
