// Package recommend shows a student the best open positions now. Every replica keeps a picture of them in memory, at most
// two seconds old; seats are given by the database alone, so an old picture can disappoint and not do harm. Before the first
// picture is there, and when it is too old, the same answer comes from the database.
package recommend

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/index"
	"baodao/service/matching/score"
	"baodao/service/page"
	"baodao/service/survey"
)

// Service keeps the pictures of one replica. It is safe for concurrent use.
type Service struct {
	DB     *gorm.DB
	Now    clock.Clock
	Survey *survey.Service
	Log    *slog.Logger
	Write  func(Facts) []byte // what does not depend on the reader, once for each picture; nil: nothing

	board   atomic.Pointer[board]
	ticking sync.Mutex
	watch   *watch // of who has ticking
	lines   int    // new ones at once, 0: maxLines
}

// board is all pictures of now.
type board struct {
	at       time.Time
	pictures map[int64]*picture // by programme
}

// Rules of the recommendations that no round has set.
const (
	termRadius     = 10_000 // metres from the campus
	vacationRadius = 15_000 // metres from home
	tooOld         = time.Minute
	unknown        = -1
	matched        = model.SignupMatched
)

// Refusals of a recommendation.
var (
	ErrNoHome  = fault.Define(fault.Conflict, "recommend.no_home", "还没有填写假期住址，无法按远近推荐。请先在意愿中填写。", "There is no home to measure from; state it with your willingness first.")
	ErrNowhere = fault.Define(fault.Conflict, "recommend.no_location", "您所在的团支部及上级都没有登记位置，无法按远近推荐。", "Neither your branch nor a unit above it has a location.")
)

// Ask is what a student wants to see. Zero values do not narrow it.
type Ask struct {
	ProgrammeID int64
	Season      string // model.SeasonTerm or model.SeasonVacation: from where it is measured
	Mixed       bool   // a list that reaches, is likely and is safe; it has no pages
	Category    string // code of the policy
	WithinM     int64
	Blocks      survey.Week // only where there is work in one of these

	round  *model.MatchRound // only what a list for it may name
	except []int64           // positions that are not shown
}

// Answer is a page of recommendations, best first.
type Answer struct {
	Items   []Item
	Next    string
	Stated  bool  // the student has said what they are willing to do; if not, everything is taken to suit them
	RadiusM int64 // nothing farther is looked at
	RoundID int64 // whose cut-offs the chances are told from, 0 for none
	Safe    int   // items with a chance of 90 % or more
}

// Item is a recommended position.
type Item struct {
	index.Pick
	Written []byte // what Service.Write made of it
	Left    int64  // seats that this student may have
}

// Paired tells whether the host is paired with the student's branch or a unit above it.
func (x *Item) Paired() bool { return x.Reasons&index.OurPartner != 0 }

// Recommend shows the actor the best open positions of a programme: by score, ties by lower id. Not shown is what they are
// signed up for or would be busy at, what is full or closed or not meant for them, and hosts from whom they are kept apart.
// Errors: fault.ErrNotFound, ErrNoHome, ErrNowhere, fault.ErrInvalid, fault.ErrCursor.
func (s *Service) Recommend(ctx context.Context, actor access.Actor, ask Ask, req page.Request) (Answer, error) {
	if err := actor.Require(access.Willingness); err != nil {
		return Answer{}, err
	}
	p, err := s.picture(ctx, ask.ProgrammeID, s.Now())
	if err != nil {
		return Answer{}, err
	}
	a, err := s.asker(ctx, actor, ask.ProgrammeID, ask.Season, p)
	if err != nil {
		return Answer{}, err
	}
	return s.before(ctx, p, a, ask, req)
}

// For is Recommend for somebody who has just been read.
func (s *Service) For(ctx context.Context, a *Asker, ask Ask, req page.Request) (Answer, error) {
	p, err := s.picture(ctx, ask.ProgrammeID, a.now)
	if err != nil {
		return Answer{}, err
	}
	return s.before(ctx, p, a, ask, req)
}

// before answers somebody before a picture; nil is none to rely on.
func (s *Service) before(ctx context.Context, p *picture, a *Asker, ask Ask, req page.Request) (Answer, error) {
	q, err := query(ask, req)
	if err != nil {
		return Answer{}, err
	}
	if ask.Category != "" {
		policy, err := p.policyOf(s.DB.WithContext(ctx), ask.ProgrammeID)
		if err != nil {
			return Answer{}, err
		}
		if q.Kinds, err = kinds(policy, ask.Category); err != nil {
			return Answer{}, err
		}
	}
	if p != nil {
		return p.show(a, ask, q), nil
	}
	return s.slowly(s.DB.WithContext(ctx), a, ask, q)
}

// picture is that of a programme; nil when there is none to rely on. A programme in which nothing is open has an empty one.
func (s *Service) picture(ctx context.Context, programmeID int64, now time.Time) (*picture, error) {
	b := s.board.Load()
	if b == nil || now.Sub(b.at) > tooOld {
		return nil, nil //nolint:nilnil // the slow way
	}
	if p := b.pictures[programmeID]; p != nil {
		return p, nil
	}
	last, err := readRounds(s.DB.WithContext(ctx), programmeID)
	if err != nil {
		return nil, err
	}
	return newPicture(nil, now, last, nil)
}

// listName is the list in a cursor.
const listName = "recommendations"

// query is what is asked for, without who asks.
func query(ask Ask, req page.Request) (index.Query, error) {
	q := index.Query{Limit: min(req.Size(), score.MaxList), Within: int32(min(ask.WithinM, 1_000_000)), Blocks: uint64(ask.Blocks)} //nolint:gosec // bounded
	keys, later, err := req.Key(listName, 2)
	if err != nil {
		return q, err
	}
	if later && (keys[0] < 0 || keys[0] > score.MaxTotal || keys[1] < 0) {
		return q, fault.ErrCursor
	}
	if later {
		q.After = index.Mark{Total: int32(keys[0]), ID: keys[1]} //nolint:gosec // bounded
	}
	return q, nil
}

// kinds is the bit of the category that is asked for.
func kinds(policy model.Policy, category string) (uint16, error) {
	for i, c := range policy.Categories[:min(len(policy.Categories), score.Categories)] {
		if c.Code == category {
			return 1 << i, nil
		}
	}
	return 0, fault.ErrInvalid.With(fault.Field{Pointer: "query:category", Code: "not_found", ZH: "不是本计划的类别代码", EN: "is not one of the programme's categories"})
}
