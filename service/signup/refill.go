package signup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// Refill gives the free seats of a position to those who wait, in the transaction that made them free.
func (s *Service) Refill(tx *gorm.DB, positionID int64) error {
	f, err := s.lock(tx, nil, []int64{positionID})
	if err != nil {
		return err
	}
	s.full.drop(f)
	return s.write(tx, f, &writes{})
}

// Sweep does what the clock asks for: offers that nobody answered go to the next in line, seats that were kept for paired
// branches are opened, and waiting lists end at their cut-off. It looks at up to n positions and tells how many there were.
func (s *Service) Sweep(ctx context.Context, n int) (int, error) {
	due, err := s.due(s.DB.WithContext(ctx), n)
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		if one := s.sweep(ctx, id); one != nil {
			err = errors.Join(err, fmt.Errorf("sweep position %d: %w", id, one)) // the others are not to suffer for it
		}
	}
	return len(due), err
}

func (s *Service) sweep(ctx context.Context, positionID int64) error {
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		f, err := s.lock(tx, nil, []int64{positionID})
		if err != nil {
			return err
		}
		s.full.drop(f)
		w := &writes{}
		if err := s.endLine(tx, f, w, f.positions[positionID]); err != nil {
			return err
		}
		return s.write(tx, f, w)
	})
}

// due finds positions with lapsed offers, and with people waiting for seats that are free or for an activity that no longer
// takes them.
func (s *Service) due(db *gorm.DB, n int) ([]int64, error) {
	now := s.Now()
	var lapsed []int64
	err := db.Model(&model.Signup{}).Where("offered_until <= ?", now).Order("offered_until").Limit(n).Distinct().Pluck("position_id", &lapsed).Error
	if err != nil {
		return nil, fmt.Errorf("look for lapsed offers: %w", err)
	}
	var free []int64
	err = db.Table("positions AS p").Joins("JOIN activities AS a ON a.id = p.activity_id").
		Where("p.waiting > 0 AND p.taken < p.capacity").Order("a.starts_at").Limit(n).Pluck("p.id", &free).Error
	if err != nil {
		return nil, fmt.Errorf("look for waiting lists: %w", err)
	}
	over, err := s.over(db, n)
	return sorted(slices.Concat(lapsed, free, over)), err
}

// over finds positions whose waiting list has come to its cut-off.
func (s *Service) over(db *gorm.DB, n int) ([]int64, error) {
	var rows []struct {
		ID          int64
		StartsAt    time.Time
		ProgrammeID int64
	}
	err := db.Table("positions AS p").Select("p.id, a.starts_at, a.programme_id").Joins("JOIN activities AS a ON a.id = p.activity_id").
		Where("p.waiting > 0 AND a.starts_at <= ?", s.Now().Add(maxCutoff)).Order("a.starts_at").Limit(n).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for waiting lists that end: %w", err)
	}
	known := policies{}
	var out []int64
	for _, r := range rows {
		policy, err := known.of(db, r.ProgrammeID)
		if err != nil {
			return nil, err
		}
		e := event{Activity: model.Activity{StartsAt: r.StartsAt}, policy: policy}
		if !s.Now().Before(e.cutoff()) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// maxCutoff is the longest cut-off of a waiting list that a policy can ask for.
const maxCutoff = 7 * 24 * time.Hour

// endLine ends the waiting list of a position whose cut-off has come: nobody there will get a seat any more.
func (s *Service) endLine(tx *gorm.DB, f *facts, w *writes, p *seats) error {
	e := f.activities[p.ActivityID]
	if p.Waiting == 0 || f.now.Before(e.cutoff()) {
		return nil
	}
	var line []*model.Signup
	if err := tx.Where("position_id = ? AND queue_no IS NOT NULL", p.ID).Order("queue_no").Find(&line).Error; err != nil {
		return fmt.Errorf("read waiting list: %w", err)
	}
	reason := noneLeft.ZH
	err := audit.MoveAll(tx, s.Audit, access.System("waitlist"), line, audit.Move{
		Action: "signup.line_end", To: string(model.SignupRemoved), Reason: reason, OrgPath: e.path, Set: gone(reason),
	})
	if err != nil {
		return err
	}
	users, err := usersOf(tx, line)
	if err != nil {
		return err
	}
	for _, row := range line {
		p.Waiting--
		now := *row
		now.Version++
		w.tell(e, users[row.StudentID], now, told[model.SignupRemoved], reason)
	}
	return nil
}

// turn is where a student stands in the waiting list: 1 is next. 0 for a signup that does not wait.
func (s *Service) turn(db *gorm.DB, row model.Signup) (int64, error) {
	if row.QueueNo == nil {
		return 0, nil
	}
	var ahead int64
	err := db.Model(&model.Signup{}).Where("position_id = ? AND queue_no < ?", row.PositionID, *row.QueueNo).Count(&ahead).Error
	if err != nil {
		return 0, fmt.Errorf("count who is ahead: %w", err)
	}
	return ahead + 1, nil
}
