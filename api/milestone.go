package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/page"
	"baodao/service/programme"
)

// ListMilestonesIn pages the due days of a programme.
type ListMilestonesIn struct {
	ID ID `path:"id" doc:"The programme"`
	PageIn
}

// ListMilestones lists the due days of a programme, earliest first.
func (a *ProgrammeAPI) ListMilestones(c *gin.Context, in *ListMilestonesIn) (*PageOut[MilestoneView], error) {
	ctx := c.Request.Context()
	rows, err := a.Programmes.Milestones(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newMilestoneView), nil
}

// AddMilestoneIn adds a due day.
type AddMilestoneIn struct {
	ID ID `path:"id" doc:"The programme"`
	IdemIn
	Body struct {
		Kind  string `json:"kind" enum:"PAIRING,KICKOFF,CASES,SUMMARY,OTHER" doc:"What is due" example:"CASES"`
		Name  string `json:"name" minLength:"1" maxLength:"60" doc:"What people read" example:"报送典型案例"`
		DueOn Date   `json:"due_on" doc:"Last day" example:"2026-12-20"`
	}
}

// MilestoneOut answers one milestone.
type MilestoneOut struct{ Body MilestoneView }

// AddMilestone adds a due day.
func (a *ProgrammeAPI) AddMilestone(c *gin.Context, in *AddMilestoneIn) (*MilestoneOut, error) {
	ctx := c.Request.Context()
	m, err := a.Programmes.AddMilestone(ctx, access.From(ctx), in.Key(), int64(in.ID), programme.NewMilestone{
		Kind: in.Body.Kind, Name: in.Body.Name, DueOn: model.Date(in.Body.DueOn),
	})
	if err != nil {
		return nil, err
	}
	return &MilestoneOut{Body: newMilestoneView(m)}, nil
}

// DeriveMilestonesIn names a programme year.
type DeriveMilestonesIn struct {
	ID   ID `path:"id" doc:"The programme"`
	Body struct {
		Year int `json:"year" minimum:"2000" maximum:"2099" doc:"Calendar year in which the programme year begins" example:"2026"`
	}
}

// DeriveMilestones adds the due days that the policy sets for one programme year; asked again, it adds nothing.
func (a *ProgrammeAPI) DeriveMilestones(c *gin.Context, in *DeriveMilestonesIn) (*PageOut[MilestoneView], error) {
	ctx := c.Request.Context()
	rows, err := a.Programmes.DeriveMilestones(ctx, access.From(ctx), int64(in.ID), in.Body.Year)
	if err != nil {
		return nil, err
	}
	return NewPage(page.Result[model.Milestone]{Items: rows}, newMilestoneView), nil
}

// RemoveMilestoneIn names a due day.
type RemoveMilestoneIn struct {
	ID          ID `path:"id" doc:"The programme"`
	MilestoneID ID `path:"milestone_id" doc:"The milestone"`
}

// RemoveMilestone takes a due day away.
func (a *ProgrammeAPI) RemoveMilestone(c *gin.Context, in *RemoveMilestoneIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Programmes.RemoveMilestone(ctx, access.From(ctx), int64(in.ID), int64(in.MilestoneID))
}
