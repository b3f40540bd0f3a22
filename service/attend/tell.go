package attend

import (
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/project"
)

// tellPosted tells students what their hours came to.
func (s *Service) tellPosted(tx *gorm.DB, a model.Activity, claims []*model.HoursClaim) error {
	if s.Notify == nil || len(claims) == 0 {
		return nil
	}
	students := make([]int64, len(claims))
	for i, c := range claims {
		students[i] = c.StudentID
	}
	accounts, err := accountsOf(tx, students...)
	if err != nil {
		return err
	}
	var events []notify.Event
	for _, c := range claims {
		if user := accounts[c.StudentID]; user != 0 {
			events = append(events, notify.Event{
				Kind: notify.HoursConfirmed, UserIDs: []int64{user}, Fact: []string{strconv.FormatInt(c.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
				Data: map[string]notify.Words{"activity": notify.Own(a.Title), "hours": notify.Hours(c.Minutes)},
			})
		}
	}
	return s.Notify.Enqueue(tx, events...)
}

// tellProposed tells a student of hours that somebody else proposed for them.
func (s *Service) tellProposed(tx *gorm.DB, actor access.Actor, a model.Activity, claim model.HoursClaim) error {
	if s.Notify == nil || claim.StudentID == actor.StudentID {
		return nil
	}
	accounts, err := accountsOf(tx, claim.StudentID)
	if err != nil || accounts[claim.StudentID] == 0 {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.HoursProposed, UserIDs: []int64{accounts[claim.StudentID]}, Fact: []string{strconv.FormatInt(claim.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "hours": notify.Hours(claim.Minutes)},
	})
}

// tellDisputed tells those who decide about a disputed claim, and the student unless the dispute is theirs.
func (s *Service) tellDisputed(tx *gorm.DB, actor access.Actor, v view, reason string) error {
	if s.Notify == nil {
		return nil
	}
	people, err := org.Officers(tx, s.Now(), access.HoursRecognise, v.scope)
	if err != nil {
		return err
	}
	accounts, err := accountsOf(tx, v.claim.StudentID)
	if err != nil {
		return err
	}
	if user := accounts[v.claim.StudentID]; user != 0 {
		people = append(people, user)
	}
	a := v.scene.activity
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.HoursDisputed, UserIDs: slices.DeleteFunc(people, func(id int64) bool { return id == actor.UserID }),
		Fact: []string{strconv.FormatInt(v.claim.ID, 10), "v" + strconv.FormatInt(v.claim.Version, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "reason": notify.Own(reason)},
	})
}

// tellReversed tells a student that a line of theirs was taken back, and why; they may appeal.
func (s *Service) tellReversed(tx *gorm.DB, line model.HoursEntry, reason string) error {
	if s.Notify == nil {
		return nil
	}
	accounts, err := accountsOf(tx, line.StudentID)
	if err != nil || accounts[line.StudentID] == 0 {
		return err
	}
	a, err := project.ActivityByID(tx, line.ActivityID)
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.HoursReversed, UserIDs: []int64{accounts[line.StudentID]}, Fact: []string{strconv.FormatInt(line.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "hours": notify.Hours(line.Minutes), "reason": notify.Own(reason)},
	})
}

// accountsOf are the accounts of students, those that have one.
func accountsOf(tx *gorm.DB, students ...int64) (map[int64]int64, error) {
	var rows []struct{ ID, UserID int64 }
	err := tx.Model(&model.StudentProfile{}).Select("id, user_id").Where("id IN ? AND user_id IS NOT NULL", students).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.ID] = r.UserID
	}
	return out, nil
}
