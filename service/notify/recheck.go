package notify

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
)

// Recheck tells which entries, by their dedupe keys, say what no longer holds. It is asked about the kinds of perishable
// only, in the transaction that would send their messages: a message may have waited long, for WeChat or for the person.
type Recheck func(tx *gorm.DB, entries []model.Notification) (outdated map[string]bool, err error)

// perishable are the kinds that say when and where to come.
var perishable = []Kind{ActivityPublished, ActivityChanged, ReminderDay, ReminderHour, CheckInMissing} //nolint:gochecknoglobals // a table

func (w *Worker) recheck(tx *gorm.DB, rows []model.Notice) (map[string]bool, error) {
	var keys []string
	for _, n := range rows {
		if slices.Contains(perishable, Kind(n.Kind)) {
			keys = append(keys, n.DedupeKey)
		}
	}
	if w.Recheck == nil || len(keys) == 0 {
		return nil, nil //nolint:nilnil // nothing is outdated
	}
	var entries []model.Notification
	if err := tx.Where("dedupe_key IN ?", keys).Find(&entries).Error; err != nil {
		return nil, fmt.Errorf("read what messages say: %w", err)
	}
	return w.Recheck(tx, entries)
}
