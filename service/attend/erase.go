package attend

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/programme"
	"baodao/service/signup"
)

// keptMost is how long evidence is kept at the very most, when the hours never become final.
const keptMost = 180 * 24 * time.Hour

// eraseMost is how many rows one transaction erases.
const eraseMost = 1000

// EraseEvidence deletes the evidence, positions and phones, that nobody needs any more: location_keep_days after the hours
// became final (posted or rejected; without a claim, after the end of the session), and after 180 days whatever became of
// them. Verdict, class and doubts stay with the check-in.
func (s *Service) EraseEvidence(ctx context.Context) error {
	for {
		n, err := s.erase(ctx, eraseMost)
		if err != nil || n < eraseMost {
			return err
		}
	}
}

// erase deletes up to limit rows and tells how many.
func (s *Service) erase(ctx context.Context, limit int) (n int, err error) {
	err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		n = 0
		var programmes []int64
		if err := tx.Model(&model.Programme{}).Order("id").Pluck("id", &programmes).Error; err != nil {
			return fmt.Errorf("read programmes: %w", err)
		}
		for _, id := range programmes {
			policy, err := programme.PolicyOf(tx, id)
			if err != nil {
				return err
			}
			ids, err := erasable(tx, id, s.Now(), policy.Evidence().Keep, limit-n)
			if err != nil {
				return err
			}
			if err := tx.Where("check_in_id IN ?", append(ids, 0)).Delete(&model.CheckInEvidence{}).Error; err != nil {
				return fmt.Errorf("erase evidence: %w", err)
			}
			n += len(ids)
		}
		return nil
	})
	return n, err
}

// erasable finds evidence of a programme that is due.
func erasable(tx *gorm.DB, programmeID int64, now time.Time, keep time.Duration, limit int) (ids []int64, err error) {
	due := now.Add(-keep)
	err = tx.Table("check_in_evidence AS e").Joins("JOIN activity_sessions AS s ON s.id = e.session_id").
		Joins("JOIN activities AS a ON a.id = s.activity_id").
		Joins("LEFT JOIN hours_claims AS c ON c.signup_id = e.signup_id AND c.session_id = e.session_id").
		Where("e.at < ? AND a.programme_id = ?", due, programmeID).
		Where("(c.id IS NULL AND s.ends_at < ? OR c.status IN ? AND c.updated_at < ? OR e.at < ?)",
			due, []model.ClaimStatus{model.ClaimPosted, model.ClaimRejected}, due, now.Add(-keptMost)).
		Limit(limit).Pluck("e.check_in_id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("look for old evidence: %w", err)
	}
	return ids, nil
}

// ForgetPositions deletes every position of a student, in the transaction in which they take their consent back. Check-ins
// that are under way wait for it, so none slips through.
func (s *Service) ForgetPositions(tx *gorm.DB, studentID int64) error {
	if err := signup.LockStudents(tx, studentID); err != nil {
		return err
	}
	err := tx.Model(&model.CheckInEvidence{}).Where("student_id = ?", studentID).Updates(map[string]any{"fix_enc": nil, "fix_hash": nil}).Error
	if err != nil {
		return fmt.Errorf("forget positions: %w", err)
	}
	return nil
}
