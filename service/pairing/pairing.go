// Package pairing joins campus units and local units: one side proposes or a committee recommends, both accept, either ends.
// Refusing has no penalty and needs no reason.
package pairing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"baodao/internal/clock"
	"baodao/model"
	"baodao/service/access"
	"baodao/service/audit"
	"baodao/service/content"
	"baodao/service/fault"
	"baodao/service/notify"
)

// Refusals of this package.
var (
	ErrExists         = fault.Define(fault.Conflict, "pairing.exists", "双方在这个计划里已有结对或待答复的邀请。", "The two are already paired in this programme, or a proposal is open.")
	ErrNotActive      = fault.Define(fault.Conflict, "programme.not_active", "计划未开放，现在不能结对。", "The programme is not active.")
	ErrOrgNotActive   = fault.Define(fault.Conflict, "pairing.org_inactive", "结对的一方已停用，不能继续。", "One side is no longer active.")
	ErrOutOfProgramme = fault.Define(fault.Conflict, "pairing.out_of_programme", "该高校单位不在这个计划的范围内。", "The campus unit is not within the scope of the programme.")
	ErrExpired        = fault.Define(fault.Conflict, "pairing.expired", "邀请已过期，请重新发起。", "The proposal has expired; make a new one.")
	ErrAccepted       = fault.Define(fault.Conflict, "pairing.already_accepted", "这一方已经同意过了。", "This side has accepted already.")
	ErrEnding         = fault.Define(fault.Conflict, "pairing.ending", "结束日期已定，只能提前，不能推迟。", "The end is set; it can only be brought forward.")
)

// Sides of a pairing.
const (
	Campus = "CAMPUS"
	Local  = "LOCAL"
)

// Service keeps pairings.
type Service struct {
	DB      *gorm.DB
	Now     clock.Clock
	NewID   func() int64
	Audit   *audit.Log
	Notify  *notify.Service
	Content *content.Service // looks at notes before others see them; nil lets everything through
}

// Detail is a pairing with the names of its sides. Status is what the clock makes of the stored one: a proposal past
// its day of answer is EXPIRED, a pairing past its last day ENDED.
type Detail struct {
	model.Pairing
	CampusName, CampusPath, LocalName, LocalPath string
}

// object is what the permission table needs to know of a pairing: both sides own it.
func (d Detail) object() access.Object {
	return access.Object{Paths: []string{d.CampusPath, d.LocalPath}, Read: access.PairingRead}
}

// pathOf is the path of one side.
func (d Detail) pathOf(side string) string {
	if side == Campus {
		return d.CampusPath
	}
	return d.LocalPath
}

// nameOf is the name of one side.
func (d Detail) nameOf(side string) string {
	if side == Campus {
		return d.CampusName
	}
	return d.LocalName
}

// acceptedBy is who accepted for a side, nil if nobody has.
func (d Detail) acceptedBy(side string) *int64 {
	if side == Campus {
		return d.CampusAcceptedBy
	}
	return d.LocalAcceptedBy
}

// sidesOf are the sides for which the actor may propose, accept, decline and end.
func (d Detail) sidesOf(actor access.Actor) []string {
	var out []string
	for _, side := range []string{Campus, Local} {
		if actor.Check(access.PairingPropose, access.Object{Paths: []string{d.pathOf(side)}}) == nil {
			out = append(out, side)
		}
	}
	return out
}

// chooseSide finds the side for which the actor speaks: the one asked for, or the only one they have rights on.
// access.ErrDenied if they have no right, fault.ErrInvalid if they have to say which.
func chooseSide(mine []string, asked string) (string, error) {
	switch {
	case asked != "" && asked != Campus && asked != Local:
		return "", wrong("/side", "enum", "只能是 CAMPUS 或 LOCAL", "must be CAMPUS or LOCAL")
	case len(mine) == 0, asked != "" && !slices.Contains(mine, asked):
		return "", access.ErrDenied
	case asked != "":
		return asked, nil
	case len(mine) > 1:
		return "", wrong("/side", "required", "您在双方都有权限，请说明代表哪一方", "is required: you have rights on both sides")
	}
	return mine[0], nil
}

func wrong(pointer, code, zh, en string) error {
	return fault.ErrInvalid.With(fault.Field{Pointer: pointer, Code: code, ZH: zh, EN: en})
}

// today is the day in China.
func today(now time.Time) model.Date { return model.Date(now.In(clock.China()).Format(time.DateOnly)) }

// later is the day so many days after another.
func later(day model.Date, days int64) model.Date {
	return today(dayStart(day).AddDate(0, 0, int(days)))
}

// Get reads a pairing; fault.ErrNotFound for those who see neither side.
func (s *Service) Get(ctx context.Context, actor access.Actor, id int64) (Detail, error) {
	if err := actor.Require(access.PairingRead); err != nil {
		return Detail{}, err
	}
	d, err := s.read(s.DB.WithContext(ctx), id)
	if err != nil {
		return Detail{}, err
	}
	return d, actor.Check(access.PairingRead, d.object())
}

// read reads a pairing with its sides and the status of the moment.
func (s *Service) read(tx *gorm.DB, id int64) (Detail, error) {
	var rows []Detail
	if err := withSides(tx).Where("pairings.id = ?", id).Find(&rows).Error; err != nil {
		return Detail{}, fmt.Errorf("read pairing: %w", err)
	}
	if len(rows) == 0 {
		return Detail{}, fault.ErrNotFound
	}
	rows[0].Status = StatusAt(rows[0].Pairing, s.Now())
	return rows[0], nil
}
