package attend

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/vault"
)

// evidenceMost is how many rows one statement writes.
const evidenceMost = 200

// keep stores what weigh found out about tries whose rows were written: the evidence, and a review for each in doubt.
// It goes before their pairs are settled, because a claim asks for the reviews of its pair.
func (s *Service) keep(tx *gorm.DB, tries []weighed) error {
	var evidence []model.CheckInEvidence
	var doubted []int64
	for _, t := range tries {
		if t.kept != nil && (t.kept.FixEnc != nil || t.kept.DeviceHash != nil) {
			evidence = append(evidence, *t.kept)
		}
		if len(t.doubts) > 0 {
			doubted = append(doubted, t.row.StudentID)
		}
	}
	if len(evidence) > 0 {
		if err := tx.CreateInBatches(evidence, evidenceMost).Error; err != nil {
			return fmt.Errorf("store evidence: %w", err)
		}
	}
	if len(doubted) == 0 {
		return nil
	}
	people, err := profiles(tx, doubted)
	if err != nil {
		return err
	}
	now, reviews := s.Now(), make([]model.CheckInReview, 0, len(doubted))
	for _, t := range tries {
		if len(t.doubts) > 0 {
			reviews = append(reviews, newReview(*t.row, t.session.ActivityID, people[t.row.StudentID].BranchID, now))
		}
	}
	if err := tx.CreateInBatches(reviews, evidenceMost).Error; err != nil {
		return fmt.Errorf("ask for reviews: %w", err)
	}
	return nil
}

func newReview(row model.CheckIn, activityID, branchID int64, now time.Time) model.CheckInReview {
	return model.CheckInReview{
		ID: row.ID, StudentID: row.StudentID, SignupID: row.SignupID, SessionID: row.SessionID, ActivityID: activityID, BranchID: branchID,
		Status: model.ReviewWaiting, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
}

// sealFix encrypts a position for its check-in.
func sealFix(key *vault.Person, checkInID int64, f Fix) ([]byte, error) {
	raw, err := json.Marshal(model.SealedFix(f))
	if err != nil {
		return nil, fmt.Errorf("write position: %w", err)
	}
	return key.Seal(vault.CheckInFix, checkInID, string(raw)), nil
}

// openFix decrypts a position; nil if there is none (any more).
func openFix(key *vault.Person, row model.CheckInEvidence) (*Fix, error) {
	raw, err := key.Open(vault.CheckInFix, row.CheckInID, row.FixEnc)
	if err != nil || raw == "" {
		return nil, err
	}
	var f model.SealedFix
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		return nil, fmt.Errorf("read position of %d: %w", row.CheckInID, err)
	}
	return (*Fix)(&f), nil
}

// profiles reads the accounts, person keys and branches of students.
func profiles(tx *gorm.DB, students []int64) (map[int64]model.StudentProfile, error) {
	var rows []model.StudentProfile
	if err := tx.Select("id", "user_id", "person_id", "branch_id").Where("id IN ?", students).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read students: %w", err)
	}
	out := make(map[int64]model.StudentProfile, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, nil
}

// seenWith reads who was where with a phone or a position.
func seenWith(q *gorm.DB) (rows []model.CheckInEvidence, err error) {
	if err := q.Distinct("student_id", "session_id", "device_hash", "fix_hash").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("compare evidence: %w", err)
	}
	return rows, nil
}
