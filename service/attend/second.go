package attend

import (
	"context"
	"maps"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/org"
)

// SecondConfirm states for the host once more, by another person of the host or by the town's officer, that proposed work
// was done: nothing that was measured stands behind a proposal, so one signature is not enough. It follows HostConfirm.
func (s *Service) SecondConfirm(ctx context.Context, actor access.Actor, activityID int64, choice Choice) (Batch, error) {
	return s.inStep(ctx, actor, activityID, choice, access.HoursHost, func(tx *gorm.DB, c scene) (step, error) {
		host, err := org.ByID(tx, c.activity.HostOrgID)
		if err != nil {
			return step{}, err
		}
		o := c.object
		o.Paths = []string{host.Path}
		st := step{name: "hours.second_confirm", from: model.ClaimHostFirst, to: model.ClaimHost, by: "second_by", set: map[string]any{"due_at": nil}}
		st.took = func(claim *model.HoursClaim) *int64 { return claim.SecondBy }
		st.may = func(claim *model.HoursClaim) error {
			if claim.Status == st.from {
				return someoneElse(actor, claim, claim.LeadBy, claim.HostBy)
			}
			return someoneElse(actor, &model.HoursClaim{StudentID: claim.StudentID})
		}
		return st, actor.Check(access.HoursHost, o)
	})
}

// goal is where a claim goes with the step.
func (st step) goal(c *model.HoursClaim) model.ClaimStatus {
	if st.over != nil && st.over(c) {
		return model.ClaimHostFirst
	}
	return st.to
}

// columns are what a step sets in a claim that it takes there. Who is to be the second has as long as the first had.
func (s *Service) columns(actor access.Actor, c scene, st step, to model.ClaimStatus) map[string]any {
	set := map[string]any{st.by: actor.UserID}
	maps.Copy(set, st.set)
	if to == model.ClaimHostFirst {
		set["due_at"], set["escalated_at"] = s.Now().Add(c.policy.HostTime()), nil
	}
	return set
}

// moveOn moves claims to where the step takes them, those of fewer minutes too.
func (s *Service) moveOn(tx *gorm.DB, actor access.Actor, c scene, st step, rows []*model.HoursClaim, less []fewer) error {
	by := map[model.ClaimStatus][]*model.HoursClaim{}
	for _, r := range rows {
		by[st.goal(r)] = append(by[st.goal(r)], r)
	}
	for _, to := range []model.ClaimStatus{st.to, model.ClaimHostFirst} {
		if err := audit.MoveAll(tx, s.Audit, actor, by[to], audit.Move{Action: st.name, To: string(to), OrgPath: c.path, Set: s.columns(actor, c, st, to)}); err != nil {
			return err
		}
	}
	return s.shorten(tx, actor, c, st, less)
}
