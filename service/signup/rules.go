package signup

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

// firstCome is the only way of signing up so far.
const firstCome = "FIRST_COME"

// open asks for a published activity within its window: signup_opens_at included, signup_closes_at excluded.
func open(a model.Activity, now time.Time) error {
	switch {
	case a.PublishedAt == nil || now.Before(a.SignupOpensAt):
		return ErrNotOpen
	case a.Status != model.ActivityPublished || !now.Before(a.SignupClosesAt):
		return ErrClosed
	default:
		return nil
	}
}

// stillPublished reads the state of the activity once more.
func stillPublished(tx *gorm.DB, activityID int64) error {
	var status model.ActivityStatus
	if err := tx.Model(&model.Activity{}).Where("id = ?", activityID).Select("status").Scan(&status).Error; err != nil {
		return fmt.Errorf("read activity: %w", err)
	}
	if status != model.ActivityPublished {
		return ErrClosed
	}
	return nil
}

// notTwice looks for a live signup of the student in the activity. The unique index says the same to whoever comes
// between; this look only makes sure that a member hears "duplicate" rather than "full".
func notTwice(tx *gorm.DB, studentID, activityID int64) error {
	var found []int64
	err := tx.Model(&model.Signup{}).Where("live_activity_id = ? AND student_id = ?", activityID, studentID).Limit(1).Pluck("id", &found).Error
	if err != nil {
		return fmt.Errorf("look for live signup: %w", err)
	}
	if len(found) > 0 {
		return ErrDuplicate
	}
	return nil
}

// overlaps tells whether a session of the activity overlaps a session of another live signup of the student.
// Sessions are half-open, so one may begin when the other ends.
func overlaps(tx *gorm.DB, studentID, activityID int64) (bool, error) {
	var found []int64
	err := tx.Table("signups AS s").
		Joins("JOIN activity_sessions AS other ON other.activity_id = s.live_activity_id").
		Joins("JOIN activity_sessions AS mine ON mine.activity_id = ?", activityID).
		Where("s.student_id = ? AND s.live_activity_id <> ?", studentID, activityID).
		Where("other.starts_at < mine.ends_at AND mine.starts_at < other.ends_at").
		Limit(1).Pluck("s.id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for overlapping signup: %w", err)
	}
	return len(found) > 0, nil
}

// eligible names everything that the activity asks of a student and nobody can prove yet: ErrNotEligible with a text.
func eligible(a model.Activity) error {
	var zh, en []string
	need := func(is bool, inChinese, inEnglish string) {
		if is {
			zh, en = append(zh, inChinese), append(en, inEnglish)
		}
	}
	need(a.SignupMode != firstCome, "由组织者审核或抽签录取", "to be admitted by review or lottery")
	need(a.InsuranceRequired, "意外保险", "accident insurance")
	need(a.TrainingRequired, "岗前培训", "training")
	need(a.MinorsContact, "接触未成年人的从业查询证明", "clearance for work with minors")
	if len(zh) == 0 {
		return nil
	}
	return ErrNotEligible.Saying(
		"报名这个活动还需要："+strings.Join(zh, "、")+"。请联系组织者办理。",
		"This activity also needs: "+strings.Join(en, ", ")+". Ask the organiser how to get it.",
	)
}
