package pairing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/org"

	"gorm.io/gorm"
)

// Rest writes down which pairings sleep and which have woken: one that lasted a whole term of its university without an
// activity of the two, or of units below them, is DORMANT; one in which something took place since is ACTIVE again. It
// looks at the terms that ended within the last rest days, at most limit pairings of each kind, and returns how many moved.
func (s *Service) Rest(ctx context.Context, limit int) (n int, err error) {
	db, now := s.DB.WithContext(ctx), s.Now()
	var terms []model.Term
	err = db.Where("ends_on < ? AND ends_on >= ?", today(now), today(now.AddDate(0, 0, -rest))).Order("ends_on, id").Find(&terms).Error
	if err != nil {
		return 0, fmt.Errorf("read terms: %w", err)
	}
	for _, term := range terms {
		asleep, err := s.restIn(ctx, term, limit)
		n += asleep
		if err != nil {
			return n, err
		}
	}
	woken, err := s.wake(ctx, limit)
	return n + woken, err
}

// rest is for how many days after the end of a term pairings still fall asleep for it.
const rest = 60

func (s *Service) restIn(ctx context.Context, term model.Term, limit int) (n int, err error) {
	db := s.DB.WithContext(ctx)
	university, err := org.ByID(db, term.UniversityID)
	if errors.Is(err, fault.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var due []int64
	err = db.Table("pairings").Joins("JOIN orgs campus ON campus.id = pairings.campus_org_id").Where("campus.path >= ? AND campus.path < ?", university.Path, access.PathEnd(university.Path)).
		Where("pairings.status = ? AND pairings.from_on <= ?", model.PairingActive, term.StartsOn).
		Where("NOT EXISTS (SELECT 1 FROM activities a WHERE a.campus_org_id = pairings.campus_org_id AND a.host_org_id = pairings.local_org_id AND a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at >= ?)", model.ActivityCancelled, dayStart(term.StartsOn)).
		Order("pairings.id").Limit(limit).Pluck("pairings.id", &due).Error
	if err != nil {
		return 0, fmt.Errorf("look for sleeping pairings: %w", err)
	}
	for _, id := range due {
		moved, err := s.turn(ctx, id, model.PairingActive, func(served bool) bool { return !served }, term)
		if err != nil {
			return n, err
		}
		n += moved
	}
	return n, nil
}

// wake looks again at pairings that sleep.
func (s *Service) wake(ctx context.Context, limit int) (n int, err error) {
	var asleep []int64
	db := s.DB.WithContext(ctx)
	err = db.Table("pairings AS p").Joins("JOIN activities AS a ON a.campus_org_id = p.campus_org_id AND a.host_org_id = p.local_org_id").
		Where("p.status = ? AND a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at <= ? AND a.ends_at >= p.updated_at", model.PairingDormant, model.ActivityCancelled, s.Now()).
		Distinct().Order("p.id").Limit(limit).Pluck("p.id", &asleep).Error
	if err != nil {
		return 0, fmt.Errorf("look for waking pairings: %w", err)
	}
	for _, id := range asleep {
		moved, err := s.turn(ctx, id, model.PairingDormant, func(bool) bool { return true }, model.Term{})
		if err != nil {
			return n, err
		}
		n += moved
	}
	return n, nil
}

// turn moves a pairing between ACTIVE and DORMANT if it still is as it was found and want agrees with whether anything
// took place since the term began.
func (s *Service) turn(ctx context.Context, id int64, from model.PairingStatus, want func(served bool) bool, term model.Term) (moved int, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		moved = 0
		if _, err := Lock(tx, id); err != nil {
			return err
		}
		d, err := s.read(tx, id)
		if err != nil || d.Status != from {
			return err
		}
		served := false
		if term.ID != 0 {
			if served, err = s.served(tx, d, term); err != nil {
				return err
			}
		}
		if !want(served) {
			return nil
		}
		m := audit.Move{Action: "pairing.rest", To: string(model.PairingDormant), OrgPath: d.CampusPath, Data: ids(d)}
		if from == model.PairingDormant {
			m.Action, m.To = "pairing.wake", string(model.PairingActive)
		}
		moved = 1
		if err := s.Audit.Move(tx, access.Actor{}, &d.Pairing, m); err != nil || from == model.PairingDormant {
			return err
		}
		return s.tellAsleep(tx, d)
	})
	return moved, err
}

// served tells whether an activity of the two, or of units below them, took place since a term began.
func (s *Service) served(tx *gorm.DB, d Detail, term model.Term) (bool, error) {
	var found []int64
	err := tx.Table("activities AS a").Joins("JOIN orgs AS c ON c.id = a.campus_org_id").Joins("JOIN orgs AS h ON h.id = a.host_org_id").
		Where("c.path >= ? AND c.path < ? AND h.path >= ? AND h.path < ?", d.CampusPath, access.PathEnd(d.CampusPath), d.LocalPath, access.PathEnd(d.LocalPath)).
		Where("a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at >= ? AND a.ends_at <= ?", model.ActivityCancelled, dayStart(term.StartsOn), s.Now()).
		Limit(1).Pluck("a.id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for an activity of a pairing: %w", err)
	}
	return len(found) > 0, nil
}

// dayStart is when a day begins in China; the zero time for what is none.
func dayStart(day model.Date) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, string(day), clock.China())
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
