package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// JoinCodeView lets students ask to join a branch.
type JoinCodeView struct {
	ID        ID    `json:"id" doc:"The join code"`
	BranchID  ID    `json:"branch_id" doc:"The branch it opens"`
	ExpiresAt Time  `json:"expires_at" doc:"Good until then"`
	RevokedAt *Time `json:"revoked_at,omitempty" doc:"When it was withdrawn; absent while it is good"`
	CreatedAt Time  `json:"created_at" doc:"When it was made"`
}

// JoinCodeOut is one join code, without the code itself.
type JoinCodeOut struct{ Body JoinCodeView }

func newJoinCodeView(j model.JoinCode) JoinCodeView {
	return JoinCodeView{ID: ID(j.ID), BranchID: ID(j.BranchID), ExpiresAt: At(j.ExpiresAt), RevokedAt: AtOrNil(j.RevokedAt), CreatedAt: At(j.CreatedAt)}
}

// IssuedJoinCodeView is a join code with the code itself.
type IssuedJoinCodeView struct {
	JoinCodeView

	Code string `json:"code" doc:"Shown now and never again (a repeat with the same Idempotency-Key shows it too); for the students of the branch" example:"7Q2M9-K4D0X-HCW5T-B8N3V-6PJR1C"`
}

// IssuedJoinCodeOut is the answer that shows the code.
type IssuedJoinCodeOut struct{ Body IssuedJoinCodeView }

// CreateJoinCodeIn asks for a join code.
type CreateJoinCodeIn struct {
	IdemIn
	ID   ID `path:"id"`
	Body struct {
		Days int `json:"days,omitempty" minimum:"1" maximum:"90" doc:"Good for so many days; 14 when left out" example:"14"`
	}
}

// CreateJoinCode makes a code by which students ask to join a branch.
func (a *MemberAPI) CreateJoinCode(c *gin.Context, in *CreateJoinCodeIn) (*IssuedJoinCodeOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.CreateJoinCode(ctx, access.From(ctx), in.Key(), int64(in.ID), in.Body.Days)
	if err != nil {
		return nil, err
	}
	return &IssuedJoinCodeOut{Body: IssuedJoinCodeView{JoinCodeView: newJoinCodeView(info.JoinCode), Code: info.Code}}, nil
}

// JoinCodeIn names a join code.
type JoinCodeIn struct {
	ID ID `path:"id"`
}

// RevokeJoinCode withdraws a join code; requests made with it stay.
func (a *MemberAPI) RevokeJoinCode(c *gin.Context, in *JoinCodeIn) (*JoinCodeOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.RevokeJoinCode(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &JoinCodeOut{Body: newJoinCodeView(info.JoinCode)}, nil
}

// JoinRequestView is a wish to join a branch.
type JoinRequestView struct {
	ID        ID     `json:"id" doc:"The request"`
	BranchID  ID     `json:"branch_id" doc:"The branch"`
	UserID    ID     `json:"user_id" doc:"Who asks"`
	Name      string `json:"name" doc:"As the person gave it" example:"李同学"`
	StudentNo string `json:"student_no" doc:"As the person gave it" example:"202300017"`
	Status    string `json:"status" enum:"PENDING,APPROVED,REJECTED,WITHDRAWN" doc:"What has become of it" example:"PENDING"`
	Reason    string `json:"reason,omitempty" doc:"Of a rejection" example:"不是本班学生"`
	DecidedBy *ID    `json:"decided_by,omitempty" doc:"Who decided; absent while it is pending"`
	DecidedAt *Time  `json:"decided_at,omitempty" doc:"When; absent while it is pending"`
	CreatedAt Time   `json:"created_at" doc:"When it was made"`
}

// JoinRequestOut is one join request.
type JoinRequestOut struct{ Body JoinRequestView }

func newJoinRequestView(r org.JoinInfo) JoinRequestView {
	return JoinRequestView{
		ID: ID(r.ID), BranchID: ID(r.BranchID), UserID: ID(r.UserID), Name: r.Name, StudentNo: r.Number, Status: string(r.Status), Reason: r.Reason,
		DecidedBy: idPointer(r.DecidedBy), DecidedAt: AtOrNil(r.DecidedAt), CreatedAt: At(r.CreatedAt),
	}
}

// CreateJoinRequestIn asks to join a branch.
type CreateJoinRequestIn struct {
	IdemIn
	Body struct {
		Code      string `json:"code" minLength:"1" maxLength:"64" doc:"The branch's join code; case, blanks and hyphens do not matter" example:"7Q2M9-K4D0X-HCW5T-B8N3V-6PJR1C"`
		StudentNo string `json:"student_no" minLength:"1" maxLength:"64" doc:"Own student number" example:"202300017"`
		Name      string `json:"name" minLength:"1" maxLength:"100" doc:"Own name" example:"李同学"`
	}
}

// CreateJoinRequest asks to join the branch that a code belongs to.
func (a *MemberAPI) CreateJoinRequest(c *gin.Context, in *CreateJoinRequestIn) (*JoinRequestOut, error) {
	ctx := c.Request.Context()
	claim := org.Claim{StudentNo: in.Body.StudentNo, Name: in.Body.Name}
	info, err := a.Orgs.RequestJoin(ctx, access.From(ctx), in.Key(), in.Body.Code, claim)
	if err != nil {
		return nil, err
	}
	return &JoinRequestOut{Body: newJoinRequestView(info)}, nil
}

// ListMyJoinRequestsIn asks for the caller's own requests.
type ListMyJoinRequestsIn struct{ PageIn }

// ListMyJoinRequests lists the caller's own requests, newest first.
func (a *MemberAPI) ListMyJoinRequests(c *gin.Context, in *ListMyJoinRequestsIn) (*PageOut[JoinRequestView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.MyJoinRequests(ctx, access.From(ctx), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newJoinRequestView), nil
}

// ListJoinRequestsIn names a branch.
type ListJoinRequestsIn struct {
	PageIn
	ID     ID     `path:"id"`
	Status string `query:"status" enum:"PENDING,APPROVED,REJECTED,WITHDRAWN" default:"PENDING" doc:"Only those in this state" example:"PENDING"`
}

// ListJoinRequests lists the requests to join a branch, oldest first.
func (a *MemberAPI) ListJoinRequests(c *gin.Context, in *ListJoinRequestsIn) (*PageOut[JoinRequestView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.JoinRequests(ctx, access.From(ctx), int64(in.ID), model.JoinStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newJoinRequestView), nil
}

// JoinRequestIn names a request.
type JoinRequestIn struct {
	ID ID `path:"id"`
}

// ApproveJoinRequest takes the person into the branch.
func (a *MemberAPI) ApproveJoinRequest(c *gin.Context, in *JoinRequestIn) (*JoinRequestOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.ApproveJoin(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &JoinRequestOut{Body: newJoinRequestView(info)}, nil
}

// RejectJoinRequestIn refuses a request.
type RejectJoinRequestIn struct {
	ID   ID `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; the person can read it" example:"不是本班学生"`
	}
}

// RejectJoinRequest refuses the request with a reason.
func (a *MemberAPI) RejectJoinRequest(c *gin.Context, in *RejectJoinRequestIn) (*JoinRequestOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.RejectJoin(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &JoinRequestOut{Body: newJoinRequestView(info)}, nil
}
