package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/pairing"
)

// RenewPairingIn renews for one side.
type RenewPairingIn struct {
	ID   ID `path:"id" doc:"The pairing"`
	Body struct {
		TermID ID     `json:"term_id" doc:"A term of the campus side's university that is not over"`
		Side   string `json:"side,omitempty" enum:"CAMPUS,LOCAL" doc:"For which side; needed only by who may speak for both" example:"CAMPUS"`
	}
}

// Renew states for one side that the pairing goes on in a term.
func (a *PairingAPI) Renew(c *gin.Context, in *RenewPairingIn) (*PairingOut, error) {
	ctx := c.Request.Context()
	return newPairingOut(a.Pairings.Renew(ctx, access.From(ctx), int64(in.ID), int64(in.Body.TermID), in.Body.Side))
}

// RenewalView says for which term a side goes on.
type RenewalView struct {
	TermID ID     `json:"term_id" doc:"The term"`
	Side   string `json:"side" enum:"CAMPUS,LOCAL" doc:"Which side" example:"CAMPUS"`
	At     Time   `json:"at" doc:"When it said so"`
}

// RenewalsOut answers the newest renewals of a pairing.
type RenewalsOut struct {
	Body struct {
		Data []RenewalView `json:"data" doc:"Newest first, at most 200"`
	}
}

// Renewals lists for which terms the sides have renewed.
func (a *PairingAPI) Renewals(c *gin.Context, in *PairingIn) (*RenewalsOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Pairings.Renewals(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	out := &RenewalsOut{}
	out.Body.Data = Views(rows, func(r model.PairingRenewal) RenewalView {
		return RenewalView{TermID: ID(r.TermID), Side: r.Side, At: At(r.At)}
	})
	return out, nil
}

// PairingEventView is something that happened to a pairing.
type PairingEventView struct {
	ID     ID     `json:"id" doc:"The event"`
	At     Time   `json:"at" doc:"When"`
	Action string `json:"action" doc:"What, such as pairing.propose pairing.accept pairing.renew pairing.rest pairing.wake pairing.notice pairing.end" example:"pairing.accept"`
	From   string `json:"from,omitempty" doc:"State before, absent if it did not change" example:"PROPOSED"`
	To     string `json:"to,omitempty" doc:"State after, absent if it did not change" example:"ACTIVE"`
}

// PairingHistoryIn pages the history of a pairing.
type PairingHistoryIn struct {
	PageIn
	ID ID `path:"id" doc:"The pairing"`
}

// History lists what happened to a pairing, newest first.
func (a *PairingAPI) History(c *gin.Context, in *PairingHistoryIn) (*PageOut[PairingEventView], error) {
	ctx := c.Request.Context()
	rows, err := a.Pairings.History(ctx, access.From(ctx), int64(in.ID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(e model.AuditEntry) PairingEventView {
		return PairingEventView{ID: ID(e.ID), At: At(e.At), Action: e.Action, From: e.FromState, To: e.ToState}
	}), nil
}

// SuggestionView is a unit to pair with, and why.
type SuggestionView struct {
	Org       OrgNameView `json:"org" doc:"The unit"`
	DistanceM int64       `json:"distance_m" doc:"How far away, whole metres; from the unit above where one has no location of its own" example:"1800"`
	Score     int64       `json:"score" doc:"The sum of the parts; the higher the better" example:"8400"`
	Reasons   string      `json:"reasons" doc:"Why, in words; Chinese, or English if Accept-Language prefers it" example:"相距 1800 米；社区有需求等待接单"`
	Parts     struct {
		Near   int64 `json:"near" doc:"0 to 5000: 5000 here, 0 at 15 km" example:"4400"`
		Need   int64 `json:"need" doc:"2000 when a demand of the host waits for a unit" example:"2000"`
		Served int64 `json:"served" doc:"2000 when an activity of the two took place, 1000 when they only were paired before" example:"0"`
		Parent int64 `json:"parent" doc:"1000 when the town and the department above them are paired" example:"1000"`
		Free   int64 `json:"free" doc:"1000 when it has no pairing in the programme, 500 with one" example:"1000"`
	} `json:"parts" doc:"What the score is made of"`
}

func newSuggestionView(english bool, s pairing.Suggestion) SuggestionView {
	v := SuggestionView{Org: newOrgNameView(s.Org), DistanceM: s.DistanceM, Score: s.Parts.Score(), Reasons: s.Reasons(english)}
	v.Parts.Near, v.Parts.Need, v.Parts.Served, v.Parts.Parent, v.Parts.Free = s.Parts.Near, s.Parts.Need, s.Parts.Served, s.Parts.Parent, s.Parts.Free
	return v
}

// SuggestPairingsIn asks for suggestions.
type SuggestPairingsIn struct {
	PageIn
	ID          ID `path:"id" doc:"The unit that looks for a partner"`
	ProgrammeID ID `query:"programme_id" required:"true" doc:"In which programme"`
}

// Suggest lists units to pair with, the best first.
func (a *PairingAPI) Suggest(c *gin.Context, in *SuggestPairingsIn) (*PageOut[SuggestionView], error) {
	ctx := c.Request.Context()
	rows, err := a.Pairings.Suggest(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, func(s pairing.Suggestion) SuggestionView { return newSuggestionView(speaksEnglish(c), s) }), nil
}

// CoverageView is how many units below an organisation are paired.
type CoverageView struct {
	Org      OrgNameView `json:"org" doc:"The organisation"`
	Units    int64       `json:"units" doc:"Active branches at or below it; communities on the local side" example:"40"`
	Paired   int64       `json:"paired" doc:"Of them, with a pairing in force" example:"13"`
	Permille int64       `json:"permille" doc:"Paired of units per mille, rounded down; 0 of none" example:"325"`
	DueOn    Date        `json:"due_on,omitempty" doc:"The last day in time; absent when the policy sets none" example:"2026-11-15"`
	Late     bool        `json:"late" doc:"Whether units lack a pairing after that day; never without one" example:"false"`
}

func newCoverageView(v pairing.Coverage) CoverageView {
	return CoverageView{Org: newOrgNameView(v.Org), Units: v.Units, Paired: v.Paired, Permille: v.Paired * 1000 / max(v.Units, 1), DueOn: Date(v.DueOn), Late: v.Late}
}

// CoverageIn asks how many units are paired.
type CoverageIn struct {
	PageIn
	ID          ID     `path:"id" doc:"The organisation"`
	ProgrammeID ID     `query:"programme_id" required:"true" doc:"In which programme"`
	Side        string `query:"side" enum:"CAMPUS,LOCAL" doc:"Branches or communities; by the organisation if left out" example:"LOCAL"`
}

// CoverageBody is the whole and, paged by id, each organisation directly below.
type CoverageBody struct {
	Total CoverageView `json:"total" doc:"The organisation itself"`
	Page[CoverageView]
}

// CoverageOut answers coverage.
type CoverageOut struct{ Body CoverageBody }

// Coverage counts units with a pairing, for an organisation and each one directly below it.
func (a *PairingAPI) Coverage(c *gin.Context, in *CoverageIn) (*CoverageOut, error) {
	ctx := c.Request.Context()
	total, rows, err := a.Pairings.Coverage(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), in.Side, in.Request())
	if err != nil {
		return nil, err
	}
	return &CoverageOut{Body: CoverageBody{Total: newCoverageView(total), Page: NewPage(rows, newCoverageView).Body}}, nil
}

// Unpaired lists units that have no pairing in force.
func (a *PairingAPI) Unpaired(c *gin.Context, in *CoverageIn) (*PageOut[OrgNameView], error) {
	ctx := c.Request.Context()
	rows, err := a.Pairings.Unpaired(ctx, access.From(ctx), int64(in.ID), int64(in.ProgrammeID), in.Side, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newOrgNameView), nil
}
