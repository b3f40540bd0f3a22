// Package signup gives students seats in activities and takes them back. Seats are columns of the position that only
// statements behind its lock change; one live signup for each activity and student is kept by a unique index. Locks are taken
// in one order: students, then positions, each by id; a signup changes only behind the lock of its position.
//
// Requests for seats that come at the same time share a transaction (queue), are answered one after the other by the same
// rules (facts.judge) and are told only after the commit.
package signup

import (
	"context"
	"errors"
	"sync"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/batch"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/standing"
	"baodao/service/text"
	"baodao/service/vault"
)

// Service gives seats and takes them back. It must not be copied once it is used.
type Service struct {
	DB       *gorm.DB
	Now      clock.Clock
	NewID    func() int64
	Audit    *audit.Log
	Vault    *vault.Vault
	Notify   *notify.Service   // nil tells nobody
	Standing *standing.Service // nil punishes nobody
	SeedKey  []byte            // the seeds of lotteries follow from it; 32 bytes
	Content  *content.Service  // looks at what students write and at reasons before others see them; nil lets everything through
	Solo     bool              // every request gets a transaction of its own, and no refusal comes from memory: the floor of the benchmarks

	once   sync.Once
	queues []*queue // of requests for seats
	late   *queue   // of requests with a key for positions that a mark says are full
	full   marks

	weak weakness
}

// weakness is what a test takes away from the service to see that it would notice; in the program it is zero.
type weakness struct {
	limitless     bool // seats are given whether or not one is left
	dontLock      bool // the student's row
	dontLockSeats bool // the position's row
	dontLookBack  bool // for a live signup in the same activity
}

// queue makes requests that come together one transaction.
type queue = batch.Queue[call]

// Shards: how many queues run side by side. SQLite has one writer; on MySQL requests for different positions share two cores.
const (
	shards     = 4
	soloShards = 64 // as many as there are connections: nobody waits for a request beside it
)

// Create takes a seat for the student who asks, or a place in the waiting list, before the organiser or in the lottery, and
// records the signup; or does neither. A repeat with the same key gets the first answer. The refusals are those of rules.go,
// in their order, after ErrNeedsStudent and fault.ErrNotFound.
func (s *Service) Create(ctx context.Context, actor access.Actor, positionID int64, note string, key idem.Key) (model.Signup, error) {
	if actor.UserID != 0 && actor.StudentID == 0 && len(actor.Grants) == 0 {
		return model.Signup{}, ErrNeedsStudent // a newcomer; staff hear access.ErrDenied
	}
	if err := actor.Require(access.SignupCreate); err != nil {
		return model.Signup{}, err
	}
	if actor.StudentID == 0 {
		return model.Signup{}, access.ErrDenied
	}
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/note", In: &note, Max: 500, Lines: true, Optional: true})
	if err := wrong.Err(); err != nil {
		return model.Signup{}, err
	}
	a := ask{actor: actor, positionID: positionID, note: note, key: key}
	line := s.queueOf(positionID)
	if s.full.refuses(a, s.Now()) {
		if key.Value == "" {
			return model.Signup{}, ErrFull
		}
		line = s.late
	}
	c := &call{ask: a}
	err := line.Do(ctx, c)
	if err == nil {
		err = c.answer.err
	}
	if errors.Is(err, errUnpublished) {
		return model.Signup{}, s.unpublished(ctx, actor, positionID)
	}
	if err != nil {
		return model.Signup{}, err
	}
	return c.answer.row, nil
}

// queueOf is the queue in which the requests for a position wait.
func (s *Service) queueOf(positionID int64) *queue {
	s.once.Do(func() {
		n := shards
		if s.DB.Name() == "sqlite" {
			n = 1
		}
		most := batch.Most
		if s.Solo {
			n, most = soloShards, 1
		}
		for range n {
			s.queues = append(s.queues, &queue{Run: s.together, Most: most})
		}
		s.late = &queue{Run: s.recall, Most: most}
	})
	return s.queues[positionID%int64(len(s.queues))]
}

// unpublished answers whoever asks for a seat in a draft: it is there for nobody but its staff.
func (s *Service) unpublished(ctx context.Context, actor access.Actor, positionID int64) error {
	if _, _, err := positionOf(s.DB.WithContext(ctx), actor, positionID, s.Now()); err != nil {
		return err
	}
	return ErrNotOpen
}
