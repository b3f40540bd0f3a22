// Package project keeps projects, their teams, and activities with their sessions and positions.
package project

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
	"baodao/service/read"
)

// Team is who leads, advises and serves in a project on a day.
type Team struct {
	Leads, Members []int64 // student ids; Members does not hold the leads
	Advisors       []int64 // user ids
}

// TeamOf reads the team of a project as it stands on the day of at, in China.
func TeamOf(tx *gorm.DB, projectID int64, at time.Time) (Team, error) {
	day := model.Date(at.In(clock.China()).Format(time.DateOnly))
	var rows []model.ProjectMember
	err := tx.Where("project_id = ? AND from_on <= ? AND (to_on IS NULL OR to_on > ?)", projectID, day, day).Order("id").Find(&rows).Error
	if err != nil {
		return Team{}, fmt.Errorf("read team: %w", err)
	}
	var t Team
	for _, m := range rows {
		switch m.Role {
		case model.TeamLead:
			t.Leads = append(t.Leads, m.StudentID)
		case model.TeamAdvisor:
			t.Advisors = append(t.Advisors, m.UserID)
		default:
			t.Members = append(t.Members, m.StudentID)
		}
	}
	return t, nil
}

// ActivityByID reads an activity; fault.ErrNotFound if there is none.
func ActivityByID(tx *gorm.DB, id int64) (model.Activity, error) {
	return read.One[model.Activity](tx.Where("id = ?", id), "activity")
}

// ActivityObject is what the permission table needs to know of an activity: organiser, campus side and host own it,
// leads and advisors of its project are its team, and it is public once it has been published.
func ActivityObject(tx *gorm.DB, a model.Activity, at time.Time) (access.Object, error) {
	o := access.Object{Read: access.ActivityManage, Public: a.PublishedAt != nil}
	orgs, err := org.ByIDs(tx, a.OrgID, a.CampusOrgID, a.HostOrgID)
	if err != nil {
		return o, err
	}
	for _, found := range orgs {
		o.Paths = append(o.Paths, found.Path)
	}
	if a.ProjectID != nil {
		team, err := TeamOf(tx, *a.ProjectID, at)
		if err != nil {
			return o, err
		}
		o.Leads, o.Advisors = team.Leads, team.Advisors
	}
	return o, nil
}
