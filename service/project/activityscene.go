package project

import (
	"errors"
	"strings"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/read"
)

// activityScene is an activity with what the permission table needs to know of it.
type activityScene struct {
	row             model.Activity
	organiser, host model.Org
	object          access.Object
}

// openActivity locks an activity for a decision that depends on it.
func (s *Service) openActivity(tx *gorm.DB, id int64) (activityScene, error) {
	var sc activityScene
	row, err := read.One[model.Activity](atomic.ForUpdate(tx).Where("id = ?", id), "activity")
	if err != nil {
		return sc, err
	}
	sc.row = row
	orgs, err := org.ByIDs(tx, sc.row.OrgID, sc.row.HostOrgID)
	if err != nil {
		return sc, err
	}
	sc.organiser, sc.host = orgs[sc.row.OrgID], orgs[sc.row.HostOrgID]
	sc.object, err = ActivityObject(tx, sc.row, s.Now())
	return sc, err
}

// may checks a permission that counts on the organiser's path only.
func (sc activityScene) may(actor access.Actor, p access.Permission) error {
	return narrowed(actor, p, sc.object, sc.organiser.Path)
}

// mayCancel checks the permission to call it off: to publish, or to write what was never public.
func (sc activityScene) mayCancel(actor access.Actor) error {
	err := sc.may(actor, access.ActivityPublish)
	switch {
	case err == nil || sc.row.PublishedAt != nil:
		return err
	case sc.may(actor, access.ActivityWrite) == nil:
		return nil
	case errors.Is(err, access.ErrDenied) && !Sees(actor, sc.object):
		return fault.ErrNotFound // nobody learns of a draft from a refusal
	default:
		return err
	}
}

// decides tells whether the actor may approve or return: a person of an organisation above the organiser who neither
// made nor submitted the activity.
func (sc activityScene) decides(actor access.Actor) error {
	if err := sc.may(actor, access.ActivityApprove); err != nil {
		return err
	}
	if err := someone(actor); err != nil {
		return err
	}
	proposers := []int64{sc.row.CreatedBy}
	if sc.row.SubmittedBy != nil {
		proposers = append(proposers, *sc.row.SubmittedBy)
	}
	if err := actor.NotOwn(nil, proposers); err != nil {
		return err
	}
	return narrowed(actor, access.ActivityApprove, sc.object, parentPath(sc.organiser.Path))
}

// parentPath is the path without its last organisation; /1/ has /.
func parentPath(path string) string {
	cut := strings.LastIndex(strings.TrimSuffix(path, "/"), "/")
	return path[:cut+1]
}

// fieldsOf returns the fields that a fault names.
func fieldsOf(err error) []fault.Field {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Fields
	}
	return nil
}
