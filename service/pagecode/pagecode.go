// Package pagecode hands out mini-program codes: round pictures that open a page of the mini-program with a scene. WeChat
// makes each once; it is kept in the database and from then on given out without WeChat.
package pagecode

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/project"
	"baodao/service/read"
)

const (
	patience = 8 * time.Second  // with WeChat
	most     = 16               // codes that one process has made at a time: a WeChat that hangs must not hold up everything else
	homeLife = 10 * time.Minute // of a code that opens the home page because WeChat did not know the page
)

// Order is a code that WeChat should make.
type Order struct {
	Scene, Page string
	Width       int64 // pixels
}

// Made is what WeChat made of an order.
type Made struct {
	Data  []byte
	Media string // image/jpeg or image/png
	Home  bool   // it opens the home page: the released version does not have the page
}

// Maker asks WeChat for a code. An error that is a fault is for the caller; any other is a mistake of ours.
type Maker interface {
	PageCode(ctx context.Context, order Order) (Made, error)
}

// Pages says which mini-program the codes are for and what they open.
type Pages struct {
	AppID    string
	Env      string // release or trial
	Activity string // page of an activity, without leading slash and parameters
	CheckIn  string // page on which people check in to a session
}

// Service hands out codes.
type Service struct {
	DB       *gorm.DB
	Now      clock.Clock
	Projects *project.Service // says who may see a draft
	Maker    Maker
	Pages    Pages
	Log      *slog.Logger

	making singleflight.Group
	busy   atomic.Int32
}

// Picture is a code as it is given out.
type Picture struct {
	Data  []byte
	Media string
	Home  bool // it opens the home page for now, so it is not for printing
}

// OfActivity is the code for an activity's poster: of a published one for everybody. A draft is fault.ErrState for those who
// see it and fault.ErrNotFound for all others.
func (s *Service) OfActivity(ctx context.Context, actor access.Actor, id, width int64) (Picture, error) {
	if err := s.published(ctx, actor, id); err != nil {
		return Picture{}, err
	}
	return s.picture(ctx, Order{Scene: Activity.scene(id), Page: s.page(Activity), Width: width})
}

// OfSession is the code at the entry to a session, for those who may show its check-in code: it opens the page on which
// people check in, and is no check-in code itself. fault.ErrState when the activity is not published (any more).
func (s *Service) OfSession(ctx context.Context, actor access.Actor, id, width int64) (Picture, error) {
	if err := actor.Require(access.CheckInShow); err != nil {
		return Picture{}, err
	}
	tx := s.DB.WithContext(ctx)
	session, err := read.One[model.Session](tx.Where("id = ?", id), "session")
	if err != nil {
		return Picture{}, err
	}
	activity, err := project.ActivityByID(tx, session.ActivityID)
	if err != nil {
		return Picture{}, err
	}
	object, err := project.ActivityObject(tx, activity, s.Now())
	if err != nil {
		return Picture{}, err
	}
	if err := actor.Check(access.CheckInShow, object); err != nil {
		return Picture{}, err
	}
	if activity.Status != model.ActivityPublished {
		return Picture{}, fault.ErrState
	}
	return s.picture(ctx, Order{Scene: Session.scene(id), Page: s.page(Session), Width: width})
}

// page is the page that a kind of code opens.
func (s *Service) page(kind Kind) string {
	if kind == Session {
		return s.Pages.CheckIn
	}
	return s.Pages.Activity
}
