package demand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/geo"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/read"
	"baodao/service/text"
)

// Form is what a clerk fills in. While a demand is a draft everything but the title may be missing.
type Form struct {
	Title, Summary  string
	Field, Category string // codes of the policy, empty for none
	Place           string
	At              *geo.Point // nil: no coordinates
	Positions       []model.DemandPosition
	Windows         []model.TimeWindow
	Support         []string
	RiskNote        string
	ContactID       int64 // user at the host or its town who answers
}

// New asks for a draft.
type New struct {
	ProgrammeID, HostOrgID int64
	Form
}

// maxWindow is the longest time of one window.
const maxWindow = 24 * time.Hour

// Create drafts a demand. access.ErrDenied for who may not write for the host, fault.ErrInvalid naming every wrong field.
func (s *Service) Create(ctx context.Context, actor access.Actor, key idem.Key, in New) (Detail, error) {
	if err := personWith(actor, access.DemandWrite); err != nil {
		return Detail{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createDemand", key, func(tx *gorm.DB) (Detail, error) {
		return s.create(tx, actor, in, nil)
	})
}

// Copy drafts a demand like an earlier one of the same host, for instance last term's; only its times are left out.
// fault.ErrNotFound and access.ErrDenied for who may not write for the host.
func (s *Service) Copy(ctx context.Context, actor access.Actor, key idem.Key, id, programmeID int64) (Detail, error) {
	if err := personWith(actor, access.DemandWrite); err != nil {
		return Detail{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "copyDemand", key, func(tx *gorm.DB) (Detail, error) {
		old, err := read.One[model.Demand](tx.Where("id = ?", id), "demand")
		if err == nil {
			err = actor.Check(access.DemandWrite, object(old))
		}
		if err != nil {
			return Detail{}, err
		}
		return s.create(tx, actor, New{ProgrammeID: programmeID, HostOrgID: old.HostOrgID, Form: formOf(old)}, &old.ID)
	})
}

func (s *Service) create(tx *gorm.DB, actor access.Actor, in New, copyOf *int64) (Detail, error) {
	host, err := org.ByID(tx, in.HostOrgID)
	if err != nil {
		return Detail{}, err
	}
	if err := actor.Check(access.DemandWrite, access.Object{Paths: []string{host.Path}, Public: true}); err != nil {
		return Detail{}, err // organisations are public: never a 404
	}
	wrong := in.settle()
	if err := s.enters(tx, host, in.ProgrammeID, &wrong); err != nil {
		return Detail{}, err
	}
	if err := s.check(tx, in.ProgrammeID, host, in.Form, wrong); err != nil {
		return Detail{}, err
	}
	row := s.draft(actor, host, in)
	row.CopyOf = copyOf
	if err := tx.Create(&row).Error; err != nil {
		return Detail{}, fmt.Errorf("create demand: %w", err)
	}
	err = s.Audit.Write(tx, actor, audit.Entry{Action: "demand.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: host.Path, To: row.State()})
	if err != nil {
		return Detail{}, err
	}
	return s.detail(tx, actor, row.ID)
}

// enters notes a host that is not active, and a programme that is not running.
func (s *Service) enters(tx *gorm.DB, host model.Org, programmeID int64, c *fault.Collector) error {
	c.Add(host.Side != model.SideLocal || host.Status != model.OrgActive, "/host_org_id", "not_found", "须是在用的地方组织", "must be an active local organisation")
	p, err := programme.ByID(tx, programmeID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	c.Add(p.Status != model.ProgrammeActive, "/programme_id", "not_found", "没有这个进行中的计划", "is no active programme")
	return nil
}

func (s *Service) draft(actor access.Actor, host model.Org, in New) model.Demand {
	now := s.Now()
	row := model.Demand{
		ID: s.NewID(), ProgrammeID: in.ProgrammeID, HostOrgID: host.ID, HostPath: host.Path, RegionCode: host.RegionCode, Status: model.DemandDraft,
		CreatedBy: actor.UserID, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	in.into(&row)
	return row
}

// into fills a row with what a settled form says.
func (f Form) into(row *model.Demand) {
	row.Title, row.Summary, row.Field, row.Category, row.Place = f.Title, f.Summary, f.Field, f.Category, f.Place
	row.LatE6, row.LngE6, row.StartsAt, row.EndsAt, row.Seats = nil, nil, nil, nil, 0
	if f.At != nil {
		row.LatE6, row.LngE6 = &f.At.LatE6, &f.At.LngE6
	}
	row.Positions, row.Windows, row.Support = f.Positions, f.Windows, f.Support
	for _, p := range f.Positions {
		row.Seats += p.Count
	}
	if n := len(f.Windows); n > 0 {
		row.StartsAt, row.EndsAt = &f.Windows[0].StartsAt, &f.Windows[n-1].EndsAt
	}
	row.RiskNote, row.ContactID = f.RiskNote, f.ContactID
}

// formOf is an earlier demand without its times.
func formOf(old model.Demand) Form {
	f := Form{
		Title: old.Title, Summary: old.Summary, Field: old.Field, Category: old.Category, Place: old.Place, Positions: old.Positions,
		Support: old.Support, RiskNote: old.RiskNote, ContactID: old.ContactID,
	}
	if old.LatE6 != nil && old.LngE6 != nil {
		f.At = &geo.Point{LatE6: *old.LatE6, LngE6: *old.LngE6}
	}
	return f
}

// settle brings texts and times into their canonical form and returns what is wrong with the texts.
func (f *Form) settle() fault.Collector {
	var c fault.Collector
	text.Settle(&c,
		text.Field{At: "/title", In: &f.Title, Max: 100},
		text.Field{At: "/summary", In: &f.Summary, Max: 2000, Lines: true, Optional: true},
		text.Field{At: "/place", In: &f.Place, Max: 200, Optional: true},
		text.Field{At: "/risk_note", In: &f.RiskNote, Max: 1000, Lines: true, Optional: true},
	)
	f.Positions = append([]model.DemandPosition{}, f.Positions...)
	for i := range f.Positions {
		at := fmt.Sprintf("/positions/%d", i)
		text.Settle(&c,
			text.Field{At: at + "/title", In: &f.Positions[i].Title, Max: 60},
			text.Field{At: at + "/needs", In: &f.Positions[i].Needs, Max: 500, Lines: true, Optional: true},
		)
	}
	f.Support = append([]string{}, f.Support...)
	f.Windows = append([]model.TimeWindow{}, f.Windows...)
	return c
}

// check adds what the programme and the host do not know to what is wrong with the texts, and puts the times in order.
func (s *Service) check(tx *gorm.DB, programmeID int64, host model.Org, f Form, c fault.Collector) error {
	if policy, err := programme.PolicyOf(tx, programmeID); err == nil {
		programme.CheckCodes(&c, policy, f.Field, f.Category)
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	f.checkTimes(&c, s.Now())
	slices.SortStableFunc(f.Windows, func(a, b model.TimeWindow) int { return a.StartsAt.Compare(b.StartsAt) })
	if f.ContactID != 0 {
		ok, err := s.Projects.AnswersFor(tx, f.ContactID, host)
		if err != nil {
			return err
		}
		c.Add(!ok, "/contact_id", "not_found", "接收方没有这位工作人员", "is no staff of the host or its town")
	}
	return c.Err()
}

// checkTimes notes times that are turned round, too long, over, not whole minutes, or lie over another one.
func (f Form) checkTimes(c *fault.Collector, now time.Time) {
	for i, w := range f.Windows {
		at := fmt.Sprintf("/windows/%d", i)
		c.Add(!w.StartsAt.Before(w.EndsAt), at+"/ends_at", "order", "结束须晚于开始", "must be after starts_at")
		c.Add(w.EndsAt.Sub(w.StartsAt) > maxWindow, at+"/ends_at", "max", "一个时段最长 24 小时", "may be at most 24 hours after starts_at")
		c.Add(!w.StartsAt.After(now), at+"/starts_at", "past", "开始时间须在将来", "must be in the future")
		for pointer, t := range map[string]time.Time{"/starts_at": w.StartsAt, "/ends_at": w.EndsAt} {
			c.Add(!t.Equal(t.Truncate(time.Minute)), at+pointer, "whole_minute", "须为整分钟，秒与毫秒为 0", "must be a whole minute: seconds and milliseconds are 0")
		}
		over := slices.ContainsFunc(f.Windows[:i], func(o model.TimeWindow) bool { return o.StartsAt.Before(w.EndsAt) && w.StartsAt.Before(o.EndsAt) })
		c.Add(over, at+"/starts_at", "overlap", "与另一个时段重叠", "overlaps another window")
	}
}

// Update writes the form of a draft anew. version is the one the caller read.
// fault.ErrStale, fault.ErrState, fault.ErrInvalid.
func (s *Service) Update(ctx context.Context, actor access.Actor, id, version int64, f Form) (Detail, error) {
	wrong := f.settle()
	return s.change(ctx, actor, access.DemandWrite, id, func(tx *gorm.DB, sc scene) error {
		if err := actor.Check(access.DemandWrite, object(sc.row)); err != nil {
			return err
		}
		if sc.row.Version != version {
			return fault.ErrStale
		}
		if sc.row.Status != model.DemandDraft {
			return fault.ErrState
		}
		host, err := org.ByID(tx, sc.row.HostOrgID)
		if err != nil {
			return err
		}
		if err := s.check(tx, sc.row.ProgrammeID, host, f, wrong); err != nil {
			return err
		}
		set, err := columns(f)
		if err != nil {
			return err
		}
		return s.Audit.Edit(tx, actor, &sc.row, version, audit.Move{Action: "demand.update", OrgPath: sc.row.HostPath, Set: set})
	})
}

// texts are those that everybody reads once the demand is verified.
func texts(d model.Demand) []content.Text {
	out := []content.Text{{At: "/title", Text: d.Title}, {At: "/summary", Text: d.Summary}, {At: "/place", Text: d.Place}, {At: "/risk_note", Text: d.RiskNote}}
	for i, p := range d.Positions {
		at := fmt.Sprintf("/positions/%d", i)
		out = append(out, content.Text{At: at + "/title", Text: p.Title}, content.Text{At: at + "/needs", Text: p.Needs})
	}
	return out
}

// columns are those that follow from a settled form.
func columns(f Form) (map[string]any, error) {
	var row model.Demand
	f.into(&row)
	set := map[string]any{
		"title": row.Title, "summary": row.Summary, "field": row.Field, "category": row.Category, "place": row.Place, "lat_e6": row.LatE6, "lng_e6": row.LngE6,
		"seats": row.Seats, "starts_at": row.StartsAt, "ends_at": row.EndsAt, "risk_note": row.RiskNote, "contact_id": row.ContactID,
	}
	for column, list := range map[string]any{"positions": row.Positions, "windows": row.Windows, "support": row.Support} {
		raw, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("store list: %w", err)
		}
		set[column] = string(raw)
	}
	return set, nil
}
