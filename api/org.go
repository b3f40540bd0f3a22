package api

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/org"
)

// OrgAPI is the divisions of the country, the tree of organisations, their terms, roles and invitations.
type OrgAPI struct{ Orgs *org.Service }

// OrgView is one organisation.
type OrgView struct {
	ID          ID       `json:"id" doc:"The organisation"`
	Kind        string   `json:"kind" enum:"PROVINCIAL_COMMITTEE,CITY_COMMITTEE,COUNTY_COMMITTEE,TOWN_YOUTH_WORK_COMMITTEE,COMMUNITY,YOUTH_HOME,VENUE,UNIVERSITY_COMMITTEE,DEPARTMENT_COMMITTEE,GENERAL_BRANCH,LEAGUE_BRANCH,STUDENT_CLUB,STUDENT_UNION,VOLUNTEER_ASSOCIATION" doc:"What it is" example:"COMMUNITY"`
	Side        string   `json:"side" enum:"LEAGUE,LOCAL,CAMPUS" doc:"Committees above both, the local side, or the campus side" example:"LOCAL"`
	ParentID    *ID      `json:"parent_id,omitempty" doc:"The organisation above; absent at the top"`
	AncestorIDs []ID     `json:"ancestor_ids" nullable:"false" doc:"All above it, from the top down"`
	Name        string   `json:"name" doc:"Full name" example:"解放桥社区"`
	RegionCode  string   `json:"region_code,omitempty" doc:"12-digit division, if known" example:"370102001002"`
	Lat         *float64 `json:"lat,omitempty" doc:"Latitude in degrees, WGS-84, if known" example:"36.666123"`
	Lng         *float64 `json:"lng,omitempty" doc:"Longitude in degrees, WGS-84, if known" example:"117.039871"`
	Status      string   `json:"status" enum:"PENDING,ACTIVE,SUSPENDED,DISSOLVED" doc:"Where it is in its life" example:"ACTIVE"`
	SuccessorID *ID      `json:"successor_id,omitempty" doc:"Who certifies for a dissolved one"`
	CreatedAt   Time     `json:"created_at" doc:"When it was set up"`
	UpdatedAt   Time     `json:"updated_at" doc:"When it last changed"`
}

// OrgOut is one organisation with its version.
type OrgOut struct {
	ETag string `header:"ETag"`
	Body OrgView
}

func newOrgView(o model.Org) OrgView {
	ancestors := []ID{}
	for part := range strings.SplitSeq(strings.Trim(o.Path, "/"), "/") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil && id != o.ID {
			ancestors = append(ancestors, ID(id))
		}
	}
	return OrgView{
		ID: ID(o.ID), Kind: string(o.Kind), Side: o.Side, ParentID: idOrNil(o.ParentID), AncestorIDs: ancestors, Name: o.Name,
		RegionCode: o.RegionCode, Lat: degreesOrNil(o.LatE6), Lng: degreesOrNil(o.LngE6), Status: string(o.Status),
		SuccessorID: idPointer(o.SuccessorID), CreatedAt: At(o.CreatedAt), UpdatedAt: At(o.UpdatedAt),
	}
}

func newOrgOut(o model.Org) *OrgOut { return &OrgOut{ETag: ETag(o.Version), Body: newOrgView(o)} }

// idPointer turns an optional id of a row into one of an answer.
func idPointer(id *int64) *ID {
	if id == nil {
		return nil
	}
	out := ID(*id)
	return &out
}

// ListOrgsIn narrows the list of organisations.
type ListOrgsIn struct {
	PageIn
	ParentID   ID     `query:"parent_id" doc:"Only those directly below this one" example:"7203685477580801"`
	Kind       string `query:"kind" enum:"PROVINCIAL_COMMITTEE,CITY_COMMITTEE,COUNTY_COMMITTEE,TOWN_YOUTH_WORK_COMMITTEE,COMMUNITY,YOUTH_HOME,VENUE,UNIVERSITY_COMMITTEE,DEPARTMENT_COMMITTEE,GENERAL_BRANCH,LEAGUE_BRANCH,STUDENT_CLUB,STUDENT_UNION,VOLUNTEER_ASSOCIATION" doc:"Only those of this kind" example:"COMMUNITY"`
	RegionCode string `query:"region_code" pattern:"^[0-9]{12}$" patternDescription:"12 digits" doc:"Only those of this division" example:"370102001002"`
	Query      string `query:"q" minLength:"1" maxLength:"50" doc:"With parent_id: occurs in the name; without: begins the name (共青团 may be left out)" example:"解放桥"`
}

// List gives the organisations that are not dissolved, oldest first.
func (a *OrgAPI) List(c *gin.Context, in *ListOrgsIn) (*PageOut[OrgView], error) {
	ctx := c.Request.Context()
	filter := org.Filter{ParentID: int64(in.ParentID), Kind: model.OrgKind(in.Kind), RegionCode: in.RegionCode, Query: in.Query}
	rows, err := a.Orgs.List(ctx, access.From(ctx), filter, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newOrgView), nil
}

// OrgIn names an organisation.
type OrgIn struct {
	ID ID `path:"id"`
}

// Get reads one organisation.
func (a *OrgAPI) Get(c *gin.Context, in *OrgIn) (*OrgOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Get(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return newOrgOut(row), nil
}

// OrgDetails are what can be edited of an organisation.
type OrgDetails struct {
	Name       string   `json:"name" minLength:"1" maxLength:"100" pattern:"\\S" patternDescription:"not blank" doc:"Full name, without control and invisible characters" example:"解放桥社区"`
	RegionCode string   `json:"region_code,omitempty" pattern:"^[0-9]{12}$" patternDescription:"12 digits" doc:"Its division; leave it out if unknown" example:"370102001002"`
	Lat        *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90" doc:"Latitude in degrees, WGS-84; together with lng" example:"36.666123"`
	Lng        *float64 `json:"lng,omitempty" minimum:"-180" maximum:"180" doc:"Longitude in degrees, WGS-84; together with lat" example:"117.039871"`
}

func (d OrgDetails) details() org.Details {
	return org.Details{Name: d.Name, RegionCode: d.RegionCode, Lat: d.Lat, Lng: d.Lng}
}

// CreateOrgIn is an organisation to be.
type CreateOrgIn struct {
	IdemIn
	Body struct {
		OrgDetails

		ParentID ID     `json:"parent_id,omitempty" doc:"The organisation above; leave it out for a provincial or city committee at the top (security administrator)"`
		Kind     string `json:"kind" enum:"PROVINCIAL_COMMITTEE,CITY_COMMITTEE,COUNTY_COMMITTEE,TOWN_YOUTH_WORK_COMMITTEE,COMMUNITY,YOUTH_HOME,VENUE,UNIVERSITY_COMMITTEE,DEPARTMENT_COMMITTEE,GENERAL_BRANCH,LEAGUE_BRANCH,STUDENT_CLUB,STUDENT_UNION,VOLUNTEER_ASSOCIATION" doc:"What it is" example:"COMMUNITY"`
	}
}

// Create sets up an organisation below another one.
func (a *OrgAPI) Create(c *gin.Context, in *CreateOrgIn) (*OrgOut, error) {
	ctx := c.Request.Context()
	row, err := a.Orgs.Create(ctx, access.From(ctx), in.Key(), org.New{
		ParentID: int64(in.Body.ParentID), Kind: model.OrgKind(in.Body.Kind), Details: in.Body.details(),
	})
	if err != nil {
		return nil, err
	}
	return newOrgOut(row), nil
}

// UpdateOrgIn replaces the details of an organisation: what is left out becomes unknown.
type UpdateOrgIn struct {
	IfMatchIn
	ID   ID `path:"id"`
	Body OrgDetails
}

// Update edits an organisation below the caller's own.
func (a *OrgAPI) Update(c *gin.Context, in *UpdateOrgIn) (*OrgOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	row, err := a.Orgs.Update(ctx, access.From(ctx), int64(in.ID), version, in.Body.details())
	if err != nil {
		return nil, err
	}
	return newOrgOut(row), nil
}

// DissolveOrgIn ends an organisation.
type DissolveOrgIn struct {
	ID   ID `path:"id"`
	Body struct {
		Reason      string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"not blank" doc:"Why; kept in the audit log" example:"该班已毕业"`
		SuccessorID ID     `json:"successor_id,omitempty" doc:"Another active organisation of the same kind, which goes on certifying for it"`
	}
}

// Dissolve ends an organisation below the caller's own.
func (a *OrgAPI) Dissolve(c *gin.Context, in *DissolveOrgIn) (*OrgOut, error) {
	ctx := c.Request.Context()
	end := org.Dissolution{Reason: in.Body.Reason, SuccessorID: int64(in.Body.SuccessorID)}
	row, err := a.Orgs.Dissolve(ctx, access.From(ctx), int64(in.ID), end)
	if err != nil {
		return nil, err
	}
	return newOrgOut(row), nil
}
