package survey

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// Asked is an organisation that is asked, and whether it has answered.
type Asked struct {
	model.Org

	AnsweredAt         *time.Time // nil: not yet
	Partners, Students int64
}

// Filter narrows the list of those who are asked; the zero value does not.
type Filter struct {
	Side     string // model.SideLocal or model.SideCampus; empty: both
	Kind     model.OrgKind
	Answered *bool
}

// Surveys pages the active hosts and campus units at and below an organisation, by id, with whether they have answered for a
// programme.
func (s *Service) Surveys(ctx context.Context, actor access.Actor, orgID, programmeID int64, f Filter, req page.Request) (page.Result[Asked], error) {
	none := page.Result[Asked]{Items: []Asked{}}
	if err := actor.Require(access.SurveyRead); err != nil {
		return none, err
	}
	keys, later, err := req.Key("surveys", 1)
	if err != nil {
		return none, err
	}
	db := s.DB.WithContext(ctx)
	top, err := surveyed(db, actor, access.SurveyRead, orgID)
	if err != nil {
		return none, err
	}
	if _, err := policyOf(db, programmeID); err != nil {
		return none, err
	}
	q := f.where(asked(db, top, programmeID))
	if later {
		q = q.Where("o.id > ?", keys[0])
	}
	rows := []Asked{}
	if err := q.Select("o.*, v.updated_at AS answered_at, COALESCE(v.partners, 0) AS partners, COALESCE(v.students, 0) AS students").Order("o.id").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("list surveys: %w", err)
	}
	return page.Cut(rows, req.Size(), "surveys", func(a Asked) []int64 { return []int64{a.ID} }), nil
}

// asked selects those who are asked at and below an organisation (o), with their answer (v) if there is one.
func asked(db *gorm.DB, top model.Org, programmeID int64) *gorm.DB {
	return db.Table("orgs AS o").Joins("LEFT JOIN org_surveys AS v ON v.org_id = o.id AND v.programme_id = ?", programmeID).
		Where("o.path >= ? AND o.path < ? AND o.status = ? AND o.side <> ?", top.Path, access.PathEnd(top.Path), model.OrgActive, model.SideLeague)
}

func (f Filter) where(q *gorm.DB) *gorm.DB {
	if f.Side != "" {
		q = q.Where("o.side = ?", f.Side)
	}
	if f.Kind != "" {
		q = q.Where("o.kind = ?", f.Kind)
	}
	if f.Answered != nil && *f.Answered {
		q = q.Where("v.org_id IS NOT NULL")
	}
	if f.Answered != nil && !*f.Answered {
		q = q.Where("v.org_id IS NULL")
	}
	return q
}
