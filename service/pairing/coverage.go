package pairing

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
	"baodao/service/page"
)

// Coverage is how many units below an organisation have a pairing in force: branches on the campus side, communities on
// the local side. Late tells that units lack one although the programme's day for it is over.
type Coverage struct {
	Org           model.Org
	Units, Paired int64
	DueOn         model.Date // the last day in time, of the programme year; "" when the policy sets none
	Late          bool
}

// coverScene is what a coverage is counted in.
type coverScene struct {
	programmeID int64
	side        string
	day, due    model.Date
}

// Coverage counts for an organisation and then for each one directly below it, by id: departments of a university, counties
// of a city, towns of a county. access.ErrDenied for who may not read its figures.
func (s *Service) Coverage(ctx context.Context, actor access.Actor, orgID, programmeID int64, side string, req page.Request) (Coverage, page.Result[Coverage], error) {
	none := page.Result[Coverage]{Items: []Coverage{}}
	top, sc, err := s.coverScene(ctx, actor, orgID, programmeID, side)
	if err != nil {
		return Coverage{}, none, err
	}
	keys, later, err := req.Key("pairing.coverage", 1)
	if err != nil {
		return Coverage{}, none, err
	}
	db := s.DB.WithContext(ctx)
	q := db.Where("parent_id = ? AND status = ?", orgID, model.OrgActive)
	if later {
		q = q.Where("id > ?", keys[0])
	}
	var children []model.Org
	if err := q.Order("id").Limit(req.Size() + 1).Find(&children).Error; err != nil {
		return Coverage{}, none, fmt.Errorf("read organisations below: %w", err)
	}
	units, err := sc.units(db, top)
	if err != nil {
		return Coverage{}, none, err
	}
	rows := []Coverage{}
	for _, c := range children {
		rows = append(rows, sc.of(c, units))
	}
	return sc.of(top, units), page.Cut(rows, req.Size(), "pairing.coverage", func(c Coverage) []int64 { return []int64{c.Org.ID} }), nil
}

// coverScene checks the actor and reads what a coverage is counted in.
func (s *Service) coverScene(ctx context.Context, actor access.Actor, orgID, programmeID int64, side string) (model.Org, coverScene, error) {
	if err := actor.Require(access.StatsRead); err != nil {
		return model.Org{}, coverScene{}, err
	}
	db := s.DB.WithContext(ctx)
	top, err := org.ByID(db, orgID)
	if err != nil {
		return top, coverScene{}, err
	}
	if err := actor.Check(access.StatsRead, access.Object{Paths: []string{top.Path}, Public: true}); err != nil {
		return top, coverScene{}, err
	}
	_, _, policy, err := readProgramme(db, programmeID)
	if err != nil {
		return top, coverScene{}, err
	}
	day := today(s.Now())
	return top, coverScene{programmeID: programmeID, day: day, due: dueOn(policy, day), side: cmp.Or(side, sideOf(top))}, nil
}

// dueOn is the last day for pairings in the programme year that holds a day; "" when the policy sets none.
func dueOn(policy model.Policy, day model.Date) model.Date {
	if policy.PairingDue == "" {
		return ""
	}
	from, to := policy.Year(day)
	if due := from[:4] + "-" + model.Date(policy.PairingDue); due >= from {
		return due
	}
	return to[:4] + "-" + model.Date(policy.PairingDue)
}

// covered are a unit's path and whether it has a pairing in force.
type covered struct {
	Path   string
	Paired bool
}

// sideOf is the side that is counted below an organisation when nobody says which: a county and what is below it has
// communities, everything else branches.
func sideOf(o model.Org) string {
	if o.Side == model.SideLocal || o.Kind == model.OrgCountyCommittee {
		return Local
	}
	return Campus
}

// counted are the conditions on a unit o: its kind, and that it has a pairing in force.
func (sc coverScene) counted() (kind model.OrgKind, paired string) {
	column := "campus_org_id"
	kind = model.OrgLeagueBranch
	if sc.side == Local {
		column, kind = "local_org_id", model.OrgCommunity
	}
	return kind, "EXISTS (SELECT 1 FROM pairings p WHERE p." + column + " = o.id AND p.programme_id = ? AND p.status = 'ACTIVE' AND (p.to_on IS NULL OR p.to_on > ?))"
}

func (sc coverScene) units(db *gorm.DB, top model.Org) ([]covered, error) {
	rows := []covered{}
	kind, paired := sc.counted()
	err := db.Table("orgs AS o").Select("o.path, "+paired+" AS paired", sc.programmeID, sc.day).
		Where("o.path >= ? AND o.path < ? AND o.kind = ? AND o.status = ?", top.Path, access.PathEnd(top.Path), kind, model.OrgActive).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count pairings: %w", err)
	}
	return rows, nil
}

// of counts the units at and below an organisation.
func (sc coverScene) of(o model.Org, units []covered) Coverage {
	c := Coverage{Org: o, DueOn: sc.due}
	for _, u := range units {
		if strings.HasPrefix(u.Path, o.Path) {
			c.Units++
			if u.Paired {
				c.Paired++
			}
		}
	}
	c.Late = c.Paired < c.Units && sc.due != "" && sc.day > sc.due
	return c
}

// Unpaired pages the units below an organisation that have no pairing in force, by path: those that are late once the day
// is over.
func (s *Service) Unpaired(ctx context.Context, actor access.Actor, orgID, programmeID int64, side string, req page.Request) (page.Result[model.Org], error) {
	none := page.Result[model.Org]{Items: []model.Org{}}
	top, sc, err := s.coverScene(ctx, actor, orgID, programmeID, side)
	if err != nil {
		return none, err
	}
	keys, later, err := req.Key("pairing.unpaired", 1)
	if err != nil {
		return none, err
	}
	kind, paired := sc.counted()
	q := s.DB.WithContext(ctx).Table("orgs AS o").Where("o.path >= ? AND o.path < ? AND o.kind = ? AND o.status = ?", top.Path, access.PathEnd(top.Path), kind, model.OrgActive).
		Where("NOT "+paired, sc.programmeID, sc.day)
	if later {
		q = q.Where("o.id > ?", keys[0])
	}
	rows := []model.Org{}
	if err := q.Select("o.*").Order("o.id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list units without a pairing: %w", err)
	}
	return page.Cut(rows, req.Size(), "pairing.unpaired", func(o model.Org) []int64 { return []int64{o.ID} }), nil
}
