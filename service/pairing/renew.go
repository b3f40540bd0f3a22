package pairing

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/org"
)

// Renew states for one side that the pairing goes on in a term of the campus side's university that is not over. Doing it
// again changes nothing. When both sides have, a DORMANT pairing is ACTIVE again; a renewed pairing is kept before anything
// new is matched. ErrEnding for a pairing whose end is set before the term's, fault.ErrState for one that is over or not yet
// agreed upon. Nobody renews for both sides: access.ErrOwnInterest.
func (s *Service) Renew(ctx context.Context, actor access.Actor, id, termID int64, side string) (Detail, error) {
	return s.change(ctx, actor, id, func(tx *gorm.DB, d Detail) error {
		side, err := chooseSide(d.sidesOf(actor), side)
		if err != nil {
			return err
		}
		if d.Status != model.PairingActive && d.Status != model.PairingDormant {
			return fault.ErrState
		}
		term, err := termOf(tx, d, termID, today(s.Now()))
		if err != nil {
			return err
		}
		if d.ToOn != nil && *d.ToOn <= term.EndsOn {
			return errEndsBefore
		}
		row := model.PairingRenewal{PairingID: d.ID, TermID: term.ID, Side: side, By: actor.UserID, At: s.Now()}
		if added, err := addRenewal(tx, row); err != nil || !added {
			return err
		}
		if err := notForBoth(tx, row); err != nil {
			return err
		}
		err = s.Audit.Write(tx, actor, audit.Entry{
			Action: "pairing.renew", Object: d.TableName(), ObjectID: d.ID, OrgPath: d.CampusPath, Data: map[string]any{"term_id": term.ID, "side": side},
		})
		if err != nil {
			return err
		}
		both, err := bothRenewed(tx, d.ID, term.ID)
		if err == nil && !both {
			err = s.tellRenewed(tx, actor.UserID, d, side, term)
		}
		if err != nil || !both || d.Status == model.PairingActive {
			return err
		}
		return s.Audit.Move(tx, actor, &d.Pairing, audit.Move{Action: "pairing.wake", To: string(model.PairingActive), OrgPath: d.CampusPath, Data: ids(d)})
	})
}

// errEndsBefore is ErrEnding for a term in which the pairing is over.
var errEndsBefore = ErrEnding.Saying("结对在这个学期结束之前就要结束，不能续约；请重新结对。", "The pairing ends before that term does; pair anew.")

// termOf reads a term of the university of the campus side that is not over on a day.
func termOf(tx *gorm.DB, d Detail, termID int64, day model.Date) (model.Term, error) {
	var rows []model.Term
	if err := tx.Where("id = ? AND university_id IN ? AND ends_on >= ?", termID, org.PathIDs(d.CampusPath), day).Find(&rows).Error; err != nil {
		return model.Term{}, fmt.Errorf("read term: %w", err)
	}
	if len(rows) == 0 {
		return model.Term{}, wrong("/term_id", "not_found", "须是该高校还没有结束的学期", "must be a term of the university that is not over")
	}
	return rows[0], nil
}

// addRenewal writes a renewal unless the side has renewed for that term before.
func addRenewal(tx *gorm.DB, row model.PairingRenewal) (added bool, err error) {
	var before int64
	err = tx.Model(&model.PairingRenewal{}).Where("pairing_id = ? AND term_id = ? AND side = ?", row.PairingID, row.TermID, row.Side).Count(&before).Error
	if err == nil && before == 0 {
		added, err = true, tx.Create(&row).Error
	}
	if err != nil {
		return false, fmt.Errorf("renew pairing: %w", err)
	}
	return added, nil
}

// notForBoth is access.ErrOwnInterest for who has renewed for the other side, too: each side is to say so itself.
func notForBoth(tx *gorm.DB, row model.PairingRenewal) error {
	var own int64
	err := tx.Model(&model.PairingRenewal{}).Where("pairing_id = ? AND term_id = ? AND renewed_by = ?", row.PairingID, row.TermID, row.By).Count(&own).Error
	if err != nil {
		return fmt.Errorf("look who renewed: %w", err)
	}
	if own > 1 {
		return access.ErrOwnInterest
	}
	return nil
}

func bothRenewed(tx *gorm.DB, id, termID int64) (bool, error) {
	var sides int64
	if err := tx.Model(&model.PairingRenewal{}).Where("pairing_id = ? AND term_id = ?", id, termID).Count(&sides).Error; err != nil {
		return false, fmt.Errorf("count renewals: %w", err)
	}
	return sides == 2, nil
}

// Renewals reads for which terms the sides of a pairing have renewed it, newest first.
func (s *Service) Renewals(ctx context.Context, actor access.Actor, id int64) ([]model.PairingRenewal, error) {
	if _, err := s.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	rows := []model.PairingRenewal{}
	if err := s.DB.WithContext(ctx).Where("pairing_id = ?", id).Order("renewed_at DESC, side").Limit(200).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read renewals: %w", err)
	}
	return rows, nil
}
