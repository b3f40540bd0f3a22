package attend

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// basisCheckIn is the basis of a claim that a closed pair makes.
const basisCheckIn = model.BasisCheckIn

// credit turns a pair that was just closed into a claim and completes the signup when all its pairs are closed.
func (s *Service) credit(tx *gorm.DB, actor access.Actor, t try) error {
	c, err := creditOf(tx, t)
	if err != nil {
		return err
	}
	if err := s.claim(tx, actor, t, c); err != nil {
		return err
	}
	if t.signup.Status != model.SignupConfirmed {
		return nil
	}
	open, err := openPairs(tx, t.signup.ID, t.scene.activity.ID)
	if err != nil || open > 0 {
		return err
	}
	return s.Audit.Move(tx, actor, &t.signup, audit.Move{Action: "signup.complete", To: string(model.SignupCompleted), OrgPath: t.scene.path})
}

// creditOf computes what the pair is worth. The minutes of a session count for the day in China on which it starts.
// Sessions of one student's signups do not overlap, unless one was moved afterwards: then the later claim is worth nothing.
func creditOf(tx *gorm.DB, t try) (credit, error) {
	used, err := minutesOfDay(tx, t.signup, t.scene.session)
	if err != nil {
		return credit{}, err
	}
	c := worth(*t.attendance.InAt, *t.attendance.OutAt, t.scene.session, t.scene.policy, t.scene.policy.DayMaxMinutes-used)
	if c.minutes == 0 {
		return c, nil
	}
	taken, err := creditedElsewhere(tx, t.signup, t.scene.session.ID, c.from, c.until())
	if taken {
		c.minutes, c.reason = 0, reasonOverlap
	}
	return c, err
}

// claim writes the claim, or computes it anew when its check-out had been annulled. Any other
// decision about it stands.
func (s *Service) claim(tx *gorm.DB, actor access.Actor, t try, c credit) error {
	old, err := claimOf(tx, t.signup.ID, t.scene.session.ID)
	if err != nil {
		return err
	}
	a, now := t.scene.activity, s.Now()
	class := model.ClassPractice
	if a.CountsAsVolunteer {
		class = model.ClassVolunteer
	}
	data := map[string]any{"minutes": c.minutes, "session_id": t.scene.session.ID, "signup_id": t.signup.ID}
	if old != nil {
		if old.Status != model.ClaimDisputed || old.Reason != reasonAnnulled {
			return nil
		}
		return s.Audit.Move(tx, actor, old, audit.Move{
			Action: "hours.compute", To: string(model.ClaimComputed), OrgPath: t.scene.path, Data: data,
			Set: map[string]any{
				"minutes": c.minutes, "class": class, "reason": c.reason, "starts_at": c.from, "ends_at": c.until(),
				"in_id": *t.attendance.InID, "out_id": *t.attendance.OutID, "lead_by": nil, "host_by": nil,
			},
		})
	}
	row := model.HoursClaim{
		ID: s.NewID(), SignupID: t.signup.ID, SessionID: t.scene.session.ID, ActivityID: a.ID, StudentID: t.signup.StudentID,
		Minutes: c.minutes, Class: class, Basis: basisCheckIn, InID: *t.attendance.InID, OutID: *t.attendance.OutID,
		StartsAt: c.from, EndsAt: c.until(), Status: model.ClaimComputed, Reason: c.reason, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("insert claim: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "hours.compute", Object: row.TableName(), ObjectID: row.ID, OrgPath: t.scene.path, To: row.State(), Data: data,
	})
}

// minutesOfDay sums the minutes of the student's other claims for sessions that start on the same day in China.
func minutesOfDay(tx *gorm.DB, own model.Signup, session model.Session) (int64, error) {
	from, to := dayBounds(session.StartsAt)
	var sum int64
	err := tx.Table("hours_claims AS c").Joins("JOIN activity_sessions AS s ON s.id = c.session_id").
		Where("c.student_id = ? AND c.status <> ? AND s.starts_at >= ? AND s.starts_at < ?", own.StudentID, model.ClaimRejected, from, to).
		Where("(c.signup_id <> ? OR c.session_id <> ?)", own.ID, session.ID).
		Select("COALESCE(SUM(c.minutes), 0)").Scan(&sum).Error
	if err != nil {
		return 0, fmt.Errorf("sum minutes of the day: %w", err)
	}
	return sum, nil
}

// creditedElsewhere tells whether another claim of the student credits any of the time.
func creditedElsewhere(tx *gorm.DB, own model.Signup, sessionID int64, from, until time.Time) (bool, error) {
	var found []int64
	err := tx.Model(&model.HoursClaim{}).
		Where("student_id = ? AND status <> ? AND (signup_id <> ? OR session_id <> ?)", own.StudentID, model.ClaimRejected, own.ID, sessionID).
		Where("starts_at < ? AND ends_at > ?", until, from).Limit(1).Pluck("id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for overlapping claim: %w", err)
	}
	return len(found) > 0, nil
}

// claimOf locks and reads the claim of a pair; nil if there is none.
func claimOf(tx *gorm.DB, signupID, sessionID int64) (*model.HoursClaim, error) {
	var rows []*model.HoursClaim
	err := atomic.ForUpdate(tx).Where("signup_id = ? AND session_id = ?", signupID, sessionID).Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read claim: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // none is a good answer
	}
	return rows[0], nil
}

// openPairs counts the sessions of the activity in which the signup has no closed pair.
func openPairs(tx *gorm.DB, signupID, activityID int64) (int64, error) {
	var n int64
	err := tx.Table("activity_sessions AS s").
		Joins("LEFT JOIN attendances AS t ON t.session_id = s.id AND t.signup_id = ?", signupID).
		Where("s.activity_id = ? AND t.out_at IS NULL", activityID).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count open pairs: %w", err)
	}
	return n, nil
}
