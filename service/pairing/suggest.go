package pairing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/org"
	"baodao/service/page"
)

// Suggestion is a unit to pair with, and why: the parts of its score, each of which is told in words.
type Suggestion struct {
	Org       model.Org
	DistanceM int64
	Parts     Parts
}

// Parts are what speaks for a suggestion, in points.
type Parts struct {
	Near   int64 // 0…5000, the less the farther
	Need   int64 // 2000 when a demand of the host waits for a unit
	Served int64 // 2000 when an activity of the two took place, 1000 when they only were paired before
	Parent int64 // 1000 when the town and the department above them are paired
	Free   int64 // 1000 without a pairing in the programme, 500 with one
}

// Score is the sum.
func (p Parts) Score() int64 { return p.Near + p.Need + p.Served + p.Parent + p.Free }

// radius is how far apart two units may be to be suggested, in metres; most is how many are looked at.
const (
	radius = 15_000
	most   = 500
)

// ErrNowhere says that there is nothing to measure from.
var ErrNowhere = fault.Define(fault.Conflict, "pairing.no_location", "本单位及上级都没有登记位置，无法推荐。", "Neither the unit nor one above it has a location.")

// Suggest pages units that a unit may want to pair with in a programme, the best first: of the kind that pairs with it,
// active, at most 15 km away, and not paired with it yet. It needs the right to propose for the unit, or to recommend above it.
func (s *Service) Suggest(ctx context.Context, actor access.Actor, orgID, programmeID int64, req page.Request) (page.Result[Suggestion], error) {
	none := page.Result[Suggestion]{Items: []Suggestion{}}
	if err := actor.Require(access.Person); err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	unit, err := org.ByID(db, orgID)
	if err != nil {
		return none, err
	}
	o := access.Object{Paths: []string{unit.Path}, Public: true}
	if actor.Check(access.PairingPropose, o) != nil && actor.Check(access.PairingRecommend, o) != nil {
		return none, access.ErrDenied
	}
	if _, _, _, err := readProgramme(db, programmeID); err != nil {
		return none, err
	}
	keys, later, err := req.Key("pairing.suggestions", 2)
	if err != nil {
		return none, err
	}
	all, err := s.suggestions(db, unit, programmeID)
	if err != nil {
		return none, err
	}
	if later {
		all = slices.DeleteFunc(all, func(x Suggestion) bool {
			return x.Parts.Score() > keys[0] || (x.Parts.Score() == keys[0] && x.Org.ID <= keys[1])
		})
	}
	return page.Cut(all[:min(len(all), req.Size()+1)], req.Size(), "pairing.suggestions", func(x Suggestion) []int64 { return []int64{x.Parts.Score(), x.Org.ID} }), nil
}

// suggestions are all of them, in order.
func (s *Service) suggestions(db *gorm.DB, unit model.Org, programmeID int64) ([]Suggestion, error) {
	above, err := org.ByIDs(db, org.PathIDs(unit.Path)...)
	if err != nil {
		return nil, err
	}
	there, ok := org.Located(unit.Path, above)
	if !ok {
		return nil, ErrNowhere
	}
	found, err := nearby(db, pointOf(there), partners(unit))
	if err != nil {
		return nil, err
	}
	known, err := s.knownOf(db, unit, programmeID, found)
	if err != nil {
		return nil, err
	}
	out := []Suggestion{}
	for _, f := range found {
		if known.live[f.Org.ID] {
			continue
		}
		f.Parts = known.parts(unit, f)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Parts.Score(), a.Parts.Score()), cmp.Compare(a.Org.ID, b.Org.ID))
	})
	return out, nil
}

// partners are the kinds of organisations that pair with a unit.
func partners(unit model.Org) []model.OrgKind {
	for _, level := range []string{model.PairingTownDepartment, model.PairingCommunityBranch} {
		campus, local := kinds(level)
		if slices.Contains(campus, unit.Kind) {
			return local
		}
		if slices.Contains(local, unit.Kind) {
			return campus
		}
	}
	return nil
}

// pointOf is the location of an organisation that has one.
func pointOf(o model.Org) geo.Point { return geo.Point{LatE6: *o.LatE6, LngE6: *o.LngE6} }

// nearby finds active organisations of some kinds within the radius, whose own location, or that of one above them, is there.
func nearby(db *gorm.DB, at geo.Point, wanted []model.OrgKind) ([]Suggestion, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	anchors, err := anchorsNear(db, at, 10*most)
	if err != nil {
		return nil, err
	}
	out := []Suggestion{}
	for _, a := range anchors { // the nearest first
		rows, err := unitsAt(db, a, wanted, most-len(out))
		if err != nil {
			return nil, err
		}
		for _, o := range rows {
			out = append(out, Suggestion{Org: o, DistanceM: geo.Distance(at, pointOf(a))})
		}
		if len(out) >= most {
			break
		}
	}
	return out, nil
}

// unitsAt reads units of some kinds whose place is that of an organisation: itself, or one below it of which neither the
// unit nor anything between the two has a location of its own.
func unitsAt(db *gorm.DB, a model.Org, wanted []model.OrgKind, limit int) ([]model.Org, error) {
	var rows []model.Org
	err := db.Where("path >= ? AND path < ? AND kind IN ? AND status = ?", a.Path, access.PathEnd(a.Path), wanted, model.OrgActive).
		Where("lat_e6 IS NULL OR id = ?", a.ID).Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for units nearby: %w", err)
	}
	var between []int64
	for _, o := range rows {
		between = append(between, org.PathIDs(strings.TrimPrefix(o.Path, a.Path))...)
	}
	slices.Sort(between)
	known, err := org.ByIDs(db, slices.Compact(between)...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(o model.Org) bool {
		_, elsewhere := org.Located(strings.TrimPrefix(o.Path, a.Path), known)
		return elsewhere
	}), nil
}

// anchorsNear finds organisations that have a location within the radius, the nearest first; where there are more than a limit, it is
// the farthest that are left out.
func anchorsNear(db *gorm.DB, at geo.Point, limit int) ([]model.Org, error) {
	const perDegree = 111_000 // metres, rounded down, so that the band is not too narrow
	band := int64(radius) * 1_000_000 / perDegree
	squeeze := max(at.Squeeze(), 1)
	wide := band * 1000 / squeeze
	nearest := clause.Expr{SQL: "(lat_e6 - ?) * (lat_e6 - ?) * 1000000 + (lng_e6 - ?) * (lng_e6 - ?) * ?, id", Vars: []any{at.LatE6, at.LatE6, at.LngE6, at.LngE6, squeeze * squeeze}}
	var rows []model.Org
	err := db.Where("lat_e6 BETWEEN ? AND ? AND lng_e6 BETWEEN ? AND ? AND status = ?", at.LatE6-band, at.LatE6+band, at.LngE6-wide, at.LngE6+wide, model.OrgActive).
		Clauses(clause.OrderBy{Expression: nearest}).Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for places nearby: %w", err)
	}
	away := func(o model.Org) int64 { return geo.Distance(at, pointOf(o)) }
	rows = slices.DeleteFunc(rows, func(o model.Org) bool { return away(o) > radius })
	slices.SortFunc(rows, func(a, b model.Org) int { return cmp.Or(cmp.Compare(away(a), away(b)), cmp.Compare(a.ID, b.ID)) })
	return rows, nil
}
