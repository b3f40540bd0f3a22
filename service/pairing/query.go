package pairing

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/atomic"
	"baodao/service/org"
	"baodao/service/read"
)

// StatusAt is the state of a pairing at an instant: the stored one, or EXPIRED for a proposal that was not answered in
// time, or ENDED for a pairing whose last day has passed.
func StatusAt(p model.Pairing, now time.Time) model.PairingStatus {
	switch p.Status {
	case model.PairingProposed:
		if !now.Before(p.AnswerDueAt) {
			return model.PairingExpired
		}
	case model.PairingActive, model.PairingDormant:
		if p.ToOn != nil && *p.ToOn <= today(now) {
			return model.PairingEnded
		}
	case model.PairingEnded, model.PairingDeclined, model.PairingExpired:
	}
	return p.Status
}

// ByID reads a pairing as it is stored; fault.ErrNotFound if there is none. Ask StatusAt for its state.
func ByID(tx *gorm.DB, id int64) (model.Pairing, error) {
	return read.One[model.Pairing](tx.Where("id = ?", id), "pairing")
}

// Lock holds a pairing until the end of the transaction and returns it as it is stored; fault.ErrNotFound if there is none.
func Lock(tx *gorm.DB, id int64) (model.Pairing, error) {
	return ByID(atomic.ForUpdate(tx), id)
}

// withSides reads pairings with names and paths of both sides.
func withSides(tx *gorm.DB) *gorm.DB {
	return tx.Model(&model.Pairing{}).
		Select("pairings.*, campus.name AS campus_name, campus.path AS campus_path, host.name AS local_name, host.path AS local_path").
		Joins("JOIN orgs campus ON campus.id = pairings.campus_org_id").
		Joins("JOIN orgs host ON host.id = pairings.local_org_id")
}

// whereStatus narrows to pairings whose state at an instant is status: StatusAt in SQL.
func whereStatus(q *gorm.DB, status model.PairingStatus, now time.Time) *gorm.DB {
	day := today(now)
	switch status {
	case model.PairingProposed:
		return q.Where("pairings.status = ? AND pairings.answer_due_at > ?", status, now)
	case model.PairingExpired:
		return q.Where("(pairings.status = ? OR (pairings.status = ? AND pairings.answer_due_at <= ?))", status, model.PairingProposed, now)
	case model.PairingActive, model.PairingDormant:
		return q.Where("pairings.status = ? AND (pairings.to_on IS NULL OR pairings.to_on > ?)", status, day)
	case model.PairingEnded:
		return q.Where("(pairings.status = ? OR (pairings.status IN ? AND pairings.to_on <= ?))", status, []model.PairingStatus{model.PairingActive, model.PairingDormant}, day)
	case model.PairingDeclined:
	}
	return q.Where("pairings.status = ?", status)
}

// CampusUnitsOf are the campus units that have a pairing in force with a local unit, or with one above it, on a day.
func CampusUnitsOf(tx *gorm.DB, programmeID int64, local model.Org, day model.Date) (units []int64, err error) {
	err = tx.Model(&model.Pairing{}).Where("programme_id = ? AND local_org_id IN ? AND status IN ?", programmeID, org.PathIDs(local.Path), []model.PairingStatus{model.PairingActive, model.PairingDormant}).
		Where("to_on IS NULL OR to_on > ?", day).Distinct().Pluck("campus_org_id", &units).Error
	if err != nil {
		return nil, fmt.Errorf("read paired units: %w", err)
	}
	return units, nil
}
