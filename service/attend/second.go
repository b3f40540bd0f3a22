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
		st := step{name: "hours.second_confirm", from: model.ClaimHostFirst, to: model.ClaimHost, by: "second_by"}
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

// moveOn moves claims to where the step takes them.
func (s *Service) moveOn(tx *gorm.DB, actor access.Actor, c scene, rows []*model.HoursClaim, st step) error {
	set := map[string]any{st.by: actor.UserID}
	maps.Copy(set, st.set)
	var two, one []*model.HoursClaim
	for _, r := range rows {
		if st.over != nil && st.over(r) {
			two = append(two, r)
		} else {
			one = append(one, r)
		}
	}
	m := audit.Move{Action: st.name, To: string(st.to), OrgPath: c.path, Set: set}
	if err := audit.MoveAll(tx, s.Audit, actor, one, m); err != nil {
		return err
	}
	m.To = string(model.ClaimHostFirst)
	return audit.MoveAll(tx, s.Audit, actor, two, m)
}
