package signup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
)

// absentWindow is how long after an activity its empty seats are looked for.
const absentWindow = 30 * 24 * time.Hour

// MarkAbsent makes seats that nobody used no-shows, with the points that the policy takes off, once the policy's time after
// the activity is over. Only activities in which somebody did check in count: where nobody did, the check-in failed, not the
// students. It looks at up to n signups and tells how many it marked; whoever was wronged has the penalty reversed.
func (s *Service) MarkAbsent(ctx context.Context, n int) (int, error) {
	rows, err := s.absent(s.DB.WithContext(ctx), n)
	if err != nil {
		return 0, err
	}
	marked := 0
	var failed error // one activity's failure is not to keep the others
	for len(rows) > 0 {
		same := 1
		for same < len(rows) && rows[same].ActivityID == rows[0].ActivityID {
			same++
		}
		part := rows[:same]
		rows = rows[same:]
		var n int
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			n, err = s.markAbsent(tx, part)
			return err
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("mark who was absent from activity %d: %w", part[0].ActivityID, err))
			continue
		}
		marked += n
	}
	return marked, failed
}

func (s *Service) markAbsent(tx *gorm.DB, rows []model.Signup) (int, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var still []model.Signup // nobody decided about them meanwhile
	if err := tx.Where("id IN ? AND status = ?", ids, model.SignupConfirmed).Order("id").Find(&still).Error; err != nil {
		return 0, fmt.Errorf("read signups: %w", err)
	}
	if len(still) == 0 {
		return 0, nil
	}
	_, err := s.decide(tx, access.System("absent"), NoShow, ids, still, notSeen.ZH)
	return len(still), err
}

// absent finds seats without attendance, by activity, in activities that are over for as long as their policy says.
func (s *Service) absent(db *gorm.DB, n int) ([]model.Signup, error) {
	now := s.Now()
	var over []struct {
		ID, ProgrammeID int64
		EndsAt          time.Time
	}
	err := db.Table("activities AS a").Select("a.id, a.programme_id, a.ends_at").
		Where("a.listed_at >= ? AND a.listed_at < ? AND a.ends_at <= ?", now.Add(-absentWindow), now, now).
		Where(`EXISTS (SELECT 1 FROM signups AS s WHERE s.live_activity_id = a.id AND s.status = ?
 AND NOT EXISTS (SELECT 1 FROM attendances AS t WHERE t.signup_id = s.id)
 AND NOT EXISTS (SELECT 1 FROM hours_claims AS c WHERE c.signup_id = s.id AND c.status <> ?))`, model.SignupConfirmed, model.ClaimRejected).
		Where("EXISTS (SELECT 1 FROM attendances AS t JOIN signups AS s ON s.id = t.signup_id WHERE s.activity_id = a.id)").
		Order("a.listed_at").Limit(n).Scan(&over).Error
	if err != nil {
		return nil, fmt.Errorf("look for activities that are over: %w", err)
	}
	known, due := policies{}, []int64{}
	for _, a := range over {
		policy, err := known.of(db, a.ProgrammeID)
		if err != nil {
			return nil, err
		}
		if !now.Before(a.EndsAt.Add(policy.NoShowAfter())) {
			due = append(due, a.ID)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	var rows []model.Signup
	err = db.Where("live_activity_id IN ? AND status = ?", due, model.SignupConfirmed).
		Where("NOT EXISTS (SELECT 1 FROM attendances AS t WHERE t.signup_id = signups.id)").
		Where("NOT EXISTS (SELECT 1 FROM hours_claims AS c WHERE c.signup_id = signups.id AND c.status <> ?)", model.ClaimRejected). // hours were proposed
		Order("activity_id, id").Limit(min(n, decideMost)).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for empty seats: %w", err)
	}
	return rows, nil
}
