// Package demand brings what hosts need to those who can help: a host posts a need, its town verifies it, a campus unit
// takes it or is asked to, and it becomes a project or an activity. Nobody has to accept, and declining costs nothing.
package demand

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
	"baodao/service/org"
	"baodao/service/project"
	"baodao/service/read"
)

// Refusals of this package.
var (
	ErrExpired     = fault.Define(fault.Conflict, "demand.expired", "需求的开始时间已过，不能再办理。", "The demand was to begin before now.")
	ErrAsked       = fault.Define(fault.Conflict, "demand.asked", "需求已派给一个单位，正在等它答复；对方谢绝或到期后才能再派。", "A unit has been asked and has not answered yet; it can be sent again once it declines or its time is over.")
	ErrTaken       = fault.Define(fault.Conflict, "demand.taken", "已有单位接下了这个需求。", "Another unit has taken the demand.")
	ErrIncomplete  = fault.Define(fault.Invalid, "demand.incomplete", "需求还不完整，请补全后再提交。", "The demand lacks what is needed to submit it.")
	ErrUnreachable = fault.Define(fault.Conflict, "demand.out_of_programme", "该单位不在这个计划的范围内。", "The unit is not within the scope of the programme.")
	ErrNotPaired   = fault.Define(fault.Conflict, "demand.not_paired", "双方还没有生效的结对，请先结对。", "The two are not paired; pair first.")
	ErrConverted   = fault.Define(fault.Conflict, "demand.converted", "这个需求已经转成项目或活动了。", "The demand has become one already.")
)

// Service keeps demands and dispatches. Locks are taken in one order: the demand, then its dispatches.
type Service struct {
	DB       *gorm.DB
	Now      clock.Clock
	NewID    func() int64
	Audit    *audit.Log
	Notify   *notify.Service
	Content  *content.Service // looks at texts before others see them; nil lets everything through
	Projects *project.Service
}

// Detail is a demand as it is answered: Status is what the clock makes of the stored one.
type Detail struct {
	model.Demand
	HostName     string
	AcceptedName string   // campus unit that does it, "" before
	AcceptedPath string   // its path
	Dispatches   []SentTo `gorm:"-"` // newest first; only for those on one of its sides, and not in lists
}

// SentTo is a dispatch with the name of the unit.
type SentTo struct {
	model.Dispatch
	OrgName string
}

// object is what the permission table needs to know of a demand. From its verification on everybody reads it.
func object(d model.Demand) access.Object {
	return access.Object{Paths: []string{d.HostPath}, Read: access.DemandRead, Public: d.VerifiedAt != nil}
}

// scene is a locked demand with what decides about it.
type scene struct {
	row  model.Demand
	live *model.Dispatch // that waits for an answer, nil if none
}

// open locks a demand and its live dispatch. A demand that is over by the clock stays as it is stored; see phase.
func open(tx *gorm.DB, id int64) (scene, error) {
	row, err := read.One[model.Demand](atomic.ForUpdate(tx).Where("id = ?", id), "demand")
	if err != nil {
		return scene{}, err
	}
	var live []*model.Dispatch
	if err := atomic.ForUpdate(tx).Where("live_demand_id = ?", id).Limit(1).Find(&live).Error; err != nil {
		return scene{}, fmt.Errorf("read dispatch: %w", err)
	}
	sc := scene{row: row}
	if len(live) > 0 {
		sc.live = live[0]
	}
	return sc, nil
}

// must refuses a demand that is not in one of the states: ErrExpired when its time is over, ErrTaken when somebody has it.
func (sc scene) must(now time.Time, states ...model.DemandStatus) error {
	switch phase := sc.row.Phase(now); {
	case slices.Contains(states, phase):
		return nil
	case phase == model.DemandExpired:
		return ErrExpired
	case phase == model.DemandAccepted || phase == model.DemandFulfilled:
		return ErrTaken
	default:
		return fault.ErrState
	}
}

// change runs fn on a locked demand that the actor sees, and answers it as it is afterwards.
func (s *Service) change(ctx context.Context, actor access.Actor, p access.Permission, id int64, fn func(tx *gorm.DB, sc scene) error) (out Detail, err error) {
	if err := personWith(actor, p); err != nil {
		return out, err
	}
	return content.Do(ctx, s.Content, actor, func() (Detail, error) {
		err := atomic.Do(ctx, s.DB, func(tx *gorm.DB) error {
			out, err = s.changed(tx, actor, id, fn)
			return err
		})
		return out, err
	})
}

// changed is change within a transaction.
func (s *Service) changed(tx *gorm.DB, actor access.Actor, id int64, fn func(tx *gorm.DB, sc scene) error) (Detail, error) {
	sc, err := open(tx, id)
	if err != nil {
		return Detail{}, err
	}
	if err := fn(tx, sc); err != nil {
		return Detail{}, err
	}
	return s.detail(tx, actor, id)
}

// personWith wants a person who has a permission at all.
func personWith(actor access.Actor, p access.Permission) error {
	if err := actor.Require(p); err != nil {
		return err
	}
	return actor.Require(access.Person)
}

// Get reads a demand: once it is verified for everybody who is signed in, before that for the host's side.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	if err := actor.Require(access.DemandBoard); err != nil {
		return Detail{}, err
	}
	d, err := s.detail(s.DB.WithContext(ctx), actor, id)
	if err == nil && !actor.Sees(object(d.Demand)) {
		err = fault.ErrNotFound
	}
	return d, err
}

// detail reads a demand with its names and, for those on one of its sides, whom it was sent to.
func (s *Service) detail(tx *gorm.DB, actor access.Actor, id int64) (Detail, error) {
	row, err := read.One[model.Demand](tx.Where("id = ?", id), "demand")
	if err != nil {
		return Detail{}, err
	}
	ids := []int64{row.HostOrgID}
	if row.AcceptedOrgID != nil {
		ids = append(ids, *row.AcceptedOrgID)
	}
	orgs, err := org.ByIDs(tx, ids...)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Demand: row, HostName: orgs[row.HostOrgID].Name}
	if row.AcceptedOrgID != nil {
		d.AcceptedName, d.AcceptedPath = orgs[*row.AcceptedOrgID].Name, orgs[*row.AcceptedOrgID].Path
	}
	if d.Dispatches, err = dispatchesOf(tx, id); err != nil {
		return d, err
	}
	d.settle(actor, s.Now())
	return d, nil
}

// settle leaves out what is not for the actor, and tells the state of the moment.
func (d *Detail) settle(actor access.Actor, now time.Time) {
	d.Status = d.Phase(now)
	if d.concerns(actor) {
		return
	}
	d.Dispatches, d.ContactID, d.Reason, d.SubmittedBy, d.VerifiedBy, d.AcceptedBy = nil, 0, "", nil, nil, nil
	d.GivenBackAt, d.GivenBackBy = nil, nil
}

// concerns tells whether the actor stands on the host's side, or on that of a unit that was asked or has accepted.
func (d *Detail) concerns(actor access.Actor) bool {
	o := access.Object{Paths: []string{d.HostPath}, Read: access.DemandRead}
	if d.AcceptedPath != "" {
		o.Paths = append(o.Paths, d.AcceptedPath)
	}
	for _, sent := range d.Dispatches {
		o.Paths = append(o.Paths, sent.OrgPath)
	}
	return actor.Sees(o)
}

// dispatchesOf reads whom a demand was sent to, newest first.
func dispatchesOf(tx *gorm.DB, demandID int64) ([]SentTo, error) {
	rows := []SentTo{}
	err := tx.Table("demand_dispatches AS d").Joins("JOIN orgs AS o ON o.id = d.org_id").Select("d.*, o.name AS org_name").
		Where("d.demand_id = ?", demandID).Order("d.created_at DESC, d.id DESC").Limit(100).Find(&rows).Error // ids of two replicas say nothing within a second
	if err != nil {
		return nil, fmt.Errorf("read dispatches: %w", err)
	}
	return rows, nil
}
