package attend

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/read"
)

// sessionByID reads a session; fault.ErrNotFound if there is none.
func sessionByID(tx *gorm.DB, id int64) (model.Session, error) {
	return read.One[model.Session](tx.Where("id = ?", id), "session")
}

// seatsOf reads the signups that may check in to an activity: those with a seat, by student. Without students it reads all.
func seatsOf(tx *gorm.DB, activityID int64, students ...int64) (map[int64]model.Signup, error) {
	q := tx.Where("live_activity_id = ? AND status IN ?", activityID, []model.SignupStatus{model.SignupConfirmed, model.SignupCompleted})
	if len(students) > 0 {
		q = q.Where("student_id IN ?", students)
	}
	var rows []model.Signup
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read signups: %w", err)
	}
	out := make(map[int64]model.Signup, len(rows))
	for _, r := range rows {
		out[r.StudentID] = r
	}
	return out, nil
}

// attendanceOf reads what is known of signups in a session, by signup.
func attendanceOf(tx *gorm.DB, sessionID int64, signups ...int64) (map[int64]model.Attendance, error) {
	var rows []model.Attendance
	if err := tx.Where("session_id = ? AND signup_id IN ?", sessionID, signups).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read attendance: %w", err)
	}
	out := make(map[int64]model.Attendance, len(rows))
	for _, r := range rows {
		out[r.SignupID] = r
	}
	return out, nil
}

// byNonce reads the answer to an earlier request with the same nonce.
func byNonce(tx *gorm.DB, studentID int64, nonce string) (row model.CheckIn, found bool, err error) {
	var rows []model.CheckIn
	if err := tx.Where("student_id = ? AND nonce = ?", studentID, nonce).Limit(1).Find(&rows).Error; err != nil {
		return row, false, fmt.Errorf("look up nonce: %w", err)
	}
	if len(rows) == 0 {
		return row, false, nil
	}
	return rows[0], true, nil
}

// lastWrongCodes reads when the student's newest wrong codes came, newest first, at most n.
func lastWrongCodes(tx *gorm.DB, studentID int64, n int) ([]time.Time, error) {
	var rows []model.CheckIn
	err := tx.Select("received_at").
		Where("student_id = ? AND verdict = ? AND reason IN ?", studentID, model.VerdictFailed, []string{codeInvalid, codeExpired}).
		Order("id DESC").Limit(n).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count wrong codes: %w", err)
	}
	at := make([]time.Time, len(rows))
	for i, r := range rows {
		at[i] = r.ReceivedAt
	}
	return at, nil
}
