package org

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/text"
)

// Refusals about the tree.
var (
	ErrKind      = fault.Define(fault.Invalid, "org.kind_misfit", "上级组织下不能设立这类组织。", "An organisation of this kind cannot stand below that one.")
	ErrNotActive = fault.Define(fault.Conflict, "org.not_active", "该组织已停用或撤销。", "The organisation is not active.")
	ErrInUse     = fault.Define(fault.Conflict, "org.in_use", "该组织还有下级组织或有效结对，不能撤销。", "It still has organisations below it or a live pairing.")
	ErrNameTaken = fault.Define(fault.Conflict, "org.name_taken", "同一上级下已有同名组织，请换一个名称。", "Another organisation below the same one has this name.")
	ErrSuccessor = fault.Define(fault.Invalid, "org.successor_misfit", "承接组织须是另一个同类的、有效的组织。", "The successor must be another active organisation of the same kind.")
)

// maxName is the longest name of an organisation, in characters.
const maxName = 100

// Filter narrows List; zero values do not.
type Filter struct {
	ParentID   int64
	Kind       model.OrgKind
	RegionCode string
	Query      string // within the children of ParentID anywhere in the name, else its beginning (共青团 may be left out)
}

// List gives the organisations that are not dissolved, by id. Everyone may read the tree.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, p page.Request) (page.Result[model.Org], error) {
	if err := actor.Require(access.OrgRead); err != nil {
		return page.Result[model.Org]{}, err
	}
	keys, ok, err := p.Key("orgs", 1)
	if err != nil {
		return page.Result[model.Org]{}, err
	}
	q := f.where(s.DB.WithContext(ctx).Where("status <> ?", model.OrgDissolved))
	if ok {
		q = q.Where("id > ?", keys[0])
	}
	var rows []model.Org
	if err := q.Order("id").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[model.Org]{}, fmt.Errorf("list organisations: %w", err)
	}
	return page.Cut(rows, p.Size(), "orgs", func(o model.Org) []int64 { return []int64{o.ID} }), nil
}

func (f Filter) where(q *gorm.DB) *gorm.DB {
	if f.ParentID != 0 {
		q = q.Where("parent_id = ?", f.ParentID)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.RegionCode != "" {
		q = q.Where("region_code = ?", f.RegionCode)
	}
	query := norm.NFC.String(f.Query)
	switch {
	case query == "":
		return q
	case f.ParentID != 0:
		return q.Where("INSTR(name, ?) > 0", query)
	default: // two ranges of the index on name, which the subquery makes sure is used; LIKE would fold case on one engine only
		league, end := leaguePrefix+query, string(utf8.MaxRune)
		const named = "id IN (SELECT o.id FROM orgs o WHERE (o.name >= ? AND o.name < ?) OR (o.name >= ? AND o.name < ?))"
		return q.Where(named, query, query+end, league, league+end)
	}
}

// leaguePrefix begins the names of all committees.
const leaguePrefix = "共青团"

// Get reads one organisation, dissolved ones too.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (model.Org, error) {
	if err := actor.Require(access.OrgRead); err != nil {
		return model.Org{}, err
	}
	return ByID(s.DB.WithContext(ctx), id)
}

// Details are what can be edited of an organisation. Lat and Lng are decimal degrees (WGS-84), both or none.
type Details struct {
	Name       string
	RegionCode string // empty: unknown
	Lat, Lng   *float64
}

// New is an organisation to be.
type New struct {
	ParentID int64 // 0: at the top, for the security administrator
	Kind     model.OrgKind
	Details
}

// settle brings the details into their stored form and reports every wrong field at once.
func (d *Details) settle(tx *gorm.DB) (columns map[string]any, err error) {
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/name", In: &d.Name, Max: maxName})
	wrong.Add((d.Lat == nil) != (d.Lng == nil), "/lng", "required", "经纬度须一并填写", "lat and lng go together")
	lat, ok := micro(d.Lat, 90)
	wrong.Add(!ok, "/lat", "max", "须在 -90 与 90 之间", "must be between -90 and 90")
	lng, ok := micro(d.Lng, 180)
	wrong.Add(!ok, "/lng", "max", "须在 -180 与 180 之间", "must be between -180 and 180")
	if d.RegionCode != "" {
		known, err := knownRegions(tx, []string{d.RegionCode})
		if err != nil {
			return nil, err
		}
		wrong.Add(!known[d.RegionCode], "/region_code", "not_found", "没有这个区划代码", "is not a known division")
	}
	return map[string]any{"name": d.Name, "live_name": d.Name, "region_code": d.RegionCode, "lat_e6": lat, "lng_e6": lng}, wrong.Err()
}

// texts are those that others read.
func (d Details) texts() []content.Text { return []content.Text{{At: "/name", Text: d.Name}} }

// micro turns degrees into millionths of a degree; nil stays nil.
func micro(degrees *float64, limit float64) (e6 *int64, ok bool) {
	if degrees == nil {
		return nil, true
	}
	if math.IsNaN(*degrees) || math.Abs(*degrees) > limit {
		return nil, false
	}
	n := int64(math.Round(*degrees * 1e6))
	return &n, true
}

// Create sets up an organisation below another one. It is ACTIVE at once: the rank above has consented by creating it.
// ErrNameTaken while another one there that is not dissolved has its name; content.ErrRisky, content.ErrInReview.
func (s *Service) Create(ctx context.Context, actor access.Actor, key idem.Key, in New) (model.Org, error) {
	if err := actor.Require(access.OrgWrite); err != nil {
		return model.Org{}, err
	}
	return content.Do(ctx, s.Content, actor, func() (model.Org, error) {
		return idem.Run(ctx, s.DB, s.Now(), actor, "createOrg", key, func(tx *gorm.DB) (model.Org, error) {
			return s.create(tx, actor, in)
		})
	})
}

func (s *Service) create(tx *gorm.DB, actor access.Actor, in New) (model.Org, error) {
	parent, err := parentOf(tx, actor, in)
	if err != nil {
		return model.Org{}, err
	}
	if _, err := in.settle(tx); err != nil {
		return model.Org{}, err
	}
	if err := s.Content.Passed(tx, actor, content.Org, parent.Path, in.texts()); err != nil {
		return model.Org{}, err
	}
	now := s.Now()
	row := model.Org{
		ID: s.NewID(), Kind: in.Kind, Side: in.Kind.Side(), ParentID: parent.ID, Name: in.Name, RegionCode: in.RegionCode,
		Status: model.OrgActive, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	row.LiveName, row.Path = &row.Name, childPath(parent.Path, row.ID)
	row.LatE6, _ = micro(in.Lat, 90)
	row.LngE6, _ = micro(in.Lng, 180)
	if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
		return row, ErrNameTaken
	} else if err != nil {
		return row, fmt.Errorf("insert organisation: %w", err)
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{
		Action: "org.create", Object: "orgs", ObjectID: row.ID, OrgPath: row.Path, To: string(row.Status), Data: map[string]any{"kind": row.Kind},
	})
}

// parentOf locks the organisation above and checks that the actor may set one up there and that the kind fits.
func parentOf(tx *gorm.DB, actor access.Actor, in New) (model.Org, error) {
	if in.ParentID == 0 {
		if err := actor.Check(access.OrgWrite, access.Object{Read: access.OrgRead}); err != nil {
			return model.Org{}, err
		}
		if in.Kind != model.OrgProvincialCommittee && in.Kind != model.OrgCityCommittee {
			return model.Org{}, ErrKind
		}
		return model.Org{}, nil
	}
	parent, err := ByID(atomic.ForUpdate(tx), in.ParentID)
	if err != nil {
		return parent, err
	}
	if err := actor.Check(access.OrgWrite, access.Object{Paths: []string{parent.Path}, Read: access.OrgRead}); err != nil {
		return parent, err
	}
	switch {
	case parent.Status != model.OrgActive:
		return parent, ErrNotActive
	case !parent.Kind.MayHold(in.Kind):
		return parent, ErrKind
	}
	return parent, nil
}

func childPath(parent string, id int64) string {
	if parent == "" {
		parent = "/"
	}
	return fmt.Sprintf("%s%d/", parent, id)
}
