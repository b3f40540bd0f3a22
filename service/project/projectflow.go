package project

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/text"
)

// Refusals of moving projects.
var (
	ErrProjectIncomplete = fault.Define(fault.Invalid, "project.incomplete", "项目材料不完整，请补充后再提交。", "The project is not complete enough to be submitted; see the fields.")
	ErrConfirmed         = fault.Define(fault.Conflict, "project.already_confirmed", "这一方已经确认过了。", "This side has confirmed already.")
	ErrTeamIncomplete    = fault.Define(fault.Conflict, "project.team_incomplete", "项目启动前至少要有一名队长和一名指导教师。", "A project needs at least one lead and one advisor before it can run.")
	ErrActivitiesOpen    = fault.Define(fault.Conflict, "project.activities_open", "还有已发布而未结束的活动，请先取消这些活动。", "Published activities are still to come or going on; cancel them first.")
)

// SubmitProject puts a draft before both sides; its texts must have passed (content.ErrRisky, content.ErrInReview). Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrState, ErrProjectIncomplete.
func (s *Service) SubmitProject(ctx context.Context, actor access.Actor, id int64) (View, error) {
	return s.moveProject(ctx, actor, id, access.ProjectWrite, func(tx *gorm.DB, p projectScene) (audit.Move, error) {
		if p.row.Status == model.ProjectDraft && strings.TrimSpace(p.row.RiskPlan) == "" {
			return audit.Move{}, ErrProjectIncomplete.With(fault.Field{Pointer: "/risk_plan", Code: "required", ZH: "请填写风险预案", EN: "is required to submit"})
		}
		move := audit.Move{Action: "project.submit", To: string(model.ProjectSubmitted), Set: map[string]any{"return_reason": nil}}
		if !p.row.MayBecome(move.To) {
			return move, nil // refused as such
		}
		return move, s.Content.Passed(tx, actor, content.Project, p.campus.Path, planOf(p.row).texts())
	})
}

// ConfirmProject records the yes of one side: model.SideCampus, model.SideLocal, or "" when the actor speaks for one
// side only. The second side starts the project, which by then needs a lead and an advisor. Nobody speaks for both sides (S18).
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrOwnInterest, fault.ErrState, ErrConfirmed, ErrTeamIncomplete, ErrPairing, fault.ErrInvalid.
func (s *Service) ConfirmProject(ctx context.Context, actor access.Actor, id int64, side string) (View, error) {
	if err := someone(actor); err != nil {
		return View{}, err
	}
	return s.moveProject(ctx, actor, id, access.ProjectConfirm, func(tx *gorm.DB, p projectScene) (audit.Move, error) {
		side, err := p.speaksFor(actor, side)
		if err != nil {
			return audit.Move{}, err
		}
		return s.confirmation(tx, actor, p, side)
	})
}

// speaksFor tells which side the actor may confirm for; a side that is asked for must be one of them.
func (p projectScene) speaksFor(actor access.Actor, asked string) (string, error) {
	mine := map[string]bool{}
	for side, path := range map[string]string{model.SideCampus: p.campus.Path, model.SideLocal: p.local.Path} {
		mine[side] = narrowed(actor, access.ProjectConfirm, p.object, path) == nil
	}
	switch {
	case asked != "" && !mine[asked]:
		return "", access.ErrDenied
	case asked != "":
		return asked, nil
	case mine[model.SideCampus] && mine[model.SideLocal]:
		return "", fault.ErrInvalid.With(fault.Field{Pointer: "/side", Code: "required", ZH: "您在两方都有权限，请说明代表哪一方", EN: "is required: you may speak for either side"})
	case mine[model.SideCampus]:
		return model.SideCampus, nil
	default:
		return model.SideLocal, nil
	}
}

func (s *Service) confirmation(tx *gorm.DB, actor access.Actor, p projectScene, side string) (audit.Move, error) {
	by, at, other, status := "campus_ok_by", "campus_ok_at", p.row.HostOKBy, model.ProjectCampusOK
	done := p.row.CampusOKBy
	if side == model.SideLocal {
		by, at, other, status = "host_ok_by", "host_ok_at", p.row.CampusOKBy, model.ProjectHostOK
		done = p.row.HostOKBy
	}
	now := s.Now()
	move := audit.Move{Action: "project.confirm", To: string(status), Set: map[string]any{by: actor.UserID, at: now}, Data: map[string]any{"side": side}}
	if done != nil {
		return move, ErrConfirmed
	}
	if other == nil {
		return move, nil
	}
	if *other == actor.UserID {
		return move, access.ErrOwnInterest
	}
	move.To = string(model.ProjectRunning)
	return move, mayRun(tx, p.row, now)
}

// mayRun asks what a project needs before it starts: a pairing that lasts, a lead and an advisor.
func mayRun(tx *gorm.DB, p model.Project, at time.Time) error {
	if err := lasts(tx, p, at); err != nil {
		return err
	}
	return teamComplete(tx, p.ID, at)
}

// lasts locks the pairing of a project; ErrPairing when it is over or has not begun.
func lasts(tx *gorm.DB, p model.Project, at time.Time) error {
	pairing, err := lockPairing(tx, p.PairingID, at)
	if err != nil {
		return err
	}
	if pairing.Status != model.PairingActive && pairing.Status != model.PairingDormant {
		return ErrPairing
	}
	return nil
}

// takesActivities asks what a locked project needs for its activities to go on: that it runs and that its pairing lasts.
func takesActivities(tx *gorm.DB, p model.Project, at time.Time) error {
	if p.Status != model.ProjectRunning {
		return ErrProjectNotRunning
	}
	return lasts(tx, p, at)
}

func teamComplete(tx *gorm.DB, projectID int64, at time.Time) error {
	team, err := TeamOf(tx, projectID, at)
	if err != nil {
		return err
	}
	if len(team.Leads) == 0 || len(team.Advisors) == 0 {
		return ErrTeamIncomplete
	}
	return nil
}

// ReturnProject sends a submitted project back to DRAFT with a reason; confirmations given so far are void.
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrReason, content.ErrRisky, fault.ErrState.
func (s *Service) ReturnProject(ctx context.Context, actor access.Actor, id int64, reason string) (View, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return View{}, err
	}
	return s.moveProject(ctx, actor, id, access.ProjectConfirm, func(*gorm.DB, projectScene) (audit.Move, error) {
		void := map[string]any{"campus_ok_by": nil, "campus_ok_at": nil, "host_ok_by": nil, "host_ok_at": nil, "return_reason": reason}
		return audit.Move{Action: "project.return", To: string(model.ProjectDraft), Reason: reason, Set: void}, nil
	})
}

// StopProject ends a project for good, with a reason. Published activities must be over or cancelled before.
// Errors: fault.ErrNotFound, access.ErrDenied, access.ErrReason, content.ErrRisky, fault.ErrState, ErrActivitiesOpen.
func (s *Service) StopProject(ctx context.Context, actor access.Actor, id int64, reason string) (View, error) {
	reason, err := text.Reason(reason)
	if err != nil {
		return View{}, err
	}
	return s.moveProject(ctx, actor, id, access.ProjectConfirm, func(tx *gorm.DB, _ projectScene) (audit.Move, error) {
		var open []int64
		err := tx.Model(&model.Activity{}).Where("project_id = ? AND status = ? AND ends_at > ?", id, model.ActivityPublished, s.Now()).Limit(1).Pluck("id", &open).Error
		if err != nil {
			return audit.Move{}, fmt.Errorf("look for open activities: %w", err)
		}
		if len(open) > 0 {
			return audit.Move{}, ErrActivitiesOpen
		}
		return audit.Move{Action: "project.stop", To: string(model.ProjectStopped), Reason: reason}, nil
	})
}

// moveProject locks the project, checks the permission on either side, asks decide for the move and makes it.
func (s *Service) moveProject(ctx context.Context, actor access.Actor, id int64, perm access.Permission, decide func(*gorm.DB, projectScene) (audit.Move, error)) (View, error) {
	return content.Do(ctx, s.Content, actor, func() (View, error) { return s.tryMoveProject(ctx, actor, id, perm, decide) })
}

func (s *Service) tryMoveProject(ctx context.Context, actor access.Actor, id int64, perm access.Permission, decide func(*gorm.DB, projectScene) (audit.Move, error)) (View, error) {
	var out View
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.openProject(tx, id)
		if err != nil {
			return err
		}
		if err := sc.may(actor, perm); err != nil {
			return err
		}
		move, err := decide(tx, sc)
		if err != nil {
			return err
		}
		move.OrgPath = sc.campus.Path
		if err := s.reasoned(tx, actor, content.Project, &sc.row, move); err != nil {
			return err
		}
		if err := s.Audit.Move(tx, actor, &sc.row, move); err != nil {
			return err
		}
		out, err = projectView(tx, id)
		return err
	})
	return out, err
}
