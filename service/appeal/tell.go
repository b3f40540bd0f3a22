package appeal

import (
	"slices"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
)

// up takes an open or denied appeal to the organisation above, or leaves it with the topmost one, with time to decide from
// now on. The new reviewers and the student are told.
func (s *Service) up(tx *gorm.DB, actor access.Actor, row *model.Appeal, action string) error {
	policy, err := programme.PolicyOf(tx, row.ProgrammeID)
	if err != nil {
		return err
	}
	except := []int64{row.UserID, row.FirstBy}
	if row.DecidedBy != nil {
		except = append(except, *row.DecidedBy)
	}
	desk, people, err := org.Desk(tx, s.Now(), access.AppealDecide, org.PathAbove(row.OrgPath), except...)
	if err != nil {
		return err
	}
	if desk == "" { // nobody is above
		if desk, people, err = org.Desk(tx, s.Now(), access.AppealDecide, row.OrgPath, except...); err != nil {
			return err
		}
	}
	due := endOfDay(s.Now(), policy.AppealWindow())
	move := audit.Move{
		Action: action, To: string(model.AppealEscalated), OrgPath: desk, Data: map[string]any{"from": row.OrgPath},
		Set: map[string]any{"org_path": desk, "reviewer_id": nil, "due_at": due, "escalations": row.Escalations + 1},
	}
	if row.Status == model.AppealEscalated {
		err = s.Audit.Edit(tx, actor, row, row.Version, move)
	} else {
		err = s.Audit.Move(tx, actor, row, move)
	}
	if err != nil {
		return err
	}
	now, err := byID(tx, row.ID)
	if err != nil {
		return err
	}
	return s.tellPending(tx, now, append(people, row.UserID))
}

// tellPending tells people with whom an appeal lies and until when.
func (s *Service) tellPending(tx *gorm.DB, row model.Appeal, people []int64) error {
	if s.Notify == nil || len(people) == 0 {
		return nil
	}
	title, err := s.title(tx, row)
	if err != nil {
		return err
	}
	words := map[string]notify.Words{"name": notify.Own(title), "due": notify.When(*row.DueAt)}
	desk, err := deskName(tx, row.OrgPath)
	if err != nil {
		return err
	}
	words["org"] = notify.Own(desk)
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.AppealPending, UserIDs: slices.Clone(people), Fact: fact(row), Object: row.TableName(), ObjectID: row.ID, Data: words, ExpiresAt: *row.DueAt,
	})
}

// tellDecided tells the student what was decided; the row is as it was before.
func (s *Service) tellDecided(tx *gorm.DB, row model.Appeal, reason string) error {
	if s.Notify == nil {
		return nil
	}
	title, err := s.title(tx, row)
	if err != nil {
		return err
	}
	return s.Notify.Enqueue(tx, notify.Event{
		Kind: notify.AppealDecided, UserIDs: []int64{row.UserID}, Fact: fact(row), Object: row.TableName(), ObjectID: row.ID,
		Data: map[string]notify.Words{"name": notify.Own(title), "reason": notify.Own(reason)},
	})
}

func fact(row model.Appeal) []string {
	return []string{"appeal" + strconv.FormatInt(row.ID, 10), "v" + strconv.FormatInt(row.Version, 10)}
}

// title is what people call the subject: the title of the activity.
func (s *Service) title(tx *gorm.DB, row model.Appeal) (string, error) {
	titles, err := titles(tx, row)
	return titles[row.ActivityID], err
}

func deskName(tx *gorm.DB, path string) (string, error) {
	var names []string
	if err := tx.Model(&model.Org{}).Where("path = ?", path).Limit(1).Pluck("name", &names).Error; err != nil || len(names) == 0 {
		return "", err
	}
	return names[0], nil
}
