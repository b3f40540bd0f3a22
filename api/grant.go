package api

import (
	"time"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// RoleGrantView is one role of a person in an organisation.
type RoleGrantView struct {
	ID        ID     `json:"id" doc:"The grant"`
	UserID    ID     `json:"user_id" doc:"Who"`
	Role      string `json:"role" enum:"ADVISOR,BRANCH_SECRETARY,CLUB_LEAD,HOST_STAFF,TOWN_OFFICER,COMMITTEE_OFFICER,OPERATOR,SECURITY_ADMIN,AUDITOR" doc:"What" example:"HOST_STAFF"`
	OrgID     *ID    `json:"org_id,omitempty" doc:"Where; absent for a system role"`
	From      Time   `json:"from" doc:"In effect since"`
	Until     *Time  `json:"until,omitempty" doc:"In effect until; absent without end"`
	GrantedBy *ID    `json:"granted_by,omitempty" doc:"Who gave it; absent for the first administrator"`
	RevokedAt *Time  `json:"revoked_at,omitempty" doc:"When it was taken away; absent while it is in effect"`
}

// RoleGrantOut is one role grant.
type RoleGrantOut struct{ Body RoleGrantView }

func newRoleGrantView(g model.RoleGrant) RoleGrantView {
	return RoleGrantView{
		ID: ID(g.ID), UserID: ID(g.UserID), Role: g.Role, OrgID: idOrNil(g.OrgID), From: At(g.FromAt), Until: AtOrNil(g.ToAt),
		GrantedBy: idOrNil(g.GrantedBy), RevokedAt: AtOrNil(g.RevokedAt),
	}
}

// RoleHolderView is a role grant with its holder's name.
type RoleHolderView struct {
	RoleGrantView

	UserName string `json:"user_name" doc:"The holder's name, masked for system administrators and auditors; empty if unknown" example:"陈晓明"`
}

func newRoleHolderView(g org.GrantInfo) RoleHolderView {
	return RoleHolderView{RoleGrantView: newRoleGrantView(g.RoleGrant), UserName: g.UserName}
}

// ListRoleGrantsIn names an organisation.
type ListRoleGrantsIn struct {
	PageIn
	ID ID `path:"id"`
}

// ListGrants lists the roles held in an organisation, oldest first.
func (a *OrgAPI) ListGrants(c *gin.Context, in *ListRoleGrantsIn) (*PageOut[RoleHolderView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Grants(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newRoleHolderView), nil
}

// ListSystemRoleGrantsIn asks for the system roles.
type ListSystemRoleGrantsIn struct{ PageIn }

// ListSystemGrants lists who holds the system roles, oldest first.
func (a *OrgAPI) ListSystemGrants(c *gin.Context, in *ListSystemRoleGrantsIn) (*PageOut[RoleHolderView], error) {
	ctx := c.Request.Context()
	rows, err := a.Orgs.Grants(ctx, access.From(ctx), 0, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newRoleHolderView), nil
}

// CreateRoleGrantIn is a role for a person.
type CreateRoleGrantIn struct {
	IdemIn
	ID   ID `path:"id"`
	Body struct {
		UserID ID     `json:"user_id" doc:"Who: a holder of a role, or a student, whose name the caller may read already; for anybody else make an invitation"`
		Role   string `json:"role" enum:"ADVISOR,BRANCH_SECRETARY,CLUB_LEAD,HOST_STAFF,TOWN_OFFICER,COMMITTEE_OFFICER" doc:"What; it must fit the kind of the organisation and rank strictly below the caller's own" example:"HOST_STAFF"`
		Until  Time   `json:"until,omitzero" doc:"In effect until; leave it out for without end" example:"2027-07-01T00:00:00.000Z"`
	}
}

// CreateGrant gives a person a role in an organisation.
func (a *OrgAPI) CreateGrant(c *gin.Context, in *CreateRoleGrantIn) (*RoleGrantOut, error) {
	grant := org.NewGrant{UserID: int64(in.Body.UserID), Role: access.Role(in.Body.Role), OrgID: int64(in.ID), Until: timeOrNil(in.Body.Until)}
	return a.grant(c, in.IdemIn, grant)
}

// CreateSystemRoleGrantIn is a system role for a person.
type CreateSystemRoleGrantIn struct {
	IdemIn
	Body struct {
		UserID ID     `json:"user_id" doc:"Who; somebody without any other role"`
		Role   string `json:"role" enum:"OPERATOR,SECURITY_ADMIN,AUDITOR" doc:"What" example:"AUDITOR"`
		Until  Time   `json:"until,omitzero" doc:"In effect until; leave it out for without end" example:"2027-07-01T00:00:00.000Z"`
	}
}

// CreateSystemGrant gives a person a system role.
func (a *OrgAPI) CreateSystemGrant(c *gin.Context, in *CreateSystemRoleGrantIn) (*RoleGrantOut, error) {
	return a.grant(c, in.IdemIn, org.NewGrant{UserID: int64(in.Body.UserID), Role: access.Role(in.Body.Role), Until: timeOrNil(in.Body.Until)})
}

func (a *OrgAPI) grant(c *gin.Context, in IdemIn, grant org.NewGrant) (*RoleGrantOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Grant(ctx, access.From(ctx), in.Key(), grant)
	if err != nil {
		return nil, err
	}
	return &RoleGrantOut{Body: newRoleGrantView(row)}, nil
}

// timeOrNil leaves out a moment that was not sent.
func timeOrNil(t Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	at := t.Time()
	return &at
}

// RevokeRoleGrantIn takes a role away.
type RevokeRoleGrantIn struct {
	ID   ID `path:"id"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"工作调动"`
	}
}

// RevokeGrant takes a role away, at once.
func (a *OrgAPI) RevokeGrant(c *gin.Context, in *RevokeRoleGrantIn) (*RoleGrantOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Revoke(ctx, access.From(ctx), int64(in.ID), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &RoleGrantOut{Body: newRoleGrantView(row)}, nil
}
