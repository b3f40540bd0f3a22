package pagecode

import (
	"context"
	"errors"
	"strconv"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
	"baodao/service/read"
)

// Kind is what a scene leads to.
type Kind string

// The kinds of scenes.
const (
	Activity Kind = "ACTIVITY" // a poster: the activity's page
	Session  Kind = "SESSION"  // the entry to a session: where people check in
)

// A scene is a letter, a point and the id to the base of 36: at most 13 of the 32 characters that WeChat takes, all of
// them in its alphabet.
const (
	activityMark = "a."
	sessionMark  = "s."
	base         = 36
	maxID        = 1<<53 - 1
)

// ErrScene is the refusal of what is no scene of ours.
var ErrScene = fault.Define(fault.Invalid, "scene.malformed", "这个小程序码不是本系统的。", "This is not a scene of ours.")

// scene writes the scene of an object.
func (k Kind) scene(id int64) string {
	mark := activityMark
	if k == Session {
		mark = sessionMark
	}
	return mark + strconv.FormatInt(id, base)
}

// parse reads a scene: only the one spelling that scene writes.
func parse(text string) (Kind, int64, error) {
	for mark, kind := range map[string]Kind{activityMark: Activity, sessionMark: Session} {
		if len(text) <= len(mark) || text[:len(mark)] != mark {
			continue
		}
		id, err := strconv.ParseInt(text[len(mark):], base, 64)
		if err == nil && id > 0 && id <= maxID && kind.scene(id) == text {
			return kind, id, nil
		}
	}
	return "", 0, ErrScene
}

// Place is what a scene leads to.
type Place struct {
	Kind       Kind
	Page       string // of the mini-program
	ActivityID int64
	SessionID  int64 // 0 for an activity
}

// Resolve tells what a scene leads to: ErrScene for what is none, fault.ErrNotFound where the actor may not see the activity.
func (s *Service) Resolve(ctx context.Context, actor access.Actor, text string) (Place, error) {
	kind, id, err := parse(text)
	if err != nil {
		return Place{}, err
	}
	place := Place{Kind: kind, Page: s.page(kind), ActivityID: id}
	if kind == Session {
		session, err := read.One[model.Session](s.DB.WithContext(ctx).Where("id = ?", id), "session")
		if err != nil {
			return Place{}, err
		}
		place.ActivityID, place.SessionID = session.ActivityID, id
	}
	if err := s.published(ctx, actor, place.ActivityID); err != nil && !errors.Is(err, fault.ErrState) {
		return Place{}, err
	}
	return place, nil
}

// published demands that an activity has been made public: fault.ErrState for those who may see the draft, fault.ErrNotFound
// for everybody else.
func (s *Service) published(ctx context.Context, actor access.Actor, id int64) error {
	a, err := project.ActivityByID(s.DB.WithContext(ctx), id)
	if err != nil || a.PublishedAt != nil {
		return err
	}
	if _, err := s.Projects.Activity(ctx, actor, id); err != nil {
		return err
	}
	return fault.ErrState
}
