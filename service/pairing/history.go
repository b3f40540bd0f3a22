package pairing

import (
	"context"
	"fmt"
	"time"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
)

// History pages what happened to a pairing, newest first. It names nobody: who did it is for the auditors. It goes by the
// time and not by the id alone: ids of two replicas say nothing about the order within a second.
func (s *Service) History(ctx context.Context, actor access.Actor, id int64, req page.Request) (page.Result[model.AuditEntry], error) {
	none := page.Result[model.AuditEntry]{Items: []model.AuditEntry{}}
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return none, err
	}
	keys, later, err := req.Key("pairing.history", 2)
	if err != nil {
		return none, err
	}
	q := s.DB.WithContext(ctx).Where("object = ? AND object_id = ?", d.TableName(), id)
	if later {
		at := time.UnixMilli(keys[0]).UTC()
		q = q.Where("(at < ? OR at = ? AND id < ?)", at, at, keys[1])
	}
	rows := []model.AuditEntry{}
	if err := q.Order("at DESC, id DESC").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return none, fmt.Errorf("read history: %w", err)
	}
	return page.Cut(rows, req.Size(), "pairing.history", func(e model.AuditEntry) []int64 { return []int64{e.At.UnixMilli(), e.ID} }), nil
}
