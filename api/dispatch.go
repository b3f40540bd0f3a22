package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
)

// DispatchDemandIn asks a unit.
type DispatchDemandIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The demand"`
	Body struct {
		OrgID ID   `json:"org_id" doc:"Campus unit that is asked"`
		DueAt Time `json:"due_at" doc:"Answer before that; not after the demand begins" example:"2026-12-01T10:00:00.000Z"`
	}
}

// Dispatch asks a campus unit to take a demand.
func (a *DemandAPI) Dispatch(c *gin.Context, in *DispatchDemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Send(ctx, access.From(ctx), in.Key(), int64(in.ID), int64(in.Body.OrgID), in.Body.DueAt.Time()))
}

// TakeDemandIn takes a demand of the board.
type TakeDemandIn struct {
	ID   ID `path:"id" doc:"The demand"`
	Body struct {
		OrgID ID `json:"org_id" doc:"Campus unit that takes it"`
	}
}

// Take accepts a demand of the board for a unit.
func (a *DemandAPI) Take(c *gin.Context, in *TakeDemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Take(ctx, access.From(ctx), int64(in.ID), int64(in.Body.OrgID)))
}

// DispatchIn names a dispatch.
type DispatchIn struct {
	ID ID `path:"id" doc:"The dispatch"`
}

// Accept takes a demand that was sent to the unit.
func (a *DemandAPI) Accept(c *gin.Context, in *DispatchIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Accept(ctx, access.From(ctx), int64(in.ID)))
}

// DispatchReasonIn names a dispatch and why it is declined or taken back.
type DispatchReasonIn struct {
	ID   ID `path:"id" doc:"The dispatch"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why" example:"本周考试"`
	}
}

// Decline turns a demand down; nothing follows from it.
func (a *DemandAPI) Decline(c *gin.Context, in *DispatchReasonIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Decline(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Recall takes a request back that was not answered yet.
func (a *DemandAPI) Recall(c *gin.Context, in *DispatchReasonIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Recall(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}
