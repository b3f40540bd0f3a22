package demand

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/project"
)

// Settle writes down what the clock has decided, at most limit demands of each kind: those that nobody took before they
// were to begin are EXPIRED, dispatches that were not answered in time go to the unit above or back to the board, and
// accepted demands whose activity is over are FULFILLED. It returns how many it changed. One that fails does not hold up
// the others.
func (s *Service) Settle(ctx context.Context, limit int) (int, error) {
	due, err := s.due(ctx, limit)
	if err != nil {
		return 0, err
	}
	n, err := atomic.Each(ctx, s.DB, due, s.settleOne)
	if err != nil {
		return n, fmt.Errorf("settle demand %w", err)
	}
	return n, nil
}

// due finds the demands about which the clock has something to say.
func (s *Service) due(ctx context.Context, limit int) ([]int64, error) {
	db, now := s.DB.WithContext(ctx), s.Now()
	var expired, overdue, over []int64
	err := db.Model(&model.Demand{}).Where("status IN ? AND starts_at <= ?", []model.DemandStatus{model.DemandSubmitted, model.DemandOpen, model.DemandDispatched}, now).
		Order("starts_at, id").Limit(limit).Pluck("id", &expired).Error
	if err == nil {
		err = db.Model(&model.Dispatch{}).Where("status = ? AND due_at <= ?", model.DispatchSent, now).Order("due_at, id").Limit(limit).Pluck("demand_id", &overdue).Error
	}
	if err == nil {
		err = db.Table("demands AS d").Joins("JOIN activities AS a ON a.id = d.activity_id").
			Where("d.status = ? AND d.starts_at <= ? AND a.ends_at <= ? AND a.published_at IS NOT NULL AND a.status <> ?", model.DemandAccepted, now, now, model.ActivityCancelled).
			Order("d.starts_at, d.id").Limit(limit).Pluck("d.id", &over).Error
	}
	if err != nil {
		return nil, fmt.Errorf("look for demands that are due: %w", err)
	}
	return append(append(expired, overdue...), over...), nil
}

func (s *Service) settleOne(tx *gorm.DB, id int64) (bool, error) {
	sc, err := open(tx, id)
	if err != nil {
		return false, err
	}
	nobody, now := access.Actor{}, s.Now()
	switch {
	case sc.row.Status == model.DemandAccepted:
		return s.settleAccepted(tx, sc)
	case sc.row.Phase(now) == model.DemandExpired && sc.row.Status != model.DemandExpired:
		if err := s.withdraw(tx, nobody, sc); err != nil {
			return false, err
		}
		err := s.Audit.Move(tx, nobody, &sc.row, audit.Move{Action: "demand.expire", To: string(model.DemandExpired), OrgPath: sc.row.HostPath})
		if err == nil {
			err = s.tellHost(tx, notify.DemandExpired, sc, "", notify.Words{}, 0)
		}
		return err == nil, err
	case sc.live != nil && !now.Before(sc.live.DueAt):
		return true, s.escalate(tx, sc)
	}
	return false, nil
}

// settleAccepted: an activity that took place fulfils the demand.
func (s *Service) settleAccepted(tx *gorm.DB, sc scene) (bool, error) {
	if sc.row.ActivityID == nil {
		return false, nil
	}
	a, err := project.ActivityByID(tx, *sc.row.ActivityID)
	if err != nil || a.PublishedAt == nil || a.Status == model.ActivityCancelled || s.Now().Before(a.EndsAt) {
		return false, err
	}
	return true, s.fulfil(tx, access.Actor{}, sc)
}

// escalate asks the campus unit above the one that did not answer, for as long again; without one the demand is on the
// board again. Host and dispatcher are told.
func (s *Service) escalate(tx *gorm.DB, sc scene) error {
	nobody, late := access.Actor{}, *sc.live
	if err := s.end(tx, nobody, sc.live, model.DispatchOverdue, ""); err != nil {
		return err
	}
	above, err := s.above(tx, late.OrgID)
	if err != nil {
		return err
	}
	if err := s.tellLate(tx, sc, above.Name); err != nil {
		return err
	}
	if above.ID == 0 {
		return s.backToBoard(tx, nobody, sc)
	}
	due := s.Now().Add(late.DueAt.Sub(late.CreatedAt))
	if due.After(*sc.row.StartsAt) {
		due = *sc.row.StartsAt
	}
	return s.ask(tx, nobody, sc, above, due, &late)
}

// above is the campus unit above another; the zero Org if there is none that serves.
func (s *Service) above(tx *gorm.DB, orgID int64) (model.Org, error) {
	unit, err := org.ByID(tx, orgID)
	if err != nil {
		return unit, err
	}
	parent, err := org.ByID(tx, unit.ParentID)
	if errors.Is(err, fault.ErrNotFound) || (err == nil && !takes(parent)) {
		return model.Org{}, nil
	}
	return parent, err
}
