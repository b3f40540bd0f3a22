package round

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/org"
	"baodao/service/page"
)

// Detail is a round as it is answered.
type Detail struct {
	model.MatchRound
	ScopeName string
	Works     bool // for the actor: progress and failures are for those who run it
	Busy      bool // a replica works on it
}

// settle leaves out what is not for the actor.
func (d *Detail) settle(actor access.Actor, now time.Time) {
	d.Busy = busy(&d.MatchRound, now)
	if !waits(&d.MatchRound, now) {
		d.RetryAt = nil
	}
	d.Works = actor.Check(access.MatchRound, object(d.MatchRound)) == nil
	d.Secret = nil
	if !d.Works {
		d.Failure, d.Failures, d.RetryAt, d.LeaseOwner, d.DrawnBy, d.CreatedBy = "", 0, nil, "", nil, 0
		if !d.Out() {
			d.Placed, d.Blocking, d.ResultDigest, d.Revealed = 0, 0, nil, nil
		}
	}
}

// Get reads a round: from OPEN on everybody who is signed in, before that who may work on it.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	if err := actor.Require(access.MatchRead); err != nil {
		return Detail{}, err
	}
	db := s.DB.WithContext(ctx)
	row, err := find(db, id)
	if err != nil {
		return Detail{}, err
	}
	if !actor.Sees(object(row)) {
		return Detail{}, fault.ErrNotFound
	}
	return s.detail(db, actor, row)
}

func (s *Service) detail(tx *gorm.DB, actor access.Actor, row model.MatchRound) (Detail, error) {
	scope, err := org.ByID(tx, row.ScopeOrgID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{MatchRound: row, ScopeName: scope.Name}
	d.settle(actor, s.Now())
	return d, nil
}

// Filter narrows a list of rounds; zero values do not.
type Filter struct {
	ProgrammeID int64
	Kind        string
	Status      model.RoundStatus
}

const listRounds = "match_rounds"

// List pages rounds, newest first.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, req page.Request) (page.Result[Detail], error) {
	none := page.Result[Detail]{Items: []Detail{}}
	if err := actor.Require(access.MatchRead); err != nil {
		return none, err
	}
	keys, later, err := req.Key(listRounds, 1)
	if err != nil {
		return none, err
	}
	scope, args := actor.Where(access.MatchRound, []string{"r.scope_path"}, "", "")
	q := s.DB.WithContext(ctx).Table("match_rounds AS r").Joins("JOIN orgs AS o ON o.id = r.scope_org_id").
		Select("r.*, o.name AS scope_name").Where("(r.opened_at IS NOT NULL OR "+scope+")", args...)
	if f.ProgrammeID != 0 {
		q = q.Where("r.programme_id = ?", f.ProgrammeID)
	}
	if f.Kind != "" {
		q = q.Where("r.kind = ?", f.Kind)
	}
	if f.Status != "" {
		q = q.Where("r.status = ?", f.Status)
	}
	if later {
		q = q.Where("r.id < ?", keys[0])
	}
	rows := []Detail{}
	if err := q.Order("r.id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list match rounds: %w", err)
	}
	for i := range rows {
		rows[i].settle(actor, s.Now())
	}
	return page.Cut(rows, req.Size(), listRounds, func(d Detail) []int64 { return []int64{d.ID} }), nil
}
