package project

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/programme"
)

// placeAlone places an activity without a project: its host, and a programme that is open to its organiser.
func placeAlone(tx *gorm.DB, organiser model.Org, in NewActivity, row *model.Activity) error {
	var c fault.Collector
	var campus, host model.Org
	var err error
	if organiser.Side == model.SideLocal {
		c.Add(in.HostOrgID != 0 && in.HostOrgID != in.OrgID, "/host_org_id", "not_allowed", "社区主办的活动由本单位接收", "a local organiser is its own host")
		host = organiser
	} else {
		campus = organiser
		if host, err = hostOf(tx, campus, in, today(row.CreatedAt), &c); err != nil {
			return err
		}
	}
	row.CampusOrgID, row.HostOrgID = campus.ID, host.ID
	if err := enters(tx, campus, host, in.ProgrammeID, today(row.CreatedAt), &c); err != nil {
		return err
	}
	return c.Err()
}

// hostOf reads the host that a campus unit names; it must be an active local organisation that is paired with the unit.
func hostOf(tx *gorm.DB, campus model.Org, in NewActivity, day model.Date, c *fault.Collector) (model.Org, error) {
	if in.HostOrgID == 0 {
		c.Add(true, "/host_org_id", "required", "请选择接收方", "is required for a campus organiser")
		return model.Org{}, nil
	}
	host, err := org.ByID(tx, in.HostOrgID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return host, err
	}
	if host.Side != model.SideLocal || host.Status != model.OrgActive {
		c.Add(true, "/host_org_id", "not_found", "没有这个接收方", "is no active local organisation")
		return model.Org{}, nil
	}
	paired, err := pairedWith(tx, campus, host, in.ProgrammeID, day)
	c.Add(!paired, "/host_org_id", "not_paired", "还没有与该接收方结对", "has no pairing in force with the organiser")
	return host, err
}

// enters notes a programme that is not ACTIVE or not open to the unit. A local unit by itself is in the programmes in
// which it takes part, and in those of the committees above it.
func enters(tx *gorm.DB, campus, host model.Org, programmeID int64, day model.Date, c *fault.Collector) error {
	if programmeID == 0 {
		c.Add(true, "/programme_id", "required", "请选择实践计划", "is required without a project")
		return nil
	}
	p, err := programme.ByID(tx, programmeID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if p.Status != model.ProgrammeActive {
		c.Add(true, "/programme_id", "not_found", "没有这个进行中的计划", "is no active programme")
		return nil
	}
	owner, err := org.ByID(tx, p.OwnerOrgID)
	if err != nil {
		return err
	}
	open := programme.Reaches(owner, campus, host)
	if !open && campus.ID == 0 {
		open, err = takesPart(tx, host, programmeID, day)
	}
	c.Add(!open, "/programme_id", "out_of_programme", "该计划不面向主办单位", "does not reach the organiser")
	return err
}

// pairedWith tells whether the campus unit, or one above it, has a pairing in force with the host, or with one above that:
// nobody is made a host without having agreed.
func pairedWith(tx *gorm.DB, campus, host model.Org, programmeID int64, day model.Date) (bool, error) {
	return anyPairing(tx, programmeID, day, tx.Where("campus_org_id IN ? AND local_org_id IN ?", org.PathIDs(campus.Path), org.PathIDs(host.Path)))
}

// takesPart tells whether a local unit, one above it or one below it has a pairing in force.
func takesPart(tx *gorm.DB, unit model.Org, programmeID int64, day model.Date) (bool, error) {
	below := tx.Model(&model.Org{}).Select("id").Where("path >= ? AND path < ?", unit.Path, access.PathEnd(unit.Path))
	return anyPairing(tx, programmeID, day, tx.Where("local_org_id IN ? OR local_org_id IN (?)", org.PathIDs(unit.Path), below))
}

// anyPairing tells whether a programme has a pairing in force of those that cond selects.
func anyPairing(tx *gorm.DB, programmeID int64, day model.Date, cond *gorm.DB) (bool, error) {
	var found []int64
	err := tx.Model(&model.Pairing{}).Where("programme_id = ? AND status IN ?", programmeID, []model.PairingStatus{model.PairingActive, model.PairingDormant}).
		Where("to_on IS NULL OR to_on > ?", day).Where(cond).Limit(1).Pluck("id", &found).Error
	if err != nil {
		return false, fmt.Errorf("look for a pairing: %w", err)
	}
	return len(found) > 0, nil
}
