package org

import (
	"context"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/read"
)

// Regions lists the divisions directly below a code by code; without one the provinces.
func (s *Service) Regions(ctx context.Context, actor access.Actor, parent string, p page.Request) (page.Result[model.Region], error) {
	if err := actor.Require(access.OrgRead); err != nil {
		return page.Result[model.Region]{}, err
	}
	keys, ok, err := p.Key("regions", 1)
	if err != nil {
		return page.Result[model.Region]{}, err
	}
	q := s.DB.WithContext(ctx).Where("parent_code = ?", parent)
	if ok {
		q = q.Where("code > ?", fmt.Sprintf("%012d", keys[0]))
	}
	var rows []model.Region
	if err := q.Order("code").Limit(p.Size() + 1).Find(&rows).Error; err != nil {
		return page.Result[model.Region]{}, fmt.Errorf("list regions: %w", err)
	}
	return page.Cut(rows, p.Size(), "regions", func(r model.Region) []int64 {
		n, _ := strconv.ParseInt(r.Code, 10, 64) // codes are digits: the import checks them
		return []int64{n}
	}), nil
}

// Region reads one division by its 12 digits.
func (s *Service) Region(ctx context.Context, actor access.Actor, code string) (model.Region, error) {
	if err := actor.Require(access.OrgRead); err != nil {
		return model.Region{}, err
	}
	return read.One[model.Region](s.DB.WithContext(ctx).Where("code = ?", code), "region")
}

// knownRegions tells which of the codes are divisions.
func knownRegions(tx *gorm.DB, codes []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(codes) == 0 {
		return known, nil
	}
	var found []string
	if err := tx.Model(&model.Region{}).Where("code IN ?", codes).Pluck("code", &found).Error; err != nil {
		return nil, fmt.Errorf("look up regions: %w", err)
	}
	for _, code := range found {
		known[code] = true
	}
	return known, nil
}
