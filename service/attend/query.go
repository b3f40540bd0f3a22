package attend

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/org"
	"baodao/service/programme"
)

// scenesOf reads sessions and what belongs to them, but for whom they may be seen by; missing ones are missing from the map.
func scenesOf(tx *gorm.DB, ids []int64) (map[int64]scene, error) {
	out := make(map[int64]scene, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var sessions []model.Session
	if err := tx.Where("id IN ?", ids).Find(&sessions).Error; err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	activities, err := activitiesOf(tx, sessions)
	if err != nil {
		return nil, err
	}
	organisers, policies := make([]int64, 0, len(activities)), map[int64]model.Policy{}
	for _, a := range activities {
		organisers = append(organisers, a.OrgID)
		if _, known := policies[a.ProgrammeID]; known {
			continue
		}
		if policies[a.ProgrammeID], err = programme.PolicyOf(tx, a.ProgrammeID); err != nil {
			return nil, fmt.Errorf("activity %d: %w", a.ID, err)
		}
	}
	orgs, err := org.ByIDs(tx, distinct(organisers)...)
	if err != nil {
		return nil, err
	}
	for _, e := range sessions {
		if a, ok := activities[e.ActivityID]; ok {
			out[e.ID] = scene{session: e, activity: a, policy: policies[a.ProgrammeID], path: orgs[a.OrgID].Path}
		}
	}
	return out, nil
}

// activitiesOf reads the activities of sessions.
func activitiesOf(tx *gorm.DB, sessions []model.Session) (map[int64]model.Activity, error) {
	ids := make([]int64, len(sessions))
	for i, e := range sessions {
		ids[i] = e.ActivityID
	}
	var rows []model.Activity
	if err := tx.Where("id IN ?", distinct(ids)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read activities: %w", err)
	}
	out := make(map[int64]model.Activity, len(rows))
	for _, a := range rows {
		out[a.ID] = a
	}
	return out, nil
}

// distinct is a set of ids in order.
func distinct(ids []int64) []int64 { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// pair is a student in an activity, or a signup in a session.
type pair struct{ one, other int64 }

// either keeps the rows that match any of the pairs: one range of an index for each, where two lists would be asked for
// every combination. clause is of one pair, with two question marks.
func either(tx *gorm.DB, clause string, pairs []pair) *gorm.DB {
	each, args := make([]string, len(pairs)), make([]any, 0, 2*len(pairs))
	for i, p := range pairs {
		each[i] = clause
		args = append(args, p.one, p.other)
	}
	return tx.Where(strings.Join(each, " OR "), args...)
}

// seatsOf reads the signups of students that may check in to an activity: those with a seat, by student.
func seatsOf(tx *gorm.DB, activityID int64, students ...int64) (map[int64]model.Signup, error) {
	pairs := make([]pair, len(students))
	for i, id := range students {
		pairs[i] = pair{activityID, id}
	}
	rows, err := seatsIn(tx, pairs)
	out := make(map[int64]model.Signup, len(rows))
	for p, r := range rows {
		out[p.other] = r
	}
	return out, err
}

// seatsIn reads the signups that may check in, by activity and student: those with a seat.
func seatsIn(tx *gorm.DB, students []pair) (map[pair]model.Signup, error) {
	out := make(map[pair]model.Signup, len(students))
	if len(students) == 0 {
		return out, nil
	}
	var rows []model.Signup
	if err := either(tx, "(live_activity_id = ? AND student_id = ?)", students).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read signups: %w", err)
	}
	for _, r := range rows {
		if r.Status == model.SignupConfirmed || r.Status == model.SignupCompleted {
			out[pair{r.ActivityID, r.StudentID}] = r
		}
	}
	return out, nil
}

// attendanceOf reads what is known of signups in a session, by signup.
func attendanceOf(tx *gorm.DB, sessionID int64, signups ...int64) (map[int64]model.Attendance, error) {
	pairs := make([]pair, len(signups))
	for i, id := range signups {
		pairs[i] = pair{id, sessionID}
	}
	rows, err := attendanceIn(tx, pairs)
	out := make(map[int64]model.Attendance, len(rows))
	for p, r := range rows {
		out[p.one] = r
	}
	return out, err
}

// attendanceIn reads what is known of signups in sessions, by both.
func attendanceIn(tx *gorm.DB, of []pair) (map[pair]model.Attendance, error) {
	out := make(map[pair]model.Attendance, len(of))
	if len(of) == 0 {
		return out, nil
	}
	var rows []model.Attendance
	if err := either(tx, "(signup_id = ? AND session_id = ?)", of).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read attendance: %w", err)
	}
	for _, r := range rows {
		out[pair{r.SignupID, r.SessionID}] = r
	}
	return out, nil
}

// nonce names one try of a student.
type nonce struct {
	student int64
	value   string
}

// byNonces reads the answers to earlier requests with the same nonces.
func byNonces(tx *gorm.DB, nonces []nonce) (map[nonce]*model.CheckIn, error) {
	each, args := make([]string, len(nonces)), make([]any, 0, 2*len(nonces))
	for i, n := range nonces {
		each[i] = "(student_id = ? AND nonce = ?)"
		args = append(args, n.student, n.value)
	}
	var rows []model.CheckIn
	if err := tx.Where(strings.Join(each, " OR "), args...).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look up nonces: %w", err)
	}
	out := make(map[nonce]*model.CheckIn, len(rows))
	for i, r := range rows {
		out[nonce{r.StudentID, r.Nonce}] = &rows[i]
	}
	return out, nil
}

// wrongTries reads the wrong codes that students sent themselves since an instant, oldest first.
func wrongTries(tx *gorm.DB, students []int64, since time.Time) (map[int64][]model.CheckIn, error) {
	out := map[int64][]model.CheckIn{}
	if len(students) == 0 {
		return out, nil
	}
	var rows []model.CheckIn
	err := tx.Select("student_id", "session_id", "kind", "reason", "received_at").
		Where("student_id IN ? AND received_at >= ? AND verdict = ? AND reason IN ? AND operator_id = 0", students, since, model.VerdictFailed, wrongReasons).
		Order("student_id, received_at").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read wrong codes: %w", err)
	}
	for _, r := range rows {
		out[r.StudentID] = append(out[r.StudentID], r)
	}
	return out, nil
}
