package round

import (
	"context"
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
	now, done := s.Now(), 0
	for done < n {
		var ids []int64
		err := s.DB.WithContext(ctx).Model(&model.MatchProposal{}).Where("status = ? AND answers_until <= ?", model.ProposalProposed, now).
			Order("answers_until").Limit(min(n-done, lapseMost)).Pluck("id", &ids).Error
		if err != nil {
			return done, fmt.Errorf("look for lapsed proposals: %w", err)
		}
		if len(ids) == 0 {
			return done, s.closeSettled(ctx)
		}
		if err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error { return s.lapse(tx, ids, now) }); err != nil {
			return done, fmt.Errorf("lapse proposals: %w", err)
		}
		done += len(ids)
	}
	return done, nil
}

// lapseMost is how many proposals one transaction ends.
const lapseMost = 200

func (s *Service) lapse(tx *gorm.DB, ids []int64, now time.Time) error {
	rows, err := lockProposals(tx, ids)
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(p *model.MatchProposal) bool {
		return p.Status != model.ProposalProposed || now.Before(*p.AnswersUntil)
	})
	return s.endEach(tx, rows, audit.Move{Action: "match_proposal.lapse", To: string(model.ProposalLapsed)}, ending{reason: "超过答复时间"})
}

// closeSettled closes published rounds of positions of which nothing is open; ProposePairs does it for pairings.
func (s *Service) closeSettled(ctx context.Context) error {
	var ids []int64
	err := s.DB.WithContext(ctx).Table("match_rounds AS r").Where("r.status = ?", model.RoundPublished).
		Where("r.kind = ? AND NOT EXISTS (SELECT 1 FROM match_proposals AS p WHERE p.round_id = r.id AND p.status = ?)", model.RoundPositions, model.ProposalProposed).
		Order("r.id").Limit(lapseMost).Pluck("r.id", &ids).Error
	if err != nil {
		return fmt.Errorf("look for settled rounds: %w", err)
	}
	for _, id := range ids {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			row, err := lock(tx, id)
			if err != nil || row.Status != model.RoundPublished {
				return err
			}
			return s.close(tx, system(), &row)
		})
		if err != nil {
			return fmt.Errorf("close match round %d: %w", id, err)
		}
	}
	return nil
}
