package project

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/text"
)

// Refusals of moving activities.
var (
	ErrIncomplete = fault.Define(fault.Invalid, "activity.incomplete", "发布前还缺少必要内容，请按提示补充。", "Something is missing that an activity needs to be public; see the fields.")
	ErrStarted    = fault.Define(fault.Conflict, "activity.started", "活动已经开始，不能取消。", "The activity has begun and can no longer be cancelled.")
)

// SubmitActivity asks for approval. A project that it belongs to must run, and the pairing of that last.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrState, ErrProjectNotRunning, ErrPairing.
func (s *Service) SubmitActivity(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.moveActivity(ctx, actor, id, func(tx *gorm.DB, sc activityScene) (audit.Move, error) {
		set := map[string]any{"submitted_by": nil, "approved_by": nil, "return_reason": nil}
		if actor.UserID != 0 {
			set["submitted_by"] = actor.UserID
		}
		move := audit.Move{Action: "activity.submit", To: string(model.ActivitySubmitted), Set: set}
		if err := sc.may(actor, access.ActivityWrite); err != nil {
			return move, err
		}
		if err := s.goesOn(tx, sc.row); err != nil || !sc.row.MayBecome(move.To) {
			return move, err
		}
		return move, s.offered(tx, actor, sc)
	})
}

// ApproveActivity says yes to a submitted activity. Who decides is of an organisation above the organiser, and neither
// made nor submitted it. Errors: fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, fault.ErrState,
// ErrProjectNotRunning, ErrPairing.
func (s *Service) ApproveActivity(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.moveActivity(ctx, actor, id, func(tx *gorm.DB, sc activityScene) (audit.Move, error) {
		move := audit.Move{Action: "activity.approve", To: string(model.ActivityApproved), Set: map[string]any{"approved_by": actor.UserID}}
		if err := sc.decides(actor); err != nil {
			return move, err
		}
		return move, s.goesOn(tx, sc.row)
	})
}

// goesOn locks the project of an activity, if any, and its pairing: ErrProjectNotRunning, ErrPairing. Who sends an
// activity on asks it, so that none goes on under a project that was stopped meanwhile.
func (s *Service) goesOn(tx *gorm.DB, a model.Activity) error {
	if a.ProjectID == nil {
		return nil
	}
	p, err := s.openProject(tx, *a.ProjectID)
	if err != nil {
		return err
	}
	return takesActivities(tx, p.row, s.Now())
}

// ReturnActivity sends a submitted or approved activity back with a reason; the same people as for approval decide.
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, access.ErrReason, content.ErrRisky, fault.ErrState.
func (s *Service) ReturnActivity(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.moveActivity(ctx, actor, id, func(_ *gorm.DB, sc activityScene) (audit.Move, error) {
		move := audit.Move{Action: "activity.return", To: string(model.ActivityReturned), Reason: reason, Set: map[string]any{"approved_by": nil, "return_reason": reason}}
		return move, sc.decides(actor)
	})
}

// PublishActivity makes an approved activity public. It needs a risk note and a contact at the host (志愿服务条例 12), a
// sign-up that is not over, and a running project if it has one. Every missing thing is named.
// Its texts must have passed: content.ErrRisky, content.ErrInReview.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrState, ErrProjectNotRunning, ErrPairing, ErrIncomplete.
func (s *Service) PublishActivity(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	return s.moveActivity(ctx, actor, id, func(tx *gorm.DB, sc activityScene) (audit.Move, error) {
		if err := sc.may(actor, access.ActivityPublish); err != nil {
			return audit.Move{}, err
		}
		if sc.row.Status != model.ActivityApproved {
			return audit.Move{}, fault.ErrState
		}
		if err := s.publishable(tx, sc); err != nil {
			return audit.Move{}, err
		}
		if err := s.passed(tx, actor, sc); err != nil {
			return audit.Move{}, err
		}
		set := map[string]any{"published_at": s.Now(), "region_code": sc.host.RegionCode}
		list(set, sc.row.StartsAt, pointOf(sc.row.LatE6, sc.row.LngE6))
		move := audit.Move{Action: "activity.publish", To: string(model.ActivityPublished), Set: set}
		if err := s.tellPublished(tx, sc.row); err != nil {
			return move, err
		}
		return move, index(tx, id, nil, searchText(sc.row, sc.host.Name))
	})
}

func (s *Service) publishable(tx *gorm.DB, sc activityScene) error {
	if err := s.goesOn(tx, sc.row); err != nil {
		return err
	}
	return s.complete(tx, sc, sc.row)
}

// complete is ErrIncomplete, naming everything that a public activity needs and want does not have.
func (s *Service) complete(tx *gorm.DB, sc activityScene, want model.Activity) error {
	var c fault.Collector
	c.Add(strings.TrimSpace(want.RiskNote) == "", "/risk_note", "required", "请填写风险提示", "is required: name the risks")
	c.Add(want.HostContactID == 0, "/host_contact_id", "required", "请填写接收方联系人", "is required: who answers at the host")
	if want.HostContactID != 0 {
		if err := s.checkContact(tx, &c, want.HostContactID, sc.host); err != nil {
			return err
		}
	}
	if want.Status == model.ActivityApproved {
		c.Add(!want.SignupClosesAt.After(s.Now()), "/signup_closes_at", "past", "报名截止时间已过，请退回修改", "has passed; return the activity and change it")
	}
	if err := c.Err(); err != nil {
		return ErrIncomplete.With(fieldsOf(err)...)
	}
	return nil
}

// checkContact notes a contact who does not work at the host any more, or whose name students would not see.
func (s *Service) checkContact(tx *gorm.DB, c *fault.Collector, userID int64, host model.Org) error {
	ok, err := s.AnswersFor(tx, userID, host)
	if err != nil {
		return err
	}
	names, err := s.names(tx, nil, []int64{userID})
	if err != nil {
		return err
	}
	c.Add(!ok, "/host_contact_id", "not_found", "联系人已不是接收方工作人员", "is no staff of the host or its town")
	c.Add(ok && names[userID] == "", "/host_contact_id", "no_name", "联系人还没有填写姓名", "has not given a name yet")
	return nil
}

// CancelActivity calls an activity off before it begins, gives every seat back and takes it from the public list. What
// was never public may also be called off by whoever may write it.
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrReason, content.ErrRisky, ErrStarted, fault.ErrState.
func (s *Service) CancelActivity(ctx context.Context, actor access.Actor, id int64, reason string) (Detail, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return Detail{}, err
	}
	return s.moveActivity(ctx, actor, id, func(tx *gorm.DB, sc activityScene) (audit.Move, error) {
		move := audit.Move{Action: "activity.cancel", To: string(model.ActivityCancelled), Reason: reason}
		if err := sc.mayCancel(actor); err != nil {
			return move, err
		}
		if sc.row.Status != model.ActivityPublished {
			return move, nil
		}
		if !s.Now().Before(sc.row.StartsAt) {
			return move, ErrStarted
		}
		move.Set = map[string]any{"listed_at": nil, "listed_cell": nil}
		return move, index(tx, id, searchText(sc.row, sc.host.Name), nil)
	})
}

// moveActivity locks the activity, asks decide for the move (which checks the permission) and makes it.
// When a published activity is cancelled its sign-ups are released after the move, in the same transaction.
func (s *Service) moveActivity(ctx context.Context, actor access.Actor, id int64, decide func(*gorm.DB, activityScene) (audit.Move, error)) (Detail, error) {
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.tryMove(ctx, actor, id, decide) })
}

func (s *Service) tryMove(ctx context.Context, actor access.Actor, id int64, decide func(*gorm.DB, activityScene) (audit.Move, error)) (Detail, error) {
	var out Detail
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.openActivity(tx, id)
		if err != nil {
			return err
		}
		move, err := decide(tx, sc)
		if err != nil {
			return err
		}
		move.OrgPath = sc.organiser.Path
		if err := s.reasoned(tx, actor, content.Activity, &sc.row, move); err != nil {
			return err
		}
		if err := s.Audit.Move(tx, actor, &sc.row, move); err != nil {
			return err
		}
		if move.To == string(model.ActivityCancelled) && sc.row.Status == model.ActivityPublished {
			if err := s.tellCancelled(tx, sc.row, move.Reason); err != nil {
				return err
			}
			if err := s.Signups.ReleaseActivity(tx, actor, sc.row, move.Reason); err != nil {
				return fmt.Errorf("release sign-ups: %w", err)
			}
		}
		if move.To == string(model.ActivityPublished) {
			if err := s.Signups.Announce(tx, sc.row); err != nil {
				return fmt.Errorf("announce sign-up: %w", err)
			}
		}
		out, err = s.detailOf(tx, id)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

// list sets the columns by which a public activity is found: its start, and its cell if it has coordinates.
func list(set map[string]any, startsAt any, at *geo.Point) {
	set["listed_at"], set["listed_cell"] = startsAt, nil
	if at != nil {
		set["listed_cell"] = geo.Cell(*at)
	}
}
