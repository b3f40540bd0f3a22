package pairing

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
)

// ExpireDue writes down what the clock has decided: proposals past their day of answer become EXPIRED, pairings past their
// last day ENDED, at most limit of each. It returns how many it wrote. Nothing depends on its being called in time, and one
// that cannot be written does not hold up the others.
func (s *Service) ExpireDue(ctx context.Context, limit int) (int, error) {
	due, err := s.dueIDs(s.DB.WithContext(ctx), limit)
	if err != nil {
		return 0, err
	}
	n, err := atomic.Each(ctx, s.DB, due, s.settle)
	if err != nil {
		return n, fmt.Errorf("settle pairing %w", err)
	}
	return n, nil
}

func (s *Service) dueIDs(tx *gorm.DB, limit int) ([]int64, error) {
	now := s.Now()
	var expired, ended []int64
	err := tx.Model(&model.Pairing{}).Where("status = ? AND answer_due_at <= ?", model.PairingProposed, now).
		Order("answer_due_at, id").Limit(limit).Pluck("id", &expired).Error
	if err != nil {
		return nil, fmt.Errorf("look for expired proposals: %w", err)
	}
	err = tx.Model(&model.Pairing{}).Where("status IN ? AND to_on <= ?", []model.PairingStatus{model.PairingActive, model.PairingDormant}, today(now)).
		Order("to_on, id").Limit(limit).Pluck("id", &ended).Error
	if err != nil {
		return nil, fmt.Errorf("look for ended pairings: %w", err)
	}
	return append(expired, ended...), nil
}

// settle writes down the state that a pairing has by the clock, if it is another than the stored one. Nobody did it: the
// audit row has no person.
func (s *Service) settle(tx *gorm.DB, id int64) (bool, error) {
	row, err := Lock(tx, id)
	if err != nil {
		return false, err
	}
	to := StatusAt(row, s.Now())
	if to == row.Status {
		return false, nil
	}
	d, err := s.read(tx, id)
	if err != nil {
		return false, err
	}
	action := "pairing.expire"
	if to == model.PairingEnded {
		action = "pairing.end"
	}
	err = s.Audit.Move(tx, access.Actor{}, &row, audit.Move{
		Action: action, To: string(to), Reason: row.Reason, OrgPath: d.CampusPath, Set: map[string]any{"live_programme_id": nil},
		Data: ids(d),
	})
	if err == nil && to == model.PairingExpired {
		err = s.tellExpired(tx, d)
	}
	return err == nil, err
}
