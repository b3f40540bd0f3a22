package pairing

import (
	"context"
	"fmt"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// History pages what happened to a pairing, newest first. It names nobody: who did it is for the auditors.
func (s *Service) History(ctx context.Context, actor access.Actor, id int64, req page.Request) (page.Result[model.AuditEntry], error) {
	none := page.Result[model.AuditEntry]{Items: []model.AuditEntry{}}
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return none, err
	}
	keys, later, err := req.Key("pairing.history", 1)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Where("object = ? AND object_id = ?", d.TableName(), id)
	if later {
		q = q.Where("id < ?", keys[0])
	}
	rows := []model.AuditEntry{}
	if err := q.Order("id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("read history: %w", err)
	}
	return page.Cut(rows, req.Size(), "pairing.history", func(e model.AuditEntry) []int64 { return []int64{e.ID} }), nil
}
