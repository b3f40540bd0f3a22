package demand

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/read"
	"baodao/service/text"
)

// errStillOn is ErrConverted for a unit that gives back what its activity still serves.
var errStillOn = ErrConverted.Saying("这个需求转成的活动还在，请先取消活动，再把需求交回。", "The activity that it became goes on; cancel that first.")

// GiveBack ends the acceptance of a demand before it begins, with a reason: it is on the board again, and its times run on
// from when a unit was first asked. Nothing follows from it for the unit. An activity that it became has to be cancelled
// first, errStillOn; a project goes on without it. A repeat changes nothing. ErrExpired, fault.ErrState.
func (s *Service) GiveBack(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, access.DemandAnswer, id, func(tx *gorm.DB, sc scene) error {
		unitID, again := sc.row.AcceptedOrgID, false
		if sc.row.Status == model.DemandOpen {
			unitID, again = sc.row.GivenBackBy, true
		}
		if err := s.answersFor(tx, actor, sc, unitID); err != nil || again {
			return err
		}
		if err := unlinked(tx, sc.row); err != nil {
			return stillOn(err)
		}
		if sc.row.Status == model.DemandAccepted && !s.Now().Before(*sc.row.StartsAt) {
			return ErrExpired
		}
		if err := s.Content.Reason(tx, actor, content.Activity, sc.row.HostPath, reason); err != nil {
			return err
		}
		return s.giveBack(tx, actor, sc, *unitID, reason)
	})
}

func stillOn(err error) error {
	if errors.Is(err, ErrConverted) {
		return errStillOn
	}
	return err
}

// answersFor checks that the actor answers for a unit that has, or had, a demand they see; fault.ErrState without one.
func (s *Service) answersFor(tx *gorm.DB, actor access.Actor, sc scene, unitID *int64) error {
	if !actor.Sees(object(sc.row)) {
		return fault.ErrNotFound
	}
	if unitID == nil {
		return fault.ErrState
	}
	unit, err := org.ByID(tx, *unitID)
	if err != nil {
		return err
	}
	return actor.Check(access.DemandAnswer, access.Object{Paths: []string{unit.Path}, Public: true})
}

// giveBack puts an accepted demand on the board again. The dispatch that led to it, if one did, says so too.
func (s *Service) giveBack(tx *gorm.DB, actor access.Actor, sc scene, unitID int64, reason string) error {
	var sent []*model.Dispatch
	err := atomic.ForUpdate(tx).Where("demand_id = ? AND status = ?", sc.row.ID, model.DispatchAccepted).Limit(1).Find(&sent).Error
	if err != nil {
		return fmt.Errorf("read dispatch: %w", err)
	}
	for _, d := range sent {
		err := s.Audit.Move(tx, actor, d, audit.Move{
			Action: "dispatch.give_back", To: string(model.DispatchGivenBack), Reason: reason, OrgPath: d.OrgPath, Set: map[string]any{"reason": reason},
		})
		if err != nil {
			return err
		}
	}
	set := map[string]any{
		"given_back_at": s.Now(), "given_back_by": unitID, "reason": reason,
		"accepted_at": nil, "accepted_by": nil, "accepted_org_id": nil, "project_id": nil, "activity_id": nil,
	}
	if sc.row.SentAt == nil {
		set["sent_at"] = *sc.row.AcceptedAt // it was taken from the board then, and waits for an acceptance since
	}
	err = s.Audit.Move(tx, actor, &sc.row, audit.Move{
		Action: "demand.give_back", To: string(model.DemandOpen), Reason: reason, OrgPath: sc.row.HostPath, Set: set, Data: map[string]any{"org_id": unitID},
	})
	if err != nil {
		return err
	}
	return s.tellUnit(tx, notify.DemandDeclined, sc, unitID, notify.Both("接单后交回："+reason, "Given back after accepting, on the board again: "+reason), actor.UserID)
}

// Recall takes a dispatch back before the unit has answered, with a reason, for an officer above the host or above the unit
// that was asked. The demand is on the board again, and the unit is told. A repeat changes nothing. fault.ErrState when the
// unit was quicker.
func (s *Service) Recall(ctx context.Context, actor access.Actor, dispatchID int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	if err := personWith(actor, access.DemandDispatch); err != nil {
		return Detail{}, err
	}
	sent, err := read.One[model.Dispatch](s.DB.WithContext(ctx).Where("id = ?", dispatchID), "dispatch")
	if err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, access.DemandDispatch, sent.DemandID, func(tx *gorm.DB, sc scene) error {
		if err := mayRecall(actor, sc.row, sent); err != nil {
			return err
		}
		if sc.live == nil || sc.live.ID != dispatchID {
			return was(tx, dispatchID, model.DispatchWithdrawn)
		}
		if err := sc.must(s.Now(), model.DemandDispatched); err != nil {
			return err
		}
		if err := s.Content.Reason(tx, actor, content.Activity, sc.row.HostPath, reason); err != nil {
			return err
		}
		if err := s.end(tx, actor, sc.live, model.DispatchWithdrawn, reason); err != nil {
			return err
		}
		if err := s.backToBoard(tx, actor, sc); err != nil {
			return err
		}
		return s.tellCampus(tx, notify.DemandCancelled, sc, notify.Both("派单已撤回："+reason, "The request was taken back: "+reason), actor.UserID)
	})
}

// mayRecall: who might have asked the unit from outside. The unit itself declines instead. Who sees neither side of the
// dispatch does not hear that there is one.
func mayRecall(actor access.Actor, d model.Demand, sent model.Dispatch) error {
	if !actor.Sees(access.Object{Paths: []string{d.HostPath, sent.OrgPath}, Read: access.DemandRead}) {
		return fault.ErrNotFound
	}
	return actor.Check(access.DemandDispatch, access.Object{Paths: []string{d.HostPath, pathAbove(sent.OrgPath)}, Public: true})
}

// pathAbove is the path of the organisation above.
func pathAbove(path string) string {
	return path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
}

// was is nil for a dispatch in a state, fault.ErrState for one in another.
func was(tx *gorm.DB, dispatchID int64, status model.DispatchStatus) error {
	now, err := read.One[model.Dispatch](tx.Where("id = ?", dispatchID), "dispatch")
	if err == nil && now.Status != status {
		err = fault.ErrState
	}
	return err
}
