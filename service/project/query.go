// Package project keeps projects, their teams, and activities with their sessions and positions.
package project

import (
	"fmt"
	"time"

	"gorm.io/gorm"

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

// serving keeps, of a query over project_members, who is in a team on the day of at in China. An advisor is in it only while
// they hold a role of those that may advise, in an active organisation at the campus side or above it.
func serving(q *gorm.DB, at time.Time) *gorm.DB {
	day := today(at)
	tx := q.Session(&gorm.Session{NewDB: true})
	advising := liveGrants(tx, at).Select("1").Joins("JOIN orgs o ON o.id = g.org_id AND o.status = ?", model.OrgActive).
		Joins("JOIN projects p ON p.id = project_members.project_id").Joins("JOIN orgs c ON c.id = p.campus_org_id").
		Where("g.user_id = project_members.user_id AND g.role IN ?", advisorRoles()).Where("SUBSTR(c.path, 1, LENGTH(o.path)) = o.path")
	return q.Where("from_on <= ? AND (to_on IS NULL OR to_on > ?)", day, day).
		Where("project_members.role <> ? OR EXISTS (?)", model.TeamAdvisor, advising)
}

// advisorRoles are the roles whose holders may advise a team.
func advisorRoles() []access.Role { return []access.Role{access.Advisor, access.CommitteeOfficer} }

// TeamOf reads the team of a project as it stands at an instant.
func TeamOf(tx *gorm.DB, projectID int64, at time.Time) (Team, error) {
	var rows []model.ProjectMember
	err := serving(tx.Model(&model.ProjectMember{}), at).Where("project_id = ?", projectID).Order("id").Find(&rows).Error
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

// ObjectOf is what the permission table needs to know of a project; fault.ErrNotFound if there is none.
func ObjectOf(tx *gorm.DB, id int64, at time.Time) (access.Object, error) {
	sc, err := (&Service{Now: func() time.Time { return at }}).sceneOf(tx, id)
	return sc.object, err
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
