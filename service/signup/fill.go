package signup

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
)

// lineMost is how many of a waiting list are read at once.
const lineMost = 200

// settle does what should have been done before anybody is answered, had somebody looked: offers lapse, and seats that have
// become free by the clock go to those who wait. Whoever comes then and has to wait, waits.
func (s *Service) settle(tx *gorm.DB, f *facts, w *writes) error {
	for _, p := range f.positions {
		if err := s.fill(tx, f, w, p); err != nil {
			return err
		}
	}
	return nil
}

// fill gives the free seats of a locked position to those who wait, in the order of their numbers, in the transaction that
// freed them. Nobody is overtaken by somebody who may take the same seats; seats that are kept for paired branches go to the
// first of those. A group that wants all seats or none holds the line until there are enough; a group that is larger than
// the position does not. It stops at the cut-off.
func (s *Service) fill(tx *gorm.DB, f *facts, w *writes, p *seats) error {
	e := f.activities[p.ActivityID]
	if err := s.lapse(tx, f, w, p, e); err != nil {
		return err
	}
	if e.Status != model.ActivityPublished || !f.now.Before(e.cutoff()) {
		return nil
	}
	l := line{e: e, now: f.now}
	after := int64(0)
	for p.Waiting > 0 && !l.stuck && p.free(e, true, f.now) > 0 {
		q := tx.Where("position_id = ? AND queue_no > ?", p.ID, after)
		if l.open || p.free(e, false, f.now) == 0 {
			q = q.Where("paired = ?", true) // only seats that are kept for those are left
		}
		var rows []*model.Signup
		if err := q.Order("queue_no").Limit(lineMost).Find(&rows).Error; err != nil {
			return fmt.Errorf("read waiting list: %w", err)
		}
		if len(rows) == 0 {
			break
		}
		after = *rows[len(rows)-1].QueueNo
		lucky, err := l.next(tx, p, rows)
		if err != nil {
			return err
		}
		if err := s.promote(tx, f, w, p, e, lucky); err != nil {
			return err
		}
	}
	p.held = l.stuck
	return nil
}

// line is what is known of a waiting list while one goes along it.
type line struct {
	e     *event
	now   time.Time
	open  bool // a group waits for seats that are not kept for paired branches: nobody else gets those
	stuck bool // a group waits for any seats: nobody gets one
}

// next picks who of these rows gets a seat now.
func (l *line) next(tx *gorm.DB, p *seats, rows []*model.Signup) (lucky []*model.Signup, err error) {
	left := *p // what is left while we go along the line
	done := map[int64]bool{}
	for _, row := range rows {
		if done[row.ID] {
			continue
		}
		if left.free(l.e, true, l.now) == 0 {
			return lucky, nil
		}
		party := []*model.Signup{row}
		if row.GroupID != nil {
			if party, err = partyOf(tx, *row.GroupID, row); err != nil {
				return nil, err
			}
		}
		for _, one := range party {
			done[one.ID] = true
		}
		if !l.fits(&left, party) {
			if l.hold(p, party); l.stuck {
				return lucky, nil
			}
			continue
		}
		for _, one := range party {
			left.take(one.Paired, false)
			lucky = append(lucky, one)
		}
	}
	return lucky, nil
}

// fits tells whether there are seats for all of a party.
func (l *line) fits(left *seats, party []*model.Signup) bool {
	try := *left
	for _, one := range party {
		free := try.free(l.e, one.Paired, l.now)
		if l.open {
			free = 0
			if one.Paired {
				free = try.kept(l.e, l.now)
			}
		}
		if free == 0 {
			return false
		}
		try.take(one.Paired, false)
	}
	return true
}

// hold notes who is held up by a party for which there are not enough seats.
func (l *line) hold(p *seats, party []*model.Signup) {
	if len(party) == 1 || int64(len(party)) > p.Capacity {
		return
	}
	l.open = true
	l.stuck = slices.ContainsFunc(party, func(r *model.Signup) bool { return r.Paired })
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
func (s *Service) lapse(tx *gorm.DB, f *facts, w *writes, p *seats, e *event) error {
	if p.Held == 0 || p.lapsed {
		return nil
	}
	p.lapsed = true
	var late []*model.Signup
	err := tx.Where("position_id = ? AND status = ? AND offered_until <= ?", p.ID, model.SignupOffered, f.now).Order("id").Find(&late).Error
	if err != nil {
		return fmt.Errorf("read offers: %w", err)
	}
	if len(late) == 0 {
		return nil
	}
	users, err := usersOf(tx, late)
	if err != nil {
		return err
	}
	for _, row := range late {
		p.giveBack(row)
		now := *row
		now.Version, now.OfferedUntil = row.Version+1, nil
		w.tell(e, users[row.StudentID], now, told[model.SignupOfferExpired], tooLate.ZH)
	}
	return audit.MoveAll(tx, s.Audit, access.System("waitlist"), late, audit.Move{
		Action: "signup.lapse", To: string(model.SignupOfferExpired), OrgPath: e.path, Set: map[string]any{"live_activity_id": nil, "offered_until": nil, "reason": tooLate.ZH},
	})
}

// usersOf finds the accounts of the students of some signups.
func usersOf(tx *gorm.DB, rows []*model.Signup) (map[int64]int64, error) {
	out := make(map[int64]int64, len(rows))
	for part := range slices.Chunk(rows, rowsMost) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.StudentID
		}
		var found []model.StudentProfile
		if err := tx.Select("id", "user_id").Where("id IN ? AND user_id IS NOT NULL", sorted(ids)).Find(&found).Error; err != nil {
			return nil, fmt.Errorf("read accounts of students: %w", err)
		}
		for _, p := range found {
			out[p.ID] = *p.UserID
		}
	}
	return out, nil
}
