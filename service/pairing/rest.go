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
// activity of the two, or of units below them, is DORMANT, unless both have renewed it for a later one; one in which something
// took place since is ACTIVE again. It looks at the terms that ended within the last rest days, moves at most limit pairings
// of each kind, and returns how many.
func (s *Service) Rest(ctx context.Context, limit int) (n int, err error) {
	db, now := s.DB.WithContext(ctx), s.Now()
	var terms []model.Term
	err = db.Where("ends_on < ? AND ends_on >= ?", today(now), today(now.AddDate(0, 0, -rest))).Order("ends_on, id").Find(&terms).Error
	if err != nil {
		return 0, fmt.Errorf("read terms: %w", err)
	}
	for _, term := range terms {
		asleep, one := s.restIn(ctx, term, limit)
		n, err = n+asleep, errors.Join(err, one)
	}
	woken, one := s.wake(ctx, limit)
	return n + woken, errors.Join(err, one)
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
	return s.turnAll(ctx, limit, model.PairingActive, func(after int64) ([]int64, error) { return quiet(db, university, term, after, limit) },
		func(tx *gorm.DB, d Detail) (bool, error) {
			awake, err := s.served(tx, d, dayStart(term.StartsOn))
			if err == nil && !awake {
				awake, err = renewed(tx, d, term.EndsOn)
			}
			return !awake, err
		})
}

// turnAll turns the pairings that find gives, in the order of their ids and for each after the last one, until limit have
// moved: those that stay as they are, or fail, do not keep the others from their turn.
func (s *Service) turnAll(ctx context.Context, limit int, from model.PairingStatus, find func(after int64) ([]int64, error), ready func(tx *gorm.DB, d Detail) (bool, error)) (n int, err error) {
	for after := int64(0); n < limit; {
		due, one := find(after)
		if one != nil {
			return n, errors.Join(err, one)
		}
		moved, one := atomic.Each(ctx, s.DB, due, func(tx *gorm.DB, id int64) (bool, error) { return s.turn(tx, id, from, ready) })
		if n += moved; one != nil {
			err = errors.Join(err, fmt.Errorf("rest pairing %w", one))
		}
		if len(due) < limit {
			break
		}
		after = due[len(due)-1]
	}
	return n, err
}

// quiet finds pairings of a university that were there for a whole term, in which the two did nothing, and that were not
// renewed for a later one, by id.
func quiet(db *gorm.DB, university model.Org, term model.Term, after int64, limit int) ([]int64, error) {
	var due []int64
	err := db.Table("pairings").Joins("JOIN orgs campus ON campus.id = pairings.campus_org_id").Where("campus.path >= ? AND campus.path < ?", university.Path, access.PathEnd(university.Path)).
		Where("pairings.id > ? AND pairings.status = ? AND pairings.from_on <= ?", after, model.PairingActive, term.StartsOn).
		Where("NOT EXISTS (SELECT 1 FROM activities a WHERE a.campus_org_id = pairings.campus_org_id AND a.host_org_id = pairings.local_org_id AND a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at >= ?)", model.ActivityCancelled, dayStart(term.StartsOn)).
		Where("NOT EXISTS ("+renewedAfter+")", term.EndsOn).
		Order("pairings.id").Limit(limit).Pluck("pairings.id", &due).Error
	if err != nil {
		return nil, fmt.Errorf("look for sleeping pairings: %w", err)
	}
	return due, nil
}

// renewedAfter are terms later than a day for which both sides have renewed.
const renewedAfter = "SELECT 1 FROM pairing_renewals r JOIN pairing_renewals o ON o.pairing_id = r.pairing_id AND o.term_id = r.term_id AND o.side <> r.side " +
	"JOIN terms t ON t.id = r.term_id WHERE r.pairing_id = pairings.id AND t.ends_on > ?"

// wake looks again at pairings that sleep: first those in which the two did something themselves, then towns and departments
// for what the units below them did.
func (s *Service) wake(ctx context.Context, limit int) (int, error) {
	db := s.DB.WithContext(ctx)
	since := func(tx *gorm.DB, d Detail) (bool, error) { return s.served(tx, d, d.UpdatedAt) }
	own, err := s.turnAll(ctx, limit, model.PairingDormant, func(after int64) (asleep []int64, err error) {
		err = db.Table("pairings AS p").Joins("JOIN activities AS a ON a.campus_org_id = p.campus_org_id AND a.host_org_id = p.local_org_id").
			Where("p.id > ? AND p.status = ? AND a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at <= ? AND a.ends_at >= p.updated_at", after, model.PairingDormant, model.ActivityCancelled, s.Now()).
			Distinct().Order("p.id").Limit(limit).Pluck("p.id", &asleep).Error
		return asleep, sleeping(err)
	}, since)
	if err != nil {
		return own, err
	}
	above, err := s.turnAll(ctx, limit, model.PairingDormant, func(after int64) (asleep []int64, err error) {
		err = db.Model(&model.Pairing{}).Where("id > ? AND status = ? AND level = ?", after, model.PairingDormant, model.PairingTownDepartment).
			Order("id").Limit(limit).Pluck("id", &asleep).Error
		return asleep, sleeping(err)
	}, since)
	return own + above, err
}

func sleeping(err error) error {
	if err != nil {
		return fmt.Errorf("look for waking pairings: %w", err)
	}
	return nil
}

// turn moves a pairing between ACTIVE and DORMANT if it still is as it was found and is ready for it.
func (s *Service) turn(tx *gorm.DB, id int64, from model.PairingStatus, ready func(tx *gorm.DB, d Detail) (bool, error)) (moved bool, err error) {
	if _, err := Lock(tx, id); err != nil {
		return false, err
	}
	d, err := s.read(tx, id)
	if err != nil || d.Status != from {
		return false, err
	}
	if now, err := ready(tx, d); err != nil || !now {
		return false, err
	}
	m := audit.Move{Action: "pairing.rest", To: string(model.PairingDormant), OrgPath: d.CampusPath, Data: ids(d)}
	if from == model.PairingDormant {
		m.Action, m.To = "pairing.wake", string(model.PairingActive)
	}
	if err := s.Audit.Move(tx, access.Actor{}, &d.Pairing, m); err != nil || from == model.PairingDormant {
		return err == nil, err
	}
	return true, s.tellAsleep(tx, d)
}

// served tells whether an activity of the two, or of units below them, took place since an instant.
func (s *Service) served(tx *gorm.DB, d Detail, since time.Time) (bool, error) {
	var found []int64
	err := tx.Table("activities AS a").Joins("JOIN orgs AS c ON c.id = a.campus_org_id").Joins("JOIN orgs AS h ON h.id = a.host_org_id").
		Where("c.path >= ? AND c.path < ? AND h.path >= ? AND h.path < ?", d.CampusPath, access.PathEnd(d.CampusPath), d.LocalPath, access.PathEnd(d.LocalPath)).
		Where("a.published_at IS NOT NULL AND a.status <> ? AND a.ends_at >= ? AND a.ends_at <= ?", model.ActivityCancelled, since, s.Now()).
		Limit(1).Pluck("a.id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for an activity of a pairing: %w", err)
	}
	return len(found) > 0, nil
}

// renewed tells whether both sides have renewed a pairing for a term that ends after a day.
func renewed(tx *gorm.DB, d Detail, day model.Date) (bool, error) {
	var found []int64
	if err := tx.Table("pairings").Where("id = ? AND EXISTS ("+renewedAfter+")", d.ID, day).Limit(1).Pluck("id", &found).Error; err != nil {
		return false, fmt.Errorf("look for renewals of a pairing: %w", err)
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
