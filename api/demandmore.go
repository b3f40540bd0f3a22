package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
)

// ConvertDemandIn names a demand.
type ConvertDemandIn struct {
	IdemIn
	ID ID `path:"id" doc:"The demand"`
}

// IntoProject drafts a project with what the demand says.
func (a *DemandAPI) IntoProject(c *gin.Context, in *ConvertDemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.IntoProject(ctx, access.From(ctx), in.Key(), int64(in.ID)))
}

// DemandActivityIn drafts an activity.
type DemandActivityIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The demand"`
	Body struct {
		ProjectID ID `json:"project_id,omitempty" doc:"A running project of the unit and the host; the demand's own, or none, if left out"`
	}
}

// IntoActivity drafts an activity with the positions and times of the demand.
func (a *DemandAPI) IntoActivity(c *gin.Context, in *DemandActivityIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.IntoActivity(ctx, access.From(ctx), in.Key(), int64(in.ID), int64(in.Body.ProjectID)))
}

// BoardIn narrows the board.
type BoardIn struct {
	PageIn
	ProgrammeID ID     `query:"programme_id" doc:"Only of this programme"`
	OrgID       ID     `query:"org_id" doc:"Only of hosts at or below this organisation"`
	Category    string `query:"category" maxLength:"40" doc:"Only of this category" example:"CULTURE"`
}

// Board lists the demands that wait for a unit, the next to begin first.
func (a *DemandAPI) Board(c *gin.Context, in *BoardIn) (*PageOut[DemandView], error) {
	ctx := c.Request.Context()
	rows, err := a.Demands.Board(ctx, access.From(ctx), demand.Filter{ProgrammeID: int64(in.ProgrammeID), OrgID: int64(in.OrgID), Category: in.Category}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newDemandView), nil
}

// MyDemandsIn narrows the list of one's own demands.
type MyDemandsIn struct {
	BoardIn
	Status string `query:"status" enum:"DRAFT,SUBMITTED,OPEN,DISPATCHED,ACCEPTED,FULFILLED,CANCELLED,EXPIRED" doc:"Only in this state" example:"SUBMITTED"`
}

// Mine lists the demands of hosts for which the caller stands, and those that their units accepted, newest first.
func (a *DemandAPI) Mine(c *gin.Context, in *MyDemandsIn) (*PageOut[DemandView], error) {
	ctx := c.Request.Context()
	rows, err := a.Demands.Mine(ctx, access.From(ctx), demand.Filter{
		ProgrammeID: int64(in.ProgrammeID), OrgID: int64(in.OrgID), Category: in.Category, Status: model.DemandStatus(in.Status),
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newDemandView), nil
}

// DispatchesIn narrows the list of dispatches.
type DispatchesIn struct {
	PageIn
	Status string `query:"status" enum:"SENT,ACCEPTED,DECLINED,OVERDUE,FORWARDED,WITHDRAWN,GIVEN_BACK" doc:"Only in this state" example:"SENT"`
}

// RequestView is a dispatch with what it is about.
type RequestView struct {
	DispatchView

	DemandID ID     `json:"demand_id" doc:"The demand"`
	Title    string `json:"title" doc:"What help is needed" example:"周末四点半课堂"`
	HostName string `json:"host_name" doc:"Who needs it" example:"戊社区"`
}

// Requests lists what was sent to the units for which the caller answers, newest first.
func (a *DemandAPI) Requests(c *gin.Context, in *DispatchesIn) (*PageOut[RequestView], error) {
	ctx := c.Request.Context()
	rows, err := a.Demands.Requests(ctx, access.From(ctx), model.DispatchStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(r demand.Request) RequestView {
		return RequestView{DispatchView: newDispatchView(r.Dispatch, r.OrgName), DemandID: ID(r.DemandID), Title: r.Title, HostName: r.HostName}
	}), nil
}

// StageView is how long one stage took.
type StageView struct {
	Count          int64 `json:"count" doc:"Demands that went through it" example:"12"`
	MeanMinutes    int64 `json:"mean_minutes" doc:"On average, whole minutes" example:"190"`
	LongestMinutes int64 `json:"longest_minutes" doc:"At most, whole minutes" example:"1440"`
}

func newStageView(s demand.Stage) StageView {
	return StageView{Count: s.N, MeanMinutes: int64(s.Mean / time.Minute), LongestMinutes: int64(s.Longest / time.Minute)}
}

// DemandTimesView is how fast demands are served.
type DemandTimesView struct {
	Submitted int64     `json:"submitted" doc:"Demands handed to the town in this time; the newest 20000 are counted" example:"14"`
	Accepted  int64     `json:"accepted" doc:"Of them, taken by a unit" example:"12"`
	Fulfilled int64     `json:"fulfilled" doc:"Of them, done" example:"9"`
	Expired   int64     `json:"expired" doc:"Of them, taken by nobody in time" example:"1"`
	GivenBack int64     `json:"given_back" doc:"Of them, given back by a unit that had accepted; what stands below counts to the last acceptance" example:"1"`
	Verify    StageView `json:"verify" doc:"From submission to the board"`
	Send      StageView `json:"send" doc:"From the board until a unit was asked or took it"`
	Accept    StageView `json:"accept" doc:"From being asked until a unit accepted"`
	Fulfil    StageView `json:"fulfil" doc:"From acceptance until it was done"`
}

// DemandTimesIn asks for service times.
type DemandTimesIn struct {
	ID          ID   `path:"id" doc:"The organisation; hosts at and below it count"`
	ProgrammeID ID   `query:"programme_id" doc:"Only of this programme"`
	From        Time `query:"from" required:"true" doc:"Submitted at or after" example:"2026-09-01T00:00:00.000+08:00"`
	To          Time `query:"to" required:"true" doc:"Submitted before" example:"2027-02-01T00:00:00.000+08:00"`
}

// DemandTimesOut answers service times.
type DemandTimesOut struct{ Body DemandTimesView }

// Times measures how fast demands are served, end to end.
func (a *DemandAPI) Times(c *gin.Context, in *DemandTimesIn) (*DemandTimesOut, error) {
	ctx := c.Request.Context()
	t, err := a.Demands.Times(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), in.From.Time(), in.To.Time())
	if err != nil {
		return nil, err
	}
	return &DemandTimesOut{Body: DemandTimesView{
		Submitted: t.Submitted, Accepted: t.Accepted, Fulfilled: t.Fulfilled, Expired: t.Expired, GivenBack: t.GivenBack,
		Verify: newStageView(t.Verify), Send: newStageView(t.Send), Accept: newStageView(t.Accept), Fulfil: newStageView(t.Fulfil),
	}}, nil
}
