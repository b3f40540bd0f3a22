package signup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/lottery"
	"baodao/service/page"
	"baodao/service/read"
)

// Lottery is everything that a sceptic needs to draw the lots of a position again: before the draw the commitment only,
// afterwards the seed and a page of the order. fault.ErrNotFound for what is not public; ErrNoLottery.
func (s *Service) Lottery(ctx context.Context, actor access.Actor, positionID int64, req page.Request) (lottery.File, string, error) {
	var none lottery.File
	db := s.DB.WithContext(ctx)
	_, a, err := positionOf(db, actor, positionID, s.Now())
	if err != nil {
		return none, "", err
	}
	row, err := read.One[model.Lottery](db.Where("activity_id = ?", a.ID), "lottery")
	if errors.Is(err, fault.ErrNotFound) {
		return none, "", ErrNoLottery
	}
	if err != nil {
		return none, "", err
	}
	file := lottery.File{
		Algorithm: lottery.Algorithm, ActivityID: a.ID, PositionID: positionID, Commitment: hex.EncodeToString(row.Commitment),
		Entries: []lottery.Entry{}, Order: lottery.IDs{}, Winners: lottery.IDs{},
	}
	if row.DrawnAt == nil {
		return file, "", nil
	}
	file.Seed = hex.EncodeToString(row.Seed)
	return s.drawn(db, file, req)
}

// drawn adds what came out of a draw, a page of it.
func (s *Service) drawn(db *gorm.DB, file lottery.File, req page.Request) (lottery.File, string, error) {
	draw, err := read.One[model.LotteryDraw](db.Where("position_id = ?", file.PositionID), "draw")
	if err != nil {
		return file, "", err
	}
	file.Capacity, file.Digest, file.Count = draw.Capacity, hex.EncodeToString(draw.Digest), int(draw.Entries)
	const list = "lottery"
	keys, later, err := req.Key(list, 1)
	if err != nil {
		return file, "", err
	}
	q := db.Where("position_id = ?", file.PositionID)
	if later {
		q, file.Start = q.Where("place > ?", keys[0]), int(keys[0])
	}
	var rows []model.LotteryEntry
	if err := q.Order("place").Limit(req.Size() + 1).Find(&rows).Error; err != nil {
		return file, "", fmt.Errorf("read order: %w", err)
	}
	cut := page.Cut(rows, req.Size(), list, func(e model.LotteryEntry) []int64 { return []int64{e.Place} })
	for _, e := range cut.Items {
		file.Entries = append(file.Entries, lottery.Entry{ID: e.SignupID, Weight: e.Weight, Seats: 1})
		file.Order = append(file.Order, e.SignupID)
		if e.Won {
			file.Winners = append(file.Winners, e.SignupID)
		}
	}
	return file, cut.Next, nil
}
