// Package support is for when something goes wrong around a session: whom to call, and reports of incidents.
package support

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/project"
	"baodao/service/read"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Service tells whom to call and keeps incidents. It is safe for concurrent use.
type Service struct {
	DB       *gorm.DB
	Now      clock.Clock
	NewID    func() int64
	Audit    *audit.Log
	Vault    *vault.Vault
	Notify   *notify.Service
	Content  *content.Service // looks at texts before others see them; nil lets everything through
	Pictures *upload.Service  // nil: nobody shows anything with pictures
}

// What a contact is.
const (
	HostContact = "HOST"
	Organiser   = "ORGANISER"
)

// Contact is somebody to call.
type Contact struct {
	Role  string // HostContact or Organiser
	Name  string // empty once the person is deleted
	Org   string // name of their side
	Phone string // empty if they have given none; masked once it is long over
}

// Help is whom to call around a session.
type Help struct {
	Session  model.Session
	Activity model.Activity
	Contacts []Contact
}

// callFor is how long after an activity its contacts can be called.
const callFor = 30 * 24 * time.Hour

// Help tells whom to call: those who run the session at any time, those who have a seat within the policy's hours before
// and after it. fault.ErrNotFound, access.ErrDenied, which tells who has a seat the hours.
func (s *Service) Help(ctx context.Context, actor access.Actor, sessionID int64) (Help, error) {
	if err := actor.Require(access.HelpRead); err != nil {
		return Help{}, err
	}
	db := s.DB.WithContext(ctx)
	at, err := s.around(db, actor, sessionID)
	if err == nil {
		err = at.check(actor, access.HelpRead)
	}
	if err != nil {
		return Help{}, err
	}
	a := at.activity
	host, err := s.contact(db, HostContact, a.HostContactID, at.orgs[a.HostOrgID], a)
	if err != nil {
		return Help{}, err
	}
	out := Help{Session: at.session, Activity: a, Contacts: []Contact{host}}
	runs := a.CreatedBy
	if a.SubmittedBy != nil {
		runs = *a.SubmittedBy
	}
	if runs != a.HostContactID {
		organiser, err := s.contact(db, Organiser, runs, at.orgs[a.OrgID], a)
		if err != nil {
			return Help{}, err
		}
		out.Contacts = append(out.Contacts, organiser)
	}
	return out, nil
}

// contact opens the name and number of an account.
func (s *Service) contact(db *gorm.DB, role string, userID int64, side model.Org, a model.Activity) (Contact, error) {
	out := Contact{Role: role, Org: side.Name}
	var rows []model.User
	if err := db.Where("id = ?", userID).Limit(1).Find(&rows).Error; err != nil {
		return out, fmt.Errorf("read contact: %w", err)
	}
	if len(rows) == 0 || rows[0].Status != model.UserActive {
		return out, nil
	}
	keys, err := s.Vault.People(db, userID)
	if err != nil {
		return out, err
	}
	if out.Name, err = keys[userID].Open(vault.UserName, userID, rows[0].NameEnc); err != nil {
		return out, err
	}
	if out.Phone, err = keys[userID].Open(vault.Phone, userID, rows[0].PhoneEnc); err != nil {
		return out, err
	}
	if !s.Now().Before(a.EndsAt.Add(callFor)) {
		out.Phone = vault.MaskPhone(out.Phone)
	}
	return out, nil
}

// scene is a session with those whom it concerns.
type scene struct {
	session  model.Session
	activity model.Activity
	object   access.Object
	orgs     map[int64]model.Org

	seat        bool      // the student who asks has one
	opens, ends time.Time // within which it gives a right
}

// check is the permission table's word; who has a seat and asks too early or too late is told the hours.
func (at scene) check(actor access.Actor, p access.Permission) error {
	err := actor.Check(p, at.object)
	if at.seat && errors.Is(err, access.ErrDenied) {
		from, until := notify.When(at.opens), notify.When(at.ends)
		return access.ErrDenied.Saying("在"+from.ZH+"至"+until.ZH+"可以查看联系人和报告突发情况。", "Contacts and reports of incidents are open from "+from.EN+" until "+until.EN+".")
	}
	return err
}

// around reads a session as the permission table sees it for an actor: it is the actor's own while they have a seat and it
// is near. fault.ErrNotFound if there is none.
func (s *Service) around(tx *gorm.DB, actor access.Actor, sessionID int64) (at scene, err error) {
	if at.session, err = read.One[model.Session](tx.Where("id = ?", sessionID), "session"); err != nil {
		return at, err
	}
	if at.activity, err = project.ActivityByID(tx, at.session.ActivityID); err != nil {
		return at, err
	}
	if at.object, err = project.ActivityObject(tx, at.activity, s.Now()); err != nil {
		return at, err
	}
	if at.orgs, err = org.ByIDs(tx, at.activity.OrgID, at.activity.HostOrgID, at.activity.CampusOrgID); err != nil || actor.StudentID == 0 {
		return at, err
	}
	policy, err := programme.PolicyOf(tx, at.activity.ProgrammeID)
	if err != nil {
		return at, err
	}
	near := policy.HelpWindow()
	at.opens, at.ends = at.session.StartsAt.Add(-near), at.session.EndsAt.Add(near)
	var seats []int64
	err = tx.Model(&model.Signup{}).Where("live_activity_id = ? AND student_id = ?", at.activity.ID, actor.StudentID).
		Where("status IN ?", []model.SignupStatus{model.SignupConfirmed, model.SignupCompleted}).Limit(1).Pluck("id", &seats).Error
	if err != nil {
		return at, fmt.Errorf("look for a seat: %w", err)
	}
	at.seat = len(seats) > 0
	if now := s.Now(); at.seat && !now.Before(at.opens) && now.Before(at.ends) {
		at.object.StudentIDs = []int64{actor.StudentID}
	}
	return at, nil
}
