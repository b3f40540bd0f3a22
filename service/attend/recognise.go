package attend

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
)

// Recognise says for the school that the hours count and posts them to the ledger in the same transaction, or publicises
// them first where the policy asks for it: the secretary of the student's branch does it, or the department or university
// above, for students of their own; it follows HostConfirm and needs a third person. The branch is the one of the day of the
// session. Claims of no minutes are posted without a line.
func (s *Service) Recognise(ctx context.Context, actor access.Actor, activityID int64, choice Choice) (Batch, error) {
	return s.inStep(ctx, actor, activityID, choice, access.HoursRecognise, func(tx *gorm.DB, c scene) (step, error) {
		starts, err := startOf(tx, activityID)
		if err != nil {
			return step{}, err
		}
		homes, err := homesOf(tx, activityID)
		if err != nil {
			return step{}, err
		}
		st := step{name: "hours.recognise", from: model.ClaimHost, to: model.ClaimRecognised, by: "recognised_by"}
		st.took = func(claim *model.HoursClaim) *int64 { return claim.RecognisedBy }
		st.may = func(claim *model.HoursClaim) error {
			o := access.Object{Paths: []string{homes.at(claim.StudentID, dayOf(starts[claim.SessionID])).scope}}
			if err := actor.Check(access.HoursRecognise, o); err != nil {
				return err
			}
			return someoneElse(actor, claim, claim.LeadBy, claim.HostBy)
		}
		st.then = func(rows []*model.HoursClaim) error {
			return s.recognised(tx, posting{scene: c, by: actor, starts: starts, homes: homes}, rows)
		}
		return st, nil
	})
}

// home is the league branch of a student on a day; id 0 and path "" when there was none. scope is the path that decides
// who recognises: without a branch on the day, today's.
type home struct {
	id    int64
	path  string
	scope string
}

// homes are the memberships of students in league branches over time, and their branches today.
type homes struct {
	dated map[int64][]datedHome
	today map[int64]string
}

type datedHome struct {
	StudentID int64
	OrgID     int64
	Path      string
	FromOn    model.Date
	ToOn      *model.Date
}

// at finds the branch on a day: of several, the one that began last.
func (h homes) at(studentID int64, day model.Date) home {
	out := home{scope: h.today[studentID]}
	for _, m := range h.dated[studentID] {
		if m.FromOn <= day && (m.ToOn == nil || *m.ToOn > day) {
			out = home{id: m.OrgID, path: m.Path, scope: m.Path}
		}
	}
	return out
}

// paths are those of all branches in which anybody was or is.
func (h homes) paths() []string {
	var all []string
	for _, dated := range h.dated {
		for _, m := range dated {
			all = append(all, m.Path)
		}
	}
	for _, path := range h.today {
		all = append(all, path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// homesOf reads the branches of everybody who has a claim in an activity, or of some of them, in two queries.
func homesOf(tx *gorm.DB, activityID int64, students ...int64) (homes, error) {
	claimants := tx.Model(&model.HoursClaim{}).Distinct("student_id").Where("activity_id = ?", activityID)
	if len(students) > 0 {
		claimants = claimants.Where("student_id IN ?", students)
	}
	h := homes{dated: map[int64][]datedHome{}, today: map[int64]string{}}
	var dated []datedHome
	err := tx.Table("memberships AS m").Joins("JOIN orgs AS o ON o.id = m.org_id").
		Where("o.kind = ? AND m.student_id IN (?)", model.OrgLeagueBranch, claimants).
		Select("m.student_id, m.org_id, o.path, m.from_on, m.to_on").Order("m.from_on, m.id").Scan(&dated).Error
	if err != nil {
		return h, fmt.Errorf("read memberships: %w", err)
	}
	for _, m := range dated {
		h.dated[m.StudentID] = append(h.dated[m.StudentID], m)
	}
	var today []datedHome
	err = tx.Table("student_profiles AS p").Joins("JOIN orgs AS o ON o.id = p.branch_id").
		Where("p.id IN (?)", claimants).Select("p.id AS student_id, o.path").Scan(&today).Error
	if err != nil {
		return h, fmt.Errorf("read branches: %w", err)
	}
	for _, p := range today {
		h.today[p.StudentID] = p.Path
	}
	return h, nil
}
