package signup

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
)

// lineMost is how many of a waiting list are read at once.
const lineMost = 200

// fill gives the free seats of a locked position to those who wait, in the order of their numbers, in the transaction that
// freed them. Nobody is overtaken by somebody who may take the same seats; seats that are kept for paired branches go to the
// first of those. A group that wants all seats or none holds the line until there are enough. It stops at the cut-off.
func (s *Service) fill(tx *gorm.DB, f *facts, w *writes, p *seats) error {
	e := f.activities[p.ActivityID]
	if p.Held > 0 {
		if err := s.lapse(tx, f, p, e); err != nil {
			return err
		}
	}
	if e.Status != model.ActivityPublished || !f.now.Before(e.cutoff()) {
		return nil
	}
	after := int64(0)
	for p.Waiting > 0 && p.free(e, true, f.now) > 0 {
		var line []*model.Signup
		err := tx.Where("position_id = ? AND queue_no > ?", p.ID, after).Order("queue_no").Limit(lineMost).Find(&line).Error
		if err != nil {
			return fmt.Errorf("read waiting list: %w", err)
		}
		if len(line) == 0 {
			return nil
		}
		after = *line[len(line)-1].QueueNo
		lucky, stuck, err := f.next(tx, p, e, line)
		if err != nil {
			return err
		}
		if err := s.promote(tx, f, w, p, e, lucky); err != nil || stuck {
			return err
		}
	}
	return nil
}

// next picks who of the line gets a seat now, and tells whether a group holds up everybody behind it.
func (f *facts) next(tx *gorm.DB, p *seats, e *event, line []*model.Signup) (lucky []*model.Signup, stuck bool, err error) {
	free := *p // what is left while we go along the line
	done := map[int64]bool{}
	for _, row := range line {
		if done[row.ID] {
			continue
		}
		party := []*model.Signup{row}
		if row.GroupID != nil {
			if party, err = partyOf(tx, *row.GroupID, row); err != nil {
				return nil, false, err
			}
		}
		left := free.free(e, row.Paired, f.now)
		switch {
		case left >= int64(len(party)):
		case len(party) > 1:
			return lucky, true, nil
		default:
			continue // only seats kept for others are left
		}
		for _, one := range party {
			done[one.ID] = true
			free.take(one.Paired, false)
			lucky = append(lucky, one)
		}
	}
	return lucky, false, nil
}

// partyOf is who of a group has to get a seat together with row: all that wait, if it is all or none.
func partyOf(tx *gorm.DB, groupID int64, row *model.Signup) ([]*model.Signup, error) {
	var group model.SignupGroup
	if err := tx.Where("id = ?", groupID).First(&group).Error; err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	if !group.AllOrNone {
		return []*model.Signup{row}, nil
	}
	var party []*model.Signup
	if err := tx.Where("group_id = ? AND queue_no IS NOT NULL", groupID).Order("queue_no").Find(&party).Error; err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	return party, nil
}

// promote gives seats to people who waited: at once, or as an offer where the policy lets them answer.
func (s *Service) promote(tx *gorm.DB, f *facts, w *writes, p *seats, e *event, lucky []*model.Signup) error {
	if len(lucky) == 0 {
		return nil
	}
	move := audit.Move{Action: "signup.promote", To: string(model.SignupConfirmed), OrgPath: e.path, Set: map[string]any{"queue_no": nil}}
	var until *time.Time
	if e.policy.OfferMinutes > 0 {
		at := f.now.Add(time.Duration(e.policy.OfferMinutes) * time.Minute)
		if cut := e.cutoff(); cut.Before(at) {
			at = cut
		}
		until = &at
		move.To, move.Set["offered_until"] = string(model.SignupOffered), at
	}
	if err := audit.MoveAll(tx, s.Audit, access.System("waitlist"), lucky, move); err != nil {
		return err
	}
	users, err := usersOf(tx, lucky)
	if err != nil {
		return err
	}
	for _, row := range lucky {
		p.Waiting--
		p.take(row.Paired, until != nil)
		now := *row
		now.Status, now.Version, now.OfferedUntil = model.SignupStatus(move.To), row.Version+1, until
		w.tell(e, users[row.StudentID], now, told[now.Status], "")
	}
	return nil
}

// lapse takes seats back from offers that nobody answered in time.
func (s *Service) lapse(tx *gorm.DB, f *facts, p *seats, e *event) error {
	var late []*model.Signup
	err := tx.Where("position_id = ? AND status = ? AND offered_until <= ?", p.ID, model.SignupOffered, f.now).Order("id").Find(&late).Error
	if err != nil {
		return fmt.Errorf("read offers: %w", err)
	}
	if len(late) == 0 {
		return nil
	}
	for _, row := range late {
		p.giveBack(row)
	}
	return audit.MoveAll(tx, s.Audit, access.System("waitlist"), late, audit.Move{
		Action: "signup.lapse", To: string(model.SignupOfferExpired), OrgPath: e.path, Set: map[string]any{"live_activity_id": nil, "offered_until": nil},
	})
}

// usersOf finds the accounts of the students of some signups.
func usersOf(tx *gorm.DB, rows []*model.Signup) (map[int64]int64, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StudentID
	}
	var found []model.StudentProfile
	if err := tx.Select("id", "user_id").Where("id IN ? AND user_id IS NOT NULL", sorted(ids)).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read accounts of students: %w", err)
	}
	out := make(map[int64]int64, len(found))
	for _, p := range found {
		out[p.ID] = *p.UserID
	}
	return out, nil
}
