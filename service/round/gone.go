package round

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/audit"
	"baodao/service/signup"
)

// gone is why nobody can have a position any more, and how many know of it.
type gone struct {
	code, words string
	ids         []int64 // positions
}

// EndGone ends up to n open proposals that cannot come to anything any more: nobody is to wait for an answer that cannot help.
// Their positions are gone, because the activity was called off or has begun or the seats are taken; or the student's account is
// not in use, and was not when the round was published, else Suspended had ended them. It tells how many. Running it late or
// twice at once is harmless: the judge of sign-ups refuses the same, and nobody logs in to such an account.
func (s *Service) EndGone(ctx context.Context, n int) (int, error) {
	done := 0
	var rounds []int64
	err := s.DB.WithContext(ctx).Model(&model.MatchRound{}).Where("status = ? AND kind = ?", model.RoundPublished, model.RoundPositions).Order("id").Pluck("id", &rounds).Error
	if err != nil {
		return 0, fmt.Errorf("look for published rounds: %w", err)
	}
	for _, id := range rounds {
		for _, way := range []struct {
			look func(db *gorm.DB, roundID int64, limit int, failed []int64) ([]int64, error)
			end  func(tx *gorm.DB, ids []int64) (int, error)
		}{{s.proposalsOfGone, s.endGone}, {s.proposalsOfNobody, s.endOfNobody}} {
			ended, one := s.endUpTo(ctx, n-done, func(db *gorm.DB, limit int, failed []int64) ([]int64, error) { return way.look(db, id, limit, failed) }, way.end)
			if done += ended; one != nil { // the other rounds are not to suffer for it
				err = errors.Join(err, fmt.Errorf("end proposals of match round %d: %w", id, one))
			}
		}
	}
	return done, err
}

// proposalsOfGone finds open proposals of positions that are gone. The positions are read from an index: a round of a million
// has fifty thousand.
func (s *Service) proposalsOfGone(db *gorm.DB, roundID int64, limit int, failed []int64) (ids []int64, err error) {
	where, args := s.goneNow()
	var positions []int64
	err = db.Table("(SELECT DISTINCT position_id FROM match_proposals WHERE round_id = ? AND status = ?) AS p", roundID, model.ProposalProposed).
		Joins("JOIN positions AS q ON q.id = p.position_id").Joins("JOIN activities AS a ON a.id = q.activity_id").
		Where(where, args...).Order("q.id").Limit(limit).Pluck("q.id", &positions).Error
	if err != nil {
		return nil, fmt.Errorf("look for positions that are gone: %w", err)
	}
	if len(positions) == 0 {
		return nil, nil
	}
	err = without(db, failed).Model(&model.MatchProposal{}).Where("round_id = ? AND status = ? AND position_id IN ? AND answers_until > ?", roundID, model.ProposalProposed, positions, s.Now()).
		Order("id").Limit(limit).Pluck("id", &ids).Error
	if err != nil {
		return nil, fmt.Errorf("look for proposals of what is gone: %w", err)
	}
	return ids, nil
}

// goneNow is the condition on a position q of an activity a that nobody can have now.
func (s *Service) goneNow() (where string, args []any) {
	return "(a.status <> ? OR a.starts_at <= ? OR q.taken >= q.capacity)", []any{model.ActivityPublished, s.Now()}
}

// endGone locks proposals and ends those that are still open and whose position is still gone.
func (s *Service) endGone(tx *gorm.DB, ids []int64) (int, error) {
	rows, err := lockProposals(tx, ids)
	if err != nil {
		return 0, err
	}
	of := map[int64][]*model.MatchProposal{}
	for _, p := range rows {
		if s.answerable(p) == nil {
			of[p.PositionID] = append(of[p.PositionID], p)
		}
	}
	whys, err := s.whyGone(tx, of)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, why := range whys {
		var part []*model.MatchProposal
		for _, id := range why.ids {
			part = append(part, of[id]...)
		}
		err := s.endEach(tx, part, audit.Move{
			Action: "match_proposal.end", To: string(model.ProposalRejected), Reason: why.words,
			Set: map[string]any{"rejected_by": byRules, "reason_code": why.code, "reason": why.words}, Data: map[string]any{"by": byRules, "code": why.code},
		}, ending{by: byRules, reason: why.words, gone: true})
		if err != nil {
			return 0, err
		}
		ended += len(part)
	}
	return ended, nil
}

// whyGone tells which of some positions are gone, by why.
func (s *Service) whyGone(tx *gorm.DB, of map[int64][]*model.MatchProposal) ([]gone, error) {
	if len(of) == 0 {
		return nil, nil
	}
	ids := make([]int64, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	var rows []struct {
		ID       int64
		Status   model.ActivityStatus
		StartsAt time.Time
	}
	where, args := s.goneNow()
	err := tx.Table("positions AS q").Select("q.id, a.status, a.starts_at").Joins("JOIN activities AS a ON a.id = q.activity_id").
		Where("q.id IN ?", ids).Where(where, args...).Order("q.id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read positions that are gone: %w", err)
	}
	whys := []gone{
		{code: signup.ErrClosed.Code, words: "活动已取消或已结束"},
		{code: signup.ErrClosed.Code, words: "活动已经开始"},
		{code: signup.ErrFull.Code, words: "名额已经没有了"},
	}
	for _, r := range rows {
		why := &whys[2]
		switch {
		case r.Status != model.ActivityPublished:
			why = &whys[0]
		case !s.Now().Before(r.StartsAt):
			why = &whys[1]
		}
		why.ids = append(why.ids, r.ID)
	}
	return whys, nil
}
