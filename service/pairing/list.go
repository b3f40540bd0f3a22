package pairing

import (
	"context"
	"errors"
	"fmt"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

// Filter narrows a list of pairings; zero values do not. OrgID means the organisation and all below it, on either side.
type Filter struct {
	ProgrammeID, OrgID int64
	Status             model.PairingStatus
}

// List pages through the pairings of which the actor sees a side, newest first. An unknown organisation is
// fault.ErrInvalid.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, req page.Request) (page.Result[Detail], error) {
	if err := actor.Require(access.PairingRead); err != nil {
		return page.Result[Detail]{}, err
	}
	keys, more, err := req.Key("pairings", 1)
	if err != nil {
		return page.Result[Detail]{}, err
	}
	db, now := s.DB.WithContext(ctx), s.Now()
	scope, args := actor.Where(access.PairingRead, []string{"campus.path", "host.path"}, "", "")
	q := withSides(db).Where(scope, args...)
	if f.ProgrammeID != 0 {
		q = q.Where("pairings.programme_id = ?", f.ProgrammeID)
	}
	if f.OrgID != 0 {
		top, err := org.ByID(db, f.OrgID)
		if errors.Is(err, fault.ErrNotFound) {
			return page.Result[Detail]{}, wrong("query:org_id", "not_found", "没有这个组织", "is not an organisation")
		}
		if err != nil {
			return page.Result[Detail]{}, err
		}
		end := access.PathEnd(top.Path)
		q = q.Where("((campus.path >= ? AND campus.path < ?) OR (host.path >= ? AND host.path < ?))", top.Path, end, top.Path, end)
	}
	if f.Status != "" {
		q = whereStatus(q, f.Status, now)
	}
	if more {
		q = q.Where("pairings.id < ?", keys[0])
	}
	var rows []Detail
	if err := q.Order("pairings.id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[Detail]{}, fmt.Errorf("list pairings: %w", err)
	}
	for i := range rows {
		rows[i].Status = StatusAt(rows[i].Pairing, now)
	}
	return page.Cut(rows, req.Size(), "pairings", func(d Detail) []int64 { return []int64{d.ID} }), nil
}
