package attend

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/read"
	"baodao/service/signup"
)

// Believe takes the refusal of a check-in back, of which nothing else came: it opens its pair again with the time it had. The
// caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState when it is not Believable.
func (s *Service) Believe(tx *gorm.DB, actor access.Actor, id int64, reason string) error {
	row, err := read.One[model.CheckInReview](tx.Select("id", "student_id").Where("id = ?", id), "review")
	if err != nil {
		return err
	}
	if err := signup.LockStudents(tx, row.StudentID); err != nil {
		return err
	}
	if row, err = read.One[model.CheckInReview](atomic.ForUpdate(tx).Where("id = ?", id), "review"); err != nil {
		return err
	}
	if open, err := s.Believable(tx, row); err != nil || !open {
		return refusedState(err)
	}
	checkIn, err := read.One[model.CheckIn](tx.Where("id = ?", id), "check-in")
	if err != nil {
		return err
	}
	c, err := sceneOf(tx, row.SessionID, s.Now())
	if err != nil {
		return err
	}
	err = s.Audit.Move(tx, actor, &row, audit.Move{
		Action: "check_in.believe", To: string(model.ReviewAccepted), Reason: reason, OrgPath: c.path, Set: map[string]any{"decided_by": actor.UserID, "reason": reason},
		Data: map[string]any{"student_id": row.StudentID, "session_id": row.SessionID},
	})
	if err != nil {
		return err
	}
	return openPairs(tx, []model.Attendance{attempt{scene: c}.with(&checkIn).attendance})
}

// refusedState is fault.ErrState, or what hindered us to know.
func refusedState(err error) error {
	if err != nil {
		return err
	}
	return fault.ErrState
}

// couldCount are the states of a signup whose refused check-in may count after all: the seat is still there, or was lost only because
// nobody believed that its student came.
var couldCount = append(slices.Clone(mayHaveCome), model.SignupLeave) //nolint:gochecknoglobals // a table

// Believable tells whether a refused check-in could count after all: somebody came in, who has not lost the seat by anything but
// that, there is no pair and there are no hours of the session, and the check-in was not annulled.
func (s *Service) Believable(tx *gorm.DB, row model.CheckInReview) (bool, error) {
	if row.Status != model.ReviewRefused {
		return false, nil
	}
	seat, err := signup.ByID(tx, row.SignupID)
	if err != nil || !slices.Contains(couldCount, seat.Status) {
		return false, err
	}
	known, err := attendanceOf(tx, row.SessionID, row.SignupID)
	if _, there := known[row.SignupID]; err != nil || there {
		return false, err
	}
	claim, err := claimOf(tx, row.SignupID, row.SessionID)
	if err != nil || claim != nil {
		return false, err
	}
	var counted []model.CheckIn
	err = tx.Select("id", "annuls_id", "kind").Where("id = ? OR annuls_id = ?", row.ID, row.ID).Limit(2).Find(&counted).Error
	if err != nil {
		return false, fmt.Errorf("read refused check-in: %w", err)
	}
	return len(counted) == 1 && counted[0].Kind == model.KindIn, nil
}
