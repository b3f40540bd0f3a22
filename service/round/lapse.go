package round

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// Lapse ends up to n proposals that nobody answered in time, and closes the rounds of which nothing is open any more: their
// seats are free for the next round. It tells how many proposals there were. Running it late or twice at once is harmless.
func (s *Service) Lapse(ctx context.Context, n int) (int, error) {
	now := s.Now()
	done, err := s.endUpTo(ctx, n, func(db *gorm.DB, limit int, failed []int64) (ids []int64, err error) {
		err = without(db, failed).Model(&model.MatchProposal{}).Where("status = ? AND answers_until <= ?", model.ProposalProposed, now).
			Order("answers_until").Limit(limit).Pluck("id", &ids).Error
		if err != nil {
			return nil, fmt.Errorf("look for lapsed proposals: %w", err)
		}
		return ids, nil
	}, func(tx *gorm.DB, ids []int64) (int, error) { return s.lapse(tx, ids, now) })
	if done >= n {
		return done, err // there may be more: rounds are closed when it is known
	}
	return done, errors.Join(err, s.closeSettled(ctx))
}

func (s *Service) lapse(tx *gorm.DB, ids []int64, now time.Time) (int, error) {
	rows, err := lockProposals(tx, ids)
	if err != nil {
		return 0, err
	}
	rows = slices.DeleteFunc(rows, func(p *model.MatchProposal) bool {
		return p.Status != model.ProposalProposed || now.Before(*p.AnswersUntil)
	})
	return len(rows), s.endEach(tx, rows, audit.Move{Action: "match_proposal.lapse", To: string(model.ProposalLapsed)}, ending{reason: "超过答复时间"})
}

// endMost is how many proposals one transaction ends.
const endMost = 200

// endUpTo ends up to n of the proposals that look finds, some in each transaction, and tells how many. What cannot be ended is
// told and passed over, so that the others do not suffer for it; when too many cannot, it stops.
func (s *Service) endUpTo(ctx context.Context, n int, look func(db *gorm.DB, limit int, failed []int64) ([]int64, error), end func(tx *gorm.DB, ids []int64) (int, error)) (done int, err error) {
	var failed []int64
	for done < n && len(failed) < endMost {
		ids, one := look(s.DB.WithContext(ctx), min(n-done, endMost), failed)
		if one != nil || len(ids) == 0 {
			return done, errors.Join(err, one)
		}
		ended, not, one := s.endSome(ctx, ids, end)
		if done, failed, err = done+ended, append(failed, not...), errors.Join(err, one); ended+len(not) == 0 {
			break // all were answered meanwhile
		}
	}
	return done, err
}

// without leaves out proposals that could not be ended.
func without(db *gorm.DB, failed []int64) *gorm.DB {
	if len(failed) == 0 {
		return db
	}
	return db.Where("id NOT IN ?", failed)
}

// endSome ends proposals in one transaction, and each in its own where that fails. The error is the first of those that cannot be
// ended.
func (s *Service) endSome(ctx context.Context, ids []int64, end func(tx *gorm.DB, ids []int64) (int, error)) (ended int, failed []int64, err error) {
	try := func(ids ...int64) (n int, err error) {
		err = atomic.Do(ctx, s.DB, func(tx *gorm.DB) (err error) {
			n, err = end(tx, ids)
			return err
		})
		return n, err
	}
	if ended, err = try(ids...); err == nil {
		return ended, nil, nil
	}
	ended, err = 0, nil
	for _, id := range ids {
		n, one := try(id)
		if one == nil {
			ended += n
			continue
		}
		if failed = append(failed, id); err == nil {
			err = fmt.Errorf("proposal %d: %w", id, one)
		}
	}
	if err == nil { // alone, each could
		return ended, nil, nil
	}
	return ended, failed, fmt.Errorf("end proposals, of which %d of %d cannot be ended: %w", len(failed), len(ids), err)
}

// closeMost is how many rounds are closed at once.
const closeMost = 200

// closeSettled closes published rounds of positions of which nothing is open; ProposePairs does it for pairings.
func (s *Service) closeSettled(ctx context.Context) error {
	var ids []int64
	err := s.DB.WithContext(ctx).Table("match_rounds AS r").Where("r.status = ?", model.RoundPublished).
		Where("r.kind = ? AND NOT EXISTS (SELECT 1 FROM match_proposals AS p WHERE p.round_id = r.id AND p.status = ?)", model.RoundPositions, model.ProposalProposed).
		Order("r.id").Limit(closeMost).Pluck("r.id", &ids).Error
	if err != nil {
		return fmt.Errorf("look for settled rounds: %w", err)
	}
	for _, id := range ids {
		one := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err := lock(tx, id)
			if err != nil || row.Status != model.RoundPublished {
				return err
			}
			return s.close(tx, system(), &row)
		})
		if one != nil { // the others are to be closed all the same
			err = errors.Join(err, fmt.Errorf("close match round %d: %w", id, one))
		}
	}
	return err
}
