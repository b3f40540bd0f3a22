// Package remind tells people in time: before a session, when a check-in is missing, before a milestone, and who a new
// activity is for. Nothing is kept for a single sign-up: one row stands for each session and kind, and the people are
// looked up when they are told.
package remind

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/notify"
	"baodao/service/round"
)

const (
	dayAhead  = 24 * time.Hour
	hourAhead = time.Hour

	// missingAfter is how long after a session has begun a check-in is missed. It goes into the programme's policy once
	// somebody wants another time.
	missingAfter = 15 * time.Minute

	sessionMost = 24 * time.Hour // the longest session
	planMost    = 500            // rows that one transaction plans
)

// Service finds out what people are to be told because time passes.
type Service struct {
	DB     *gorm.DB
	Now    clock.Clock
	Notify *notify.Service
}

// Plan notes what has come due since the last run: sessions to remind of, check-ins to miss, milestones. Running it late
// or twice is harmless: each of them is noted once, and what lies behind is not told any more.
func (s *Service) Plan(ctx context.Context) error {
	now := s.Now()
	for _, span := range spans(now) {
		if err := s.planSessions(ctx, span, now); err != nil {
			return err
		}
	}
	if err := s.planTurnout(ctx, now); err != nil {
		return err
	}
	return s.planMilestones(ctx, now)
}

// Spread tells everybody who is still to be told.
func (s *Service) Spread(ctx context.Context) error { return s.Notify.Spread(ctx, s.audience) }

// audience finds the people of a fan-out.
func (s *Service) audience(tx *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	switch kind := notify.Kind(f.Kind); kind {
	case notify.ActivityPublished:
		return s.invited(tx, f, limit)
	case notify.ReminderDay, notify.ReminderHour, notify.CheckInMissing:
		return s.attending(tx, f, limit)
	case notify.MilestoneDue:
		return s.responsible(tx, f, limit)
	case notify.MatchOpen, notify.MatchProposed, notify.MatchNone, notify.MatchAsked, notify.MatchStays:
		return round.Audience(tx, s.Now, f, limit)
	default:
		return notify.Event{}, nil, fmt.Errorf("nobody is known to be told of %s", kind)
	}
}

// span is the sessions that a kind is about: those that start after from and not after to, and end after now.
type span struct {
	kind     notify.Kind
	from, to time.Time
}

// spans are the sessions that come due. "Tomorrow" is said of sessions of tomorrow only, however late the run is.
func spans(now time.Time) []span {
	y, m, d := now.In(clock.China()).Date()
	tomorrow := time.Date(y, m, d+1, 0, 0, 0, 0, clock.China()).Add(-time.Millisecond).UTC()
	if soon := now.Add(hourAhead); soon.After(tomorrow) {
		tomorrow = soon
	}
	return []span{
		{notify.ReminderDay, tomorrow, now.Add(dayAhead)},
		{notify.ReminderHour, now, now.Add(hourAhead)},
		{notify.CheckInMissing, now.Add(-sessionMost), now.Add(-missingAfter)},
	}
}

// planSessions notes the sessions of a span that are not noted yet, a few hundred a transaction.
func (s *Service) planSessions(ctx context.Context, sp span, now time.Time) error {
	for {
		var n int
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			var rows []model.Session
			if err := comingDue(tx, sp, now).Find(&rows).Error; err != nil {
				return err
			}
			n = len(rows)
			facts := make([]notify.Fact, n)
			for i, r := range rows {
				facts[i] = notify.Fact{Kind: sp.kind, Object: r.TableName(), ObjectID: r.ID, At: r.StartsAt}
			}
			return s.Notify.FanOut(tx, facts...)
		})
		if err != nil {
			return fmt.Errorf("plan %s: %w", sp.kind, err)
		}
		if n < planMost {
			return nil
		}
	}
}

// comingDue walks the sessions by their start and leaves out those that are noted. It is always a range of a day at most.
func comingDue(tx *gorm.DB, sp span, now time.Time) *gorm.DB {
	return tx.Table("activity_sessions AS s").Select("s.id, s.starts_at").
		Joins("JOIN activities AS a ON a.id = s.activity_id AND a.status = ?", model.ActivityPublished).
		Where("s.starts_at > ? AND s.starts_at <= ? AND s.ends_at > ?", sp.from, sp.to, now).
		Where("NOT EXISTS (SELECT 1 FROM notice_fanouts AS f WHERE f.kind = ? AND f.object_id = s.id AND f.due_at = s.starts_at)", string(sp.kind)).
		Order("s.starts_at, s.id").Limit(planMost)
}
