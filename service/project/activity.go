package project

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/org"
)

// ErrProjectNotRunning says that a project takes no activities now.
var ErrProjectNotRunning = fault.Define(fault.Conflict, "project.not_running", "项目还没有启动，或者已经结束。", "The project is not running.")

// NewActivity asks for an activity of a running project (ProjectID; programme and both sides are the project's), or of
// one unit by itself: a local organiser is its own host, a campus organiser names the host.
type NewActivity struct {
	OrgID       int64 // organiser: one of the project's sides, or the unit itself
	ProjectID   int64
	ProgrammeID int64  // without a project
	HostOrgID   int64  // without a project, for a campus organiser
	DemandID    *int64 // that it is drafted from, nil for none
	Draft
}

// CreateActivity drafts an activity with its sessions and positions.
// Errors: fault.ErrNotFound and access.ErrDenied (organiser, project), ErrProjectNotRunning, ErrPairing, fault.ErrInvalid.
func (s *Service) CreateActivity(ctx context.Context, actor access.Actor, key idem.Key, in NewActivity) (Detail, error) {
	if err := actor.Require(access.ActivityWrite); err != nil {
		return Detail{}, err
	}
	out, err := idem.Run(ctx, s.DB, s.Now(), actor, "createActivity", key, func(tx *gorm.DB) (Detail, error) {
		id, err := s.DraftActivity(tx, actor, in)
		if err != nil {
			return Detail{}, err
		}
		return s.detailOf(tx, id)
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

// DraftActivity is CreateActivity within a transaction; it returns the id.
func (s *Service) DraftActivity(tx *gorm.DB, actor access.Actor, in NewActivity) (int64, error) {
	if err := actor.Require(access.ActivityWrite); err != nil {
		return 0, err
	}
	wrong := in.settleTexts()
	row, orgs, err := s.place(tx, actor, in)
	if err != nil {
		return 0, err
	}
	if err := s.checkContents(tx, row.ProgrammeID, orgs[row.HostOrgID], in.Draft, wrong); err != nil {
		return 0, err
	}
	if err := s.insertActivity(tx, row, in.settle()); err != nil {
		return 0, err
	}
	entry := audit.Entry{Action: "activity.create", Object: row.TableName(), ObjectID: row.ID, OrgPath: orgs[row.OrgID].Path, To: string(row.Status)}
	return row.ID, s.Audit.Write(tx, actor, entry)
}

// place finds out where an activity belongs: its programme and its organisations, and whether the actor may organise it.
func (s *Service) place(tx *gorm.DB, actor access.Actor, in NewActivity) (model.Activity, map[int64]model.Org, error) {
	now := s.Now()
	row := model.Activity{
		ID: s.NewID(), OrgID: in.OrgID, ProgrammeID: in.ProgrammeID, DemandID: in.DemandID, Status: model.ActivityDraft,
		CreatedBy: actor.UserID, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	organiser, err := org.ByID(tx, in.OrgID)
	if err != nil {
		return row, nil, err
	}
	if err := actor.Check(access.ActivityWrite, access.Object{Paths: []string{organiser.Path}, Public: true}); err != nil {
		return row, nil, err // organisations are public: never a 404
	}
	if in.ProjectID != 0 {
		err = s.placeInProject(tx, actor, in, &row)
	} else {
		err = placeAlone(tx, organiser, in, &row)
	}
	if err != nil {
		return row, nil, err
	}
	orgs, err := org.ByIDs(tx, row.OrgID, row.CampusOrgID, row.HostOrgID)
	row.RegionCode = orgs[row.HostOrgID].RegionCode
	return row, orgs, err
}

func (s *Service) placeInProject(tx *gorm.DB, actor access.Actor, in NewActivity, row *model.Activity) error {
	sc, err := s.openProject(tx, in.ProjectID) // locked: it must not stop meanwhile
	if err != nil {
		return err
	}
	if err := narrowed(actor, access.ActivityWrite, sc.object, sc.paths()...); err != nil {
		return err
	}
	var c fault.Collector
	c.Add(in.OrgID != sc.campus.ID && in.OrgID != sc.local.ID, "/org_id", "not_found", "主办单位须是项目的一方", "must be one of the project's two sides")
	c.Add(in.ProgrammeID != 0 && in.ProgrammeID != sc.row.ProgrammeID, "/programme_id", "not_allowed", "计划由项目决定", "follows from the project")
	c.Add(in.HostOrgID != 0 && in.HostOrgID != sc.local.ID, "/host_org_id", "not_allowed", "接收方由项目决定", "follows from the project")
	if err := c.Err(); err != nil {
		return err
	}
	if err := takesActivities(tx, sc.row, s.Now()); err != nil {
		return err
	}
	row.ProjectID, row.ProgrammeID, row.CampusOrgID, row.HostOrgID = &sc.row.ID, sc.row.ProgrammeID, sc.campus.ID, sc.local.ID
	return nil
}

// insertActivity writes a placed activity with what its settled draft says.
func (s *Service) insertActivity(tx *gorm.DB, row model.Activity, d Draft) error {
	row.Title, row.Summary, row.Field, row.Category, row.Carriers = d.Title, d.Summary, d.Field, d.Category, d.Carriers
	row.Mode, row.PlacementMode, row.MinTurnout = d.Mode, d.PlacementMode, d.MinTurnout
	row.SignupOpensAt, row.SignupClosesAt, row.CancelUntil = d.SignupOpensAt, d.SignupClosesAt, d.CancelUntil
	row.CountsAsVolunteer, row.InsuranceRequired, row.TrainingRequired, row.MinorsContact = d.CountsAsVolunteer, d.InsuranceRequired, d.TrainingRequired, d.MinorsContact
	row.RiskNote, row.HostContactID = d.RiskNote, d.HostContactID
	row.SignupMode, row.Audience, row.Waitlist, row.PairedUntil, row.PairedFirst = d.Rules.Mode, d.Rules.Audience, d.Rules.Waitlist, d.Rules.PairedUntil, d.Rules.PairedFirst
	first, last := d.Sessions[0], d.Sessions[len(d.Sessions)-1]
	row.StartsAt, row.EndsAt = first.StartsAt, last.EndsAt
	if first.At != nil {
		row.LatE6, row.LngE6 = &first.At.LatE6, &first.At.LngE6
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("create activity: %w", err)
	}
	return s.insertParts(tx, row.ID, d)
}

// insertParts writes the sessions and positions of an activity that has none.
func (s *Service) insertParts(tx *gorm.DB, activityID int64, d Draft) error {
	now := s.Now()
	sessions := make([]model.Session, len(d.Sessions))
	for i, slot := range d.Sessions {
		sessions[i] = model.Session{ID: s.NewID(), ActivityID: activityID, StartsAt: slot.StartsAt, EndsAt: slot.EndsAt, Place: slot.Place, RadiusM: slot.RadiusM}
		if slot.At != nil {
			sessions[i].LatE6, sessions[i].LngE6 = &slot.At.LatE6, &slot.At.LngE6
		}
	}
	positions := make([]model.Position, len(d.Positions))
	for i, p := range d.Positions {
		positions[i] = model.Position{ID: s.NewID(), ActivityID: activityID, Title: p.Title, Description: p.Description, Capacity: p.Capacity, Reserved: p.Reserved, Version: 1, CreatedAt: now, UpdatedAt: now}
	}
	if err := tx.Create(&sessions).Error; err != nil {
		return fmt.Errorf("create sessions: %w", err)
	}
	if err := tx.Create(&positions).Error; err != nil {
		return fmt.Errorf("create positions: %w", err)
	}
	return nil
}

// UpdateActivity writes the whole content anew: all of it, sessions and positions included, while DRAFT or RETURNED.
// Once APPROVED or PUBLISHED only title, summary, risk note and host contact may differ from what is there.
// version is the one the caller read.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrState, ErrActivityLocked, ErrIncomplete, fault.ErrInvalid.
func (s *Service) UpdateActivity(ctx context.Context, actor access.Actor, id, version int64, d Draft) (Detail, error) {
	wrong := d.settleTexts()
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.updateActivity(ctx, actor, id, version, d, wrong) })
}

func (s *Service) updateActivity(ctx context.Context, actor access.Actor, id, version int64, d Draft, wrong fault.Collector) (Detail, error) {
	var out Detail
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		sc, err := s.openActivity(tx, id)
		if err != nil {
			return err
		}
		if err := sc.may(actor, access.ActivityWrite); err != nil {
			return err
		}
		if sc.row.Version != version {
			return fault.ErrStale
		}
		switch sc.row.Status {
		case model.ActivityDraft, model.ActivityReturned:
			err = s.rewrite(tx, actor, sc, version, d, wrong)
		case model.ActivityApproved, model.ActivityPublished:
			err = s.amend(tx, actor, sc, version, d, wrong)
		default:
			err = fault.ErrState
		}
		if err != nil {
			return err
		}
		out, err = s.detailOf(tx, id)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

// rewrite replaces everything; nobody has signed up yet.
func (s *Service) rewrite(tx *gorm.DB, actor access.Actor, sc activityScene, version int64, d Draft, wrong fault.Collector) error {
	if err := s.checkContents(tx, sc.row.ProgrammeID, sc.host, d, wrong); err != nil {
		return err
	}
	d = d.settle()
	set, err := d.columns()
	if err != nil {
		return err
	}
	if err := s.Audit.Edit(tx, actor, &sc.row, version, audit.Move{Action: "activity.update", OrgPath: sc.organiser.Path, Set: set}); err != nil {
		return err
	}
	_, was, err := partsOf(tx, sc.row.ID)
	if err != nil {
		return err
	}
	for _, part := range []any{&model.Session{}, &model.Position{}} {
		if err := tx.Where("activity_id = ?", sc.row.ID).Delete(part).Error; err != nil {
			return fmt.Errorf("replace sessions and positions: %w", err)
		}
	}
	if err := s.insertParts(tx, sc.row.ID, d); err != nil || s.Needs == nil {
		return err
	}
	_, now, err := partsOf(tx, sc.row.ID)
	if err != nil {
		return err
	}
	return s.Needs.Carry(tx, was, now)
}
