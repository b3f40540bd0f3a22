package appeal

import (
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
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

func believe(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	return EffectCounted, nothing(s.Attendance.Believe(tx, actor, row.SubjectID, in.Reason))
}
