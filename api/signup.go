package api

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/signup"
)

// SignupAPI is signing up for activities.
type SignupAPI struct{ Signups *signup.Service }

// CreateSignupIn asks for a seat.
type CreateSignupIn struct {
	IdemIn
	PositionID ID `path:"id" doc:"The position"`
	Body       struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"Why this student fits" example:"做过两次社区清洁，会用对讲机"`
	}
}

// SignupView is one signup.
type SignupView struct {
	ID           ID     `json:"id" doc:"The signup"`
	ActivityID   ID     `json:"activity_id" doc:"The activity"`
	PositionID   ID     `json:"position_id" doc:"The position"`
	StudentID    ID     `json:"student_id" doc:"Whose it is"`
	Status       string `json:"status" enum:"PENDING_REVIEW,IN_LOTTERY,WAITLISTED,OFFERED,CONFIRMED,COMPLETED,CANCELLED_BY_USER,LATE_CANCEL,REJECTED,LOST_LOTTERY,OFFER_EXPIRED,LEAVE_APPROVED,NO_SHOW,REMOVED" doc:"CONFIRMED has a seat; COMPLETED has checked out of every session" example:"CONFIRMED"`
	Note         string `json:"note" doc:"As the student wrote it; empty for others until it has passed the checks of content" example:"做过两次社区清洁，会用对讲机"`
	Reason       string `json:"reason,omitempty" doc:"Why it ended, if somebody else ended it" example:"台风，活动取消"`
	GroupID      *ID    `json:"group_id,omitempty" doc:"The group it came with, if any"`
	OfferedUntil *Time  `json:"offered_until,omitempty" doc:"Of an OFFERED one: accept before then" example:"2026-10-14T01:00:00.000Z"`
	LeaveReason  string `json:"leave_reason,omitempty" doc:"Leave that the student asked for; absent for others until it has passed the checks of content" example:"家中有事"`
	MergedFrom   *ID    `json:"merged_from,omitempty" doc:"The signup of a merged activity that it goes on from: cancelling it is free" example:"7301234567890123"`
	CreatedAt    Time   `json:"created_at" doc:"When it was made"`
	UpdatedAt    Time   `json:"updated_at" doc:"When its status last changed"`
}

func newSignupView(s model.Signup) SignupView {
	return SignupView{
		ID: ID(s.ID), ActivityID: ID(s.ActivityID), PositionID: ID(s.PositionID), StudentID: ID(s.StudentID), Status: string(s.Status),
		Note: s.Note, Reason: s.Reason, GroupID: idPointer(s.GroupID), OfferedUntil: AtOrNil(s.OfferedUntil), LeaveReason: s.LeaveReason, MergedFrom: idPointer(s.MergedFrom), CreatedAt: At(s.CreatedAt), UpdatedAt: At(s.UpdatedAt),
	}
}

// SignupOut is the answer of a change to a signup.
type SignupOut struct{ Body SignupView }

// Create takes a seat for the signed-in student.
func (a *SignupAPI) Create(c *gin.Context, in *CreateSignupIn) (*SignupOut, error) {
	ctx := c.Request.Context()
	row, err := a.Signups.Create(ctx, access.From(ctx), int64(in.PositionID), in.Body.Note, in.Key())
	if err != nil {
		return nil, err
	}
	return &SignupOut{Body: newSignupView(row)}, nil
}

// SignupIn names a signup.
type SignupIn struct {
	ID ID `path:"id" doc:"The signup"`
}

// Cancel gives the seat back.
func (a *SignupAPI) Cancel(c *gin.Context, in *SignupIn) (*SignupOut, error) {
	ctx := c.Request.Context()
	row, err := a.Signups.Cancel(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &SignupOut{Body: newSignupView(row)}, nil
}

// Accept takes the seat that the waiting list offers.
func (a *SignupAPI) Accept(c *gin.Context, in *SignupIn) (*SignupOut, error) {
	ctx := c.Request.Context()
	row, err := a.Signups.Accept(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &SignupOut{Body: newSignupView(row)}, nil
}

// AskLeaveIn says why one cannot come.
type AskLeaveIn struct {
	ID   ID `path:"id" doc:"The signup"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"[^\\s\u3000]" patternDescription:"not blank" doc:"Why; the organiser reads it" example:"家中有事"`
	}
}

// AskLeave asks the organiser to be excused.
func (a *SignupAPI) AskLeave(c *gin.Context, in *AskLeaveIn) (*SignupOut, error) {
	ctx := c.Request.Context()
	row, err := a.Signups.AskLeave(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &SignupOut{Body: newSignupView(row)}, nil
}

// SignupDetailView is a signup with its activity and position.
type SignupDetailView struct {
	SignupView
	ActivityTitle  string `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
	ActivityStatus string `json:"activity_status" doc:"As stored; whether it is open, running or over follows from the times" example:"PUBLISHED"`
	PositionTitle  string `json:"position_title" doc:"Title of the position" example:"志愿者"`
	StartsAt       Time   `json:"starts_at" doc:"Start of the first session"`
	EndsAt         Time   `json:"ends_at" doc:"End of the last session"`
	CancelUntil    Time   `json:"cancel_until" doc:"Free cancelling before this"`
	Turn           int64  `json:"turn,omitempty" doc:"Of a WAITLISTED one, when it is read alone: 1 is next" example:"3"`
}

func newSignupDetailView(s signup.Shown) SignupDetailView {
	return SignupDetailView{
		SignupView: newSignupView(s.Signup), ActivityTitle: s.ActivityTitle, ActivityStatus: string(s.ActivityState), PositionTitle: s.PositionTitle,
		StartsAt: At(s.StartsAt), EndsAt: At(s.EndsAt), CancelUntil: At(s.CancelUntil), Turn: s.Turn,
	}
}

// SignupDetailOut is one signup.
type SignupDetailOut struct{ Body SignupDetailView }

// Get reads one signup.
func (a *SignupAPI) Get(c *gin.Context, in *SignupIn) (*SignupDetailOut, error) {
	ctx := c.Request.Context()
	row, err := a.Signups.Get(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &SignupDetailOut{Body: newSignupDetailView(row)}, nil
}

// SignupFilter keeps signups of one status.
type SignupFilter struct {
	Status string `query:"status" enum:"PENDING_REVIEW,IN_LOTTERY,WAITLISTED,OFFERED,CONFIRMED,COMPLETED,CANCELLED_BY_USER,LATE_CANCEL,REJECTED,LOST_LOTTERY,OFFER_EXPIRED,LEAVE_APPROVED,NO_SHOW,REMOVED" doc:"Only this status" example:"CONFIRMED"`
}

// MySignupsIn pages the caller's own signups.
type MySignupsIn struct {
	PageIn
	SignupFilter
}

// ListMine pages the caller's own signups, newest first.
func (a *SignupAPI) ListMine(c *gin.Context, in *MySignupsIn) (*PageOut[SignupDetailView], error) {
	ctx := c.Request.Context()
	rows, err := a.Signups.ListMine(ctx, access.From(ctx), model.SignupStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newSignupDetailView), nil
}

// ParticipantView is a student as the staff of an activity see them.
type ParticipantView struct {
	ID        ID     `json:"id" doc:"The student"`
	Name      string `json:"name" doc:"Whole or masked, as the caller's role allows; empty once the person is deleted" example:"王小明"`
	StudentNo string `json:"student_no" doc:"Always masked" example:"2023****17"`
	BranchID  ID     `json:"branch_id" doc:"League branch today"`
}

func newParticipantView(s signup.Student) ParticipantView {
	return ParticipantView{ID: ID(s.ID), Name: s.Name, StudentNo: s.No, BranchID: ID(s.BranchID)}
}

// ActivitySignupView is a signup as the staff of the activity see it.
type ActivitySignupView struct {
	SignupView
	PositionTitle string          `json:"position_title" doc:"Title of the position" example:"志愿者"`
	Student       ParticipantView `json:"student" doc:"Who signed up"`
}

func newActivitySignupView(m signup.Member) ActivitySignupView {
	return ActivitySignupView{SignupView: newSignupView(m.Signup), PositionTitle: m.PositionTitle, Student: newParticipantView(m.Student)}
}

// ActivitySignupsIn pages the signups of an activity.
type ActivitySignupsIn struct {
	PageIn
	SignupFilter
	ID ID `path:"id" doc:"The activity"`
}

// ListOfActivity pages the signups of an activity in the order they came.
func (a *SignupAPI) ListOfActivity(c *gin.Context, in *ActivitySignupsIn) (*PageOut[ActivitySignupView], error) {
	ctx := c.Request.Context()
	rows, err := a.Signups.ListOfActivity(ctx, access.From(ctx), int64(in.ID), model.SignupStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newActivitySignupView), nil
}

// AvailabilityIn names a position.
type AvailabilityIn struct {
	IfNoneMatchIn
	ID ID `path:"id" doc:"The position"`
}

// AvailabilityView explains how many seats are left and why.
type AvailabilityView struct {
	PositionID ID    `json:"position_id" doc:"The position"`
	Capacity   int64 `json:"capacity" doc:"Seats there are" example:"10"`
	Confirmed  int64 `json:"confirmed" doc:"Seats given to students" example:"3"`
	Held       int64 `json:"held" doc:"Seats kept for offers that are not answered yet" example:"0"`
	Reserved   int64 `json:"reserved" doc:"Free seats kept for paired branches until their time" example:"0"`
	Waiting    int64 `json:"waiting" doc:"Students on the waiting list" example:"0"`
	Left       int64 `json:"left" doc:"capacity - confirmed - held - reserved: what anybody may still have. While somebody waits, whoever comes waits too" example:"7"`
}

// AvailabilityOut is the answer, or 304 without it.
type AvailabilityOut struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         AvailabilityView
}

func newAvailabilityOut(v signup.Availability, have IfNoneMatchIn) *AvailabilityOut {
	out := &AvailabilityOut{
		Status: http.StatusOK, ETag: fmt.Sprintf(`"%d-%d-%d-%d-%d"`, v.Capacity, v.Confirmed, v.Held, v.Reserved, v.Waiting), CacheControl: "no-cache",
		Body: AvailabilityView{
			PositionID: ID(v.PositionID), Capacity: v.Capacity, Confirmed: v.Confirmed, Held: v.Held, Reserved: v.Reserved, Waiting: v.Waiting, Left: v.Left,
		},
	}
	if have.Has(out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out
}

// Availability tells how many seats are left.
func (a *SignupAPI) Availability(c *gin.Context, in *AvailabilityIn) (*AvailabilityOut, error) {
	ctx := c.Request.Context()
	v, err := a.Signups.Availability(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return newAvailabilityOut(v, in.IfNoneMatchIn), nil
}
