package project

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
)

// Refusals of changing what has been approved or published.
var (
	ErrActivityLocked = fault.Define(fault.Conflict, "activity.locked_fields", "活动已审核，只能修改标题、简介、风险提示和联系人；改时间地点、名额请用相应的功能。", "An approved activity may change only title, summary, risk note and host contact; sessions are moved and seats set one by one.")
	ErrSessionStarted = fault.Define(fault.Conflict, "session.started", "场次已经开始，不能改期。", "The session has begun and cannot be moved.")
)

// amend changes the few things that may change after approval; everything else in d must be as it is.
// wrong is what is wrong with the texts of d.
func (s *Service) amend(tx *gorm.DB, actor access.Actor, sc activityScene, version int64, d Draft, wrong fault.Collector) error {
	is, err := draftOf(tx, sc.row)
	if err != nil {
		return err
	}
	if d.CancelUntil.IsZero() {
		d.CancelUntil = is.CancelUntil
	}
	if fields := lockedChanges(is, d.settle()); len(fields) > 0 {
		return ErrActivityLocked.With(fields...)
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	want := sc.row
	want.Title, want.Summary, want.RiskNote, want.HostContactID = d.Title, d.Summary, d.RiskNote, d.HostContactID
	if sc.row.Status == model.ActivityPublished {
		if err := s.complete(tx, sc, want); err != nil {
			return err
		}
		if err := s.Content.Passed(tx, actor, content.Activity, sc.organiser.Path, d.settle().texts()); err != nil {
			return err
		}
		if err := index(tx, sc.row.ID, searchText(sc.row, sc.host.Name), searchText(want, sc.host.Name)); err != nil {
			return err
		}
	} else if err := s.contactFits(tx, want.HostContactID, sc.host); err != nil {
		return err
	}
	set := map[string]any{"title": want.Title, "summary": want.Summary, "risk_note": want.RiskNote, "host_contact_id": want.HostContactID}
	return s.Audit.Edit(tx, actor, &sc.row, version, audit.Move{Action: "activity.amend", OrgPath: sc.organiser.Path, Set: set})
}

// contactFits allows no contact, or one who answers at the host.
func (s *Service) contactFits(tx *gorm.DB, userID int64, host model.Org) error {
	if userID == 0 {
		return nil
	}
	ok, err := s.AnswersFor(tx, userID, host)
	if err != nil {
		return err
	}
	var c fault.Collector
	c.Add(!ok, "/host_contact_id", "not_found", "接收方没有这位工作人员", "is no staff of the host or its town")
	return c.Err()
}

// draftOf reads an activity's content back.
func draftOf(tx *gorm.DB, a model.Activity) (Draft, error) {
	sessions, positions, err := partsOf(tx, a.ID)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		Title: a.Title, Summary: a.Summary, Field: a.Field, Category: a.Category, Carriers: a.Carriers, Mode: a.Mode, PlacementMode: a.PlacementMode,
		SignupOpensAt: a.SignupOpensAt, SignupClosesAt: a.SignupClosesAt, CancelUntil: a.CancelUntil, MinTurnout: a.MinTurnout,
		CountsAsVolunteer: a.CountsAsVolunteer, InsuranceRequired: a.InsuranceRequired, TrainingRequired: a.TrainingRequired, MinorsContact: a.MinorsContact,
		RiskNote: a.RiskNote, HostContactID: a.HostContactID, Rules: rulesOf(a),
	}
	for _, s := range sessions {
		d.Sessions = append(d.Sessions, slotOf(s))
	}
	for _, p := range positions {
		d.Positions = append(d.Positions, Seat{Title: p.Title, Description: p.Description, Capacity: p.Capacity, Reserved: p.Reserved})
	}
	return d, nil
}

// lockedChanges names every field in which two settled drafts differ, but for those that may change.
func lockedChanges(is, want Draft) []fault.Field {
	var fields []fault.Field
	add := func(same bool, pointer string) {
		if !same {
			fields = append(fields, fault.Field{Pointer: pointer, Code: "locked", ZH: "审核后不能在这里修改", EN: "may not be changed here after approval"})
		}
	}
	add(is.Field == want.Field, "/field")
	add(is.Category == want.Category, "/category")
	add(slices.Equal(is.Carriers, want.Carriers), "/carriers")
	add(is.Mode == want.Mode, "/mode")
	add(is.PlacementMode == want.PlacementMode, "/placement_mode")
	add(is.SignupOpensAt.Equal(want.SignupOpensAt), "/signup_opens_at")
	add(is.SignupClosesAt.Equal(want.SignupClosesAt), "/signup_closes_at")
	add(is.CancelUntil.Equal(want.CancelUntil), "/cancel_until")
	add(is.MinTurnout == want.MinTurnout, "/min_turnout")
	add(is.CountsAsVolunteer == want.CountsAsVolunteer, "/counts_as_volunteer")
	add(is.InsuranceRequired == want.InsuranceRequired, "/insurance_required")
	add(is.TrainingRequired == want.TrainingRequired, "/training_required")
	add(is.MinorsContact == want.MinorsContact, "/minors_contact")
	add(is.Rules.equal(want.Rules), "/signup_mode")
	add(slices.EqualFunc(is.Sessions, want.Sessions, Slot.equal), "/sessions")
	add(slices.Equal(is.Positions, want.Positions), "/positions")
	return fields
}

// MoveSession changes time or place of a session of a published activity before it begins. Cancelling is free again until
// the next session starts; sign-up never stays open past the first one. version is that of the activity.
// Errors: fault.ErrNotFound, access.ErrDenied, fault.ErrStale, fault.ErrState, ErrSessionStarted, fault.ErrInvalid.
func (s *Service) MoveSession(ctx context.Context, actor access.Actor, id, version int64, to Slot) (Detail, error) {
	return content.Do(ctx, s.Content, actor, func() (Detail, error) { return s.tryMoveSession(ctx, actor, id, version, to) })
}

func (s *Service) tryMoveSession(ctx context.Context, actor access.Actor, id, version int64, to Slot) (Detail, error) {
	var out Detail
	err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
		activityID, err := activityOf(tx, &model.Session{}, id)
		if err != nil {
			return err
		}
		sc, err := s.openActivity(tx, activityID)
		if err != nil {
			return err
		}
		if err := narrowed(actor, access.CapacityWrite, sc.object, sc.object.Paths...); err != nil {
			return err
		}
		if sc.row.Status != model.ActivityPublished {
			return fault.ErrState
		}
		if sc.row.Version != version {
			return fault.ErrStale
		}
		if err := s.moveSession(tx, actor, sc, id, version, to); err != nil {
			return err
		}
		out, err = s.detailOf(tx, activityID)
		return err
	})
	if err != nil {
		return Detail{}, err
	}
	return s.withContact(s.DB.WithContext(ctx), out)
}

func (s *Service) moveSession(tx *gorm.DB, actor access.Actor, sc activityScene, id, version int64, to Slot) error {
	sessions, _, err := partsOf(tx, sc.row.ID)
	if err != nil {
		return err
	}
	var slots []Slot
	var was model.Session
	for _, other := range sessions {
		if other.ID == id {
			was = other
		} else {
			slots = append(slots, slotOf(other))
		}
	}
	if was.ID == 0 {
		return fault.ErrNotFound // replaced with its draft in between
	}
	now := s.Now()
	if !now.Before(was.StartsAt) {
		return ErrSessionStarted
	}
	var wrong fault.Collector
	to.settleText(&wrong, "")
	if err := fitsIn(slots, to, sc.row, now, wrong); err != nil {
		return err
	}
	if to.Place != was.Place {
		if err := s.Content.Passed(tx, actor, content.Activity, sc.organiser.Path, []content.Text{{At: "/place", Text: to.Place}}); err != nil {
			return err
		}
	}
	slots = Draft{Sessions: append(slots, to)}.settle().Sessions
	set := span(slots)
	list(set, slots[0].StartsAt, slots[0].At)
	set["signup_closes_at"] = earlier(sc.row.SignupClosesAt, slots[0].StartsAt)
	set["cancel_until"] = nextStart(slots, now)
	data := map[string]any{"session_id": strconv.FormatInt(id, 10), "from": was.StartsAt, "to": to.StartsAt}
	if err := s.Audit.Edit(tx, actor, &sc.row, version, audit.Move{Action: "session.move", OrgPath: sc.organiser.Path, Set: set, Data: data}); err != nil {
		return err
	}
	columns := map[string]any{"starts_at": to.StartsAt, "ends_at": to.EndsAt, "place": to.Place, "lat_e6": nil, "lng_e6": nil, "radius_m": to.RadiusM}
	if to.At != nil {
		columns["lat_e6"], columns["lng_e6"] = to.At.LatE6, to.At.LngE6
	}
	if err := tx.Model(&model.Session{}).Where("id = ?", id).Updates(columns).Error; err != nil {
		return fmt.Errorf("move session: %w", err)
	}
	return s.tellMoved(tx, sc.row, version+1, was, to)
}

// fitsIn checks the new time and place of a session against the other sessions and the sign-up; c holds what is
// wrong with its text.
func fitsIn(others []Slot, to Slot, a model.Activity, now time.Time, c fault.Collector) error {
	checkSlot(&c, "", a.Mode, to, now)
	for _, o := range others {
		c.Add(to.StartsAt.Before(o.EndsAt) && o.StartsAt.Before(to.EndsAt), "/starts_at", "overlap", "与另一个场次时间重叠", "overlaps another session")
	}
	c.Add(!to.StartsAt.After(a.SignupOpensAt), "/starts_at", "order", "须晚于报名开始时间", "must be after sign-up opens")
	return c.Err()
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// nextStart is the start of the first of these sessions, in order of time, that is still to come.
func nextStart(slots []Slot, now time.Time) time.Time {
	i := slices.IndexFunc(slots, func(s Slot) bool { return s.StartsAt.After(now) })
	return slots[i].StartsAt // the one that was moved lies in the future
}

// activityOf finds the activity to which a session or position belongs.
func activityOf(tx *gorm.DB, part any, id int64) (int64, error) {
	var ids []int64
	if err := tx.Model(part).Where("id = ?", id).Pluck("activity_id", &ids).Error; err != nil {
		return 0, fmt.Errorf("read activity of part: %w", err)
	}
	if len(ids) == 0 {
		return 0, fault.ErrNotFound
	}
	return ids[0], nil
}
