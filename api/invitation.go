package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/org"
)

// InvitationView is an offer of a role to whoever redeems its code.
type InvitationView struct {
	ID         ID     `json:"id" doc:"The invitation"`
	OrgID      ID     `json:"org_id" doc:"Where"`
	Role       string `json:"role" enum:"ADVISOR,BRANCH_SECRETARY,CLUB_LEAD,HOST_STAFF,TOWN_OFFICER,COMMITTEE_OFFICER" doc:"What" example:"HOST_STAFF"`
	Note       string `json:"note,omitempty" doc:"For which post, as the inviter wrote it" example:"一号院值班岗位"`
	State      string `json:"state" enum:"OPEN,REDEEMED,REVOKED,EXPIRED" doc:"What has become of it" example:"OPEN"`
	ExpiresAt  Time   `json:"expires_at" doc:"Good until then"`
	CreatedBy  ID     `json:"created_by" doc:"Who invited"`
	CreatedAt  Time   `json:"created_at" doc:"When it was made"`
	RedeemedBy *ID    `json:"redeemed_by,omitempty" doc:"Who took it; absent while nobody has"`
	RedeemedAt *Time  `json:"redeemed_at,omitempty" doc:"When it was taken"`
	RevokedAt  *Time  `json:"revoked_at,omitempty" doc:"When it was withdrawn"`
}

// InvitationOut is one invitation.
type InvitationOut struct{ Body InvitationView }

func newInvitationView(i org.InvitationInfo) InvitationView {
	return InvitationView{
		ID: ID(i.ID), OrgID: ID(i.OrgID), Role: i.Role, Note: i.Note, State: i.State, ExpiresAt: At(i.ExpiresAt), CreatedBy: ID(i.CreatedBy),
		CreatedAt: At(i.CreatedAt), RedeemedBy: idPointer(i.RedeemedBy), RedeemedAt: AtOrNil(i.RedeemedAt), RevokedAt: AtOrNil(i.RevokedAt),
	}
}

// IssuedInvitationView is an invitation with its code.
type IssuedInvitationView struct {
	InvitationView

	Code string `json:"code" doc:"Shown now and never again (a repeat with the same Idempotency-Key shows it too); hand it only to the person meant" example:"7Q2M9-K4D0X-HCW5T-B8N3V-6PJR1C"`
}

// IssuedInvitationOut is the answer that shows the code.
type IssuedInvitationOut struct{ Body IssuedInvitationView }

// CreateInvitationIn offers a role.
type CreateInvitationIn struct {
	IdemIn
	ID   ID `path:"id"`
	Body struct {
		Role string `json:"role" enum:"ADVISOR,BRANCH_SECRETARY,CLUB_LEAD,HOST_STAFF,TOWN_OFFICER,COMMITTEE_OFFICER" doc:"What; under the rules of a role grant" example:"HOST_STAFF"`
		Note string `json:"note,omitempty" maxLength:"100" doc:"For which post, for your own list. It is kept in clear and others at the organisation read it: no names of persons" example:"一号院值班岗位"`
		Days int    `json:"days,omitempty" minimum:"1" maximum:"30" doc:"Good for so many days; 7 when left out" example:"7"`
	}
}

// CreateInvitation offers a role to whoever redeems the code.
func (a *OrgAPI) CreateInvitation(c *gin.Context, in *CreateInvitationIn) (*IssuedInvitationOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.Invite(ctx, access.From(ctx), in.Key(), org.NewInvitation{
		OrgID: int64(in.ID), Role: access.Role(in.Body.Role), Note: in.Body.Note, Days: in.Body.Days,
	})
	if err != nil {
		return nil, err
	}
	return &IssuedInvitationOut{Body: IssuedInvitationView{InvitationView: newInvitationView(info), Code: info.Code}}, nil
}

// ListInvitationsIn names an organisation.
type ListInvitationsIn struct {
	PageIn
	ID ID `path:"id"`
}

// ListInvitations lists the invitations of an organisation, newest first, without their codes.
func (a *OrgAPI) ListInvitations(c *gin.Context, in *ListInvitationsIn) (*PageOut[InvitationView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Invitations(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newInvitationView), nil
}

// InvitationIn names an invitation.
type InvitationIn struct {
	ID ID `path:"id"`
}

// RevokeInvitation withdraws an open invitation.
func (a *OrgAPI) RevokeInvitation(c *gin.Context, in *InvitationIn) (*InvitationOut, error) {
	ctx := c.Request.Context()
	info, err := a.Orgs.RevokeInvitation(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &InvitationOut{Body: newInvitationView(info)}, nil
}

// RedeemInvitationIn carries the code of an invitation.
type RedeemInvitationIn struct {
	IdemIn
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64" doc:"As the inviter told it; case, blanks and hyphens do not matter" example:"7Q2M9-K4D0X-HCW5T-B8N3V-6PJR1C"`
	}
}

// RedeemInvitation gives the caller the role of an invitation, once.
func (a *OrgAPI) RedeemInvitation(c *gin.Context, in *RedeemInvitationIn) (*RoleGrantOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Redeem(ctx, access.From(ctx), in.Key(), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return &RoleGrantOut{Body: newRoleGrantView(row)}, nil
}
