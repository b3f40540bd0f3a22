package project

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

// Detail is an activity with everything that hangs on it.
type Detail struct {
	Activity  model.Activity
	Organiser model.Org
	Campus    model.Org // zero when there is no campus side
	Host      model.Org
	Sessions  []model.Session  // in order of time
	Positions []model.Position // in the order they were written
	Seats     []Seats          // of each position
	Phase     model.ActivityStatus
	Cover     int64  // upload that is shown as its picture, 0 for none
	Contact   string `json:"-"` // name of the host's contact; never stored in clear, not even in an idempotent answer
}

// Activity reads one activity. A published one is public, though the name of the host's contact is for those who are
// signed in; before that it is for those who may see drafts, and fault.ErrNotFound for everybody else.
func (s *Service) Activity(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	tx := s.DB.WithContext(ctx)
	d, err := s.detailOf(tx, id)
	if err != nil {
		return Detail{}, err
	}
	if d.Activity.PublishedAt == nil {
		object, err := ActivityObject(tx, d.Activity, s.Now())
		if err != nil {
			return Detail{}, err
		}
		if !Sees(actor, object) {
			return Detail{}, fault.ErrNotFound
		}
	}
	if !actor.Has(access.SignedIn) {
		return d, nil
	}
	return s.withContact(tx, d)
}

// detailOf reads an activity with its organisations, sessions and positions: four queries.
func (s *Service) detailOf(tx *gorm.DB, id int64) (Detail, error) {
	a, err := ActivityByID(tx, id)
	if err != nil {
		return Detail{}, err
	}
	orgs, err := org.ByIDs(tx, a.OrgID, a.CampusOrgID, a.HostOrgID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Activity: a, Organiser: orgs[a.OrgID], Campus: orgs[a.CampusOrgID], Host: orgs[a.HostOrgID], Phase: a.Phase(s.Now())}
	if d.Cover, err = cover(tx, a); err != nil {
		return Detail{}, err
	}
	d.Sessions, d.Positions, err = partsOf(tx, id)
	for _, p := range d.Positions {
		d.Seats = append(d.Seats, SeatsOf(p, a.PairedUntil, s.Now()))
	}
	return d, err
}

// partsOf reads the sessions and positions of an activity.
func partsOf(tx *gorm.DB, activityID int64) (sessions []model.Session, positions []model.Position, err error) {
	if err := tx.Where("activity_id = ?", activityID).Order("starts_at").Find(&sessions).Error; err != nil {
		return nil, nil, fmt.Errorf("read sessions: %w", err)
	}
	if err := tx.Where("activity_id = ?", activityID).Order("id").Find(&positions).Error; err != nil {
		return nil, nil, fmt.Errorf("read positions: %w", err)
	}
	return sessions, positions, nil
}

// withContact adds the name of the host's contact.
func (s *Service) withContact(tx *gorm.DB, d Detail) (Detail, error) {
	id := d.Activity.HostContactID
	if id == 0 {
		return d, nil
	}
	names, err := s.names(tx, nil, []int64{id})
	d.Contact = names[id]
	return d, err
}

// ManagedFilter narrows the list for staff; zero values do not.
type ManagedFilter struct {
	Status   model.ActivityStatus // as stored
	DemandID int64                // drafted from this demand
	OrgID    int64                // organiser, campus side or host is this organisation or below it
}

// Managed is a row of the list for staff.
type Managed struct {
	Activity                model.Activity
	Organiser, Campus, Host model.Org
	Seats                   Seats
	Phase                   model.ActivityStatus
}

// ManagedActivities lists activities in any state that the actor may see from inside, newest first.
func (s *Service) ManagedActivities(ctx context.Context, actor access.Actor, f ManagedFilter, p page.Request) (page.Result[Managed], error) {
	if err := actor.Require(access.ActivityManage); err != nil {
		return page.Result[Managed]{}, err
	}
	key, after, err := p.Key("managed_activities", 1)
	if err != nil {
		return page.Result[Managed]{}, err
	}
	tx := s.DB.WithContext(ctx)
	q := tx.Where(s.managedBy(tx, actor))
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	if f.DemandID != 0 {
		q = q.Where("demand_id = ?", f.DemandID)
	}
	if f.OrgID != 0 {
		o, err := org.ByID(tx, f.OrgID)
		if errors.Is(err, fault.ErrNotFound) {
			return page.Result[Managed]{}, nil
		}
		if err != nil {
			return page.Result[Managed]{}, err
		}
		q = q.Where(ofOrgs(tx, tx.Where("path >= ? AND path < ?", o.Path, access.PathEnd(o.Path))))
	}
	if after {
		q = q.Where("id < ?", key[0])
	}
	var rows []model.Activity
	if err := q.Order("id DESC").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[Managed]{}, fmt.Errorf("list managed activities: %w", err)
	}
	return s.managed(tx, page.Cut(rows, p.Size(), "managed_activities", func(a model.Activity) []int64 { return []int64{a.ID} }))
}

// managedBy is the condition that keeps the list within the actor's sight: their organisations, and the teams they lead
// or advise.
func (s *Service) managedBy(tx *gorm.DB, actor access.Actor) *gorm.DB {
	where, args := actor.Where(access.ActivityManage, []string{"path"}, "", "")
	cond, now := ofOrgs(tx, tx.Where(where, args...)), s.Now()
	if actor.StudentID != 0 {
		cond = cond.Or("project_id IN (?)", teamsWith(tx, now, "student_id", actor.StudentID).Where("role = ?", model.TeamLead))
	}
	if actor.UserID != 0 {
		cond = cond.Or("project_id IN (?)", teamsWith(tx, now, "user_id", actor.UserID))
	}
	return cond
}

// ofOrgs is the condition that one of an activity's organisations is among those that cond selects.
func ofOrgs(tx, cond *gorm.DB) *gorm.DB {
	orgs := tx.Model(&model.Org{}).Select("id").Where(cond)
	return tx.Where("org_id IN (?) OR campus_org_id IN (?) OR host_org_id IN (?)", orgs, orgs, orgs)
}

// managed adds organisations and seats to a page of activities: two queries.
func (s *Service) managed(tx *gorm.DB, rows page.Result[model.Activity]) (page.Result[Managed], error) {
	var ids, orgIDs []int64
	for _, a := range rows.Items {
		ids, orgIDs = append(ids, a.ID), append(orgIDs, a.OrgID, a.CampusOrgID, a.HostOrgID)
	}
	now := s.Now()
	seats, err := seatsOf(tx, ids, now)
	if err != nil {
		return page.Result[Managed]{}, err
	}
	orgs, err := org.ByIDs(tx, orgIDs...)
	if err != nil {
		return page.Result[Managed]{}, err
	}
	return page.MapResult(rows, func(a model.Activity) Managed {
		return Managed{Activity: a, Organiser: orgs[a.OrgID], Campus: orgs[a.CampusOrgID], Host: orgs[a.HostOrgID], Seats: seats[a.ID], Phase: a.Phase(now)}
	}), nil
}
