package round

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/pairing"
	"baodao/service/read"
)

// Propose makes the proposals of published rounds of pairing, at most limit, and returns how many it made. Each is one
// transaction: a replica that dies has made it or not, and the next goes on; two replicas never make one twice. A pair
// that cannot be proposed any more (it is paired by now, or a side was closed) keeps the code of why. A pair or round that fails
// does not hold up the others: the first failure is returned at the end.
func (k *Pairs) Propose(ctx context.Context, limit int) (n int, err error) {
	db := k.DB.WithContext(ctx)
	var rounds []model.MatchRound
	var first error
	err = db.Where("kind = ? AND status = ?", model.RoundPairing, model.RoundPublished).Order("id").Limit(limit).Find(&rounds).Error
	if err != nil {
		return 0, fmt.Errorf("look for rounds of pairing: %w", err)
	}
	for i := range rounds {
		var due []model.MatchPair
		err := db.Where("round_id = ? AND kind = ? AND pairing_id IS NULL AND refusal = ?", rounds[i].ID, model.PairNew, "").
			Order("campus_org_id, local_org_id").Limit(limit - n).Find(&due).Error
		if err != nil {
			return n, fmt.Errorf("look for pairs to propose: %w", err)
		}
		for _, p := range due {
			made, one := k.proposeOne(ctx, &rounds[i], p)
			if n += made; one != nil {
				first = cmp.Or(first, fmt.Errorf("propose pair of %d and %d: %w", p.CampusOrgID, p.LocalOrgID, one))
			}
		}
	}
	return n, first
}

// ProposePairs is Propose of the rounds of pairing that the service keeps; then it closes those that are over.
func (s *Service) ProposePairs(ctx context.Context, limit int) (int, error) {
	k, ok := s.Kinds[model.RoundPairing].(*Pairs)
	if !ok {
		return 0, nil
	}
	n, failed := k.Propose(ctx, limit)
	if n == limit {
		return n, failed
	}
	var ids []int64
	err := s.DB.WithContext(ctx).Model(&model.MatchRound{}).Where("kind = ? AND status = ?", model.RoundPairing, model.RoundPublished).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return n, errors.Join(failed, fmt.Errorf("look for rounds of pairing: %w", err))
	}
	for _, id := range ids {
		failed = errors.Join(failed, s.closePairs(ctx, id))
	}
	return n, failed
}

// closePairs closes a round of which nothing waits for an answer.
func (s *Service) closePairs(ctx context.Context, id int64) error {
	return atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		row, err := lock(tx, id)
		if err != nil || row.Status != model.RoundPublished {
			return err
		}
		over, err := s.pairsOver(tx, &row)
		if err != nil || !over {
			return err
		}
		return s.close(tx, system(), &row)
	})
}

func (k *Pairs) proposeOne(ctx context.Context, r *model.MatchRound, p model.MatchPair) (made int, err error) {
	err = k.settlePair(ctx, p, func(tx *gorm.DB) (map[string]any, error) {
		d, err := k.Pairings.Recommend(tx, pairing.Match{
			RoundID: r.ID, ProgrammeID: r.ProgrammeID, CampusOrgID: p.CampusOrgID, LocalOrgID: p.LocalOrgID, By: r.CreatedBy, Note: note(r, p),
		})
		made = 1
		return map[string]any{"pairing_id": d.ID}, err
	})
	refusal := refusalOf(err)
	if refusal == nil {
		return made, err
	}
	return 0, k.settlePair(ctx, p, func(*gorm.DB) (map[string]any, error) { return map[string]any{"refusal": refusal.Code}, nil })
}

// refusalOf is why a pair cannot be proposed, and never can; nil for a proposal, for a mistake, and for a database that was
// too busy: then it is tried again.
func refusalOf(err error) *fault.Fault {
	if refusal, ok := errors.AsType[*fault.Fault](err); ok && refusal.Kind != fault.Unavailable {
		return refusal
	}
	return nil
}

// settlePair writes down what became of a pair, unless somebody else has.
func (k *Pairs) settlePair(ctx context.Context, p model.MatchPair, how func(tx *gorm.DB) (map[string]any, error)) error {
	return atomic.Do(ctx, k.DB, func(tx *gorm.DB) error {
		row := tx.Model(&model.MatchPair{}).Where("round_id = ? AND campus_org_id = ? AND local_org_id = ?", p.RoundID, p.CampusOrgID, p.LocalOrgID)
		now, err := read.One[model.MatchPair](atomic.ForUpdate(tx).Where("round_id = ? AND campus_org_id = ? AND local_org_id = ?", p.RoundID, p.CampusOrgID, p.LocalOrgID), "pair of a round")
		if err != nil || now.PairingID != nil || now.Refusal != "" {
			return err
		}
		set, err := how(tx)
		if err != nil {
			return err
		}
		if err := row.Updates(set).Error; err != nil {
			return fmt.Errorf("write what became of a pair: %w", err)
		}
		return nil
	})
}

// pairsOver tells whether all pairs of a published round were proposed, or could not be, and all proposals are answered or
// have expired.
func (s *Service) pairsOver(tx *gorm.DB, r *model.MatchRound) (bool, error) {
	var open []int64
	err := tx.Table("match_pairs AS p").Joins("LEFT JOIN pairings AS g ON g.id = p.pairing_id").
		Where("p.round_id = ? AND p.kind = ? AND p.refusal = ?", r.ID, model.PairNew, "").
		Where("(p.pairing_id IS NULL OR (g.status = ? AND g.answer_due_at > ?))", model.PairingProposed, s.Now()).Limit(1).Pluck("p.campus_org_id", &open).Error
	if err != nil {
		return false, fmt.Errorf("look for pairs that wait: %w", err)
	}
	return len(open) == 0, nil
}
