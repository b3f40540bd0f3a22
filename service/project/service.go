package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/upload"
	"baodao/service/vault"
)

// Service keeps projects with their teams, and activities with their sessions and positions. It is safe for concurrent use.
type Service struct {
	DB       *gorm.DB
	Now      clock.Clock
	NewID    func() int64
	Audit    *audit.Log
	Vault    *vault.Vault
	Signups  Signups
	Notify   *notify.Service
	Content  *content.Service // looks at texts before others see them; nil lets everything through
	Pictures *upload.Service
	Needs    Needs // nil keeps nothing
}

// Needs is what was said of the positions of an activity.
type Needs interface {
	// Carry hands what was said of positions that are being replaced on to those that take their place.
	Carry(tx *gorm.DB, was, now []model.Position) error
}

// Signups is what sign-up does when an activity changes, in the transaction that changes it.
type Signups interface {
	// ReleaseActivity gives back every seat of an activity that is being cancelled. a is the activity as it was before;
	// nobody is to suffer for it.
	ReleaseActivity(tx *gorm.DB, actor access.Actor, a model.Activity, reason string) error
	// MergeActivity moves everybody from an activity that has become part of another one, as far as the rules allow; nobody
	// is to suffer for it. ErrAgain when somebody came between two looks; ErrMergeEnough, ErrMergeMany.
	MergeActivity(tx *gorm.DB, actor access.Actor, m Merger) error
	// Announce prepares the sign-up of an activity that is being published.
	Announce(tx *gorm.DB, a model.Activity) error
	// Refill gives seats that became free to those who wait for them.
	Refill(tx *gorm.DB, positionID int64) error
}

// today is the day on which at falls in China.
func today(at time.Time) model.Date {
	return model.Date(at.In(clock.China()).Format(time.DateOnly))
}

// someone refuses API clients where the rule wants a person who answers for it.
func someone(actor access.Actor) error {
	switch {
	case actor.UserID != 0:
		return nil
	case actor.ClientID != 0:
		return access.ErrDenied
	default:
		return access.ErrRequired
	}
}

// narrowed checks p on some of an object's organisations only. Who may not act but sees the whole object gets
// access.ErrDenied, anybody else fault.ErrNotFound.
func narrowed(actor access.Actor, p access.Permission, whole access.Object, paths ...string) error {
	part := whole
	part.Paths = paths
	err := actor.Check(p, part)
	if errors.Is(err, fault.ErrNotFound) && Sees(actor, whole) {
		return access.ErrDenied
	}
	return err
}

// jsonText is how a list is stored by an update that names columns.
func jsonText(list []string) (string, error) {
	if list == nil {
		list = []string{}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("store list: %w", err)
	}
	return string(raw), nil
}

// listOf never is nil, so that it is stored as [] and not as null.
func listOf(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
