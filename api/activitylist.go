package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/fault"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

// Degrees is an optional coordinate in a query: 0 is a place too, so it remembers whether it was sent.
type Degrees struct {
	Value float64
	Sent  bool
}

// Schema tells Huma how Degrees look on the wire; the limits stand in the field's tags.
func (Degrees) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Format: "double"}
}

// Receiver is where Huma puts the number.
func (d *Degrees) Receiver() reflect.Value { return reflect.ValueOf(&d.Value).Elem() }

// OnParamSet remembers that there was one.
func (d *Degrees) OnParamSet(sent bool, _ any) { d.Sent = sent }

// ListActivitiesIn narrows the public list.
type ListActivitiesIn struct {
	PageIn
	Q           string  `query:"q" minLength:"2" maxLength:"30" doc:"Words of the title, the summary or the host's name; one of them has two characters at least" example:"清洁"`
	Field       string  `query:"field" maxLength:"40" doc:"Code of a field" example:"ECOLOGY"`
	Category    string  `query:"category" maxLength:"40" doc:"Code of a category" example:"GOVERNANCE"`
	Carrier     string  `query:"carrier" maxLength:"40" pattern:"^[A-Z][A-Z0-9_]+$" doc:"Code of a carrier" example:"SAN_XIA_XIANG"`
	Mode        string  `query:"mode" enum:"ONSITE,REMOTE,HYBRID" doc:"Where it is done" example:"ONSITE"`
	ProgrammeID ID      `query:"programme_id" doc:"Only of this programme"`
	DemandID    ID      `query:"demand_id" doc:"Only drafted from this demand"`
	OrgID       ID      `query:"org_id" doc:"Organiser or host is this organisation or below it"`
	Region      string  `query:"region" pattern:"^[0-9]{2,12}$" doc:"Division code, short or padded with zeros: everything inside it" example:"370102000000"`
	StartsFrom  Time    `query:"starts_from" doc:"First session at or after this; now when left out"`
	StartsTo    Time    `query:"starts_to" doc:"First session before this"`
	OpenOnly    bool    `query:"open_only" doc:"Only while sign-up is open" example:"true"`
	Lat         Degrees `query:"lat" minimum:"-90" maximum:"90" doc:"With lng: nearest first, only within radius_m" example:"36.65"`
	Lng         Degrees `query:"lng" minimum:"-180" maximum:"180" doc:"With lat" example:"117.12"`
	RadiusM     int64   `query:"radius_m" minimum:"1" maximum:"50000" default:"5000" doc:"Metres around lat and lng" example:"5000"`
	Coord       string  `query:"coord" enum:"wgs84,gcj02" default:"wgs84" doc:"What lat and lng are; wx.getLocation with type gcj02 gives gcj02" example:"gcj02"`
}

// near is the place that was asked for; half a place is request.invalid.
func (in *ListActivitiesIn) near() (*project.Near, error) {
	if !in.Lat.Sent && !in.Lng.Sent {
		return nil, nil // no place was asked for
	}
	var c fault.Collector
	c.Add(!in.Lat.Sent, "query:lat", "required", "与 lng 一起填写", "is required with lng")
	c.Add(!in.Lng.Sent, "query:lng", "required", "与 lat 一起填写", "is required with lat")
	at := geo.FromDegrees(in.Lat.Value, in.Lng.Value)
	if in.Coord == "gcj02" {
		at = geo.FromGCJ02(at)
	}
	return &project.Near{Center: at, RadiusM: in.RadiusM}, c.Err()
}

// SeatsView says how many seats there are and why they are not all free, of a position or of all positions of an activity.
type SeatsView struct {
	Capacity  int64 `json:"capacity" doc:"Seats there are" example:"10"`
	Confirmed int64 `json:"confirmed" doc:"Seats given to students" example:"4"`
	Held      int64 `json:"held" doc:"Seats kept for offers that are not answered yet" example:"0"`
	Reserved  int64 `json:"reserved" doc:"Seats kept for paired branches until their time" example:"0"`
	Waiting   int64 `json:"waiting" doc:"Students on the waiting list" example:"0"`
	Left      int64 `json:"left" doc:"capacity - confirmed - held - reserved" example:"6"`
	Taken     int64 `json:"taken" deprecated:"true" doc:"The same as confirmed" example:"4"`
}

func newSeatsView(s project.Seats) SeatsView {
	return SeatsView{
		Capacity: s.Capacity, Confirmed: s.Taken - s.Held, Held: s.Held, Reserved: s.Reserved, Waiting: s.Waiting, Left: s.Left(), Taken: s.Taken - s.Held,
	}
}

// ActivityRowView is an activity in the public list.
type ActivityRowView struct {
	ID                ID          `json:"id" doc:"The activity"`
	Title             string      `json:"title" doc:"What it is called" example:"社区清洁日"`
	Organiser         OrgNameView `json:"organiser" doc:"Who runs it"`
	Host              OrgNameView `json:"host" doc:"Where it happens"`
	Field             string      `json:"field,omitempty" doc:"Code of a field" example:"ECOLOGY"`
	Category          string      `json:"category,omitempty" doc:"Code of a category" example:"GOVERNANCE"`
	Mode              string      `json:"mode" enum:"ONSITE,REMOTE,HYBRID" doc:"Where it is done" example:"ONSITE"`
	PlacementMode     string      `json:"placement_mode" enum:"DAILY,CONCENTRATED,EVENT_PHASE,SINGLE" doc:"How long it lasts" example:"SINGLE"`
	CountsAsVolunteer bool        `json:"counts_as_volunteer" doc:"Its hours are volunteer hours"`
	Phase             string      `json:"phase" enum:"PUBLISHED,SIGNUP_OPEN,SIGNUP_CLOSED,ONGOING,FINISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"PUBLISHED: sign-up has not opened yet" example:"SIGNUP_OPEN"`
	StartsAt          Time        `json:"starts_at" doc:"Start of the first session"`
	EndsAt            Time        `json:"ends_at" doc:"End of the last session"`
	SignupOpensAt     Time        `json:"signup_opens_at" doc:"Included"`
	SignupClosesAt    Time        `json:"signup_closes_at" doc:"Excluded"`
	Place             string      `json:"place,omitempty" doc:"Of the first session" example:"戊社区党群服务中心"`
	Lat               *float64    `json:"lat,omitempty" minimum:"-90" maximum:"90" doc:"Of the first session, WGS-84" example:"36.651234"`
	Lng               *float64    `json:"lng,omitempty" minimum:"-180" maximum:"180" doc:"Of the first session, WGS-84" example:"117.120095"`
	DistanceM         *int64      `json:"distance_m,omitempty" doc:"Whole metres from the place that was asked for" example:"820"`
	Cover             string      `json:"cover,omitempty" doc:"Path of its picture; absent before that has passed the check" example:"/api/v1/media/7301234567890123"`
	Seats             SeatsView   `json:"seats" doc:"All positions together"`
}

func newActivityRowView(r project.Listed) ActivityRowView {
	return ActivityRowView{
		ID: ID(r.ID), Title: r.Title, Organiser: OrgNameView{ID: ID(r.OrgID), Name: r.Organiser}, Host: OrgNameView{ID: ID(r.HostOrgID), Name: r.Host},
		Field: r.Field, Category: r.Category, Mode: r.Mode, PlacementMode: r.PlacementMode, CountsAsVolunteer: r.CountsAsVolunteer, Phase: string(r.Phase),
		StartsAt: At(r.StartsAt), EndsAt: At(r.EndsAt), SignupOpensAt: At(r.SignupOpensAt), SignupClosesAt: At(r.SignupClosesAt),
		Place: r.Place, Lat: degreesOrNil(r.LatE6), Lng: degreesOrNil(r.LngE6), DistanceM: r.DistanceM, Cover: mediaPathOrNone(r.Cover), Seats: newSeatsView(r.Seats),
	}
}

// ActivityPage is one page of the public list.
type ActivityPage struct {
	Page[ActivityRowView]
	Truncated bool `json:"truncated" doc:"More activities lie within the radius than the 2000 nearest, which are all that can be paged through" example:"false"`
}

// ActivityPageOut is the answer of the public list.
type ActivityPageOut struct{ Body ActivityPage }

// List lists published activities: soonest first, or around a place nearest first.
func (a *ActivityAPI) List(c *gin.Context, in *ListActivitiesIn) (*ActivityPageOut, error) {
	near, err := in.near()
	if err != nil {
		return nil, err
	}
	rows, err := a.Projects.Activities(c.Request.Context(), project.Filter{
		Query: in.Q, Field: in.Field, Category: in.Category, Carrier: in.Carrier, Mode: in.Mode, ProgrammeID: int64(in.ProgrammeID), DemandID: int64(in.DemandID), OrgID: int64(in.OrgID),
		Region: in.Region, StartsFrom: in.StartsFrom.Time(), StartsTo: in.StartsTo.Time(), OpenOnly: in.OpenOnly, Near: near,
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return &ActivityPageOut{Body: ActivityPage{Page: NewPage(rows.Result, newActivityRowView).Body, Truncated: rows.Truncated}}, nil
}

// ListManagedIn narrows the list for staff.
type ListManagedIn struct {
	PageIn
	Status   string `query:"status" enum:"DRAFT,SUBMITTED,RETURNED,APPROVED,PUBLISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"Only in this state, as stored" example:"SUBMITTED"`
	OrgID    ID     `query:"org_id" doc:"Organiser, campus side or host is this organisation or below it"`
	DemandID ID     `query:"demand_id" doc:"Only drafted from this demand"`
}

// ManagedActivityView is an activity in the list for staff.
type ManagedActivityView struct {
	ID          ID           `json:"id" doc:"The activity"`
	ProgrammeID ID           `json:"programme_id" doc:"The programme"`
	ProjectID   *ID          `json:"project_id,omitempty" doc:"The project, if any"`
	DemandID    *ID          `json:"demand_id,omitempty" doc:"The demand it was drafted from, if any"`
	Title       string       `json:"title" doc:"What it is called" example:"社区清洁日"`
	Organiser   OrgNameView  `json:"organiser" doc:"Who submits and publishes"`
	Campus      *OrgNameView `json:"campus,omitempty" doc:"Campus side, if any"`
	Host        OrgNameView  `json:"host" doc:"Local side"`
	Status      string       `json:"status" enum:"DRAFT,SUBMITTED,RETURNED,APPROVED,PUBLISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"As stored" example:"SUBMITTED"`
	Phase       string       `json:"phase" enum:"DRAFT,SUBMITTED,RETURNED,APPROVED,PUBLISHED,SIGNUP_OPEN,SIGNUP_CLOSED,ONGOING,FINISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"What the clock makes of the status now" example:"SUBMITTED"`
	StartsAt    Time         `json:"starts_at" doc:"Start of the first session"`
	EndsAt      Time         `json:"ends_at" doc:"End of the last session"`
	Seats       SeatsView    `json:"seats" doc:"All positions together"`
	CreatedAt   Time         `json:"created_at" doc:"When it was drafted"`
	UpdatedAt   Time         `json:"updated_at" doc:"When it last changed"`
}

func newManagedActivityView(m project.Managed) ManagedActivityView {
	a := m.Activity
	v := ManagedActivityView{
		ID: ID(a.ID), ProgrammeID: ID(a.ProgrammeID), ProjectID: idPointer(a.ProjectID), DemandID: idPointer(a.DemandID), Title: a.Title, Organiser: newOrgNameView(m.Organiser), Host: newOrgNameView(m.Host),
		Status: string(a.Status), Phase: string(m.Phase), StartsAt: At(a.StartsAt), EndsAt: At(a.EndsAt), Seats: newSeatsView(m.Seats),
		CreatedAt: At(a.CreatedAt), UpdatedAt: At(a.UpdatedAt),
	}
	if m.Campus.ID != 0 {
		campus := newOrgNameView(m.Campus)
		v.Campus = &campus
	}
	return v
}

// ListManaged lists activities in any state that the caller may see from inside, newest first.
func (a *ActivityAPI) ListManaged(c *gin.Context, in *ListManagedIn) (*PageOut[ManagedActivityView], error) {
	ctx := c.Request.Context()
	rows, err := a.Projects.ManagedActivities(ctx, access.From(ctx), project.ManagedFilter{Status: model.ActivityStatus(in.Status), OrgID: int64(in.OrgID), DemandID: int64(in.DemandID)}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newManagedActivityView), nil
}
