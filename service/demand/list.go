package demand

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

// Filter narrows a list of demands; zero values do not.
type Filter struct {
	ProgrammeID, OrgID int64 // the host and all below it
	Status             model.DemandStatus
	Category           string
}

const listBoard, listMine, listSent = "demands.board", "demands.mine", "demand_dispatches"

// Board pages the demands that wait for a unit, the next to begin first. Everybody who is signed in reads it.
func (s *Service) Board(ctx context.Context, actor access.Actor, f Filter, req page.Request) (page.Result[Detail], error) {
	none := page.Result[Detail]{Items: []Detail{}}
	if err := actor.Require(access.DemandBoard); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listBoard, 2)
	if err != nil {
		return none, err
	}
	f.Status = model.DemandOpen
	q, err := s.narrow(s.DB.WithContext(ctx), f)
	if err != nil {
		return none, err
	}
	if later {
		at := time.UnixMilli(keys[0]).UTC()
		q = q.Where("(d.starts_at > ? OR (d.starts_at = ? AND d.id > ?))", at, at, keys[1])
	}
	rows, err := s.rows(q.Order("d.starts_at, d.id"), actor, req)
	if err != nil {
		return none, err
	}
	return page.Cut(rows, req.Size(), listBoard, func(d Detail) []int64 { return []int64{d.StartsAt.UnixMilli(), d.ID} }), nil
}

// Mine pages the demands of the hosts for which the actor stands, and those that units of theirs have accepted, newest first.
func (s *Service) Mine(ctx context.Context, actor access.Actor, f Filter, req page.Request) (page.Result[Detail], error) {
	none := page.Result[Detail]{Items: []Detail{}}
	if err := actor.Require(access.Person); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listMine, 1)
	if err != nil {
		return none, err
	}
	q, err := s.narrow(s.DB.WithContext(ctx), f)
	if err != nil {
		return none, err
	}
	scope, args := actor.Where(access.DemandRead, []string{"d.host_path", "u.path"}, "", "")
	q = q.Joins("LEFT JOIN orgs AS u ON u.id = d.accepted_org_id").Where(scope, args...).
		Select("d.*, h.name AS host_name, COALESCE(u.name, '') AS accepted_name, COALESCE(u.path, '') AS accepted_path")
	if later {
		q = q.Where("d.id < ?", keys[0])
	}
	rows, err := s.rows(q.Order("d.id DESC"), actor, req)
	if err != nil {
		return none, err
	}
	return page.Cut(rows, req.Size(), listMine, func(d Detail) []int64 { return []int64{d.ID} }), nil
}

// narrow starts a list with the filter.
func (s *Service) narrow(db *gorm.DB, f Filter) (*gorm.DB, error) {
	q := db.Table("demands AS d").Joins("JOIN orgs AS h ON h.id = d.host_org_id").Select("d.*, h.name AS host_name")
	if f.ProgrammeID != 0 {
		q = q.Where("d.programme_id = ?", f.ProgrammeID)
	}
	if f.Category != "" {
		q = q.Where("d.category = ?", f.Category)
	}
	if f.OrgID != 0 {
		top, err := org.ByID(db, f.OrgID)
		if errors.Is(err, fault.ErrNotFound) {
			return nil, fault.ErrInvalid.With(fault.Field{Pointer: "query:org_id", Code: "not_found", ZH: "没有这个组织", EN: "is not an organisation"})
		}
		if err != nil {
			return nil, err
		}
		q = q.Where("d.host_path >= ? AND d.host_path < ?", top.Path, access.PathEnd(top.Path))
	}
	return s.whereStatus(q, f.Status), nil
}

// whereStatus is model.Demand.Phase in SQL.
func (s *Service) whereStatus(q *gorm.DB, status model.DemandStatus) *gorm.DB {
	waiting := []model.DemandStatus{model.DemandSubmitted, model.DemandOpen, model.DemandDispatched}
	switch status {
	case "":
		return q
	case model.DemandSubmitted, model.DemandOpen, model.DemandDispatched:
		return q.Where("d.status = ? AND d.starts_at > ?", status, s.Now())
	case model.DemandExpired:
		return q.Where("(d.status = ? OR (d.status IN ? AND d.starts_at <= ?))", status, waiting, s.Now())
	case model.DemandDraft, model.DemandAccepted, model.DemandFulfilled, model.DemandCancelled:
	}
	return q.Where("d.status = ?", status)
}

// rows reads a page and one more. Lists leave out to whom a demand was sent.
func (s *Service) rows(q *gorm.DB, actor access.Actor, req page.Request) ([]Detail, error) {
	rows := []Detail{}
	if err := q.Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list demands: %w", err)
	}
	for i := range rows {
		rows[i].settle(actor, s.Now())
	}
	return rows, nil
}

// Request is a dispatch as its unit reads it in a list.
type Request struct {
	model.Dispatch
	OrgName, Title, HostName string
}

// Requests pages what was sent to the units for which the actor stands, newest first. status "" is all.
func (s *Service) Requests(ctx context.Context, actor access.Actor, status model.DispatchStatus, req page.Request) (page.Result[Request], error) {
	none := page.Result[Request]{Items: []Request{}}
	if err := actor.Require(access.Person); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listSent, 1)
	if err != nil {
		return none, err
	}
	scope, args := actor.Where(access.DemandAnswer, []string{"x.org_path"}, "", "")
	q := s.DB.WithContext(ctx).Table("demand_dispatches AS x").Joins("JOIN orgs AS o ON o.id = x.org_id").
		Joins("JOIN demands AS d ON d.id = x.demand_id").Joins("JOIN orgs AS h ON h.id = d.host_org_id").
		Select("x.*, o.name AS org_name, d.title, h.name AS host_name").Where(scope, args...)
	if status != "" {
		q = q.Where("x.status = ?", status)
	}
	if later {
		q = q.Where("x.id < ?", keys[0])
	}
	rows := []Request{}
	if err := q.Order("x.id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list dispatches: %w", err)
	}
	return page.Cut(rows, req.Size(), listSent, func(r Request) []int64 { return []int64{r.ID} }), nil
}
