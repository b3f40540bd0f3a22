package appeal

import (
	"cmp"
	"errors"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/project"
	"baodao/service/read"
	"baodao/service/signup"
)

// lost are the ends of a signup that somebody else decided.
var lost = map[model.SignupStatus]bool{ //nolint:gochecknoglobals // a table
	model.SignupRejected: true, model.SignupRemoved: true, model.SignupNoShow: true,
}

// ended is a signup that somebody ended. The school of the student looks again at a no-show, which costs points there; at
// any other end the organisation above the organiser. Who was removed because an activity does not take place has lost nothing.
func ended(_ *Service, tx *gorm.DB, id int64) (subject, error) {
	row, err := signup.ByID(tx, id)
	if err != nil {
		return subject{}, err
	}
	a, err := project.ActivityByID(tx, row.ActivityID)
	if err != nil {
		return subject{}, err
	}
	sub := subject{studentID: row.StudentID, programmeID: a.ProgrammeID, activityID: a.ID, state: string(row.Status), reason: row.Reason}
	sub.settled = !lost[row.Status] || row.Status == model.SignupRemoved && a.Status != model.ActivityPublished
	if sub.firstBy, sub.firstAt, err = decidedBy(tx, row.TableName(), id, string(row.Status)); err != nil {
		return sub, err
	}
	sub.firstAt = latest(sub.firstAt, row.UpdatedAt)
	if row.Status == model.SignupNoShow {
		sub.desk, err = branchOf(tx, row.StudentID)
		return sub, err
	}
	organiser, err := org.ByID(tx, a.OrgID)
	sub.desk = cmp.Or(org.PathAbove(organiser.Path), organiser.Path)
	return sub, err
}

func readmit(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	now, err := signup.ByID(tx, row.SubjectID)
	if err != nil {
		return "", err
	}
	if now.Status == model.SignupNoShow {
		return EffectExcused, nothing(s.Signups.Excuse(tx, actor, row.SubjectID, in.Reason))
	}
	to, err := s.Signups.Readmit(tx, actor, row.SubjectID, in.Reason)
	switch to {
	case model.SignupConfirmed:
		return EffectSeated, nothing(err)
	case model.SignupWaitlisted:
		return EffectWaitlisted, nothing(err)
	default:
		return EffectNone, nothing(err)
	}
}

// claim is one that was rejected, or posted with no minutes at all.
func claim(_ *Service, tx *gorm.DB, id int64) (subject, error) {
	row, err := read.One[model.HoursClaim](tx.Where("id = ?", id), "claim")
	if err != nil {
		return subject{}, err
	}
	a, err := project.ActivityByID(tx, row.ActivityID)
	if err != nil {
		return subject{}, err
	}
	sub := subject{
		studentID: row.StudentID, programmeID: a.ProgrammeID, activityID: a.ID, state: string(row.Status), reason: row.Reason, minutes: row.Minutes,
		settled: row.Status != model.ClaimRejected && (row.Status != model.ClaimPosted || row.Minutes != 0),
	}
	if sub.firstBy, sub.firstAt, err = decidedBy(tx, row.TableName(), id, string(row.Status)); err != nil {
		return sub, err
	}
	sub.proposer = proposer(row)
	if row.RecognisedBy != nil && row.Status == model.ClaimPosted {
		sub.firstBy = *row.RecognisedBy // the program may have posted it later
	}
	sub.firstAt = latest(sub.firstAt, row.UpdatedAt)
	sub.desk, err = branchOf(tx, row.StudentID)
	return sub, err
}

func reopenClaim(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	now, err := claim(s, tx, row.SubjectID)
	if err != nil {
		return "", err
	}
	if now.state == string(model.ClaimPosted) {
		return EffectCorrected, nothing(s.Attendance.Credit(tx, actor, row.SubjectID, in.Minutes, in.Reason))
	}
	return EffectReopened, nothing(s.Attendance.Readmit(tx, actor, row.SubjectID, in.Reason))
}

// line is one of the ledger: one that took hours back, or one that may have too few. Whoever posted it has decided.
func line(_ *Service, tx *gorm.DB, id int64) (subject, error) {
	row, err := read.One[model.HoursEntry](tx.Where("id = ?", id), "ledger line")
	if err != nil {
		return subject{}, err
	}
	sub := subject{
		studentID: row.StudentID, programmeID: row.ProgrammeID, activityID: row.ActivityID, firstBy: row.PostedBy, firstAt: row.PostedAt, desk: row.BranchPath,
		state: string(model.ClaimPosted), minutes: row.Minutes,
	}
	if row.Minutes < 0 {
		sub.state = "REVERSED"
	}
	of, err := read.One[model.HoursClaim](tx.Where("id = ?", row.ClaimID), "claim")
	if err != nil {
		return sub, err
	}
	sub.proposer = proposer(of)
	if sub.settled, err = exists(tx.Model(&model.HoursEntry{}).Where("claim_id = ? AND reversal = ?", row.ClaimID, id)); err != nil || sub.desk != "" {
		return sub, err
	}
	sub.desk, err = branchOf(tx, row.StudentID)
	return sub, err
}

func rewrite(s *Service, tx *gorm.DB, actor access.Actor, row model.Appeal, in Decision) (string, error) {
	now, err := line(s, tx, row.SubjectID)
	if err != nil {
		return "", err
	}
	if now.minutes < 0 {
		return EffectRestored, nothing(s.Attendance.Restore(tx, actor, row.SubjectID, in.Reason))
	}
	return EffectCorrected, nothing(s.Attendance.PutRight(tx, actor, row.SubjectID, in.Minutes, in.Reason))
}

// proposer is the user who proposed the hours of a claim, 0 if a pair of check-ins made it.
func proposer(row model.HoursClaim) int64 {
	if row.ProposedBy == nil {
		return 0
	}
	return *row.ProposedBy
}

// nothing turns a refusal of the state into ErrNothing.
func nothing(err error) error {
	if errors.Is(err, fault.ErrState) {
		return ErrNothing.Because(err)
	}
	return err
}

// latest is at, or other when nobody knows at.
func latest(at, other time.Time) time.Time {
	if at.IsZero() {
		return other
	}
	return at
}
