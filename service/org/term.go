package org

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/atomic"
	"baodao/service/audit"
	"baodao/service/fault"
	"baodao/service/idem"
	"baodao/service/page"
	"baodao/service/text"
)

// Refusals about terms.
var (
	ErrNotUniversity = fault.Define(fault.Invalid, "org.not_university", "该组织不是高校。", "The organisation is not a university.")
	ErrTermOverlap   = fault.Define(fault.Conflict, "term.overlap", "与已有学期的日期重叠。", "The dates overlap with another term.")
)

// NewTerm is a term to be; both days belong to it.
type NewTerm struct {
	Name             string
	StartsOn, EndsOn model.Date
}

// Terms lists the terms of a university, newest first.
func (s *Service) Terms(ctx context.Context, actor access.Actor, universityID int64, p page.Request) (page.Result[model.Term], error) {
	if err := actor.Require(access.OrgRead); err != nil {
		return page.Result[model.Term]{}, err
	}
	keys, ok, err := p.Key("terms", 1)
	if err != nil {
		return page.Result[model.Term]{}, err
	}
	db := s.DB.WithContext(ctx)
	if _, err := ByID(db, universityID); err != nil {
		return page.Result[model.Term]{}, err
	}
	q := db.Where("university_id = ?", universityID)
	if ok {
		q = q.Where("starts_on < ?", time.Unix(keys[0]*daySeconds, 0).UTC().Format(time.DateOnly))
	}
	var rows []model.Term
	if err := q.Order("starts_on DESC").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[model.Term]{}, fmt.Errorf("list terms: %w", err)
	}
	return page.Cut(rows, p.Size(), "terms", func(t model.Term) []int64 { return []int64{dayNumber(t.StartsOn)} }), nil
}

const daySeconds = 24 * 60 * 60

// dayNumber counts days since 1970 so that a day can be a key of a page.
func dayNumber(d model.Date) int64 {
	t, _ := time.Parse(time.DateOnly, string(d)) // stored days are valid
	return t.Unix() / daySeconds
}

// CreateTerm adds a term to a university. Overlapping with another one is ErrTermOverlap.
func (s *Service) CreateTerm(ctx context.Context, actor access.Actor, key idem.Key, universityID int64, in NewTerm) (model.Term, error) {
	if err := actor.Require(access.TermWrite); err != nil {
		return model.Term{}, err
	}
	return idem.Run(ctx, s.DB, s.Now(), actor, "createTerm", key, func(tx *gorm.DB) (model.Term, error) {
		return s.createTerm(tx, actor, universityID, in)
	})
}

func (s *Service) createTerm(tx *gorm.DB, actor access.Actor, universityID int64, in NewTerm) (model.Term, error) {
	university, err := ByID(atomic.ForUpdate(tx), universityID) // one term at a time, so that none slips in between
	if err != nil {
		return model.Term{}, err
	}
	if err := actor.Check(access.TermWrite, access.Object{Paths: []string{university.Path}, Read: access.OrgRead}); err != nil {
		return model.Term{}, err
	}
	if university.Kind != model.OrgUniversityCommittee {
		return model.Term{}, ErrNotUniversity
	}
	row := model.Term{ID: s.NewID(), UniversityID: universityID, StartsOn: in.StartsOn, EndsOn: in.EndsOn, CreatedAt: s.Now()}
	row.Name = in.Name
	var wrong fault.Collector
	text.Settle(&wrong, text.Field{At: "/name", In: &row.Name, Max: 40})
	wrong.Add(!isDay(in.StartsOn), "/starts_on", "format", "日期须写作 YYYY-MM-DD", "must be a day as YYYY-MM-DD")
	wrong.Add(!isDay(in.EndsOn), "/ends_on", "format", "日期须写作 YYYY-MM-DD", "must be a day as YYYY-MM-DD")
	wrong.Add(in.EndsOn < in.StartsOn, "/ends_on", "order", "不能早于开始日期", "must not be before starts_on")
	if err := wrong.Err(); err != nil {
		return row, err
	}
	var others []int64
	err = tx.Model(&model.Term{}).Where("university_id = ? AND starts_on <= ? AND ends_on >= ?", universityID, in.EndsOn, in.StartsOn).
		Limit(1).Pluck("id", &others).Error
	if err != nil {
		return row, fmt.Errorf("look for overlapping terms: %w", err)
	}
	if len(others) > 0 {
		return row, ErrTermOverlap
	}
	if err := tx.Create(&row).Error; err != nil {
		return row, fmt.Errorf("insert term: %w", err)
	}
	if s.TermAdded != nil {
		if err := s.TermAdded(tx, row); err != nil {
			return row, err
		}
	}
	return row, s.Audit.Write(tx, actor, audit.Entry{Action: "term.create", Object: "terms", ObjectID: row.ID, OrgPath: university.Path})
}

// isDay tells whether d is a day that exists, of the years 2000 to 2100.
func isDay(d model.Date) bool {
	_, err := time.Parse(time.DateOnly, string(d))
	year, _ := strconv.Atoi(strings.SplitN(string(d), "-", 2)[0])
	return err == nil && year >= 2000 && year <= 2100
}
