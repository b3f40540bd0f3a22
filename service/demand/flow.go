package demand

import (
	"context"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/text"
)

// Submit hands a draft to the town. ErrIncomplete names every field that is still missing; ErrExpired when its time is over.
func (s *Service) Submit(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, access.DemandWrite, id, func(tx *gorm.DB, sc scene) error {
		if err := actor.Check(access.DemandWrite, object(sc.row)); err != nil {
			return err
		}
		if err := sc.must(s.Now(), model.DemandDraft); err != nil {
			return err
		}
		if err := complete(sc.row, s.Now()); err != nil {
			return err
		}
		if err := s.Content.Passed(tx, actor, content.Activity, sc.row.HostPath, texts(sc.row)); err != nil {
			return err
		}
		err := s.Audit.Move(tx, actor, &sc.row, audit.Move{
			Action: "demand.submit", To: string(model.DemandSubmitted), OrgPath: sc.row.HostPath,
			Set: map[string]any{"submitted_by": actor.UserID, "submitted_at": s.Now(), "reason": ""},
		})
		if err != nil {
			return err
		}
		return s.tellOfficers(tx, notify.DemandSubmitted, sc, notify.Words{}, actor.UserID, access.DemandVerify, sc.row.HostPath)
	})
}

// complete names everything that a demand needs before others work on it.
func complete(d model.Demand, now time.Time) error {
	var fields []fault.Field
	need := func(missing bool, pointer, zh, en string) {
		if missing {
			fields = append(fields, fault.Field{Pointer: pointer, Code: "required", ZH: zh, EN: en})
		}
	}
	need(len(d.Positions) == 0, "/positions", "请说明需要几个人做什么", "say how many people are needed for what")
	need(len(d.Windows) == 0, "/windows", "请填写时间", "say when")
	need(d.Place == "", "/place", "请填写地点", "say where")
	need(d.RiskNote == "", "/risk_note", "请填写风险提示", "say what the risks are")
	need(d.ContactID == 0, "/contact_id", "请填写联系人", "say who answers")
	if len(fields) > 0 {
		return ErrIncomplete.With(fields...)
	}
	if d.StartsAt != nil && !now.Before(*d.StartsAt) {
		return ErrExpired
	}
	return nil
}

// Verify puts a submitted demand on the board. It needs an officer of the town or county who neither drafted nor
// submitted it (access.ErrOwnInterest).
func (s *Service) Verify(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.judge(ctx, actor, id, func(tx *gorm.DB, sc scene) error {
		err := s.Audit.Move(tx, actor, &sc.row, audit.Move{
			Action: "demand.verify", To: string(model.DemandOpen), OrgPath: sc.row.HostPath,
			Set: map[string]any{"verified_by": actor.UserID, "verified_at": s.Now()},
		})
		if err != nil {
			return err
		}
		return s.tell(tx, notify.DemandOpen, sc, "", notify.Words{}, actor.UserID, sc.row.CreatedBy, *sc.row.SubmittedBy, sc.row.ContactID)
	})
}

// Return sends a submitted demand back to its clerk with a reason.
func (s *Service) Return(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.judge(ctx, actor, id, func(tx *gorm.DB, sc scene) error {
		if err := s.Content.Reason(tx, actor, content.Activity, sc.row.HostPath, reason); err != nil {
			return err
		}
		err := s.Audit.Move(tx, actor, &sc.row, audit.Move{
			Action: "demand.return", To: string(model.DemandDraft), Reason: reason, OrgPath: sc.row.HostPath, Set: map[string]any{"reason": reason},
		})
		if err != nil {
			return err
		}
		return s.tell(tx, notify.DemandReturned, sc, "", notify.Own(reason), actor.UserID, sc.row.CreatedBy, *sc.row.SubmittedBy)
	})
}

// judge runs fn on a submitted demand for somebody who may verify it.
func (s *Service) judge(ctx context.Context, actor access.Actor, id int64, fn func(tx *gorm.DB, sc scene) error) (Detail, error) {
	return s.change(ctx, actor, access.DemandVerify, id, func(tx *gorm.DB, sc scene) error {
		if err := actor.Check(access.DemandVerify, object(sc.row)); err != nil {
			return err
		}
		if err := sc.must(s.Now(), model.DemandSubmitted); err != nil {
			return err
		}
		if err := actor.NotOwn(nil, []int64{sc.row.CreatedBy, *sc.row.SubmittedBy}); err != nil {
			return err
		}
		return fn(tx, sc)
	})
}

// Cancel withdraws a demand for the host, with a reason; a unit that was asked or has accepted is told. What it became,
// a project or an activity, has a life of its own and is not touched.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.change(ctx, actor, access.DemandWrite, id, func(tx *gorm.DB, sc scene) error {
		if err := actor.Check(access.DemandWrite, object(sc.row)); err != nil {
			return err
		}
		if err := sc.must(s.Now(), model.DemandDraft, model.DemandSubmitted, model.DemandOpen, model.DemandDispatched, model.DemandAccepted); err != nil {
			return err
		}
		if err := s.Content.Reason(tx, actor, content.Activity, sc.row.HostPath, reason); err != nil {
			return err
		}
		if err := s.withdraw(tx, actor, sc); err != nil {
			return err
		}
		err := s.Audit.Move(tx, actor, &sc.row, audit.Move{
			Action: "demand.cancel", To: string(model.DemandCancelled), Reason: reason, OrgPath: sc.row.HostPath, Set: map[string]any{"reason": reason},
		})
		if err != nil {
			return err
		}
		return s.tellCampus(tx, notify.DemandCancelled, sc, notify.Own(reason), actor.UserID)
	})
}

// Fulfil states for the host that an accepted demand was met; possible from its beginning on.
func (s *Service) Fulfil(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.change(ctx, actor, access.DemandWrite, id, func(tx *gorm.DB, sc scene) error {
		if err := actor.Check(access.DemandWrite, object(sc.row)); err != nil {
			return err
		}
		if sc.row.Status != model.DemandAccepted || s.Now().Before(*sc.row.StartsAt) {
			return fault.ErrState
		}
		return s.fulfil(tx, actor, sc)
	})
}

func (s *Service) fulfil(tx *gorm.DB, actor access.Actor, sc scene) error {
	return s.Audit.Move(tx, actor, &sc.row, audit.Move{
		Action: "demand.fulfil", To: string(model.DemandFulfilled), OrgPath: sc.row.HostPath, Set: map[string]any{"fulfilled_at": s.Now()},
	})
}

// withdraw ends the dispatch that waits for an answer, if there is one.
func (s *Service) withdraw(tx *gorm.DB, actor access.Actor, sc scene) error {
	if sc.live == nil {
		return nil
	}
	return s.end(tx, actor, sc.live, model.DispatchWithdrawn, "")
}

// end moves a dispatch out of SENT.
func (s *Service) end(tx *gorm.DB, actor access.Actor, d *model.Dispatch, to model.DispatchStatus, reason string) error {
	set := map[string]any{"live_demand_id": nil, "decided_at": s.Now(), "reason": reason}
	if actor.UserID != 0 {
		set["decided_by"] = actor.UserID
	}
	return s.Audit.Move(tx, actor, d, audit.Move{Action: "dispatch.end", To: string(to), Reason: reason, OrgPath: d.OrgPath, Set: set})
}
