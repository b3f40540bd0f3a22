package round

import (
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/account"
)

// Suspended ends the open proposals of rounds that are out to a person whose account is being suspended, in the same transaction: nobody can answer
// them any more, and the hosts are not to wait. Seats go on to the next round.
func (s *Service) Suspended(tx *gorm.DB, actor access.Actor, userID int64) error {
	var ids []int64
	err := proposals(tx).Select("p.id").Joins("JOIN student_profiles AS s ON s.id = p.student_id").
		Where("s.user_id = ? AND p.status = ?", userID, model.ProposalProposed).Order("p.id").Scan(&ids).Error
	if err != nil {
		return fmt.Errorf("look for proposals of an account: %w", err)
	}
	_, err = s.endUnanswerable(tx, actor, ids)
	return err
}

// proposalsOfNobody finds open proposals to students whose accounts are not in use. They are few among many: it begins with the
// accounts, on every database.
func (s *Service) proposalsOfNobody(db *gorm.DB, roundID int64, limit int, failed []int64) (ids []int64, err error) {
	q := ofNobody(db).Where("p.round_id = ? AND p.status = ? AND p.answers_until > ?", roundID, model.ProposalProposed, s.Now())
	if len(failed) > 0 {
		q = q.Where("p.id NOT IN ?", failed)
	}
	if err := q.Order("p.id").Limit(limit).Pluck("p.id", &ids).Error; err != nil {
		return nil, fmt.Errorf("look for proposals that nobody answers: %w", err)
	}
	return ids, nil
}

// ofNobody are the proposals p to students whose accounts are not in use.
func ofNobody(db *gorm.DB) *gorm.DB {
	return db.Table("users AS u").Joins("CROSS JOIN student_profiles AS s ON s.user_id = u.id").Joins("CROSS JOIN match_proposals AS p ON p.student_id = s.id").
		Where("u.status IN ?", []string{model.UserSuspended, model.UserClosed})
}

// endOfNobody ends what of some proposals is to accounts that are still not in use.
func (s *Service) endOfNobody(tx *gorm.DB, ids []int64) (int, error) {
	var still []int64
	if err := ofNobody(tx).Where("p.id IN ?", ids).Order("p.id").Pluck("p.id", &still).Error; err != nil {
		return 0, fmt.Errorf("look again for proposals that nobody answers: %w", err)
	}
	return s.endUnanswerable(tx, system(), still)
}

// endUnanswerable locks proposals to accounts that are not in use and ends those that are still open. It tells how many.
func (s *Service) endUnanswerable(tx *gorm.DB, actor access.Actor, ids []int64) (ended int, err error) {
	rows, err := lockProposals(tx, ids)
	if err != nil {
		return 0, err
	}
	paths, err := hostPaths(tx, rows)
	if err != nil {
		return 0, err
	}
	for _, p := range rows {
		if s.answerable(p) != nil {
			continue
		}
		d := decision{s: s, tx: tx, actor: actor, hostPath: paths[p.HostOrgID]}
		if err := d.reject(p, byRules, account.ErrSuspended.Code, account.ErrSuspended.ZH); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}
