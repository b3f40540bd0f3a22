package attend

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/text"
)

// Dispute stops a claim that is not recognised yet, or that is publicised: the student, the team's lead or advisor, the host
// or, while it is publicised, whoever reads the notice says that it is wrong. The school then rejects or reopens it.
func (s *Service) Dispute(ctx context.Context, actor access.Actor, claimID int64, reason string) (model.HoursClaim, error) {
	return s.settle(ctx, actor, claimID, reason, access.Person, decision{action: "hours.dispute", to: model.ClaimDisputed, may: mayDispute})
}

// Reject ends a claim that is not recognised yet, or that is publicised, for the school: whoever may recognise it may reject it, but not their own.
func (s *Service) Reject(ctx context.Context, actor access.Actor, claimID int64, reason string) (model.HoursClaim, error) {
	return s.settle(ctx, actor, claimID, reason, access.HoursRecognise, decision{action: "hours.reject", to: model.ClaimRejected, may: mayRecognise})
}

// Reopen takes a disputed claim back to the beginning: lead and host confirm it again. Whoever may recognise it may do this,
// but not for their own. A claim whose check-out was annulled waits for the next check-out instead (fault.ErrState).
func (s *Service) Reopen(ctx context.Context, actor access.Actor, claimID int64, reason string) (model.HoursClaim, error) {
	return s.settle(ctx, actor, claimID, reason, access.HoursRecognise, decision{action: "hours.reopen", to: model.ClaimComputed, may: mayRecognise})
}

// decision is one decision about one claim.
type decision struct {
	action string
	to     model.ClaimStatus
	may    func(tx *gorm.DB, actor access.Actor, v view) error
}

// view is a claim with what decides who may do what to it.
type view struct {
	claim    *model.HoursClaim
	scene    scene
	personal access.Object // who may read it
	scope    string        // path of the student's branch
}

// settle carries a decision out. Repeating it changes nothing. A reason must not be content.ErrRisky.
func (s *Service) settle(ctx context.Context, actor access.Actor, claimID int64, reason string, p access.Permission, d decision) (model.HoursClaim, error) {
	if err := actor.Require(p); err != nil {
		return model.HoursClaim{}, err
	}
	if actor.UserID == 0 {
		return model.HoursClaim{}, access.ErrDenied
	}
	reason, err := text.Reason(reason)
	if err != nil {
		return model.HoursClaim{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.HoursClaim, error) { return s.trySettle(ctx, actor, claimID, reason, d) })
}

func (s *Service) trySettle(ctx context.Context, actor access.Actor, claimID int64, reason string, d decision) (model.HoursClaim, error) {
	var out model.HoursClaim
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		v, err := s.viewOf(tx, claimID)
		if err == nil {
			err = d.may(tx, actor, v)
		}
		if err == nil {
			err = s.decide(tx, actor, v, d, reason)
		}
		if err != nil {
			return err
		}
		return tx.Where("id = ?", claimID).First(&out).Error
	})
	return out, err
}

func (s *Service) decide(tx *gorm.DB, actor access.Actor, v view, d decision, reason string) error {
	set := map[string]any{"reason": reason, "due_at": nil}
	switch {
	case v.claim.Status == d.to && v.claim.Reason == reason:
		return nil
	case v.claim.Status == model.ClaimInReview, d.to == model.ClaimComputed && (v.claim.Reason == reasonAnnulled || v.claim.Status == model.ClaimRejected):
		return fault.ErrState // the reviewer decides first, or the next check-out; or only an appeal brings it back
	case d.to == model.ClaimComputed:
		set["lead_by"], set["host_by"], set["second_by"], set["recognised_by"] = nil, nil, nil, nil
	}
	if v.claim.MayBecome(string(d.to)) { // else it is refused as such
		if err := s.Content.Reason(tx, actor, content.Activity, v.scene.path, reason); err != nil {
			return err
		}
	}
	err := s.Audit.Move(tx, actor, v.claim, audit.Move{Action: d.action, To: string(d.to), Reason: reason, OrgPath: v.scene.path, Set: set})
	if err != nil || d.to != model.ClaimDisputed {
		return err
	}
	return s.tellDisputed(tx, actor, v, reason)
}

// viewOf locks and reads a claim; fault.ErrNotFound if there is none.
func (s *Service) viewOf(tx *gorm.DB, claimID int64) (view, error) {
	var claim model.HoursClaim
	err := atomic.ForUpdate(tx).Where("id = ?", claimID).First(&claim).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return view{}, fault.ErrNotFound
	}
	if err != nil {
		return view{}, fmt.Errorf("lock claim: %w", err)
	}
	return s.viewing(tx, &claim)
}

// viewing adds to a claim what decides who may do what to it.
func (s *Service) viewing(tx *gorm.DB, claim *model.HoursClaim) (view, error) {
	c, err := sceneOf(tx, claim.SessionID, s.Now())
	if err != nil {
		return view{}, err
	}
	homes, err := homesOf(tx, claim.ActivityID, claim.StudentID)
	if err != nil {
		return view{}, err
	}
	scope := homes.at(claim.StudentID, dayOf(c.session.StartsAt)).scope
	return view{claim: claim, scene: c, scope: scope, personal: personal(c, claim.StudentID, scope)}, nil
}

// personal is a claim as the permission table sees it: who reads the hours of the activity, of the student's branch (scope)
// or is the student reads it.
func personal(c scene, studentID int64, scope string) access.Object {
	o := c.object
	o.Public, o.Read, o.StudentIDs = false, access.HoursRead, []int64{studentID}
	o.Paths = append([]string{scope}, c.object.Paths...)
	return o
}

// mayDispute lets the student, the team and the host through; without a team the secretary of the student's branch; before
// whom it is publicised everybody.
func mayDispute(tx *gorm.DB, actor access.Actor, v view) error {
	own := actor.StudentID != 0 && actor.StudentID == v.claim.StudentID
	team := actor.Check(access.HoursLead, v.scene.object) == nil || v.scene.activity.ProjectID == nil && actor.Check(access.HoursLead, access.Object{Paths: []string{v.scope}}) == nil
	if own || team {
		return nil
	}
	if v.claim.Status == model.ClaimPublicised && actor.Check(access.HoursNotice, access.Object{Paths: []string{v.claim.NoticePath}}) == nil {
		return nil
	}
	host, err := org.ByID(tx, v.scene.activity.HostOrgID)
	if err != nil {
		return err
	}
	if actor.Check(access.HoursHost, access.Object{Paths: []string{host.Path}}) != nil {
		return unseen(actor, v.personal)
	}
	return nil
}

// mayRecognise lets those through who recognise for the student's branch, unless the claim is their own.
func mayRecognise(_ *gorm.DB, actor access.Actor, v view) error {
	if actor.Check(access.HoursRecognise, access.Object{Paths: []string{v.scope}}) != nil {
		return unseen(actor, v.personal)
	}
	return actor.NotOwn([]int64{v.claim.StudentID}, nil)
}

// unseen refuses: as not allowed who may read the claim, as not found who may not.
func unseen(actor access.Actor, claim access.Object) error {
	if actor.Sees(claim) {
		return access.ErrDenied
	}
	return fault.ErrNotFound
}
