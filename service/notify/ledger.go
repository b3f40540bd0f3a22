package notify

import (
	"errors"
	"time"

	"gorm.io/gorm"

	"baodao/model"
)

var errLedger = errors.New("notify: the ledger changed under its lock")

// take reserves one unit for each of the users, by template.
func take(tx *gorm.DB, users map[string][]int64, now time.Time) error {
	for template, ids := range users {
		res := tx.Model(&model.SubscribeLedger{}).Where(in("user_id", ids)).Where("template = ? AND used < granted", template).
			Updates(map[string]any{"used": gorm.Expr("used + 1"), "updated_at": now})
		if res.Error == nil && res.RowsAffected != int64(len(ids)) {
			return errLedger
		}
		if res.Error != nil {
			return res.Error
		}
	}
	return nil
}

// giveBack returns the unit of a message that did not use it.
func giveBack(tx *gorm.DB, n *model.Notice, now time.Time) error {
	return tx.Model(&model.SubscribeLedger{}).Where("user_id = ? AND template = ? AND used > 0", n.UserID, n.Template).
		Updates(map[string]any{"used": gorm.Expr("used - 1"), "updated_at": now}).Error
}

// exhaust makes the balance 0: WeChat said so. A hint that was counted is no more to be confirmed.
func exhaust(tx *gorm.DB, n *model.Notice, now time.Time) error {
	return tx.Model(&model.SubscribeLedger{}).Where("user_id = ? AND template = ?", n.UserID, n.Template).
		Updates(map[string]any{"used": gorm.Expr("granted"), "hint_open": nil, "updated_at": now}).Error
}

// probe notes that a message is tried without a known acceptance.
func probe(tx *gorm.DB, n *model.Notice, exists bool, now time.Time) error {
	if !exists {
		return tx.Create(&model.SubscribeLedger{UserID: n.UserID, Template: n.Template, ProbedAt: &now, UpdatedAt: now}).Error
	}
	return tx.Model(&model.SubscribeLedger{}).Where("user_id = ? AND template = ?", n.UserID, n.Template).
		Updates(map[string]any{"probed_at": now, "updated_at": now}).Error
}
