// Package attend records who was where and when, and what that is worth: rotating codes, check-in and check-out, claims
// for hours with their confirmations, and the ledger of service hours. Only the server's time counts. Check-ins and ledger
// lines are only added. Locks are taken in one order: students, attendance, claims.
package attend

import (
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/batch"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/programme"
	"baodao/service/project"
	"baodao/service/text"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Service records attendance and hours. It must not be copied once it is used.
type Service struct {
	DB        *gorm.DB
	Now       clock.Clock
	NewID     func() int64
	Audit     *audit.Log
	Vault     *vault.Vault
	Notify    *notify.Service
	Content   *content.Service // looks at reasons before others see them; nil lets everything through
	Pictures  *upload.Service  // proofs of hours and deliverables of remote work
	LedgerKey []byte           // seals the lines of the ledger: 32 bytes, never changed
	CodeKey   []byte           // at least 32 bytes, the same on every replica; every session's key follows from it
	Solo      bool             // every try gets a transaction of its own: the floor of the benchmarks

	once   sync.Once
	queues []*batch.Queue[ask] // of tries, by student
}

// scene is a session with what decides about it.
type scene struct {
	session  model.Session
	activity model.Activity
	policy   model.Policy
	object   access.Object // the activity as the permission table sees it
	path     string        // organiser
}

// opens and closes are the window of a check-in (from check_in_early_minutes before the start until the end) or of a
// check-out (until check_out_late_minutes after the end; it opens with the check-in). The end is excluded.
func (c scene) window(kind string) (opens, closes time.Time) {
	opens = c.session.StartsAt.Add(-time.Duration(c.policy.CheckInEarlyMinutes) * time.Minute)
	if kind == model.KindIn {
		return opens, c.session.EndsAt
	}
	return opens, c.session.EndsAt.Add(time.Duration(c.policy.CheckOutLateMinutes) * time.Minute)
}

// sceneOf reads a session and what belongs to it, with who may see it; fault.ErrNotFound if there is none.
func sceneOf(tx *gorm.DB, sessionID int64, now time.Time) (scene, error) {
	scenes, err := scenesOf(tx, []int64{sessionID})
	if err != nil {
		return scene{}, err
	}
	c, ok := scenes[sessionID]
	if !ok {
		return c, fault.ErrNotFound
	}
	c.object, err = project.ActivityObject(tx, c.activity, now)
	return c, err
}

// activityScene is a scene without a session.
func activityScene(tx *gorm.DB, activityID int64, now time.Time) (c scene, err error) {
	if c.activity, err = project.ActivityByID(tx, activityID); err != nil {
		return c, err
	}
	if c.object, err = project.ActivityObject(tx, c.activity, now); err != nil {
		return c, err
	}
	if c.policy, err = programme.PolicyOf(tx, c.activity.ProgrammeID); err != nil {
		return c, fmt.Errorf("activity %d: %w", activityID, err)
	}
	organiser, err := org.ByID(tx, c.activity.OrgID)
	c.path = organiser.Path
	return c, err
}

// dayOf is the day in China on which an instant falls.
func dayOf(at time.Time) model.Date { return model.Date(at.In(clock.China()).Format(time.DateOnly)) }

// dayBounds is when the day in China that holds an instant begins and when the next one does.
func dayBounds(at time.Time) (from, to time.Time) {
	y, m, d := at.In(clock.China()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, clock.China()).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, clock.China()).UTC()
}

// withReason wants a person with a permission who says why, and brings the reason into its canonical form. API clients are
// refused: they see nobody. access.ErrRequired, access.ErrDenied, access.ErrReason, fault.ErrInvalid.
func withReason(actor access.Actor, p access.Permission, reason *string) (err error) {
	if err := actor.Require(p); err != nil {
		return err
	}
	if actor.UserID == 0 {
		return access.ErrDenied
	}
	*reason, err = text.Reason(*reason)
	return err
}
