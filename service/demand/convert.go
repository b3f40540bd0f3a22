package demand

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/matching/geo"
	"baodao/service/org"
	"baodao/service/project"
)

// closesBefore is how long before its beginning the sign-up of an activity that a demand becomes ends, where there is time.
const closesBefore = 24 * time.Hour

// IntoProject drafts a project of the accepted unit and the host with what the demand says. The link is kept.
// ErrNotPaired where the two have no active pairing, ErrConverted when the demand has become one, access.ErrDenied.
func (s *Service) IntoProject(ctx context.Context, actor access.Actor, key idem.Key, id int64) (Detail, error) {
	return s.convert(ctx, actor, key, "convertDemandToProject", id, func(tx *gorm.DB, sc scene) error {
		if sc.row.ProjectID != nil || sc.row.ActivityID != nil {
			return ErrConverted
		}
		pairing, err := pairingOf(tx, sc.row)
		if err != nil {
			return err
		}
		v, err := s.Projects.DraftProject(tx, actor, project.NewProject{PairingID: pairing, DemandID: &sc.row.ID, Plan: planOf(sc.row)})
		if err != nil {
			return err
		}
		return s.link(tx, actor, sc, "project_id", v.Project.ID)
	})
}

// IntoActivity drafts an activity with the positions and times of the demand: in the project that the demand became, or in
// one of the same two, or (0 and none) of the unit by itself, which has to be paired with the host or with one above it.
// Its sign-up opens at once; everything can be changed until it is submitted.
// ErrConverted, ErrExpired, ErrNotPaired, and what else project.DraftActivity refuses.
func (s *Service) IntoActivity(ctx context.Context, actor access.Actor, key idem.Key, id, projectID int64) (Detail, error) {
	return s.convert(ctx, actor, key, "convertDemandToActivity", id, func(tx *gorm.DB, sc scene) error {
		d := sc.row
		if err := unlinked(tx, d); err != nil {
			return err
		}
		if !s.Now().Before(*d.StartsAt) {
			return ErrExpired
		}
		if projectID == 0 && d.ProjectID != nil {
			projectID = *d.ProjectID
		}
		in := project.NewActivity{OrgID: *d.AcceptedOrgID, ProjectID: projectID, DemandID: &d.ID, Draft: draftOf(d, s.Now())}
		if projectID == 0 {
			in.ProgrammeID, in.HostOrgID = d.ProgrammeID, d.HostOrgID
		}
		activity, err := s.Projects.DraftActivity(tx, actor, in)
		if err != nil {
			return unpaired(err)
		}
		if err := s.sameSides(tx, d, activity); err != nil {
			return err
		}
		return s.link(tx, actor, sc, "activity_id", activity)
	})
}

// unpaired is ErrNotPaired for a draft refused because the unit has no pairing with the host: whoever asks has named no host.
func unpaired(err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if ok && slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Code == "not_paired" }) {
		return ErrNotPaired
	}
	return err
}

// convert runs fn on an accepted demand for somebody who answers for the unit that accepted it.
func (s *Service) convert(ctx context.Context, actor access.Actor, key idem.Key, operation string, id int64, fn func(tx *gorm.DB, sc scene) error) (Detail, error) {
	if err := personWith(actor, access.DemandAnswer); err != nil {
		return Detail{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, operation, key, func(tx *gorm.DB) (Detail, error) {
		return s.changed(tx, actor, id, func(tx *gorm.DB, sc scene) error {
			if !actor.Sees(object(sc.row)) {
				return fault.ErrNotFound
			}
			if sc.row.Status != model.DemandAccepted {
				return fault.ErrState
			}
			unit, err := org.ByID(tx, *sc.row.AcceptedOrgID)
			if err != nil {
				return err
			}
			if err := actor.Check(access.DemandAnswer, access.Object{Paths: []string{unit.Path}, Public: true}); err != nil {
				return err
			}
			return fn(tx, sc)
		})
	})
}

// link writes down what the demand has become.
func (s *Service) link(tx *gorm.DB, actor access.Actor, sc scene, column string, id int64) error {
	return s.Audit.Edit(tx, actor, &sc.row, sc.row.Version, audit.Move{
		Action: "demand.convert", OrgPath: sc.row.HostPath, Set: map[string]any{column: id}, Data: map[string]any{column: id},
	})
}

// unlinked is ErrConverted while the demand's activity goes on; one that was cancelled counts no more.
func unlinked(tx *gorm.DB, d model.Demand) error {
	if d.ActivityID == nil {
		return nil
	}
	a, err := project.ActivityByID(tx, *d.ActivityID)
	if err == nil && a.Status != model.ActivityCancelled {
		err = ErrConverted
	}
	return err
}

// sameSides refuses an activity of a project with another host: the link would be wrong.
func (s *Service) sameSides(tx *gorm.DB, d model.Demand, activityID int64) error {
	a, err := project.ActivityByID(tx, activityID)
	if err != nil {
		return err
	}
	if a.HostOrgID != d.HostOrgID || a.ProgrammeID != d.ProgrammeID {
		return fault.ErrInvalid.With(fault.Field{Pointer: "/project_id", Code: "not_found", ZH: "须是该单位与需求方在同一计划中的项目", EN: "must be a project of the unit and the host in the same programme"})
	}
	return nil
}

// pairingOf finds the active pairing of the unit that accepted and the host.
func pairingOf(tx *gorm.DB, d model.Demand) (int64, error) {
	var found []int64
	err := tx.Model(&model.Pairing{}).Where("live_programme_id = ? AND campus_org_id = ? AND local_org_id = ? AND status = ?", d.ProgrammeID, *d.AcceptedOrgID, d.HostOrgID, model.PairingActive).
		Limit(1).Pluck("id", &found).Error
	if err != nil {
		return 0, fmt.Errorf("look for the pairing: %w", err)
	}
	if len(found) == 0 {
		return 0, ErrNotPaired
	}
	return found[0], nil
}

// planOf is a project that does what a demand asks for.
func planOf(d model.Demand) project.Plan {
	plan := project.Plan{Title: d.Title, Field: d.Field, Category: d.Category, RiskPlan: d.RiskNote, Support: d.Support}
	for _, p := range d.Positions {
		plan.Tasks = append(plan.Tasks, fmt.Sprintf("%s × %d", p.Title, p.Count))
	}
	return plan
}

// draftOf is an activity that does what a demand asks for.
func draftOf(d model.Demand, now time.Time) project.Draft {
	opens := now.Truncate(time.Minute)
	closes := d.StartsAt.Add(-closesBefore)
	if !closes.After(now) {
		closes = *d.StartsAt
	}
	out := project.Draft{
		Title: d.Title, Summary: d.Summary, Field: d.Field, Category: d.Category, Mode: project.ModeOnsite, PlacementMode: "SINGLE",
		SignupOpensAt: opens, SignupClosesAt: closes, RiskNote: d.RiskNote, HostContactID: d.ContactID,
		Rules: project.SignupRules{Mode: model.SignupFirstCome, Waitlist: true},
	}
	for _, w := range d.Windows {
		slot := project.Slot{StartsAt: w.StartsAt, EndsAt: w.EndsAt, Place: d.Place, RadiusM: fence}
		if d.LatE6 != nil && d.LngE6 != nil {
			slot.At = &geo.Point{LatE6: *d.LatE6, LngE6: *d.LngE6}
		}
		out.Sessions = append(out.Sessions, slot)
	}
	for _, p := range d.Positions {
		out.Positions = append(out.Positions, project.Seat{Title: p.Title, Description: p.Needs, Capacity: p.Count})
	}
	return out
}

// fence is the radius around the place within which a check-in is near, in metres, until the organiser says otherwise.
const fence = 200
