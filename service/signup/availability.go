package signup

import (
	"context"

	"baodao/service/access"
)

// Availability explains how many seats of a position are left and why.
type Availability struct {
	PositionID int64
	Capacity   int64 // seats there are
	Confirmed  int64 // given to students
	Held       int64 // kept for offers that are not answered yet
	Reserved   int64 // free, but kept for paired branches until their time
	Waiting    int64 // students on the waiting list
	Left       int64 // capacity - confirmed - held - reserved
}

// Availability reads the seats of a position: fault.ErrNotFound when the actor may not see its activity.
func (s *Service) Availability(ctx context.Context, actor access.Actor, positionID int64) (Availability, error) {
	row, a, err := positionOf(s.DB.WithContext(ctx), actor, positionID, s.Now())
	if err != nil {
		return Availability{}, err
	}
	p := seats{Position: row}
	kept := p.kept(&event{Activity: a}, s.Now())
	return Availability{
		PositionID: p.ID, Capacity: p.Capacity, Confirmed: p.Taken - p.Held, Held: p.Held, Reserved: kept, Waiting: p.Waiting, Left: p.Capacity - p.Taken - kept,
	}, nil
}
