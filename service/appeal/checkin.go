package appeal

import (
	"errors"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
	"baodao/service/read"
)

// refused is a check-in that a reviewer did not believe, as long as the student has no pair in the session: once there are hours,
// these are what an appeal is about.
func refused(s *Service, tx *gorm.DB, id int64) (subject, error) {
	row, err := read.One[model.CheckInReview](tx.Where("id = ?", id), "review")
	if err != nil {
		return subject{}, err
	}
	a, err := project.ActivityByID(tx, row.ActivityID)
	if err != nil {
		return subject{}, err
	}
	sub := subject{studentID: row.StudentID, programmeID: a.ProgrammeID, activityID: a.ID, state: string(row.Status), reason: row.Reason}
	if row.DecidedBy != nil {
		sub.firstBy = *row.DecidedBy
	}
	if _, sub.firstAt, err = decidedBy(tx, row.TableName(), id, string(row.Status)); err != nil {
		return sub, err
	}
	sub.firstAt = latest(sub.firstAt, row.UpdatedAt)
	open, err := s.Attendance.Believable(tx, row)
	sub.settled = !open
	if err != nil {
		return sub, err
	}
	sub.desk, err = branchOf(tx, row.StudentID)
	return sub, err
}

// believe makes a refused check-in count. Who was marked absent meanwhile came after all: that is taken back with its penalty, and first,
// because a signup is locked before its student's check-ins.
func believe(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	of, err := read.One[model.CheckInReview](tx.Select("id", "signup_id").Where("id = ?", row.SubjectID), "review")
	if err != nil {
		return "", err
	}
	if err := s.Signups.Excuse(tx, actor, of.SignupID, in.Reason); err != nil && !errors.Is(err, fault.ErrState) { // that was no absence
		return "", err
	}
	return EffectCounted, nothing(s.Attendance.Believe(tx, actor, row.SubjectID, in.Reason))
}
