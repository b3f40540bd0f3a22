package programme

import (
	"context"
	"fmt"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// Filter narrows a list of programmes; zero values do not.
type Filter struct {
	Status     model.ProgrammeStatus
	OwnerOrgID int64
}

// Row is one programme of a list.
type Row struct {
	model.Programme
	OwnerName string
}

// List pages through programmes, newest first. Drafts appear only to those who may write them.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, req page.Request) (page.Result[Row], error) {
	if err := actor.Require(access.ProgrammeRead); err != nil {
		return page.Result[Row]{}, err
	}
	keys, more, err := req.Key("programmes", 1)
	if err != nil {
		return page.Result[Row]{}, err
	}
	drafts, args := actor.Where(access.ProgrammeWrite, []string{"owner.path"}, "", "")
	q := s.DB.WithContext(ctx).Model(&model.Programme{}).
		Select("programmes.*, owner.name AS owner_name").
		Joins("JOIN orgs owner ON owner.id = programmes.owner_org_id").
		Where("(programmes.status <> ? OR "+drafts+")", append([]any{model.ProgrammeDraft}, args...)...)
	if f.Status != "" {
		q = q.Where("programmes.status = ?", f.Status)
	}
	if f.OwnerOrgID != 0 {
		q = q.Where("programmes.owner_org_id = ?", f.OwnerOrgID)
	}
	if more {
		q = q.Where("programmes.id < ?", keys[0])
	}
	var rows []Row
	if err := q.Order("programmes.id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[Row]{}, fmt.Errorf("list programmes: %w", err)
	}
	return page.Cut(rows, req.Size(), "programmes", func(r Row) []int64 { return []int64{r.ID} }), nil
}
