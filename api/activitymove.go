package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/project"
)

// Update writes the content anew; after approval only title, summary, risk note and host contact may differ.
func (a *ActivityAPI) Update(c *gin.Context, in *UpdateActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return newActivityOut(a.Projects.UpdateActivity(ctx, access.From(ctx), int64(in.ID), version, in.Body.draft()))
}

// Submit asks for approval.
func (a *ActivityAPI) Submit(c *gin.Context, in *ActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.SubmitActivity(ctx, access.From(ctx), int64(in.ID)))
}

// Approve says yes for an organisation above the organiser.
func (a *ActivityAPI) Approve(c *gin.Context, in *ActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.ApproveActivity(ctx, access.From(ctx), int64(in.ID)))
}

// Return sends an activity back to its organiser.
func (a *ActivityAPI) Return(c *gin.Context, in *ActivityReasonIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.ReturnActivity(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Publish makes an approved activity public.
func (a *ActivityAPI) Publish(c *gin.Context, in *ActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.PublishActivity(ctx, access.From(ctx), int64(in.ID)))
}

// Cancel calls an activity off before it begins and gives every seat back.
func (a *ActivityAPI) Cancel(c *gin.Context, in *ActivityReasonIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.CancelActivity(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Merge makes an activity with too few students part of another one.
func (a *ActivityAPI) Merge(c *gin.Context, in *MergeActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.MergeActivity(ctx, access.From(ctx), int64(in.ID), in.merge()))
}

// MergeActivityIn says into what an activity is merged.
type MergeActivityIn struct {
	ID   ID `path:"id" doc:"The activity"`
	Body struct {
		IntoActivityID ID                 `json:"into_activity_id" doc:"The activity that takes its students over"`
		Positions      []PositionPairBody `json:"positions,omitempty" maxItems:"50" nullable:"false" doc:"Where positions go whose titles differ; the others go to the position of the same title"`
		Reason         string             `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; the students read it, and it is kept in the audit log. No names of persons" example:"报名人数不足"`
	}
}

// PositionPairBody says which position of the other activity one goes to.
type PositionPairBody struct {
	FromPositionID ID `json:"from_position_id" doc:"Position of the activity that is merged"`
	IntoPositionID ID `json:"into_position_id" doc:"Position of the activity that takes its students over"`
}

func (in *MergeActivityIn) merge() project.Merge {
	m := project.Merge{IntoID: int64(in.Body.IntoActivityID), Reason: in.Body.Reason}
	for _, p := range in.Body.Positions {
		m.Positions = append(m.Positions, project.PositionPair{FromID: int64(p.FromPositionID), IntoID: int64(p.IntoPositionID)})
	}
	return m
}

// MoveSession changes time and place of a session of a published activity.
func (a *ActivityAPI) MoveSession(c *gin.Context, in *MoveSessionIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	return newActivityOut(a.Projects.MoveSession(ctx, access.From(ctx), int64(in.ID), version, in.Body.slot()))
}

// SetCapacity changes the seats of a position.
func (a *ActivityAPI) SetCapacity(c *gin.Context, in *SetCapacityIn) (*PositionOut, error) {
	ctx := c.Request.Context()
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	row, seats, err := a.Projects.SetCapacity(ctx, access.From(ctx), int64(in.ID), version, in.Body.Capacity)
	if err != nil {
		return nil, err
	}
	return &PositionOut{ETag: ETag(row.Version), Body: newPositionView(row, seats)}, nil
}
