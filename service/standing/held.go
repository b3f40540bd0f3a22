package standing

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// Held is the set of proofs that a student has on a day.
type Held uint8

// The members of Held.
const (
	Training Held = 1 << iota
	Insurance
	Clearance
)

// Has tells whether every proof of want is held.
func (h Held) Has(want Held) bool { return h&want == want }

func heldBy(kind string) Held {
	switch kind {
	case model.ProofTraining:
		return Training
	case model.ProofInsurance:
		return Insurance
	case model.ProofClearance:
		return Clearance
	}
	return 0
}

// Proofs reads which proofs students hold on a day, in one statement; who holds none is missing.
func Proofs(tx *gorm.DB, day model.Date, studentIDs []int64) (map[int64]Held, error) {
	out := map[int64]Held{}
	if len(studentIDs) == 0 {
		return out, nil
	}
	var rows []model.StudentProof
	err := tx.Select("student_id", "kind").Where("student_id IN ?", studentIDs).
		Where("revoked_at IS NULL AND from_on <= ? AND (to_on IS NULL OR to_on > ?)", day, day).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read proofs: %w", err)
	}
	for _, r := range rows {
		out[r.StudentID] |= heldBy(r.Kind)
	}
	return out, nil
}

// Consents tells which users have agreed to a version of the text of a purpose and not withdrawn it, in one statement.
// The version "" stands for any.
func Consents(tx *gorm.DB, purpose, version string, userIDs []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	if len(userIDs) == 0 {
		return out, nil
	}
	q := tx.Model(&model.Consent{}).Where("user_id IN ? AND purpose = ? AND live = ?", userIDs, purpose, true)
	if version != "" {
		q = q.Where("text_version = ?", version)
	}
	var users []int64
	if err := q.Pluck("user_id", &users).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	for _, id := range users {
		out[id] = true
	}
	return out, nil
}

// Suspended tells until when students may not sign up, in one statement; who may is missing.
func Suspended(tx *gorm.DB, now time.Time, studentIDs []int64) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	if len(studentIDs) == 0 {
		return out, nil
	}
	var rows []model.SignupSuspension
	err := tx.Select("student_id", "to_at").Where("student_id IN ?", studentIDs).Where(inForce, now, now).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read suspensions: %w", err)
	}
	for _, r := range rows {
		if r.ToAt.After(out[r.StudentID]) {
			out[r.StudentID] = r.ToAt
		}
	}
	return out, nil
}

// inForce is the condition of a suspension that stands now; it takes now twice.
const inForce = "to_at > ? AND from_at <= ? AND lifted_at IS NULL"
