package signup

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
)

const (
	markLife = 300 * time.Millisecond // how long a full position answers from memory
	markMost = 5000                   // students that a mark remembers; an activity with more has none
	markFrom = 16                     // refusals of one batch, or of one mark, that make the next: it is for stampedes, a quiet position is looked up
)

// marks remember for a short time which positions are full, so that a stampede after the last seat does not touch the
// database: one that carries no Idempotency-Key does not touch it at all, the others share one look (recall). A mark only
// refuses: it never gives a seat. Whoever ever signed up for the activity is not answered from it, so
// that members and repeats hear what they heard before. Another process shows a freed seat at most markLife late.
type marks struct {
	mu sync.RWMutex
	of map[int64]*mark // by position
}

type mark struct {
	until   time.Time // by the system's clock
	event   model.Activity
	members map[int64]struct{} // students who ever signed up
	refused atomic.Int64       // requests that it answered
}

// refuses tells whether the position is known to be full and the student is nobody to whom the database might say
// something else.
func (m *marks) refuses(a ask, now time.Time) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := m.of[a.positionID]
	if k == nil || !clock.System().Before(k.until) || open(k.event, now) != nil {
		return false
	}
	_, member := k.members[a.actor.StudentID]
	if !member {
		k.refused.Add(1)
	}
	return !member
}

// lasts tells whether a position's mark has just ended and refused so many that the stampede goes on: then the first request
// that the database refuses makes the next one, and the others need not wait for it.
func (m *marks) lasts(positionID int64) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := m.of[positionID]
	return k != nil && k.refused.Load() >= markFrom && clock.System().Before(k.until.Add(markLife))
}

// fresh tells whether a position has a mark that still counts.
func (m *marks) fresh(positionID int64) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := m.of[positionID]
	return k != nil && clock.System().Before(k.until)
}

// set marks a position as full.
func (m *marks) set(positionID int64, k *mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) > markMost {
		m.of = map[int64]*mark{}
	}
	m.of[positionID] = k
}

// drop forgets the marks of positions in which a seat may be free.
func (m *marks) drop(f *facts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range f.positions {
		delete(m.of, id)
	}
}

// join notes who has signed up meanwhile.
func (m *marks) join(rows []model.Signup) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.of {
		for _, r := range rows {
			if k.event.ID == r.ActivityID {
				k.members[r.StudentID] = struct{}{}
			}
		}
	}
}

// newMark reads who ever signed up for the activity of a full position; nil when there are too many to remember.
func (f *facts) newMark(tx *gorm.DB, p *seats) (*mark, error) {
	if p.Taken > markMost {
		return nil, nil //nolint:nilnil // no mark is an answer
	}
	var students []int64
	err := tx.Model(&model.Signup{}).Where("activity_id = ?", p.ActivityID).Limit(markMost+1).Pluck("student_id", &students).Error
	if err != nil {
		return nil, fmt.Errorf("read who signed up: %w", err)
	}
	if len(students) > markMost {
		return nil, nil //nolint:nilnil // no mark is an answer
	}
	k := &mark{until: clock.System().Add(markLife), event: f.activities[p.ActivityID].Activity, members: make(map[int64]struct{}, len(students))}
	for _, id := range students {
		k.members[id] = struct{}{}
	}
	return k, nil
}
