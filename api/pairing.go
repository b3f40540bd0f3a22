package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/pairing"
)

// PairingAPI is pairings of campus units and local units.
type PairingAPI struct{ Pairings *pairing.Service }

// PairingView is a pairing.
type PairingView struct {
	ID               ID          `json:"id" doc:"The pairing"`
	ProgrammeID      ID          `json:"programme_id" doc:"Within which programme"`
	Level            string      `json:"level" enum:"TOWN_DEPARTMENT,COMMUNITY_BRANCH" doc:"What kind of units pair" example:"COMMUNITY_BRANCH"`
	Origin           string      `json:"origin" enum:"SELF,COMMITTEE" doc:"Who proposed: one of the two, or a committee" example:"SELF"`
	Status           string      `json:"status" enum:"PROPOSED,ACTIVE,DORMANT,ENDED,DECLINED,EXPIRED" doc:"At this moment: a proposal not answered in time is EXPIRED, a pairing after its last day ENDED" example:"PROPOSED"`
	Campus           OrgNameView `json:"campus" doc:"Campus side"`
	Local            OrgNameView `json:"local" doc:"Local side"`
	ParentID         *ID         `json:"parent_id,omitempty" doc:"The pairing of town and department above it"`
	Note             string      `json:"note" doc:"What the proposer wrote" example:"离学校两站路，周末可以来"`
	ProposedBy       ID          `json:"proposed_by" doc:"The person who proposed"`
	CampusAcceptedBy *ID         `json:"campus_accepted_by,omitempty" doc:"The person who accepted for the campus side"`
	CampusAcceptedAt *Time       `json:"campus_accepted_at,omitempty" doc:"When"`
	LocalAcceptedBy  *ID         `json:"local_accepted_by,omitempty" doc:"The person who accepted for the local side"`
	LocalAcceptedAt  *Time       `json:"local_accepted_at,omitempty" doc:"When"`
	AnswerDueAt      Time        `json:"answer_due_at" doc:"A proposal that is open then has expired"`
	FromOn           Date        `json:"from_on,omitempty" doc:"First day; absent until both sides accepted" example:"2026-10-12"`
	NoticeBy         string      `json:"notice_by,omitempty" enum:"CAMPUS,LOCAL" doc:"Side that gave notice first: the other may have it sooner; absent where nobody has, or one person for both" example:"LOCAL"`
	ToOn             Date        `json:"to_on,omitempty" doc:"First day on which it is over; absent while no end is set" example:"2027-07-01"`
	Reason           string      `json:"reason,omitempty" doc:"Why it ends" example:"社区撤并"`
	CreatedAt        Time        `json:"created_at" doc:"When it was proposed"`
	UpdatedAt        Time        `json:"updated_at" doc:"When it last changed"`
}

func newPairingView(d pairing.Detail) PairingView {
	return PairingView{
		ID: ID(d.ID), ProgrammeID: ID(d.ProgrammeID), Level: d.Level, Origin: d.Origin, Status: string(d.Status),
		Campus: OrgNameView{ID: ID(d.CampusOrgID), Name: d.CampusName}, Local: OrgNameView{ID: ID(d.LocalOrgID), Name: d.LocalName},
		ParentID: (*ID)(d.ParentID), Note: d.Note, ProposedBy: ID(d.ProposedBy),
		CampusAcceptedBy: (*ID)(d.CampusAcceptedBy), CampusAcceptedAt: AtOrNil(d.CampusAcceptedAt),
		LocalAcceptedBy: (*ID)(d.LocalAcceptedBy), LocalAcceptedAt: AtOrNil(d.LocalAcceptedAt), AnswerDueAt: At(d.AnswerDueAt),
		FromOn: dateOrEmpty(d.FromOn), ToOn: dateOrEmpty(d.ToOn), NoticeBy: d.NoticeBy, Reason: d.Reason, CreatedAt: At(d.CreatedAt), UpdatedAt: At(d.UpdatedAt),
	}
}

// PairingOut answers one pairing.
type PairingOut struct {
	ETag string `header:"ETag"`
	Body PairingView
}

func newPairingOut(d pairing.Detail, err error) (*PairingOut, error) {
	if err != nil {
		return nil, err
	}
	return &PairingOut{ETag: ETag(d.Version), Body: newPairingView(d)}, nil
}

// ProposePairingIn proposes a pairing.
type ProposePairingIn struct {
	IdemIn
	Body struct {
		ProgrammeID ID     `json:"programme_id" doc:"An active programme whose owner stands above the campus unit"`
		CampusOrgID ID     `json:"campus_org_id" doc:"TOWN_DEPARTMENT: a department committee; COMMUNITY_BRANCH: a branch, club, student union or volunteer association"`
		LocalOrgID  ID     `json:"local_org_id" doc:"TOWN_DEPARTMENT: a town youth work committee; COMMUNITY_BRANCH: a community, youth home or venue"`
		Level       string `json:"level" enum:"TOWN_DEPARTMENT,COMMUNITY_BRANCH" doc:"What kind of units pair" example:"COMMUNITY_BRANCH"`
		ParentID    ID     `json:"parent_id,omitempty" doc:"COMMUNITY_BRANCH only: the active pairing of the town and the department above the two"`
		Side        string `json:"side,omitempty" enum:"CAMPUS,LOCAL" doc:"For which side you speak; needed only by who may speak for both" example:"CAMPUS"`
		Note        string `json:"note,omitempty" maxLength:"500" doc:"Why these two" example:"离学校两站路，周末可以来"`
	}
}

// Propose proposes a pairing for one side, which has thereby accepted, or recommends one for a committee above.
func (a *PairingAPI) Propose(c *gin.Context, in *ProposePairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.Propose(ctx, access.From(ctx), in.Key(), pairing.New{
		ProgrammeID: int64(in.Body.ProgrammeID), CampusOrgID: int64(in.Body.CampusOrgID), LocalOrgID: int64(in.Body.LocalOrgID),
		Level: in.Body.Level, ParentID: int64(in.Body.ParentID), Side: in.Body.Side, Note: in.Body.Note,
	}))
}

// ListPairingsIn narrows the list of pairings.
type ListPairingsIn struct {
	PageIn
	ProgrammeID ID     `query:"programme_id" doc:"Only of this programme"`
	OrgID       ID     `query:"org_id" doc:"Only of this organisation and all below it, on either side"`
	Status      string `query:"status" enum:"PROPOSED,ACTIVE,DORMANT,ENDED,DECLINED,EXPIRED" doc:"Only in this state" example:"ACTIVE"`
}

// List lists the pairings of which the caller sees a side, newest first.
func (a *PairingAPI) List(c *gin.Context, in *ListPairingsIn) (*PageOut[PairingView], error) {
	ctx := c.Request.Context()
	rows, err := a.Pairings.List(ctx, access.From(ctx), pairing.Filter{
		ProgrammeID: int64(in.ProgrammeID), OrgID: int64(in.OrgID), Status: model.PairingStatus(in.Status),
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newPairingView), nil
}

// PairingIn names a pairing.
type PairingIn struct {
	ID ID `path:"id" doc:"The pairing"`
}

// Get reads one pairing.
func (a *PairingAPI) Get(c *gin.Context, in *PairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.Get(ctx, access.From(ctx), int64(in.ID)))
}

// AcceptPairingIn accepts for one side.
type AcceptPairingIn struct {
	ID   ID `path:"id" doc:"The pairing"`
	Body struct {
		Side string `json:"side,omitempty" enum:"CAMPUS,LOCAL" doc:"For which side; needed only by who may speak for both" example:"LOCAL"`
	}
}

// Accept accepts a proposal for one side; the second acceptance makes the pairing active.
func (a *PairingAPI) Accept(c *gin.Context, in *AcceptPairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.Accept(ctx, access.From(ctx), int64(in.ID), in.Body.Side))
}

// Decline turns a proposal down; no reason is asked.
func (a *PairingAPI) Decline(c *gin.Context, in *PairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.Decline(ctx, access.From(ctx), int64(in.ID)))
}

// EndPairingIn ends a pairing.
type EndPairingIn struct {
	ID   ID `path:"id" doc:"The pairing"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" pattern:"\\S" patternDescription:"not blank" doc:"Why" example:"社区撤并"`
		EndsOn Date   `json:"ends_on" doc:"First day on which it is over. One side alone leaves pairing_notice_days from today and pairing_min_days from from_on (policy); where the other side has given notice, or for who speaks for both, today will do" example:"2027-07-01"`
	}
}

// End ends a pairing with a reason, with notice, or today where both sides want it.
func (a *PairingAPI) End(c *gin.Context, in *EndPairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.End(ctx, access.From(ctx), int64(in.ID), in.Body.Reason, model.Date(in.Body.EndsOn)))
}
