package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/survey"
)

// NeedsBody is what a host says of a position.
type NeedsBody struct {
	Slots          WeekBody `json:"slots,omitempty" minItems:"7" maxItems:"7" pattern:"^[01]{6}$" patternDescription:"six of 0 and 1" doc:"When there is work, as the slots of a student; left out, or nothing but 0: the blocks that the sessions touch" example:"[\"000000\",\"000000\",\"000000\",\"000000\",\"000000\",\"111000\",\"111000\"]"`
	NeedBlocks     *int64   `json:"need_blocks,omitempty" minimum:"0" maximum:"42" doc:"How many of these blocks a student must have free; left out: as many as one session touches at most" example:"1"`
	RequiredSkills []string `json:"required_skills" maxItems:"32" uniqueItems:"true" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Codes of skills without which nobody can be matched" example:"[\"FIRST_AID\"]"`
	WantedSkills   []string `json:"wanted_skills" maxItems:"32" uniqueItems:"true" pattern:"^[A-Z][A-Z0-9_]{1,39}$" doc:"Codes of skills that help" example:"[\"TUTORING\"]"`
	Urgency        int64    `json:"urgency" minimum:"0" maximum:"7" doc:"How urgent it is; each step is worth 100 points" example:"2"`
	MinTeam        int64    `json:"min_team" minimum:"0" maximum:"10000" doc:"With fewer people the position is closed in a match round; 0: any number" example:"0"`
}

// NeedsView is what a position asks of a student.
type NeedsView struct {
	PositionID     ID       `json:"position_id" doc:"The position"`
	ActivityID     ID       `json:"activity_id" doc:"Its activity"`
	Title          string   `json:"title" doc:"The role" example:"课业辅导员"`
	Slots          WeekBody `json:"slots" doc:"When there is work: said by the host, else the blocks that the sessions touch" example:"[\"000000\",\"000000\",\"000000\",\"000000\",\"000000\",\"111000\",\"111000\"]"`
	NeedBlocks     int64    `json:"need_blocks" doc:"How many of these blocks a student must have free" example:"1"`
	SlotsSaid      bool     `json:"slots_said" doc:"Whether the host has said slots; if not, leave them out when you write" example:"false"`
	NeedSaid       bool     `json:"need_said" doc:"Whether the host has said need_blocks; if not, leave it out when you write" example:"false"`
	RequiredSkills []string `json:"required_skills" doc:"Codes of skills without which nobody can be matched" example:"[\"FIRST_AID\"]"`
	WantedSkills   []string `json:"wanted_skills" doc:"Codes of skills that help" example:"[\"TUTORING\"]"`
	Urgency        int64    `json:"urgency" doc:"0 to 7" example:"2"`
	MinTeam        int64    `json:"min_team" doc:"Smallest team, 0 if none" example:"0"`
	Version        int64    `json:"version" doc:"Of what was said, for If-Match; 0: nothing yet" example:"1"`
}

func newNeedsView(n survey.PositionNeeds) NeedsView {
	return NeedsView{
		PositionID: ID(n.PositionID), ActivityID: ID(n.ActivityID), Title: n.Title, Slots: newWeekBody(n.Slots), NeedBlocks: n.Need,
		SlotsSaid: n.Said.Slots != 0, NeedSaid: n.Said.Need != nil, RequiredSkills: n.Said.Required, WantedSkills: n.Said.Wanted,
		Urgency: n.Said.Urgency, MinTeam: n.MinTeam, Version: n.Version,
	}
}

// NeedsOut answers the needs of one position.
type NeedsOut struct {
	ETag string `header:"ETag"`
	Body NeedsView
}

func newNeedsOut(n survey.PositionNeeds, err error) (*NeedsOut, error) {
	if err != nil {
		return nil, err
	}
	return &NeedsOut{ETag: ETag(n.Version), Body: newNeedsView(n)}, nil
}

// NeedsIn names a position.
type NeedsIn struct {
	ID ID `path:"id" doc:"The position"`
}

// Needs tells what a position asks of a student.
func (a *SurveyAPI) Needs(c *gin.Context, in *NeedsIn) (*NeedsOut, error) {
	ctx := c.Request.Context()
	return newNeedsOut(a.Surveys.NeedsOf(ctx, access.From(ctx), int64(in.ID)))
}

// StateNeedsIn says all of it anew.
type StateNeedsIn struct {
	NeedsIn
	IfMatchIn
	Body NeedsBody
}

// StateNeeds writes what a position asks of a student.
func (a *SurveyAPI) StateNeeds(c *gin.Context, in *StateNeedsIn) (*NeedsOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newNeedsOut(a.Surveys.StateNeeds(ctx, access.From(ctx), int64(in.ID), version, survey.Needs{
		Slots: in.Body.Slots.week(), Need: in.Body.NeedBlocks, Required: in.Body.RequiredSkills, Wanted: in.Body.WantedSkills, Urgency: in.Body.Urgency, MinTeam: in.Body.MinTeam,
	}))
}

// ActivityNeedsIn names an activity.
type ActivityNeedsIn struct {
	ID ID `path:"id" doc:"The activity"`
}

// ActivityNeedsOut answers the needs of all positions of an activity.
type ActivityNeedsOut struct {
	Body struct {
		Data []NeedsView `json:"data" doc:"In the order in which the positions were written"`
	}
}

// NeedsAt tells what the positions of an activity ask of a student.
func (a *SurveyAPI) NeedsAt(c *gin.Context, in *ActivityNeedsIn) (*ActivityNeedsOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Surveys.NeedsAt(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	out := &ActivityNeedsOut{}
	out.Body.Data = Views(rows, newNeedsView)
	return out, nil
}
