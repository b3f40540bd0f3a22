package demand

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/read"
	"baodao/service/text"
)

// Send asks a campus unit to take a demand, with a time until which it should answer. A demand of the board may be sent by an
// officer above the host or above the unit. One that waits for an answer may be handed on, by an officer of the unit that was
// asked, to a unit below it. fault.ErrInvalid, ErrUnreachable, ErrAsked, ErrTaken, ErrExpired, fault.ErrState.
func (s *Service) Send(ctx context.Context, actor access.Actor, key idem.Key, id, orgID int64, dueAt time.Time) (Detail, error) {
	if err := personWith(actor, access.DemandDispatch); err != nil {
		return Detail{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "dispatchDemand", key, func(tx *gorm.DB) (Detail, error) {
		return s.changed(tx, actor, id, func(tx *gorm.DB, sc scene) error { return s.send(tx, actor, sc, orgID, dueAt) })
	})
}

func (s *Service) send(tx *gorm.DB, actor access.Actor, sc scene, orgID int64, dueAt time.Time) error {
	if !actor.Sees(object(sc.row)) {
		return fault.ErrNotFound
	}
	unit, err := org.ByID(tx, orgID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if err := s.maySend(actor, sc, unit); err != nil {
		return err
	}
	if err := sc.must(s.Now(), model.DemandOpen, model.DemandDispatched); err != nil {
		return err
	}
	var c fault.Collector
	c.Add(!takes(unit), "/org_id", "not_found", "须是在用的高校团组织", "must be an active campus unit")
	c.Add(!dueAt.After(s.Now()), "/due_at", "past", "答复期限须在将来", "must be in the future")
	c.Add(dueAt.After(*sc.row.StartsAt), "/due_at", "max", "答复期限不能晚于需求开始", "may not be after the demand begins")
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.reaches(tx, sc.row, unit); err != nil {
		return err
	}
	if sc.live != nil {
		if err := s.end(tx, actor, sc.live, model.DispatchForwarded, ""); err != nil {
			return err
		}
	}
	return s.ask(tx, actor, sc, unit, dueAt, nil)
}

// maySend checks the dispatcher: above host or unit for the board; of the unit that was asked, to hand it on.
func (s *Service) maySend(actor access.Actor, sc scene, unit model.Org) error {
	board := actor.Check(access.DemandDispatch, access.Object{Paths: []string{sc.row.HostPath, unit.Path}, Public: true})
	if sc.live == nil {
		return board
	}
	err := actor.Check(access.DemandDispatch, access.Object{Paths: []string{sc.live.OrgPath}, Public: true})
	below := unit.Path != sc.live.OrgPath && strings.HasPrefix(unit.Path, sc.live.OrgPath)
	switch {
	case err == nil && !below:
		return errOnlyBelow
	case err != nil && board == nil:
		return ErrAsked
	}
	return err
}

// errOnlyBelow is ErrAsked for an officer of the unit that was asked.
var errOnlyBelow = ErrAsked.Saying("需求正在等您的组织答复，只能转给下级单位。", "Your unit has been asked; it can only be handed on to a unit below.")

// takes tells whether an organisation is one that serves.
func takes(o model.Org) bool { return o.Side == model.SideCampus && o.Status == model.OrgActive }

// reaches wants a unit to which the programme is open.
func (s *Service) reaches(tx *gorm.DB, d model.Demand, unit model.Org) error {
	p, err := programme.ByID(tx, d.ProgrammeID)
	if err != nil {
		return err
	}
	orgs, err := org.ByIDs(tx, p.OwnerOrgID, d.HostOrgID)
	if err != nil {
		return err
	}
	if p.Status != model.ProgrammeActive || !programme.Reaches(orgs[p.OwnerOrgID], unit, orgs[d.HostOrgID]) {
		return ErrUnreachable
	}
	return nil
}

// ask writes a dispatch, takes the demand to DISPATCHED and tells the unit.
func (s *Service) ask(tx *gorm.DB, actor access.Actor, sc scene, unit model.Org, dueAt time.Time, after *model.Dispatch) error {
	now := s.Now()
	row := model.Dispatch{
		ID: s.NewID(), DemandID: sc.row.ID, LiveDemandID: &sc.row.ID, OrgID: unit.ID, OrgPath: unit.Path, SentBy: actor.UserID, DueAt: dueAt,
		Status: model.DispatchSent, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if after != nil {
		row.EscalatedOf = &after.ID
	}
	if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.ErrState
	} else if err != nil {
		return fmt.Errorf("create dispatch: %w", err)
	}
	err := s.Audit.Write(tx, actor, audit.Entry{
		Action: "demand.dispatch", Object: row.TableName(), ObjectID: row.ID, OrgPath: unit.Path, To: row.State(), Data: map[string]any{"demand_id": sc.row.ID},
	})
	if err != nil {
		return err
	}
	if sc.row.Status == model.DemandOpen {
		m := audit.Move{Action: "demand.send", To: string(model.DemandDispatched), OrgPath: sc.row.HostPath, Set: map[string]any{}}
		if sc.row.SentAt == nil {
			m.Set["sent_at"] = now
		}
		if err := s.Audit.Move(tx, actor, &sc.row, m); err != nil {
			return err
		}
	}
	return s.tellOfficers(tx, notify.DemandDispatched, scene{row: sc.row, live: &row}, notify.Words{}, actor.UserID, access.DemandAnswer, unit.Path)
}

// Take accepts a demand of the board for a unit that nobody had to ask. A repeat for the same unit changes nothing.
func (s *Service) Take(ctx context.Context, actor access.Actor, id, orgID int64) (Detail, error) {
	return s.change(ctx, actor, access.DemandAnswer, id, func(tx *gorm.DB, sc scene) error {
		if !actor.Sees(object(sc.row)) {
			return fault.ErrNotFound
		}
		unit, err := org.ByID(tx, orgID)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		var c fault.Collector
		c.Add(!takes(unit), "/org_id", "not_found", "须是在用的高校团组织", "must be an active campus unit")
		if err := c.Err(); err != nil {
			return err
		}
		if err := actor.Check(access.DemandAnswer, access.Object{Paths: []string{unit.Path}, Public: true}); err != nil {
			return err
		}
		if sc.row.Status == model.DemandAccepted && *sc.row.AcceptedOrgID == unit.ID {
			return nil // an answer that was lost on the way
		}
		if sc.row.Phase(s.Now()) == model.DemandDispatched {
			return ErrAsked
		}
		if err := sc.must(s.Now(), model.DemandOpen); err != nil {
			return err
		}
		if err := s.reaches(tx, sc.row, unit); err != nil {
			return err
		}
		return s.accept(tx, actor, sc, unit.ID)
	})
}

// Accept takes a demand that was sent to the unit. A repeat changes nothing.
func (s *Service) Accept(ctx context.Context, actor access.Actor, dispatchID int64) (Detail, error) {
	return s.answer(ctx, actor, dispatchID, model.DispatchAccepted, func(tx *gorm.DB, sc scene) error {
		if err := sc.must(s.Now(), model.DemandDispatched); err != nil {
			return err
		}
		if err := s.end(tx, actor, sc.live, model.DispatchAccepted, ""); err != nil {
			return err
		}
		return s.accept(tx, actor, sc, sc.live.OrgID)
	})
}

func (s *Service) accept(tx *gorm.DB, actor access.Actor, sc scene, orgID int64) error {
	err := s.Audit.Move(tx, actor, &sc.row, audit.Move{
		Action: "demand.accept", To: string(model.DemandAccepted), OrgPath: sc.row.HostPath, Data: map[string]any{"org_id": orgID},
		Set: map[string]any{"accepted_at": s.Now(), "accepted_by": actor.UserID, "accepted_org_id": orgID, "reason": ""},
	})
	if err != nil {
		return err
	}
	return s.tellUnit(tx, notify.DemandAccepted, sc, orgID, notify.Words{}, actor.UserID)
}

// Decline turns a demand down with a reason. Nothing follows from it; the demand is on the board again. A repeat changes
// nothing.
func (s *Service) Decline(ctx context.Context, actor access.Actor, dispatchID int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.answer(ctx, actor, dispatchID, model.DispatchDeclined, func(tx *gorm.DB, sc scene) error {
		if err := s.Content.Reason(tx, actor, content.Activity, sc.live.OrgPath, reason); err != nil {
			return err
		}
		if err := s.end(tx, actor, sc.live, model.DispatchDeclined, reason); err != nil {
			return err
		}
		if err := s.backToBoard(tx, actor, sc); err != nil {
			return err
		}
		return s.tellUnit(tx, notify.DemandDeclined, sc, sc.live.OrgID, notify.Own(reason), actor.UserID)
	})
}

func (s *Service) backToBoard(tx *gorm.DB, actor access.Actor, sc scene) error {
	return s.Audit.Move(tx, actor, &sc.row, audit.Move{Action: "demand.reopen", To: string(model.DemandOpen), OrgPath: sc.row.HostPath})
}

// answer runs fn on the live dispatch of a unit for which the actor answers. One that was answered like that is left alone;
// fault.ErrState when it was answered otherwise.
func (s *Service) answer(ctx context.Context, actor access.Actor, dispatchID int64, to model.DispatchStatus, fn func(tx *gorm.DB, sc scene) error) (Detail, error) {
	if err := personWith(actor, access.DemandAnswer); err != nil {
		return Detail{}, err
	}
	sent, err := read.One[model.Dispatch](s.DB.WithContext(ctx).Where("id = ?", dispatchID), "dispatch")
	if err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, access.DemandAnswer, sent.DemandID, func(tx *gorm.DB, sc scene) error {
		o := access.Object{Paths: []string{sent.OrgPath}, Read: access.DemandRead}
		if err := actor.Check(access.DemandAnswer, o); err != nil {
			return err
		}
		if sc.live != nil && sc.live.ID == dispatchID {
			return fn(tx, sc)
		}
		return was(tx, dispatchID, to)
	})
}
