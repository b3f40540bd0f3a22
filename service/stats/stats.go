// Package stats answers what has been reached: ratios and sums over the ledger and the dated memberships, counted afresh
// for an instant, as numbers without names. It reads tables and writes none.
package stats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/page"
)

// Service counts.
type Service struct {
	DB  *gorm.DB
	Now clock.Clock
}

// The figures. Each has a definition, and the definition a version that changes whenever the same rows would count otherwise.
const (
	// StudentParticipation: students who were members of a league branch on the day of as_of and whose minutes in the
	// programme year, posted by as_of and net of reversals, are above 0 ÷ all students who were members that day.
	StudentParticipation = "student_participation"
	// BranchParticipation: ACTIVE league branches of which at least one student, as its member on the day of the session,
	// earned minutes in the programme year that are above 0 net of reversals ÷ all ACTIVE league branches.
	BranchParticipation = "branch_participation"
	// BranchPairing: ACTIVE league branches with at least one pairing of the programme in force on the day of as_of
	// ÷ all ACTIVE league branches.
	BranchPairing = "branch_pairing"

	definition = 1
)

// Figure is one ratio against its target.
type Figure struct {
	Code                   string
	Definition             int64
	Numerator, Denominator int64
	TargetPermille         int64 // 0: the policy sets none
	AsOf                   time.Time
	YearFrom, YearTo       model.Date // the programme year, YearTo excluded
}

// Permille is the ratio in thousandths, rounded down; 0 without anything to divide by.
func (f Figure) Permille() int64 {
	if f.Denominator == 0 {
		return 0
	}
	return f.Numerator * 1000 / f.Denominator
}

// Ratio is the ratio as a decimal with four places, rounded down, so that it never shows more than was reached.
func (f Figure) Ratio() string {
	if f.Denominator == 0 {
		return "0.0000"
	}
	n := f.Numerator * 10000 / f.Denominator
	return fmt.Sprintf("%d.%04d", n/10000, n%10000)
}

// Met tells whether the target is reached, compared exactly. Without a target it is; with one, nothing counted never reaches it.
func (f Figure) Met() bool {
	if f.TargetPermille == 0 {
		return true
	}
	return f.Denominator > 0 && f.Numerator*1000 >= f.TargetPermille*f.Denominator
}

// Report is what one organisation and all below it have reached in a programme year.
type Report struct {
	Org              model.Org
	ProgrammeID      int64
	PolicyVersion    int64 // whose targets: the version in force at AsOf
	AsOf             time.Time
	YearFrom, YearTo model.Date
	Figures          []Figure
	VolunteerMinutes int64 // net minutes posted for branches that stood below the organisation on the day of posting
	PracticeMinutes  int64
}

// Indicators counts for one organisation as of an instant (nil or still to come: now). fault.ErrNotFound without the
// organisation, access.ErrDenied outside the actor's scope, fault.ErrInvalid for an unknown programme.
func (s *Service) Indicators(ctx context.Context, actor access.Actor, orgID, programmeID int64, asOf *time.Time) (Report, error) {
	db := s.DB.WithContext(ctx)
	top, at, err := s.open(db, actor, orgID, programmeID, asOf)
	if err != nil {
		return Report{}, err
	}
	out, err := count(db, at, []model.Org{top})
	if err != nil {
		return Report{}, err
	}
	return out[0], nil
}

// Children counts for each organisation directly below one, in the order of their ids. Errors are those of Indicators.
func (s *Service) Children(ctx context.Context, actor access.Actor, orgID, programmeID int64, asOf *time.Time, req page.Request) (page.Result[Report], error) {
	var out page.Result[Report]
	keys, more, err := req.Key("indicators", 1)
	if err != nil {
		return out, err
	}
	db := s.DB.WithContext(ctx)
	top, at, err := s.open(db, actor, orgID, programmeID, asOf)
	if err != nil {
		return out, err
	}
	scope, args := actor.Where(access.StatsRead, []string{"orgs.path"}, "", "")
	q := db.Where("parent_id = ?", top.ID).Where(scope, args...)
	if more {
		q = q.Where("id > ?", keys[0])
	}
	var rows []model.Org
	if err := q.Order("id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return out, fmt.Errorf("list organisations below: %w", err)
	}
	cut := page.Cut(rows, req.Size(), "indicators", func(o model.Org) []int64 { return []int64{o.ID} })
	out.Next = cut.Next
	out.Items, err = count(db, at, cut.Items)
	return out, err
}

// firstYear is the first day on which a programme year may begin.
const firstYear model.Date = "2000-01-01"

// moment is what is counted: which programme, when, against which policy.
type moment struct {
	programmeID   int64
	policy        model.Policy
	policyVersion int64
	asOf          time.Time
	day           model.Date // of asOf, in China
	from, to      model.Date // the programme year that holds the day
}

// open checks who asks for what and works out the moment.
func (s *Service) open(db *gorm.DB, actor access.Actor, orgID, programmeID int64, asOf *time.Time) (model.Org, moment, error) {
	var top model.Org
	if err := actor.Require(access.StatsRead); err != nil {
		return top, moment{}, err
	}
	err := db.Where("id = ?", orgID).First(&top).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return top, moment{}, fault.ErrNotFound
	}
	if err != nil {
		return top, moment{}, fmt.Errorf("read organisation: %w", err)
	}
	if err := actor.Check(access.StatsRead, access.Object{Paths: []string{top.Path}, Read: access.OrgRead}); err != nil {
		return top, moment{}, err
	}
	now := s.Now()
	at := moment{programmeID: programmeID, asOf: now}
	if asOf != nil && asOf.Before(now) {
		at.asOf = *asOf
	}
	known, err := visible(db, actor, programmeID)
	if err != nil {
		return top, moment{}, err
	}
	var c fault.Collector
	c.Add(!known, "query:programme_id", "not_found", "没有这个计划", "is not a programme")
	if err := c.Err(); err != nil {
		return top, moment{}, err
	}
	at.day = model.Date(at.asOf.In(clock.China()).Format(time.DateOnly))
	if err := at.readPolicy(db); err != nil {
		return top, moment{}, err
	}
	at.from, at.to = at.policy.Year(at.day)
	c.Add(at.from < firstYear, "query:as_of", "min", "不能早于 2000 年开始的计划年度", "must be within a programme year that begins in 2000 or later")
	return top, at, c.Err()
}
