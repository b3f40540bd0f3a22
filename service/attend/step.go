package attend

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/org"
)

// ErrAdvisor sends a lead's own claim to the advisor.
var ErrAdvisor = fault.Define(fault.Forbidden, "hours.needs_advisor", "队长的时长由指导教师确认。", "The advisor confirms the hours of a team lead.")

// errSamePerson keeps the three steps in three hands.
var errSamePerson = access.ErrOwnInterest.Saying("同一条时长的各个环节要由不同的人办理。", "One person may take only one step for the same hours.")

// step is one stage of confirmation of the claims of one activity.
type step struct {
	name     string // hours.lead_confirm
	from     model.ClaimStatus
	to       model.ClaimStatus
	over     func(c *model.HoursClaim) bool       // whether the claim goes to HOST_FIRST instead, to wait for a second person; nil: none does
	by       string                               // column of who took the step
	set      map[string]any                       // further columns
	corrects bool                                 // fewer minutes may be confirmed
	took     func(c *model.HoursClaim) *int64     // the value of that column
	may      func(c *model.HoursClaim) error      // whether the actor may take it for this claim
	then     func(rows []*model.HoursClaim) error // what follows in the same transaction
}

// LeadConfirm states that the people of these claims were there. The lead of the project does it for everyone but leads;
// a lead's own claim goes to the advisor (ErrAdvisor), or to the branch secretary where there is none. Without a project
// the secretary of each student's branch does it (see leadWithoutTeam). Nobody confirms their own. All or nothing: one
// foreign claim is fault.ErrNotFound. A repeat by the same person changes nothing.
func (s *Service) LeadConfirm(ctx context.Context, actor access.Actor, activityID int64, choice Choice) (Batch, error) {
	return s.inStep(ctx, actor, activityID, choice, access.HoursLead, func(tx *gorm.DB, c scene) (step, error) {
		if c.activity.ProjectID == nil {
			return s.leadWithoutTeam(tx, actor, c)
		}
		byStaff := c.object
		byStaff.Leads = nil
		st := s.leadStep(c)
		st.may = func(claim *model.HoursClaim) error {
			if err := someoneElse(actor, claim); err != nil {
				return err
			}
			if !slices.Contains(c.object.Leads, claim.StudentID) || slices.Contains(c.object.Advisors, actor.UserID) {
				return nil
			}
			if len(c.object.Advisors) > 0 || actor.Check(access.HoursLead, byStaff) != nil {
				return ErrAdvisor
			}
			return nil
		}
		return st, actor.Check(access.HoursLead, c.object)
	})
}

// leadStep is the step of the lead without who may take it. The host's time begins with it.
func (s *Service) leadStep(c scene) step {
	return step{
		name: "hours.lead_confirm", from: model.ClaimComputed, to: model.ClaimLead, by: "lead_by",
		corrects: true,
		set:      map[string]any{"due_at": s.Now().Add(c.policy.HostTime()), "escalated_at": nil},
		took:     func(claim *model.HoursClaim) *int64 { return claim.LeadBy },
	}
}

// leadWithoutTeam is the step of the lead where there is no project and so no team: the secretary of the student's branch
// takes it, of the one on the day of the session, and only for students of their own. Somebody who reaches neither the
// activity nor the branch of anybody who served gets what the permission table says about the activity.
func (s *Service) leadWithoutTeam(tx *gorm.DB, actor access.Actor, c scene) (step, error) {
	starts, err := startOf(tx, c.activity.ID)
	if err != nil {
		return step{}, err
	}
	homes, err := homesOf(tx, c.activity.ID)
	if err != nil {
		return step{}, err
	}
	st := s.leadStep(c)
	st.may = func(claim *model.HoursClaim) error {
		scope := homes.at(claim.StudentID, dayOf(starts[claim.SessionID])).scope
		if actor.Check(access.HoursLead, access.Object{Paths: []string{scope}}) != nil {
			return unseen(actor, personal(c, claim.StudentID, scope))
		}
		return someoneElse(actor, claim)
	}
	whole := c.object
	whole.Paths = append(homes.paths(), whole.Paths...)
	return st, actor.Check(access.HoursLead, whole)
}

// HostConfirm states for the host that the work was done; it follows LeadConfirm and needs somebody else.
func (s *Service) HostConfirm(ctx context.Context, actor access.Actor, activityID int64, choice Choice) (Batch, error) {
	return s.inStep(ctx, actor, activityID, choice, access.HoursHost, func(tx *gorm.DB, c scene) (step, error) {
		host, err := org.ByID(tx, c.activity.HostOrgID)
		if err != nil {
			return step{}, err
		}
		o := c.object
		o.Paths = []string{host.Path}
		st := step{name: "hours.host_confirm", from: model.ClaimLead, to: model.ClaimHost, by: "host_by", corrects: true, set: map[string]any{"due_at": nil}, over: (*model.HoursClaim).Proposed}
		st.took = func(claim *model.HoursClaim) *int64 { return claim.HostBy }
		st.may = func(claim *model.HoursClaim) error { return someoneElse(actor, claim, claim.LeadBy) }
		return st, actor.Check(access.HoursHost, o)
	})
}

// someoneElse refuses the person who earns the claim, who proposed it, and those who took an earlier step.
func someoneElse(actor access.Actor, c *model.HoursClaim, earlier ...*int64) error {
	if err := actor.NotOwn([]int64{c.StudentID}, nil); err != nil {
		return err
	}
	for _, user := range append(earlier, c.ProposedBy, c.SecondBy) {
		if user != nil && *user == actor.UserID {
			return errSamePerson
		}
	}
	return nil
}

// inStep runs one step. prepare checks the scope of the activity and gives the step.
func (s *Service) inStep(ctx context.Context, actor access.Actor, activityID int64, choice Choice, p access.Permission, prepare func(tx *gorm.DB, c scene) (step, error)) (Batch, error) {
	if err := actor.Require(p); err != nil {
		return Batch{}, err
	}
	if actor.UserID == 0 {
		return Batch{}, access.ErrDenied // a program has seen nobody
	}
	if err := choice.check(); err != nil {
		return Batch{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (Batch, error) { return s.tryStep(ctx, actor, activityID, choice, prepare) })
}

func (s *Service) tryStep(ctx context.Context, actor access.Actor, activityID int64, choice Choice, prepare func(tx *gorm.DB, c scene) (step, error)) (out Batch, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		c, err := activityScene(tx, activityID, s.Now())
		if err == nil && !actor.Sees(c.object) {
			err = fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		st, err := prepare(tx, c)
		if err != nil {
			return err
		}
		out, err = s.take(tx, actor, c, choice, st)
		return err
	})
	return out, err
}

// take moves every chosen claim by one step and reads them again.
func (s *Service) take(tx *gorm.DB, actor access.Actor, c scene, choice Choice, st step) (Batch, error) {
	rows, more, err := choose(tx, actor, c.activity.ID, choice, st)
	if err != nil {
		return Batch{}, err
	}
	ids := make([]int64, len(rows))
	var waiting []*model.HoursClaim
	for i, r := range rows {
		ids[i] = r.ID
		if r.Status == st.from {
			waiting = append(waiting, r)
		}
	}
	waiting, fewer, err := choice.split(waiting, rows)
	if err != nil {
		return Batch{}, err
	}
	if err := s.moveOn(tx, actor, c, st, waiting, fewer); err != nil {
		return Batch{}, err
	}
	if st.then != nil {
		if err := st.then(waiting); err != nil {
			return Batch{}, err
		}
	}
	out := Batch{Claims: []model.HoursClaim{}, More: more}
	if err := tx.Where("id IN ?", ids).Order("id").Find(&out.Claims).Error; err != nil {
		return Batch{}, fmt.Errorf("read claims: %w", err)
	}
	return out, nil
}
