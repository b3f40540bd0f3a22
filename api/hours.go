package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/attend"
	"baodao/service/upload"
)

// HoursAPI is claims for hours, their confirmation, and the ledger.
type HoursAPI struct {
	Hours   *attend.Service
	Uploads *upload.Service
}

// ClaimView asks for the minutes of one session.
type ClaimView struct {
	ID           ID     `json:"id" doc:"The claim"`
	ActivityID   ID     `json:"activity_id" doc:"The activity"`
	SessionID    ID     `json:"session_id" doc:"The session"`
	SignupID     *ID    `json:"signup_id,omitempty" doc:"The signup; absent in a make-up of somebody without a seat"`
	StudentID    ID     `json:"student_id" doc:"Who earns"`
	Minutes      int64  `json:"minutes" doc:"Whole minutes, at most the planned ones" example:"120"`
	Class        string `json:"class" enum:"VOLUNTEER,PRACTICE" doc:"VOLUNTEER only where the activity counts as volunteer work" example:"VOLUNTEER"`
	Basis        string `json:"basis" enum:"CHECKIN,MANUAL,MAKEUP,REMOTE" doc:"What it rests on" example:"CHECKIN"`
	StartsAt     Time   `json:"starts_at" doc:"Credited from"`
	EndsAt       Time   `json:"ends_at" doc:"Credited until"`
	Status       string `json:"status" enum:"IN_REVIEW,COMPUTED,LEAD_CONFIRMED,HOST_FIRST,HOST_CONFIRMED,RECOGNISED,PUBLICISED,POSTED,DISPUTED,REJECTED" doc:"How far it is. IN_REVIEW: a check-in is in doubt; HOST_FIRST: proposed hours wait for a second person of the host" example:"COMPUTED"`
	LeadBy       *ID    `json:"lead_by,omitempty" doc:"User who confirmed for the team"`
	HostBy       *ID    `json:"host_by,omitempty" doc:"User who confirmed for the host"`
	SecondBy     *ID    `json:"second_by,omitempty" doc:"Second user who confirmed proposed hours for the host"`
	ProposedBy   *ID    `json:"proposed_by,omitempty" doc:"User who proposed the hours; absent for computed ones"`
	RecognisedBy *ID    `json:"recognised_by,omitempty" doc:"User who recognised for the school"`
	Reason       string `json:"reason,omitempty" doc:"Of a dispute or rejection, or why the minutes are fewer: PRESENCE_TOO_SHORT DAY_LIMIT OVERLAP CHECK_OUT_ANNULLED" example:"PRESENCE_TOO_SHORT"`
	DueAt        *Time  `json:"due_at,omitempty" doc:"LEAD_CONFIRMED, HOST_FIRST: until then the host is to confirm; PUBLICISED: it is posted then; absent in other states"`
	EscalatedAt  *Time  `json:"escalated_at,omitempty" doc:"LEAD_CONFIRMED, HOST_FIRST: the host is overdue, and the organisation above it was told then"`
	UpdatedAt    Time   `json:"updated_at" doc:"When it last changed"`
}

func newClaimView(c model.HoursClaim) ClaimView {
	out := ClaimView{
		ID: ID(c.ID), ActivityID: ID(c.ActivityID), SessionID: ID(c.SessionID), SignupID: idOrNil(c.SignupID), StudentID: ID(c.StudentID),
		Minutes: c.Minutes, Class: c.Class, Basis: c.Basis, StartsAt: At(c.StartsAt), EndsAt: At(c.EndsAt), Status: string(c.Status),
		LeadBy: idPointer(c.LeadBy), HostBy: idPointer(c.HostBy), SecondBy: idPointer(c.SecondBy), ProposedBy: idPointer(c.ProposedBy), RecognisedBy: idPointer(c.RecognisedBy), Reason: c.Reason, UpdatedAt: At(c.UpdatedAt),
	}
	waiting := c.Status == model.ClaimLead || c.Status == model.ClaimHostFirst
	if waiting || c.Status == model.ClaimPublicised {
		out.DueAt = AtOrNil(c.DueAt)
	}
	if waiting {
		out.EscalatedAt = AtOrNil(c.EscalatedAt)
	}
	return out
}

// ListedClaimView is a claim as lists over many activities show it.
type ListedClaimView struct {
	ActivityClaimView
	ActivityTitle string `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
}

func newListedClaimView(l attend.Listed) ListedClaimView {
	return ListedClaimView{
		ActivityClaimView: ActivityClaimView{ClaimView: newClaimView(l.HoursClaim), Student: newParticipantView(l.Student)}, ActivityTitle: l.ActivityTitle,
	}
}

// OrgClaimsIn pages claims that have to do with an organisation.
type OrgClaimsIn struct {
	PageIn
	ID ID `path:"id" doc:"The organisation; all below it counts"`
}

// ListOverdue pages the claims that hosts have left waiting.
func (a *HoursAPI) ListOverdue(c *gin.Context, in *OrgClaimsIn) (*PageOut[ListedClaimView], error) {
	ctx := c.Request.Context()
	rows, err := a.Hours.Overdue(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newListedClaimView), nil
}

// ListNotices pages the claims that are publicised.
func (a *HoursAPI) ListNotices(c *gin.Context, in *OrgClaimsIn) (*PageOut[ListedClaimView], error) {
	ctx := c.Request.Context()
	rows, err := a.Hours.Notices(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newListedClaimView), nil
}

// ActivityClaimView is a claim as lists show it.
type ActivityClaimView struct {
	ClaimView
	Student ParticipantView `json:"student" doc:"Who earns"`
}

// ActivityClaimsIn pages the claims of an activity.
type ActivityClaimsIn struct {
	PageIn
	ID     ID     `path:"id" doc:"The activity"`
	Status string `query:"status" enum:"IN_REVIEW,COMPUTED,LEAD_CONFIRMED,HOST_FIRST,HOST_CONFIRMED,RECOGNISED,PUBLICISED,POSTED,DISPUTED,REJECTED" doc:"Only this status" example:"COMPUTED"`
}

// ListOfActivity pages the claims of an activity that the caller may read.
func (a *HoursAPI) ListOfActivity(c *gin.Context, in *ActivityClaimsIn) (*PageOut[ActivityClaimView], error) {
	ctx := c.Request.Context()
	rows, err := a.Hours.ClaimsOfActivity(ctx, access.From(ctx), int64(in.ID), model.ClaimStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(r attend.Claim) ActivityClaimView {
		return ActivityClaimView{ClaimView: newClaimView(r.HoursClaim), Student: newParticipantView(r.Student)}
	}), nil
}

// ClaimStepIn says for which claims of an activity a step is taken: the named ones, or all but the excepted.
type ClaimStepIn struct {
	ID   ID `path:"id" doc:"The activity"`
	Body struct {
		ClaimIDs  []ID `json:"claim_ids,omitempty" maxItems:"500" nullable:"false" doc:"These claims; leave it out with all" example:"[\"7203685477580801\"]"`
		All       bool `json:"all,omitempty" doc:"All claims that wait for this step and that the caller may decide, at most 500 a call: repeat while has_more" example:"false"`
		SessionID ID   `json:"session_id,omitempty" doc:"Only of this session; only with all"`
		Except    []ID `json:"except,omitempty" maxItems:"500" nullable:"false" doc:"But not these; only with all" example:"[]"`
	}
}

func (in *ClaimStepIn) choice() attend.Choice {
	return attend.Choice{IDs: Int64s(in.Body.ClaimIDs), All: in.Body.All, SessionID: int64(in.Body.SessionID), Except: Int64s(in.Body.Except)}
}

// CorrectionIn confirms fewer minutes than were computed.
type CorrectionIn struct {
	ClaimID ID     `json:"claim_id" doc:"The claim"`
	Minutes int64  `json:"minutes" minimum:"0" maximum:"1440" doc:"Whole minutes, fewer than were computed; 0: was not there" example:"60"`
	Reason  string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; the student is told" example:"中途离开，只服务了一小时"`
}

// ClaimConfirmIn is ClaimStepIn with corrections.
type ClaimConfirmIn struct {
	ID   ID `path:"id" doc:"The activity"`
	Body struct {
		ClaimIDs    []ID           `json:"claim_ids,omitempty" maxItems:"500" nullable:"false" doc:"These claims; leave it out with all" example:"[\"7203685477580801\"]"`
		All         bool           `json:"all,omitempty" doc:"All claims that wait for this step and that the caller may decide, at most 500 a call: repeat while has_more" example:"false"`
		SessionID   ID             `json:"session_id,omitempty" doc:"Only of this session; only with all"`
		Except      []ID           `json:"except,omitempty" maxItems:"500" nullable:"false" doc:"But not these; only with all" example:"[]"`
		Corrections []CorrectionIn `json:"corrections,omitempty" maxItems:"100" nullable:"false" doc:"These with fewer minutes than were computed"`
	}
}

func (in *ClaimConfirmIn) choice() attend.Choice {
	out := attend.Choice{IDs: Int64s(in.Body.ClaimIDs), All: in.Body.All, SessionID: int64(in.Body.SessionID), Except: Int64s(in.Body.Except)}
	for _, x := range in.Body.Corrections {
		out.Corrections = append(out.Corrections, attend.Reduction{ClaimID: int64(x.ClaimID), Minutes: x.Minutes, Reason: x.Reason})
	}
	return out
}

// ClaimsOut is the claims as they are now, by id.
type ClaimsOut struct{ Body Page[ClaimView] }

// step calls one step of the service.
func step(c *gin.Context, activityID ID, choice attend.Choice, take func(context.Context, access.Actor, int64, attend.Choice) (attend.Batch, error)) (*ClaimsOut, error) {
	ctx := c.Request.Context()
	out, err := take(ctx, access.From(ctx), int64(activityID), choice)
	if err != nil {
		return nil, err
	}
	return &ClaimsOut{Body: Page[ClaimView]{Data: Views(out.Claims, newClaimView), HasMore: out.More}}, nil
}

// LeadConfirm states for the team that people were there.
func (a *HoursAPI) LeadConfirm(c *gin.Context, in *ClaimConfirmIn) (*ClaimsOut, error) {
	return step(c, in.ID, in.choice(), a.Hours.LeadConfirm)
}

// HostConfirm states for the host that the work was done.
func (a *HoursAPI) HostConfirm(c *gin.Context, in *ClaimConfirmIn) (*ClaimsOut, error) {
	return step(c, in.ID, in.choice(), a.Hours.HostConfirm)
}

// Recognise says for the school that the hours count, and posts them.
func (a *HoursAPI) Recognise(c *gin.Context, in *ClaimStepIn) (*ClaimsOut, error) {
	return step(c, in.ID, in.choice(), a.Hours.Recognise)
}

// SettleClaimIn names a claim and gives a reason.
type SettleClaimIn struct {
	ID   ID `path:"id" doc:"The claim"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; everybody who reads the claim sees it" example:"中途离开，只服务了一小时"`
	}
}

// ClaimOut is one claim.
type ClaimOut struct{ Body ClaimView }

func newClaimOut(row model.HoursClaim, err error) (*ClaimOut, error) {
	if err != nil {
		return nil, err
	}
	return &ClaimOut{Body: newClaimView(row)}, nil
}

// settle calls one decision of the service.
func settle(c *gin.Context, in *SettleClaimIn, decide func(context.Context, access.Actor, int64, string) (model.HoursClaim, error)) (*ClaimOut, error) {
	ctx := c.Request.Context()
	return newClaimOut(decide(ctx, access.From(ctx), int64(in.ID), in.Body.Reason))
}

// Dispute stops a claim.
func (a *HoursAPI) Dispute(c *gin.Context, in *SettleClaimIn) (*ClaimOut, error) {
	return settle(c, in, a.Hours.Dispute)
}

// Reject ends a claim.
func (a *HoursAPI) Reject(c *gin.Context, in *SettleClaimIn) (*ClaimOut, error) {
	return settle(c, in, a.Hours.Reject)
}

// Reopen takes a disputed claim back to the beginning.
func (a *HoursAPI) Reopen(c *gin.Context, in *SettleClaimIn) (*ClaimOut, error) {
	return settle(c, in, a.Hours.Reopen)
}
