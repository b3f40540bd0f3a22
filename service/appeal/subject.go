package appeal

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/read"
)

// What upholding an appeal changed.
const (
	EffectReversed = "REVERSED" // the line was taken back
	EffectLifted   = "LIFTED"   // the suspension ended
	EffectExcused  = "EXCUSED"  // the no-show is an approved leave
	EffectSeated   = "SEATED"   // the student has a seat
	EffectNone     = "NONE"     // it was wrong, but nothing could be given any more
	EffectReopened = "REOPENED" // the claim begins anew
	EffectCounted  = "COUNTED"  // the check-in counts
	EffectRestored = "RESTORED" // what was taken from the ledger is back

	EffectCorrected  = "CORRECTED"  // the ledger says the minutes that are right
	EffectWaitlisted = "WAITLISTED" // the student is on the waiting list
)

// kind is one row of the table of what may be appealed against.
type kind struct {
	// find reads the decision; fault.ErrNotFound if there is none.
	find func(s *Service, tx *gorm.DB, id int64) (subject, error)
	// uphold takes the decision back and says what that changed.
	uphold func(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (effect string, err error)
}

// kinds is the table.
func kinds() map[string]kind {
	return map[string]kind{
		model.AppealPenalty:    {find: penalty, uphold: reversePenalty},
		model.AppealSuspension: {find: suspension, uphold: liftSuspension},
		model.AppealSignup:     {find: ended, uphold: readmit},
		model.AppealCheckIn:    {find: refused, uphold: believe},
		model.AppealClaim:      {find: claim, uphold: reopenClaim},
		model.AppealHours:      {find: line, uphold: rewrite},
	}
}

// subject is a decision about a student.
type subject struct {
	studentID, programmeID, activityID int64
	firstBy                            int64 // user who decided, 0 for the system or the student
	firstAt                            time.Time
	proposer                           int64  // user who proposed the hours, 0 for nobody
	desk                               string // path of the organisation at which, or above which, an appeal is decided
	settled                            bool   // there is nothing to appeal against any more
	state                              string // what was decided
	minutes, points                    int64
	reason                             string // of the decision
}

// find reads a subject; fault.ErrNotFound if there is none.
func (s *Service) find(tx *gorm.DB, name string, id int64) (subject, error) {
	k, ok := kinds()[name]
	if !ok {
		return subject{}, fault.ErrNotFound
	}
	return k.find(s, tx, id)
}

// penalty is a line that took points off. Whoever marked a no-show has decided; a late cancellation nobody has.
func penalty(_ *Service, tx *gorm.DB, id int64) (subject, error) {
	line, err := read.One[model.ReliabilityEntry](tx.Where("id = ? AND kind <> ?", id, model.ReliabilityReversal), "reliability entry")
	if err != nil {
		return subject{}, err
	}
	sub := subject{studentID: line.StudentID, programmeID: line.ProgrammeID, firstAt: line.CreatedAt, state: line.Kind, points: line.Points}
	if line.Kind == model.ReliabilityNoShow {
		if sub.firstBy, _, err = decidedBy(tx, "signups", line.SignupID, string(model.SignupNoShow)); err != nil {
			return sub, err
		}
	}
	if sub.settled, err = exists(tx.Model(&model.ReliabilityEntry{}).Where("signup_id = ? AND reverses = ?", line.SignupID, line.ID)); err != nil {
		return sub, err
	}
	if err := tx.Model(&model.Signup{}).Where("id = ?", line.SignupID).Limit(1).Select("activity_id").Scan(&sub.activityID).Error; err != nil {
		return sub, fmt.Errorf("read activity of a penalty: %w", err)
	}
	sub.desk, err = branchOf(tx, sub.studentID)
	return sub, err
}

func reversePenalty(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	return EffectReversed, s.Standing.Reverse(tx, actor, row.SubjectID, in.Reason)
}

// suspension is one that is not over. The no-show that reached the limit began it, so whoever marked that has decided.
func suspension(s *Service, tx *gorm.DB, id int64) (subject, error) {
	row, err := read.One[model.SignupSuspension](tx.Where("id = ?", id), "suspension")
	if err != nil {
		return subject{}, err
	}
	line, err := read.One[model.ReliabilityEntry](tx.Where("id = ?", row.EntryID), "reliability entry")
	if err != nil {
		return subject{}, err
	}
	sub, err := penalty(s, tx, line.ID)
	sub.settled, sub.state, sub.points, sub.reason = row.LiftedAt != nil || !s.Now().Before(row.ToAt), "SUSPENDED", 0, row.Reason
	return sub, err
}

func liftSuspension(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	return EffectLifted, s.Standing.Lift(tx, actor, row.SubjectID, in.Reason)
}

// decidedBy finds who took a row to a state last, and when: 0 and the zero time when nobody is known to.
func decidedBy(tx *gorm.DB, table string, id int64, state string) (user int64, at time.Time, err error) {
	var rows []model.AuditEntry
	err = tx.Select("user_id", "at").Where("object = ? AND object_id = ? AND to_state = ? AND from_state <> ?", table, id, state, state).
		Order("id DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return 0, at, fmt.Errorf("find who decided: %w", err)
	}
	if len(rows) == 0 {
		return 0, at, nil
	}
	return rows[0].UserID, rows[0].At, nil
}

// branchOf is the path of a student's branch today.
func branchOf(tx *gorm.DB, studentID int64) (string, error) {
	st, err := read.One[model.StudentProfile](tx.Select("id", "branch_id").Where("id = ?", studentID), "student")
	if err != nil {
		return "", err
	}
	branch, err := org.ByID(tx, st.BranchID)
	return branch.Path, err
}

// exists tells whether a query finds anything.
func exists(q *gorm.DB) (bool, error) {
	var found []int64
	if err := q.Limit(1).Pluck("id", &found).Error; err != nil {
		return false, fmt.Errorf("look for rows: %w", err)
	}
	return len(found) > 0, nil
}
