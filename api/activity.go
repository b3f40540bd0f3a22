package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/matching/geo"
	"baodao/service/project"
)

// ActivityAPI is activities with their sessions and positions.
type ActivityAPI struct{ Projects *project.Service }

// SlotBody is the time and place of a session.
type SlotBody struct {
	StartsAt Time     `json:"starts_at" doc:"Included; a whole minute" example:"2026-10-17T01:00:00.000Z"`
	EndsAt   Time     `json:"ends_at" doc:"Excluded; a whole minute, at most 24 hours later" example:"2026-10-17T03:00:00.000Z"`
	Place    string   `json:"place,omitempty" maxLength:"200" doc:"As people say it; needed unless the activity is remote" example:"戊社区党群服务中心"`
	Lat      *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90" dependentRequired:"lng" doc:"Decimal degrees, WGS-84" example:"36.651234"`
	Lng      *float64 `json:"lng,omitempty" minimum:"-180" maximum:"180" dependentRequired:"lat" doc:"Decimal degrees, WGS-84" example:"117.120095"`
	RadiusM  int64    `json:"radius_m,omitempty" minimum:"10" maximum:"5000" default:"200" doc:"Fence around the place for check-in, metres" example:"200"`
}

func (b SlotBody) slot() project.Slot {
	s := project.Slot{StartsAt: b.StartsAt.Time(), EndsAt: b.EndsAt.Time(), Place: b.Place, RadiusM: b.RadiusM}
	if b.Lat != nil && b.Lng != nil {
		at := geo.FromDegrees(*b.Lat, *b.Lng)
		s.At = &at
	}
	return s
}

// PositionBody is a position of an activity.
type PositionBody struct {
	Title       string `json:"title" minLength:"1" maxLength:"60" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"The role" example:"志愿者"`
	Description string `json:"description,omitempty" maxLength:"1000" doc:"What it does and needs" example:"清扫楼道，需自带手套"`
	Capacity    int64  `json:"capacity" minimum:"1" maximum:"100000" doc:"Seats" example:"10"`
	Reserved    int64  `json:"reserved,omitempty" minimum:"0" maximum:"100000" doc:"Of the seats, kept for branches that are paired with the host until paired_until" example:"3"`
}

// ActivityDraft is what an organiser writes.
type ActivityDraft struct {
	Title             string   `json:"title" minLength:"1" maxLength:"100" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What it is called" example:"社区清洁日"`
	Summary           string   `json:"summary,omitempty" maxLength:"2000" doc:"What is done" example:"打扫楼道与广场"`
	Field             string   `json:"field,omitempty" maxLength:"40" doc:"Code of one of the programme's fields" example:"ECOLOGY"`
	Category          string   `json:"category,omitempty" maxLength:"40" doc:"Code of one of the programme's categories" example:"GOVERNANCE"`
	Carriers          []string `json:"carriers,omitempty" maxItems:"10" uniqueItems:"true" minLength:"2" maxLength:"40" pattern:"^[A-Z][A-Z0-9_]+$" doc:"Carriers of practice, such as YOUTH_COMMANDO YOUTH_VOLUNTEER COMMUNITY_YOUTH SAN_XIA_XIANG HOME_RETURN" example:"[\"SAN_XIA_XIANG\"]"`
	Mode              string   `json:"mode" enum:"ONSITE,REMOTE,HYBRID" doc:"Where it is done" example:"ONSITE"`
	PlacementMode     string   `json:"placement_mode" enum:"DAILY,CONCENTRATED,EVENT_PHASE,SINGLE" doc:"DAILY: through a term; CONCENTRATED: a month in the holidays; EVENT_PHASE: around an event; SINGLE: once" example:"SINGLE"`
	SignupOpensAt     Time     `json:"signup_opens_at" doc:"Sign-up is open from then on" example:"2026-10-12T01:00:00.000Z"`
	SignupClosesAt    Time     `json:"signup_closes_at" doc:"And until then; not after the first session starts" example:"2026-10-16T16:00:00.000Z"`
	CancelUntil       Time     `json:"cancel_until,omitzero" doc:"Cancelling is free before that; 24 hours before the first session when left out" example:"2026-10-16T01:00:00.000Z"`
	MinTurnout        int64    `json:"min_turnout,omitempty" minimum:"0" maximum:"100000" doc:"Fewer than that and it may be called off; 0 for none" example:"3"`
	CountsAsVolunteer bool     `json:"counts_as_volunteer,omitempty" doc:"Its hours are volunteer hours"`
	InsuranceRequired bool     `json:"insurance_required,omitempty" doc:"Cover is needed before a seat" example:"false"`
	TrainingRequired  bool     `json:"training_required,omitempty" doc:"Training is needed before a seat" example:"false"`
	MinorsContact     bool     `json:"minors_contact,omitempty" doc:"Work with minors: clearance is needed before a seat" example:"false"`
	RiskNote          string   `json:"risk_note,omitempty" maxLength:"1000" doc:"The risks, shown before sign-up; needed to publish" example:"楼道台阶较陡，请穿防滑鞋"`
	HostContactID     ID       `json:"host_contact_id,omitempty" doc:"User at the host or its town who answers questions; needed to publish"`
	SignupRulesBody
	Sessions  []SlotBody     `json:"sessions" minItems:"1" maxItems:"200" doc:"Not over each other"`
	Positions []PositionBody `json:"positions" minItems:"1" maxItems:"50" doc:"A student signs up for one of them"`
}

func (b ActivityDraft) draft() project.Draft {
	d := project.Draft{
		Title: b.Title, Summary: b.Summary, Field: b.Field, Category: b.Category, Carriers: b.Carriers, Mode: b.Mode, PlacementMode: b.PlacementMode,
		SignupOpensAt: b.SignupOpensAt.Time(), SignupClosesAt: b.SignupClosesAt.Time(), CancelUntil: b.CancelUntil.Time(), MinTurnout: b.MinTurnout,
		CountsAsVolunteer: b.CountsAsVolunteer, InsuranceRequired: b.InsuranceRequired, TrainingRequired: b.TrainingRequired, MinorsContact: b.MinorsContact,
		RiskNote: b.RiskNote, HostContactID: int64(b.HostContactID), Rules: b.rules(), Sessions: Views(b.Sessions, SlotBody.slot),
	}
	for _, p := range b.Positions {
		d.Positions = append(d.Positions, project.Seat{Title: p.Title, Description: p.Description, Capacity: p.Capacity, Reserved: p.Reserved})
	}
	return d
}

// CreateActivityIn asks for an activity.
type CreateActivityIn struct {
	IdemIn
	Body struct {
		OrgID       ID `json:"org_id" doc:"The organiser: one of the project's two sides, or the unit itself"`
		ProjectID   ID `json:"project_id,omitempty" doc:"A running project; programme and both sides are its own"`
		ProgrammeID ID `json:"programme_id,omitempty" doc:"Needed without a project"`
		HostOrgID   ID `json:"host_org_id,omitempty" doc:"Needed for a campus organiser without a project"`
		ActivityDraft
	}
}

// UpdateActivityIn writes the content of an activity anew.
type UpdateActivityIn struct {
	ID ID `path:"id" doc:"The activity"`
	IfMatchIn
	Body ActivityDraft
}

// ActivityIn names an activity.
type ActivityIn struct {
	ID ID `path:"id" doc:"The activity"`
}

// ActivityReasonIn names an activity and why it is moved.
type ActivityReasonIn struct {
	ID   ID `path:"id" doc:"The activity"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; kept in the audit log. No names of persons" example:"台风预警"`
	}
}

// MoveSessionIn changes time and place of a session.
type MoveSessionIn struct {
	ID ID `path:"id" doc:"The session"`
	IfMatchIn
	Body SlotBody
}

// SetCapacityIn changes the seats of a position.
type SetCapacityIn struct {
	ID ID `path:"id" doc:"The position"`
	IfMatchIn
	Body struct {
		Capacity int64 `json:"capacity" minimum:"1" maximum:"100000" doc:"Seats, never fewer than are taken" example:"20"`
	}
}

// SessionView is a session of an activity.
type SessionView struct {
	ID       ID       `json:"id" doc:"The session"`
	StartsAt Time     `json:"starts_at" doc:"Included"`
	EndsAt   Time     `json:"ends_at" doc:"Excluded"`
	Place    string   `json:"place,omitempty" doc:"As people say it" example:"戊社区党群服务中心"`
	Lat      *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90" doc:"Decimal degrees, WGS-84" example:"36.651234"`
	Lng      *float64 `json:"lng,omitempty" minimum:"-180" maximum:"180" doc:"Decimal degrees, WGS-84" example:"117.120095"`
	RadiusM  int64    `json:"radius_m" doc:"Fence around the place for check-in, metres" example:"200"`
}

func newSessionView(s model.Session) SessionView {
	v := SessionView{ID: ID(s.ID), StartsAt: At(s.StartsAt), EndsAt: At(s.EndsAt), Place: s.Place, RadiusM: s.RadiusM}
	v.Lat, v.Lng = degreesOrNil(s.LatE6), degreesOrNil(s.LngE6)
	return v
}

// degreesOrNil turns optional millionths of a degree into degrees.
func degreesOrNil(e6 *int64) *float64 {
	if e6 == nil {
		return nil
	}
	degrees := float64(*e6) / 1e6
	return &degrees
}

// PositionAvailabilityView explains how full a position is.
type PositionAvailabilityView struct {
	SeatsView

	Size int64 `json:"size" deprecated:"true" doc:"The same as capacity" example:"10"`
}

// PositionView is a position of an activity.
type PositionView struct {
	ID           ID                       `json:"id" doc:"The position"`
	Title        string                   `json:"title" doc:"The role" example:"志愿者"`
	Description  string                   `json:"description,omitempty" doc:"What it does and needs" example:"清扫楼道"`
	Reserved     int64                    `json:"reserved,omitempty" doc:"Of the seats, kept for paired branches until paired_until, as the draft says" example:"3"`
	Availability PositionAvailabilityView `json:"availability" doc:"How full it is"`
	ETag         string                   `json:"etag" doc:"Send it in If-Match to change the seats" example:"\"1\""`
}

func newPositionView(p model.Position, seats project.Seats) PositionView {
	return PositionView{
		ID: ID(p.ID), Title: p.Title, Description: p.Description, Reserved: p.Reserved, ETag: ETag(p.Version),
		Availability: PositionAvailabilityView{Size: p.Capacity, SeatsView: newSeatsView(seats)},
	}
}

// PositionOut answers one position.
type PositionOut struct {
	ETag string `header:"ETag"`
	Body PositionView
}

// HostContactView is who answers at the host.
type HostContactView struct {
	UserID ID     `json:"user_id" doc:"The user"`
	Name   string `json:"name" doc:"Display name" example:"陈干事"`
}

// ActivityView is an activity with everything that hangs on it.
type ActivityView struct {
	ID            ID           `json:"id" doc:"The activity"`
	ProgrammeID   ID           `json:"programme_id" doc:"The programme"`
	ProjectID     *ID          `json:"project_id,omitempty" doc:"The project, if any"`
	DemandID      *ID          `json:"demand_id,omitempty" doc:"The demand it was drafted from, if any"`
	Organiser     OrgNameView  `json:"organiser" doc:"Who submits and publishes"`
	Campus        *OrgNameView `json:"campus,omitempty" doc:"Campus side, if any"`
	Host          OrgNameView  `json:"host" doc:"Local side: where it happens"`
	Status        string       `json:"status" enum:"DRAFT,SUBMITTED,RETURNED,APPROVED,PUBLISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"As stored" example:"PUBLISHED"`
	Phase         string       `json:"phase" enum:"DRAFT,SUBMITTED,RETURNED,APPROVED,PUBLISHED,SIGNUP_OPEN,SIGNUP_CLOSED,ONGOING,FINISHED,CANCELLED,MERGED,HOURS_CONFIRMED,CLOSED" doc:"What the clock makes of the status now" example:"SIGNUP_OPEN"`
	Title         string       `json:"title" doc:"What it is called" example:"社区清洁日"`
	Summary       string       `json:"summary,omitempty" doc:"What is done" example:"打扫楼道与广场"`
	Field         string       `json:"field,omitempty" doc:"Code of one of the programme's fields" example:"ECOLOGY"`
	Category      string       `json:"category,omitempty" doc:"Code of one of the programme's categories" example:"GOVERNANCE"`
	Carriers      []string     `json:"carriers" nullable:"false" doc:"Carriers of practice" example:"[\"SAN_XIA_XIANG\"]"`
	Mode          string       `json:"mode" enum:"ONSITE,REMOTE,HYBRID" doc:"Where it is done" example:"ONSITE"`
	PlacementMode string       `json:"placement_mode" enum:"DAILY,CONCENTRATED,EVENT_PHASE,SINGLE" doc:"How long it lasts" example:"SINGLE"`
	SignupRulesBody
	SignupOpensAt     Time             `json:"signup_opens_at" doc:"Included"`
	SignupClosesAt    Time             `json:"signup_closes_at" doc:"Excluded"`
	CancelUntil       Time             `json:"cancel_until" doc:"Cancelling is free before that"`
	MinTurnout        int64            `json:"min_turnout" doc:"0 for none" example:"3"`
	CountsAsVolunteer bool             `json:"counts_as_volunteer" doc:"Its hours are volunteer hours"`
	InsuranceRequired bool             `json:"insurance_required" doc:"Cover is needed before a seat" example:"false"`
	TrainingRequired  bool             `json:"training_required" doc:"Training is needed before a seat" example:"false"`
	MinorsContact     bool             `json:"minors_contact" doc:"Work with minors: clearance is needed before a seat" example:"false"`
	RiskNote          string           `json:"risk_note,omitempty" doc:"The risks" example:"楼道台阶较陡，请穿防滑鞋"`
	HostContact       *HostContactView `json:"host_contact,omitempty" doc:"Who answers at the host; only for those who are signed in"`
	RegionCode        string           `json:"region_code,omitempty" doc:"Division of the host" example:"370102001001"`
	StartsAt          Time             `json:"starts_at" doc:"Start of the first session"`
	EndsAt            Time             `json:"ends_at" doc:"End of the last session"`
	PublishedAt       *Time            `json:"published_at,omitempty" doc:"Absent before that"`
	MergedInto        *ID              `json:"merged_into,omitempty" doc:"The activity that took its students over, once it is MERGED"`
	ReturnReason      string           `json:"return_reason,omitempty" doc:"Why it was sent back; for those who manage it, until it is submitted again" example:"风险提示再写细一些"`
	Cover             string           `json:"cover,omitempty" doc:"Path of its picture; absent before that has passed the check" example:"/api/v1/media/7301234567890123"`
	Sessions          []SessionView    `json:"sessions" nullable:"false" doc:"In order of time"`
	Positions         []PositionView   `json:"positions" nullable:"false" doc:"What to sign up for"`
}

func newActivityView(d project.Detail) ActivityView {
	a := d.Activity
	v := ActivityView{
		ID: ID(a.ID), ProgrammeID: ID(a.ProgrammeID), ProjectID: idPointer(a.ProjectID), DemandID: idPointer(a.DemandID), Organiser: newOrgNameView(d.Organiser), Host: newOrgNameView(d.Host),
		Status: string(a.Status), Phase: string(d.Phase), Title: a.Title, Summary: a.Summary, Field: a.Field, Category: a.Category,
		Carriers: append([]string{}, a.Carriers...), Mode: a.Mode, PlacementMode: a.PlacementMode, SignupRulesBody: newSignupRulesBody(a),
		SignupOpensAt: At(a.SignupOpensAt), SignupClosesAt: At(a.SignupClosesAt), CancelUntil: At(a.CancelUntil), MinTurnout: a.MinTurnout,
		CountsAsVolunteer: a.CountsAsVolunteer, InsuranceRequired: a.InsuranceRequired, TrainingRequired: a.TrainingRequired, MinorsContact: a.MinorsContact,
		RiskNote: a.RiskNote, RegionCode: a.RegionCode, StartsAt: At(a.StartsAt), EndsAt: At(a.EndsAt), PublishedAt: AtOrNil(a.PublishedAt), MergedInto: idPointer(a.MergedInto), Cover: mediaPathOrNone(d.Cover),
		Sessions: Views(d.Sessions, newSessionView), Positions: make([]PositionView, len(d.Positions)),
	}
	for i, p := range d.Positions {
		v.Positions[i] = newPositionView(p, d.Seats[i])
	}
	if d.Campus.ID != 0 {
		campus := newOrgNameView(d.Campus)
		v.Campus = &campus
	}
	if a.ReturnReason != nil && a.PublishedAt == nil { // before that only those who manage it get here
		v.ReturnReason = *a.ReturnReason
	}
	if d.Contact != "" {
		v.HostContact = &HostContactView{UserID: ID(a.HostContactID), Name: d.Contact}
	}
	return v
}

// ActivityOut answers one activity.
type ActivityOut struct {
	ETag string `header:"ETag"`
	Body ActivityView
}

func newActivityOut(d project.Detail, err error) (*ActivityOut, error) {
	if err != nil {
		return nil, err
	}
	return &ActivityOut{ETag: ETag(d.Activity.Version), Body: newActivityView(d)}, nil
}

// Create drafts an activity.
func (a *ActivityAPI) Create(c *gin.Context, in *CreateActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.CreateActivity(ctx, access.From(ctx), in.Key(), project.NewActivity{
		OrgID: int64(in.Body.OrgID), ProjectID: int64(in.Body.ProjectID), ProgrammeID: int64(in.Body.ProgrammeID),
		HostOrgID: int64(in.Body.HostOrgID), Draft: in.Body.draft(),
	}))
}

// Get reads one activity.
func (a *ActivityAPI) Get(c *gin.Context, in *ActivityIn) (*ActivityOut, error) {
	ctx := c.Request.Context()
	return newActivityOut(a.Projects.Activity(ctx, access.From(ctx), int64(in.ID)))
}
