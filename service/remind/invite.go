package remind

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/pairing"
	"baodao/service/project"
)

// invited finds the students whom a new activity is for: its audience; else those of the campus side or, where the host is
// alone, those of everybody who has a pairing in force with it. Once sign-up is over or the activity was called off nobody is told; its row
// is locked, so that it is not called off meanwhile.
func (s *Service) invited(tx *gorm.DB, f model.NoticeFanout, limit int) (notify.Event, []notify.Recipient, error) {
	a, err := project.ActivityByID(atomic.ForUpdate(tx), f.ObjectID)
	if errors.Is(err, fault.ErrNotFound) {
		return notify.Event{}, nil, nil
	}
	if err != nil {
		return notify.Event{}, nil, err
	}
	now := s.Now()
	if a.Status != model.ActivityPublished || !now.Before(a.SignupClosesAt) {
		return notify.Event{}, nil, nil
	}
	branches, err := branchesFor(tx, a, now)
	if err != nil {
		return notify.Event{}, nil, err
	}
	var people []notify.Recipient
	if err := meant(studentsOf(tx, branches, f.AfterID, limit), a.Audience).Scan(&people).Error; err != nil {
		return notify.Event{}, nil, fmt.Errorf("read students: %w", err)
	}
	place, err := firstPlace(tx, a.ID)
	return notify.Event{
		Kind: notify.ActivityPublished, Fact: []string{strconv.FormatInt(a.ID, 10)}, Object: a.TableName(), ObjectID: a.ID,
		Data: map[string]notify.Words{"activity": notify.Own(a.Title), "time": notify.When(a.StartsAt), "place": notify.Where(place)}, ExpiresAt: a.SignupClosesAt,
	}, people, err
}

// studentsOf walks the students of branches who have an account, in the order of their ids.
func studentsOf(tx *gorm.DB, branches []int64, after int64, limit int) *gorm.DB {
	return tx.Table("student_profiles AS p").Select("p.id AS `key`, p.user_id").
		Joins("JOIN users AS u ON u.id = p.user_id AND u.status = ?", model.UserActive).
		Where("p.branch_id IN ? AND p.id > ?", branches, after).Order("p.id").Limit(limit)
}

// meant keeps the students of an audience's grades and tags; its units are looked at in branchesFor.
func meant(q *gorm.DB, audience *model.Audience) *gorm.DB {
	if audience == nil {
		return q
	}
	if len(audience.Grades) > 0 {
		q = q.Where("p.grade IN ?", audience.Grades)
	}
	if len(audience.Tags) == 0 {
		return q
	}
	one := make([]string, len(audience.Tags))
	args := make([]any, len(audience.Tags))
	for i, tag := range audience.Tags {
		one[i], args[i] = "INSTR(p.tags, ?) > 0", strconv.Quote(tag) // a JSON list of codes
	}
	return q.Where(strings.Join(one, " OR "), args...)
}

// branchesFor are the organisations whose students are told of an activity.
func branchesFor(tx *gorm.DB, a model.Activity, now time.Time) ([]int64, error) {
	units := []int64{a.CampusOrgID}
	if a.Audience != nil && len(a.Audience.OrgIDs) > 0 {
		units = a.Audience.OrgIDs
	} else if a.CampusOrgID == 0 {
		host, err := org.ByID(tx, a.HostOrgID)
		if err != nil {
			return nil, err
		}
		day := model.Date(now.In(clock.China()).Format(time.DateOnly))
		if units, err = pairing.CampusUnitsOf(tx, a.ProgrammeID, host, day); err != nil {
			return nil, err
		}
	}
	orgs, err := org.ByIDs(tx, units...)
	if err != nil || len(orgs) == 0 {
		return nil, err
	}
	var within []string
	var bounds []any
	for _, o := range orgs {
		within, bounds = append(within, "path >= ? AND path < ?"), append(bounds, o.Path, access.PathEnd(o.Path))
	}
	var ids []int64
	if err := tx.Model(&model.Org{}).Where(strings.Join(within, " OR "), bounds...).Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("read branches: %w", err)
	}
	return ids, nil
}

// firstPlace is where the first session is.
func firstPlace(tx *gorm.DB, activityID int64) (string, error) {
	var places []string
	err := tx.Model(&model.Session{}).Where("activity_id = ?", activityID).Order("starts_at").Limit(1).Pluck("place", &places).Error
	if err != nil || len(places) == 0 {
		return "", err
	}
	return places[0], nil
}
