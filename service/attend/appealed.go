package attend

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/read"
	"baodao/service/signup"
)

// Readmit takes the rejection of a claim back: it is computed anew from what it rests on, and goes through all confirmations
// again. The caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState when it is not rejected, or
// rests on a pair that is not closed any more.
func (s *Service) Readmit(tx *gorm.DB, actor access.Actor, claimID int64, reason string) error {
	v, err := s.viewBehindLock(tx, claimID)
	if err != nil {
		return err
	}
	if v.claim.Status != model.ClaimRejected {
		return fault.ErrState
	}
	c, err := s.worthAgain(tx, v)
	if err != nil {
		return err
	}
	return s.Audit.Move(tx, actor, v.claim, audit.Move{
		Action: "hours.readmit", To: string(model.ClaimComputed), Reason: reason, OrgPath: v.scene.path, Data: map[string]any{"minutes": c.minutes},
		Set: map[string]any{"minutes": c.minutes, "reason": c.reason, "starts_at": c.from, "ends_at": c.until(), "lead_by": nil, "host_by": nil, "second_by": nil, "recognised_by": nil},
	})
}

// viewBehindLock locks the student of a claim, so that nobody else changes their hours, and then the claim, and reads it.
func (s *Service) viewBehindLock(tx *gorm.DB, claimID int64) (view, error) {
	claim, err := read.One[model.HoursClaim](tx.Select("id", "student_id").Where("id = ?", claimID), "claim")
	if err != nil {
		return view{}, err
	}
	if err := signup.LockStudents(tx, claim.StudentID); err != nil {
		return view{}, err
	}
	return s.viewOf(tx, claimID)
}

// worthAgain is what a rejected claim is worth beside what was credited since.
func (s *Service) worthAgain(tx *gorm.DB, v view) (credit, error) {
	room, err := roomFor(tx, v)
	if err != nil {
		return credit{}, err
	}
	c := credit{from: v.claim.StartsAt, minutes: min(v.claim.Minutes, room)}
	if v.claim.Minutes > room {
		c.reason = reasonDay
	}
	if v.claim.Basis == model.BasisCheckIn {
		known, err := attendanceOf(tx, v.claim.SessionID, v.claim.SignupID)
		if err != nil {
			return c, err
		}
		pair, there := known[v.claim.SignupID]
		if !there || pair.InAt == nil || pair.OutAt == nil {
			return c, fault.ErrState
		}
		c = worth(*pair.InAt, *pair.OutAt, v.scene.session, v.scene.policy, room)
	}
	taken, err := takenElsewhere(tx, v.claim, c.from, c.until())
	if taken && c.minutes > 0 {
		c.minutes, c.reason = 0, reasonOverlap
	}
	return c, err
}

// besides is a query for the other claims of a claim's student that count.
func besides(tx *gorm.DB, claim *model.HoursClaim) *gorm.DB {
	return tx.Table("hours_claims AS c").Where("c.student_id = ? AND c.id <> ? AND c.status <> ?", claim.StudentID, claim.ID, model.ClaimRejected)
}

// roomFor is how many minutes of its day are left for a claim beside the others.
func roomFor(tx *gorm.DB, v view) (int64, error) {
	from, to := dayBounds(v.scene.session.StartsAt)
	var used int64
	err := besides(tx, v.claim).Joins("LEFT JOIN activity_sessions AS e ON e.id = c.session_id").
		Where("COALESCE(e.starts_at, c.starts_at) >= ? AND COALESCE(e.starts_at, c.starts_at) < ?", from, to).
		Select("COALESCE(SUM(c.minutes), 0)").Scan(&used).Error
	if err != nil {
		return 0, fmt.Errorf("sum minutes of the day: %w", err)
	}
	return max(0, v.scene.policy.DayMaxMinutes-used), nil
}

// takenElsewhere tells whether another claim credits any of the time.
func takenElsewhere(tx *gorm.DB, claim *model.HoursClaim, from, until time.Time) (bool, error) {
	var found []int64
	err := besides(tx, claim).Where("c.starts_at < ? AND c.ends_at > ? AND c.minutes > 0", until, from).Limit(1).Pluck("c.id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for overlapping claim: %w", err)
	}
	return len(found) > 0, nil
}
