package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/demand"
	"baodao/service/matching/geo"
)

// DemandAPI is what hosts need, and who takes it.
type DemandAPI struct{ Demands *demand.Service }

// DemandPositionBody is a role that people are needed for.
type DemandPositionBody struct {
	Title string `json:"title" minLength:"1" maxLength:"60" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"The role" example:"课业辅导员"`
	Count int64  `json:"count" minimum:"1" maximum:"10000" doc:"How many people" example:"4"`
	Needs string `json:"needs,omitempty" maxLength:"500" doc:"What it asks of them" example:"会小学数学"`
}

// TimeWindowBody is a time in which people are needed.
type TimeWindowBody struct {
	StartsAt Time `json:"starts_at" doc:"Included; a whole minute" example:"2026-12-05T01:00:00.000Z"`
	EndsAt   Time `json:"ends_at" doc:"Excluded; a whole minute, at most 24 hours later" example:"2026-12-05T03:00:00.000Z"`
}

// DemandForm is what a clerk fills in.
type DemandForm struct {
	Title     string               `json:"title" minLength:"1" maxLength:"100" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What help is needed" example:"周末四点半课堂"`
	Summary   string               `json:"summary,omitempty" maxLength:"2000" doc:"What is to be done" example:"陪小学生写作业"`
	Field     string               `json:"field,omitempty" maxLength:"40" doc:"Code of one of the programme's fields" example:"HEALTH"`
	Category  string               `json:"category,omitempty" maxLength:"40" doc:"Code of one of the programme's categories" example:"CULTURE"`
	Place     string               `json:"place,omitempty" maxLength:"200" doc:"As people say it; needed to submit" example:"戊社区党群服务中心"`
	Lat       *float64             `json:"lat,omitempty" minimum:"-90" maximum:"90" dependentRequired:"lng" doc:"Decimal degrees, WGS-84" example:"36.651234"`
	Lng       *float64             `json:"lng,omitempty" minimum:"-180" maximum:"180" dependentRequired:"lat" doc:"Decimal degrees, WGS-84" example:"117.120095"`
	Positions []DemandPositionBody `json:"positions,omitempty" maxItems:"20" doc:"Needed to submit"`
	Windows   []TimeWindowBody     `json:"windows,omitempty" maxItems:"50" doc:"When; not over each other; needed to submit"`
	Support   []string             `json:"support,omitempty" maxItems:"6" uniqueItems:"true" enum:"TRANSPORT,MEAL,INSURANCE,FUNDS,MATERIAL,VENUE" doc:"What the host gives" example:"[\"MEAL\"]"`
	RiskNote  string               `json:"risk_note,omitempty" maxLength:"1000" doc:"The risks; needed to submit" example:"接送时注意路口"`
	ContactID ID                   `json:"contact_id,omitempty" doc:"User at the host or its town who answers; needed to submit"`
}

func (b DemandForm) form() demand.Form {
	f := demand.Form{
		Title: b.Title, Summary: b.Summary, Field: b.Field, Category: b.Category, Place: b.Place, Support: b.Support, RiskNote: b.RiskNote, ContactID: int64(b.ContactID),
		Positions: Views(b.Positions, func(p DemandPositionBody) model.DemandPosition { return model.DemandPosition(p) }),
		Windows: Views(b.Windows, func(w TimeWindowBody) model.TimeWindow {
			return model.TimeWindow{StartsAt: w.StartsAt.Time(), EndsAt: w.EndsAt.Time()}
		}),
	}
	if b.Lat != nil && b.Lng != nil {
		at := geo.FromDegrees(*b.Lat, *b.Lng)
		f.At = &at
	}
	return f
}

// DemandView is a demand.
type DemandView struct {
	ID          ID                   `json:"id" doc:"The demand"`
	ProgrammeID ID                   `json:"programme_id" doc:"In which programme"`
	Host        OrgNameView          `json:"host" doc:"Who needs help"`
	Status      string               `json:"status" enum:"DRAFT,SUBMITTED,OPEN,DISPATCHED,ACCEPTED,FULFILLED,CANCELLED,EXPIRED" doc:"At this moment; EXPIRED: nobody took it before it was to begin" example:"OPEN"`
	Title       string               `json:"title" doc:"What help is needed" example:"周末四点半课堂"`
	Summary     string               `json:"summary,omitempty" doc:"What is to be done" example:"陪小学生写作业"`
	Field       string               `json:"field,omitempty" doc:"Code of one of the programme's fields" example:"HEALTH"`
	Category    string               `json:"category,omitempty" doc:"Code of one of the programme's categories" example:"CULTURE"`
	Place       string               `json:"place,omitempty" doc:"As people say it" example:"戊社区党群服务中心"`
	Lat         *float64             `json:"lat,omitempty" doc:"Decimal degrees, WGS-84" example:"36.651234"`
	Lng         *float64             `json:"lng,omitempty" doc:"Decimal degrees, WGS-84" example:"117.120095"`
	Positions   []DemandPositionBody `json:"positions" doc:"Who is needed"`
	Seats       int64                `json:"seats" doc:"People needed in all" example:"4"`
	Windows     []TimeWindowBody     `json:"windows" doc:"When, in order"`
	Support     []string             `json:"support" doc:"What the host gives" example:"[\"MEAL\"]"`
	RiskNote    string               `json:"risk_note,omitempty" doc:"The risks" example:"接送时注意路口"`
	ContactID   *ID                  `json:"contact_id,omitempty" doc:"Who answers; for those on one of its sides"`
	CopyOf      *ID                  `json:"copy_of,omitempty" doc:"The earlier demand it was copied from"`
	Accepted    *OrgNameView         `json:"accepted_by_org,omitempty" doc:"The campus unit that does it"`
	SubmittedAt *Time                `json:"submitted_at,omitempty" doc:"When it was handed to the town"`
	VerifiedAt  *Time                `json:"verified_at,omitempty" doc:"When it came on the board"`
	SentAt      *Time                `json:"sent_at,omitempty" doc:"When a unit was first asked"`
	AcceptedAt  *Time                `json:"accepted_at,omitempty" doc:"When a unit took it"`
	FulfilledAt *Time                `json:"fulfilled_at,omitempty" doc:"When it was done"`
	ProjectID   *ID                  `json:"project_id,omitempty" doc:"The project it became"`
	ActivityID  *ID                  `json:"activity_id,omitempty" doc:"The activity it became"`
	GivenBackAt *Time                `json:"given_back_at,omitempty" doc:"When a unit last gave it back after accepting it; for those on one of its sides"`
	Reason      string               `json:"reason,omitempty" doc:"Why it was sent back, given back or cancelled; for those on one of its sides" example:"请补充联系人"`
	Dispatches  []DispatchView       `json:"dispatches" doc:"Whom it was sent to, newest first; for those on one of its sides, empty in lists"`
	CreatedAt   Time                 `json:"created_at" doc:"When it was drafted"`
}

// DispatchView asks one campus unit to take a demand.
type DispatchView struct {
	ID        ID          `json:"id" doc:"The dispatch"`
	Org       OrgNameView `json:"org" doc:"Who is asked"`
	Status    string      `json:"status" enum:"SENT,ACCEPTED,DECLINED,OVERDUE,FORWARDED,WITHDRAWN,GIVEN_BACK" doc:"What became of it; OVERDUE: not answered, so the unit above was asked; GIVEN_BACK: accepted, and given back later" example:"SENT"`
	DueAt     Time        `json:"due_at" doc:"Answer before that"`
	Reason    string      `json:"reason,omitempty" doc:"Why it was declined, given back or withdrawn" example:"本周考试"`
	Escalated bool        `json:"escalated" doc:"Whether it follows one that a unit below did not answer" example:"false"`
	SentAt    Time        `json:"sent_at" doc:"When"`
	DecidedAt *Time       `json:"decided_at,omitempty" doc:"When it was answered"`
}

func newDispatchView(d model.Dispatch, orgName string) DispatchView {
	return DispatchView{
		ID: ID(d.ID), Org: OrgNameView{ID: ID(d.OrgID), Name: orgName}, Status: string(d.Status), DueAt: At(d.DueAt), Reason: d.Reason,
		Escalated: d.EscalatedOf != nil, SentAt: At(d.CreatedAt), DecidedAt: AtOrNil(d.DecidedAt),
	}
}

func newDemandView(d demand.Detail) DemandView {
	v := DemandView{
		ID: ID(d.ID), ProgrammeID: ID(d.ProgrammeID), Host: OrgNameView{ID: ID(d.HostOrgID), Name: d.HostName}, Status: string(d.Status),
		Title: d.Title, Summary: d.Summary, Field: d.Field, Category: d.Category, Place: d.Place, Seats: d.Seats, Support: d.Support, RiskNote: d.RiskNote,
		Positions: Views(d.Positions, func(p model.DemandPosition) DemandPositionBody { return DemandPositionBody(p) }),
		Windows: Views(d.Windows, func(w model.TimeWindow) TimeWindowBody {
			return TimeWindowBody{StartsAt: At(w.StartsAt), EndsAt: At(w.EndsAt)}
		}),
		CopyOf: idPointer(d.CopyOf), SubmittedAt: AtOrNil(d.SubmittedAt), VerifiedAt: AtOrNil(d.VerifiedAt), SentAt: AtOrNil(d.SentAt),
		AcceptedAt: AtOrNil(d.AcceptedAt), FulfilledAt: AtOrNil(d.FulfilledAt), ProjectID: idPointer(d.ProjectID), ActivityID: idPointer(d.ActivityID),
		Reason: d.Reason, GivenBackAt: AtOrNil(d.GivenBackAt), CreatedAt: At(d.CreatedAt),
		Dispatches: Views(d.Dispatches, func(x demand.SentTo) DispatchView { return newDispatchView(x.Dispatch, x.OrgName) }),
	}
	v.Lat, v.Lng = degreesOrNil(d.LatE6), degreesOrNil(d.LngE6)
	if d.ContactID != 0 {
		v.ContactID = idPointer(&d.ContactID)
	}
	if d.AcceptedOrgID != nil {
		v.Accepted = &OrgNameView{ID: ID(*d.AcceptedOrgID), Name: d.AcceptedName}
	}
	return v
}

// DemandOut answers one demand.
type DemandOut struct {
	ETag string `header:"ETag"`
	Body DemandView
}

func newDemandOut(d demand.Detail, err error) (*DemandOut, error) {
	if err != nil {
		return nil, err
	}
	return &DemandOut{ETag: ETag(d.Version), Body: newDemandView(d)}, nil
}

// CreateDemandIn drafts a demand.
type CreateDemandIn struct {
	IdemIn
	Body struct {
		ProgrammeID ID `json:"programme_id" doc:"An active programme"`
		HostOrgID   ID `json:"host_org_id" doc:"Who needs help"`
		DemandForm
	}
}

// Create drafts a demand for a host.
func (a *DemandAPI) Create(c *gin.Context, in *CreateDemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Create(ctx, access.From(ctx), in.Key(), demand.New{
		ProgrammeID: int64(in.Body.ProgrammeID), HostOrgID: int64(in.Body.HostOrgID), Form: in.Body.form(),
	}))
}

// CopyDemandIn drafts a demand like an earlier one.
type CopyDemandIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The earlier demand"`
	Body struct {
		ProgrammeID ID `json:"programme_id" doc:"An active programme"`
	}
}

// Copy drafts a demand like an earlier one of the same host; only the times are left out.
func (a *DemandAPI) Copy(c *gin.Context, in *CopyDemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Copy(ctx, access.From(ctx), in.Key(), int64(in.ID), int64(in.Body.ProgrammeID)))
}

// UpdateDemandIn writes a draft anew.
type UpdateDemandIn struct {
	ID ID `path:"id" doc:"The demand"`
	IfMatchIn
	Body DemandForm
}

// Update writes the whole form of a draft anew.
func (a *DemandAPI) Update(c *gin.Context, in *UpdateDemandIn) (*DemandOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Update(ctx, access.From(ctx), int64(in.ID), version, in.Body.form()))
}

// DemandIn names a demand.
type DemandIn struct {
	ID ID `path:"id" doc:"The demand"`
}

// Get reads one demand.
func (a *DemandAPI) Get(c *gin.Context, in *DemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Get(ctx, access.From(ctx), int64(in.ID)))
}

// Submit hands a draft to the town.
func (a *DemandAPI) Submit(c *gin.Context, in *DemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Submit(ctx, access.From(ctx), int64(in.ID)))
}

// Verify puts a submitted demand on the board.
func (a *DemandAPI) Verify(c *gin.Context, in *DemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Verify(ctx, access.From(ctx), int64(in.ID)))
}

// Fulfil states that the demand was met.
func (a *DemandAPI) Fulfil(c *gin.Context, in *DemandIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Fulfil(ctx, access.From(ctx), int64(in.ID)))
}

// DemandReasonIn names a demand and why it is moved.
type DemandReasonIn struct {
	ID   ID `path:"id" doc:"The demand"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why" example:"请补充联系人"`
	}
}

// Return sends a submitted demand back.
func (a *DemandAPI) Return(c *gin.Context, in *DemandReasonIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Return(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Cancel withdraws a demand.
func (a *DemandAPI) Cancel(c *gin.Context, in *DemandReasonIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.Cancel(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// GiveBack ends the acceptance of a demand; nothing follows from it.
func (a *DemandAPI) GiveBack(c *gin.Context, in *DemandReasonIn) (*DemandOut, error) {
	ctx := c.Request.Context()
	return newDemandOut(a.Demands.GiveBack(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}
