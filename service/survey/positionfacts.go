package survey

import (
	"cmp"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"baodao/model"
	"baodao/service/matching/geo"
	"baodao/service/programme"
)

// Position is what matching takes of a position: what its host has said, and for the rest what follows from its sessions.
type Position struct {
	PositionID, ActivityID, HostOrgID, CampusOrgID int64
	At                                             *geo.Point // of the first session, nil for none
	Category                                       int8       // place in the policy, score.None for none
	Slots                                          Week
	Need                                           uint8
	Req, Want                                      uint32
	Urgency                                        uint8
	Capacity, MinTeam                              int64
}

// positionRow is a position with its activity.
type positionRow struct {
	ID, ActivityID, ProgrammeID, HostOrgID, CampusOrgID, Capacity int64

	Category string
	LatE6    *int64 `gorm:"column:lat_e6"`
	LngE6    *int64 `gorm:"column:lng_e6"`
}

// Positions reads many positions of one programme, by rising id, in four queries for each 500 of them.
func (s *Service) Positions(tx *gorm.DB, programmeID int64, ids ...int64) ([]Position, error) {
	policy, err := programme.PolicyOf(tx, programmeID)
	if err != nil {
		return nil, err
	}
	out := make([]Position, 0, len(ids))
	for part := range slices.Chunk(sorted(ids), chunk) {
		var rows []positionRow
		err := tx.Table("positions AS p").Joins("JOIN activities AS a ON a.id = p.activity_id").Where("p.id IN ?", part).
			Select("p.id, p.activity_id, p.capacity, a.programme_id, a.host_org_id, a.campus_org_id, a.category, a.lat_e6, a.lng_e6").Order("p.id").Find(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read positions: %w", err)
		}
		// asked in SQL, it would make SQLite begin with all activities of the programme
		rows = slices.DeleteFunc(rows, func(r positionRow) bool { return r.ProgrammeID != programmeID })
		stated, sessions, err := needsOf(tx, rows)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			p := positionOf(r, stated[r.ID], sessions[r.ActivityID])
			p.Category = category(policy, r.Category)
			out = append(out, p)
		}
	}
	return out, nil
}

// needsOf reads what hosts have said of positions, and the sessions of their activities.
func needsOf(tx *gorm.DB, rows []positionRow) (map[int64]model.PositionNeeds, map[int64][]model.Session, error) {
	ids, activities := make([]int64, 0, len(rows)), make([]int64, 0, len(rows))
	for _, r := range rows {
		ids, activities = append(ids, r.ID), append(activities, r.ActivityID)
	}
	var needs []model.PositionNeeds
	if err := tx.Where("position_id IN ?", ids).Find(&needs).Error; err != nil {
		return nil, nil, fmt.Errorf("read needs of positions: %w", err)
	}
	stated := make(map[int64]model.PositionNeeds, len(needs))
	for _, n := range needs {
		stated[n.PositionID] = n
	}
	var found []model.Session
	if err := tx.Select("activity_id", "starts_at", "ends_at").Where("activity_id IN ?", sorted(activities)).Find(&found).Error; err != nil {
		return nil, nil, fmt.Errorf("read sessions: %w", err)
	}
	sessions := make(map[int64][]model.Session, len(activities))
	for _, e := range found {
		sessions[e.ActivityID] = append(sessions[e.ActivityID], e)
	}
	return stated, sessions, nil
}

// positionOf fills in what the host has not said: the blocks that the sessions touch, and as many of them as one session
// touches at most. What was said of blocks or of the team never asks for more than there is.
func positionOf(r positionRow, n model.PositionNeeds, sessions []model.Session) Position {
	week, most := weekOf(sessions)
	p := Position{
		PositionID: r.ID, ActivityID: r.ActivityID, HostOrgID: r.HostOrgID, CampusOrgID: r.CampusOrgID, Capacity: r.Capacity,
		Slots: cmp.Or(Week(n.Slots), week), Req: uint32(n.Req), Want: uint32(n.Want), Urgency: uint8(n.Urgency), MinTeam: min(n.MinTeam, r.Capacity), //nolint:gosec // checked when they were written
	}
	if n.Need != nil {
		most = int(*n.Need)
	}
	p.Need = uint8(min(most, p.Slots.Len())) //nolint:gosec // at most 42
	if r.LatE6 != nil && r.LngE6 != nil {
		p.At = &geo.Point{LatE6: *r.LatE6, LngE6: *r.LngE6}
	}
	return p
}

// sorted is a set in order.
func sorted[T cmp.Ordered](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }
