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
	Held       int64 // kept for offers that are not answered yet; none in first-come sign-up
	Reserved   int64 // kept for paired branches until their time; none in first-come sign-up
	Waiting    int64 // students on the waiting list, not counted in left; none in first-come sign-up
	Left       int64 // capacity - confirmed - held - reserved
}

// Availability reads the seats of a position: fault.ErrNotFound when the actor may not see its activity.
func (s *Service) Availability(ctx context.Context, actor access.Actor, positionID int64) (Availability, error) {
	p, _, err := positionOf(s.DB.WithContext(ctx), actor, positionID, s.Now())
	if err != nil {
		return Availability{}, err
	}
	return Availability{PositionID: p.ID, Capacity: p.Capacity, Confirmed: p.Taken, Left: p.Capacity - p.Taken}, nil
}
