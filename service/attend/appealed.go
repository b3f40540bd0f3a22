package attend

import (
	"errors"
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
	claim, err := read.One[model.HoursClaim](tx.Select("id", "student_id").Where("id = ?", claimID), "claim")
	if err != nil {
		return err
	}
	if err := signup.LockStudents(tx, claim.StudentID); err != nil {
		return err
	}
	v, err := s.viewOf(tx, claimID)
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
		Set: map[string]any{"minutes": c.minutes, "reason": c.reason, "starts_at": c.from, "ends_at": c.until(), "lead_by": nil, "host_by": nil, "recognised_by": nil},
	})
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
	if v.claim.Basis == basisCheckIn {
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

// Restore puts back what a line took from the ledger, with a further line that takes that one back; nothing is edited. The
// caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState for a line that took nothing;
// ErrReversed.
func (s *Service) Restore(tx *gorm.DB, actor access.Actor, lineID int64, reason string) error {
	line, err := s.lineBehindLock(tx, lineID)
	if err != nil {
		return err
	}
	if line.Minutes >= 0 {
		return fault.ErrState
	}
	back := s.reversing(line, actor)
	return s.writeReversal(tx, actor, line, reason, back)
}

// Correct makes the hours of a line more: one line takes it back, and another takes that one back with the minutes that
// are right, at most those of the session, of what is left of the day and of time that is credited nowhere else. The claim
// says the same from now on. The caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState for a line
// that takes hours away; ErrReversed; fault.ErrInvalid naming /minutes.
func (s *Service) Correct(tx *gorm.DB, actor access.Actor, lineID, minutes int64, reason string) error {
	line, err := s.lineBehindLock(tx, lineID)
	if err != nil {
		return err
	}
	if line.Minutes <= 0 {
		return fault.ErrState
	}
	v, err := s.viewOf(tx, line.ClaimID)
	if err != nil {
		return err
	}
	from, err := s.stretch(tx, v, line.Minutes, minutes)
	if err != nil {
		return err
	}
	back := s.reversing(line, actor)
	right := s.reversing(back, actor)
	right.Minutes = minutes
	if err := s.writeReversal(tx, actor, line, reason, back, right); err != nil {
		return err
	}
	return s.Audit.Edit(tx, actor, v.claim, v.claim.Version, audit.Move{
		Action: "hours.correct", Reason: reason, OrgPath: v.scene.path, Data: map[string]any{"minutes": minutes, "line": right.ID},
		Set: map[string]any{"minutes": minutes, "starts_at": from, "ends_at": from.Add(time.Duration(minutes) * time.Minute)},
	})
}

// stretch finds from when on so many minutes of a claim's session can be credited.
func (s *Service) stretch(tx *gorm.DB, v view, had, minutes int64) (from time.Time, err error) {
	room, err := roomFor(tx, v)
	if err != nil {
		return from, err
	}
	most := min(v.scene.session.Minutes(), room)
	from = earlier(v.claim.StartsAt, v.scene.session.EndsAt.Add(-time.Duration(minutes)*time.Minute))
	taken, err := takenElsewhere(tx, v.claim, from, from.Add(time.Duration(minutes)*time.Minute))
	if err != nil {
		return from, err
	}
	var wrong fault.Collector
	wrong.Add(minutes <= had, "/minutes", "min", fmt.Sprintf("须多于已认定的 %d 分钟", had), fmt.Sprintf("must be more than the %d that are posted", had))
	wrong.Add(minutes > most, "/minutes", "max", fmt.Sprintf("最多 %d 分钟", most), fmt.Sprintf("must be at most %d", most))
	wrong.Add(minutes > had && minutes <= most && taken, "/minutes", "overlap", "这段时间已在别处计入", "are credited elsewhere in part")
	return from, wrong.Err()
}

// lineBehindLock locks the student of a line, so that nobody else changes their hours, and reads the line.
func (s *Service) lineBehindLock(tx *gorm.DB, id int64) (model.HoursEntry, error) {
	line, err := read.One[model.HoursEntry](tx.Where("id = ?", id), "ledger line")
	if err != nil {
		return line, err
	}
	return line, signup.LockStudents(tx, line.StudentID)
}

// reversing is the line that takes a line back.
func (s *Service) reversing(line model.HoursEntry, actor access.Actor) model.HoursEntry {
	back := line
	back.ID, back.Minutes, back.Reversal, back.PostedBy, back.PostedAt = s.NewID(), -line.Minutes, line.ID, actor.UserID, s.Now()
	return back
}

// writeReversal writes lines that take a line back, the first of them directly.
func (s *Service) writeReversal(tx *gorm.DB, actor access.Actor, line model.HoursEntry, reason string, lines ...model.HoursEntry) error {
	if err := s.write(tx, lines); errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrReversed
	} else if err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "hours.reverse", Object: "hours_entries", ObjectID: line.ID, OrgPath: line.BranchPath, Reason: reason,
		Data: map[string]any{"minutes": lines[0].Minutes, "line": lines[0].ID},
	})
}
