package api

import (
	"context"
	"fmt"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/support"
)

// SupportAPI is for when something goes wrong around a session.
type SupportAPI struct{ Support *support.Service }

// ContactView is somebody to call.
type ContactView struct {
	Role  string `json:"role" enum:"HOST,ORGANISER" doc:"The contact at the host, or who runs the activity for the organiser" example:"HOST"`
	Name  string `json:"name" doc:"Empty once the person is deleted" example:"陈干事"`
	Org   string `json:"org" doc:"Their side" example:"戊社区"`
	Phone string `json:"phone,omitempty" doc:"Absent if they have given none; masked 30 days after the activity" example:"+8613800000001"`
}

// HelpView is whom to call around a session.
type HelpView struct {
	SessionID     ID            `json:"session_id" doc:"The session"`
	ActivityTitle string        `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
	Place         string        `json:"place" doc:"Where it is, to tell the ambulance" example:"戊社区广场"`
	Contacts      []ContactView `json:"contacts" nullable:"false" doc:"Whom to call, the host first"`
	Emergency     []string      `json:"emergency" nullable:"false" doc:"Numbers of the police, the fire brigade and the ambulance" example:"[\"110\",\"119\",\"120\"]"`
}

// HelpIn names a session.
type HelpIn struct {
	ID ID `path:"id" doc:"The session"`
}

// HelpOut is the answer.
type HelpOut struct{ Body HelpView }

// Help tells whom to call.
func (a *SupportAPI) Help(c *gin.Context, in *HelpIn) (*HelpOut, error) {
	ctx := c.Request.Context()
	h, err := a.Support.Help(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &HelpOut{Body: HelpView{
		SessionID: ID(h.Session.ID), ActivityTitle: h.Activity.Title, Place: h.Session.Place, Emergency: []string{"110", "119", "120"},
		Contacts: Views(h.Contacts, func(c support.Contact) ContactView { return ContactView(c) }),
	}}, nil
}

// IncidentView is one incident.
type IncidentView struct {
	ID            ID       `json:"id" doc:"The incident"`
	SessionID     ID       `json:"session_id" doc:"The session around which it happened"`
	ActivityID    ID       `json:"activity_id" doc:"Its activity"`
	ActivityTitle string   `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
	Place         string   `json:"place" doc:"Where the session is" example:"戊社区广场"`
	Kind          string   `json:"kind" enum:"INJURY,ILLNESS,SAFETY,PROPERTY,CONFLICT,OTHER" doc:"What it is" example:"INJURY"`
	Text          string   `json:"text" doc:"What happened; empty once the person is deleted" example:"一名同学扭伤脚踝，已送社区卫生站"`
	Files         []string `json:"files" nullable:"false" doc:"Pictures, for whoever may read the incident" example:"[\"/api/v1/incidents/7301234567890123/files/7301234567890124\"]"`
	ReportedBy    ID       `json:"reported_by" doc:"User who reported it"`
	StudentID     *ID      `json:"student_id,omitempty" doc:"The same as a student; absent for staff"`
	Status        string   `json:"status" enum:"REPORTED,HANDLED,CLOSED" doc:"How far it is" example:"REPORTED"`
	HandledBy     *ID      `json:"handled_by,omitempty" doc:"User who saw to it"`
	HandledAt     *Time    `json:"handled_at,omitempty" doc:"When"`
	Handling      string   `json:"handling,omitempty" doc:"What was done" example:"已送医，家长到场"`
	ClosedBy      *ID      `json:"closed_by,omitempty" doc:"User who closed it"`
	ClosedAt      *Time    `json:"closed_at,omitempty" doc:"When"`
	Closing       string   `json:"closing,omitempty" doc:"What came of it" example:"轻微扭伤，已康复"`
	CreatedAt     Time     `json:"created_at" doc:"When it was reported"`
	UpdatedAt     Time     `json:"updated_at" doc:"When its status last changed"`
}

func newIncidentView(i support.Shown) IncidentView {
	files := make([]string, len(i.Files))
	for n, id := range i.Files {
		files[n] = fmt.Sprintf("/api/v1/incidents/%d/files/%d", i.ID, id)
	}
	return IncidentView{
		ID: ID(i.ID), SessionID: ID(i.SessionID), ActivityID: ID(i.ActivityID), ActivityTitle: i.ActivityTitle, Place: i.Place, Kind: i.Kind, Text: i.Text, Files: files,
		ReportedBy: ID(i.UserID), StudentID: idOrNil(i.StudentID), Status: string(i.Status), HandledBy: idPointer(i.HandledBy), HandledAt: AtOrNil(i.HandledAt),
		Handling: i.Handling, ClosedBy: idPointer(i.ClosedBy), ClosedAt: AtOrNil(i.ClosedAt), Closing: i.Closing, CreatedAt: At(i.CreatedAt), UpdatedAt: At(i.UpdatedAt),
	}
}

// IncidentOut is one incident.
type IncidentOut struct{ Body IncidentView }

func newIncidentOut(i support.Shown, err error) (*IncidentOut, error) {
	if err != nil {
		return nil, err
	}
	return &IncidentOut{Body: newIncidentView(i)}, nil
}

// ReportIncidentIn tells of an incident.
type ReportIncidentIn struct {
	IdemIn
	ID   ID `path:"id" doc:"The session"`
	Body struct {
		Kind    string `json:"kind" enum:"INJURY,ILLNESS,SAFETY,PROPERTY,CONFLICT,OTHER" doc:"What it is" example:"INJURY"`
		Text    string `json:"text" minLength:"1" maxLength:"1000" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What happened; host, organiser and school read it" example:"一名同学扭伤脚踝，已送社区卫生站"`
		FileIDs []ID   `json:"file_ids,omitempty" maxItems:"6" nullable:"false" doc:"Uploads that show it" example:"[\"7301234567890124\"]"`
	}
}

// Report tells of an incident.
func (a *SupportAPI) Report(c *gin.Context, in *ReportIncidentIn) (*IncidentOut, error) {
	ctx := c.Request.Context()
	return newIncidentOut(a.Support.Report(ctx, access.From(ctx), int64(in.ID), in.Key(), support.Report{
		Kind: in.Body.Kind, Text: in.Body.Text, Files: Int64s(in.Body.FileIDs),
	}))
}

// IncidentsIn pages incidents.
type IncidentsIn struct {
	PageIn
	Status string `query:"status" enum:"REPORTED,HANDLED,CLOSED" doc:"Only this status" example:"REPORTED"`
}

// List pages incidents that the caller may read, newest first.
func (a *SupportAPI) List(c *gin.Context, in *IncidentsIn) (*PageOut[IncidentView], error) {
	ctx := c.Request.Context()
	rows, err := a.Support.Incidents(ctx, access.From(ctx), model.IncidentStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newIncidentView), nil
}

// IncidentIn names an incident.
type IncidentIn struct {
	ID ID `path:"id" doc:"The incident"`
}

// Get reads one incident.
func (a *SupportAPI) Get(c *gin.Context, in *IncidentIn) (*IncidentOut, error) {
	ctx := c.Request.Context()
	return newIncidentOut(a.Support.Incident(ctx, access.From(ctx), int64(in.ID)))
}

// IncidentFileIn names a picture of an incident.
type IncidentFileIn struct {
	ID     ID `path:"id" doc:"The incident"`
	FileID ID `path:"file_id" doc:"The upload"`
}

// Picture shows a picture of an incident.
func (a *SupportAPI) Picture(c *gin.Context, in *IncidentFileIn) (*File, error) {
	ctx := c.Request.Context()
	p, err := a.Support.Picture(ctx, access.From(ctx), int64(in.ID), int64(in.FileID))
	return newPicture(c, p, err)
}

// HandleIncidentIn says what was done.
type HandleIncidentIn struct {
	ID   ID `path:"id" doc:"The incident"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"What was done, or what came of it; whoever may read the incident reads it" example:"已送医，家长到场"`
	}
}

// Handle says what was done about an incident.
func (a *SupportAPI) Handle(c *gin.Context, in *HandleIncidentIn) (*IncidentOut, error) {
	return handled(c, in, a.Support.Handle)
}

// Close says what came of an incident.
func (a *SupportAPI) Close(c *gin.Context, in *HandleIncidentIn) (*IncidentOut, error) {
	return handled(c, in, a.Support.Close)
}

func handled(c *gin.Context, in *HandleIncidentIn, do func(context.Context, access.Actor, int64, string) (support.Shown, error)) (*IncidentOut, error) {
	ctx := c.Request.Context()
	return newIncidentOut(do(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}
