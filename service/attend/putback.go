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

// PutRight makes the hours of a line more: one line takes it back, and another takes that one back with the minutes that
// are right, at most those of the session, of what is left of the day and of time that is credited nowhere else. The claim
// says the same from now on. The caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState for a line
// that takes hours away; ErrReversed; fault.ErrInvalid naming /minutes.
func (s *Service) PutRight(tx *gorm.DB, actor access.Actor, lineID, minutes int64, reason string) error {
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
	return s.worthMore(tx, actor, v, from, right, reason)
}

// Credit writes the line of a posted claim that was worth nothing, with the minutes that are right, within the same bounds as
// PutRight. The caller has decided that the actor may do this. fault.ErrNotFound; fault.ErrState for any other claim;
// fault.ErrInvalid naming /minutes.
func (s *Service) Credit(tx *gorm.DB, actor access.Actor, claimID, minutes int64, reason string) error {
	v, err := s.viewBehindLock(tx, claimID)
	if err != nil {
		return err
	}
	if v.claim.Status != model.ClaimPosted || v.claim.Minutes != 0 {
		return fault.ErrState
	}
	from, err := s.stretch(tx, v, 0, minutes)
	if err != nil {
		return err
	}
	homes, err := homesOf(tx, v.claim.ActivityID, v.claim.StudentID)
	if err != nil {
		return err
	}
	day := dayOf(v.scene.session.StartsAt)
	where := homes.at(v.claim.StudentID, day)
	line := model.HoursEntry{
		ID: s.NewID(), StudentID: v.claim.StudentID, Minutes: minutes, Class: v.claim.Class, Basis: v.claim.Basis, ClaimID: claimID, ProgrammeID: v.scene.activity.ProgrammeID,
		ActivityID: v.claim.ActivityID, ServedOn: day, BranchID: where.id, BranchPath: where.path, PostedBy: actor.UserID, PostedAt: s.Now(),
	}
	if err := s.writeLines(tx, []model.HoursEntry{line}); err != nil {
		return err
	}
	return s.worthMore(tx, actor, v, from, line, reason)
}

// worthMore lets a claim say what its line says.
func (s *Service) worthMore(tx *gorm.DB, actor access.Actor, v view, from time.Time, line model.HoursEntry, reason string) error {
	return s.Audit.Edit(tx, actor, v.claim, v.claim.Version, audit.Move{
		Action: "hours.correct", Reason: reason, OrgPath: v.scene.path, Data: map[string]any{"minutes": line.Minutes, "line": line.ID},
		Set: map[string]any{"minutes": line.Minutes, "starts_at": from, "ends_at": from.Add(time.Duration(line.Minutes) * time.Minute)},
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
	if err := s.writeLines(tx, lines); errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrReversed
	} else if err != nil {
		return err
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "hours.reverse", Object: "hours_entries", ObjectID: line.ID, OrgPath: line.BranchPath, Reason: reason,
		Data: map[string]any{"minutes": lines[0].Minutes, "line": lines[0].ID},
	})
}
