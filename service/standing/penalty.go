package standing

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/programme"
)

// Penalty is what a student did: did not come (model.ReliabilityNoShow), or cancelled late (model.ReliabilityLateCancel).
type Penalty struct {
	StudentID, SignupID, ProgrammeID int64
	Kind                             string
	OrgPath                          string // for the audit log
}

// Penalise writes a penalty into the ledger, with the points that the programme's policy takes off. A second one of the
// same kind for the same signup writes nothing. The no-show that reaches the policy's limit begins a suspension, unless one
// stands; no-shows of all programmes count, those older than the policy's window, expired or reversed do not.
// The caller holds the student's row lock and has decided that the actor may do this.
func (s *Service) Penalise(tx *gorm.DB, actor access.Actor, p Penalty) error {
	policy, err := programme.PolicyOf(tx, p.ProgrammeID)
	if err != nil {
		return err
	}
	points, err := pointsOf(policy, p.Kind)
	if err != nil {
		return err
	}
	now := s.Now()
	row := model.ReliabilityEntry{
		ID: s.NewID(), StudentID: p.StudentID, Kind: p.Kind, Points: -points, SignupID: p.SignupID, ProgrammeID: p.ProgrammeID,
		ExpiresAt: now.Add(policy.NoShowWindow()), CreatedAt: now,
	}
	if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil
	} else if err != nil {
		return fmt.Errorf("write penalty: %w", err)
	}
	err = s.Audit.Write(tx, actor, audit.Entry{
		Action: "reliability.penalise", Object: "reliability_entries", ObjectID: row.ID, OrgPath: p.OrgPath, To: row.Kind,
		Data: map[string]any{"student_id": p.StudentID, "signup_id": p.SignupID, "programme_id": p.ProgrammeID, "points": row.Points},
	})
	if err != nil || p.Kind != model.ReliabilityNoShow {
		return err
	}
	return s.suspend(tx, actor, row, policy, p.OrgPath)
}

func pointsOf(policy model.Policy, kind string) (int64, error) {
	switch kind {
	case model.ReliabilityNoShow:
		return policy.NoShowPoints, nil
	case model.ReliabilityLateCancel:
		return policy.LateCancelPoints, nil
	}
	return 0, fmt.Errorf("%q is not a penalty", kind)
}

// suspend begins a suspension when the no-show reaches the policy's limit and none stands.
func (s *Service) suspend(tx *gorm.DB, actor access.Actor, noShow model.ReliabilityEntry, policy model.Policy, orgPath string) error {
	if policy.NoShowLimit == 0 || policy.SuspensionDays == 0 {
		return nil
	}
	now := s.Now()
	from := now.Add(-policy.NoShowWindow())
	n, err := noShows(tx, noShow.StudentID, from, now)
	if err != nil || n < policy.NoShowLimit {
		return err
	}
	standing, err := Suspended(tx, now, []int64{noShow.StudentID})
	if err != nil || len(standing) > 0 {
		return err
	}
	row := model.SignupSuspension{
		ID: s.NewID(), StudentID: noShow.StudentID, FromAt: now, ToAt: now.Add(time.Duration(policy.SuspensionDays) * 24 * time.Hour),
		EntryID: noShow.ID, Needs: policy.NoShowLimit, CountsFrom: from, Reason: model.SuspendedForNoShows, CreatedAt: now,
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("suspend: %w", err)
	}
	return s.Audit.Write(tx, actor, audit.Entry{
		Action: "signup_suspension.begin", Object: "signup_suspensions", ObjectID: row.ID, OrgPath: orgPath, Reason: row.Reason,
		Data: map[string]any{"student_id": row.StudentID, "entry_id": noShow.ID, "no_shows": n, "days": policy.SuspensionDays},
	})
}

// noShows counts a student's no-shows that came after from, had not expired at an instant, and are not reversed today.
func noShows(tx *gorm.DB, studentID int64, from, at time.Time) (n int64, err error) {
	err = tx.Table("reliability_entries AS e").
		Where("e.student_id = ? AND e.kind = ? AND e.created_at > ? AND e.expires_at > ?", studentID, model.ReliabilityNoShow, from, at).
		Where("NOT EXISTS (SELECT 1 FROM reliability_entries AS r WHERE r.signup_id = e.signup_id AND r.kind = ? AND r.reverses = e.id)", model.ReliabilityReversal).
		Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count no-shows: %w", err)
	}
	return n, nil
}
