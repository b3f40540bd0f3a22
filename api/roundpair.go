package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/matching/pairing"
	"baodao/service/round"
)

// RoundPairsIn asks for the pairs of a round.
type RoundPairsIn struct {
	PageIn
	ID    ID `path:"id" doc:"A round of pairing that is published"`
	OrgID ID `query:"org_id" required:"true" doc:"Of this organisation and all below it, on either side"`
}

// RoundPairView is a pair that a round of pairing gives.
type RoundPairView struct {
	Campus    OrgNameView       `json:"campus" doc:"Campus side"`
	Local     OrgNameView       `json:"local" doc:"Local side"`
	Kind      string            `json:"kind" enum:"KEPT,STAYS,NEW" doc:"KEPT: it goes on whatever comes; STAYS: a pairing of last term that the round gives again, both sides should renew it; NEW: proposed by the round" example:"NEW"`
	DistanceM int64             `json:"distance_m" doc:"How far apart, whole metres" example:"1800"`
	Score     int64             `json:"score" doc:"The sum of the parts" example:"4370"`
	Parts     RoundPairPartView `json:"parts" doc:"What the score is made of: docs/matching.md"`
	Band      int64             `json:"band" doc:"Class of the campus unit at the local unit; the higher goes first" example:"15"`
	Lottery   int64             `json:"lottery" doc:"Number that decides within a class; the lower goes first" example:"3"`
	PairingID *ID               `json:"pairing_id,omitempty" doc:"The pairing, to be answered as any other; absent until it is proposed"`
	Status    string            `json:"status,omitempty" enum:"PROPOSED,ACTIVE,DORMANT,ENDED,DECLINED,EXPIRED" doc:"Of the pairing at this moment" example:"PROPOSED"`
	Refusal   string            `json:"refusal,omitempty" doc:"Code of why it could not be proposed when the round was published" example:"pairing.exists"`
}

// RoundPairPartView is what the score of a pair is made of.
type RoundPairPartView struct {
	Near    int64 `json:"near" doc:"0 to 3500: 3500 here, 0 at the round's radius" example:"2870"`
	Skill   int64 `json:"skill" doc:"0 to 2000 by the share of the wanted skills; 1000 when none is wanted" example:"1000"`
	Urgency int64 `json:"urgency" doc:"0 to 700" example:"500"`
	Stay    int64 `json:"stay" doc:"500 for a pairing of last term" example:"0"`
}

func newRoundPairView(p round.PairDetail) RoundPairView {
	parts := RoundPairPartView{Near: p.Near, Skill: p.Skill, Urgency: p.Urgency, Stay: p.Stay}
	return RoundPairView{
		Campus: OrgNameView{ID: ID(p.CampusOrgID), Name: p.CampusName}, Local: OrgNameView{ID: ID(p.LocalOrgID), Name: p.LocalName},
		Kind: p.Kind, DistanceM: p.Metres, Score: p.Near + p.Skill + p.Urgency + p.Stay, Parts: parts, Band: p.Band, Lottery: p.Lottery,
		PairingID: (*ID)(p.PairingID), Status: string(p.Status), Refusal: p.Refusal,
	}
}

// Pairs lists what a round of pairing gives to an organisation and all below it.
func (a *RoundAPI) Pairs(c *gin.Context, in *RoundPairsIn) (*PageOut[RoundPairView], error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.Pairs(ctx, access.From(ctx), int64(in.ID), int64(in.OrgID), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newRoundPairView), nil
}

// RoundPairReasonsIn asks why.
type RoundPairReasonsIn struct {
	ID    ID `path:"id" doc:"A round of pairing that is published"`
	OrgID ID `query:"org_id" required:"true" doc:"The unit that asks"`
}

// RoundPairReasonView tells of one unit of the other side why, or why not.
type RoundPairReasonView struct {
	Org        OrgNameView       `json:"org" doc:"The other unit"`
	Given      bool              `json:"given" doc:"Whether the round gives this pair" example:"false"`
	Reason     string            `json:"reason" enum:"RENEWED,DRAWN,REFUSED,BRANCH_FULL,COMMUNITY_FULL,BRANCH_GOT_BETTER,COMMUNITY_GOT_OTHER,TOO_FAR,UNEXPLAINED" doc:"The first that holds: docs/matching.md" example:"COMMUNITY_GOT_OTHER"`
	ReasonZH   string            `json:"reason_zh" doc:"The reason for people" example:"支部是第 12 档，社区最后一名是第 15 档。"`
	ReasonEN   string            `json:"reason_en" doc:"The same in English" example:"The branch is in band 12; the last that the community got is in band 15."`
	DistanceM  int64             `json:"distance_m" doc:"How far apart, whole metres" example:"1800"`
	Score      int64             `json:"score" doc:"The order of the branch; the higher the better" example:"4370"`
	Parts      RoundPairPartView `json:"parts" doc:"What the score is made of"`
	Band       int64             `json:"band" doc:"Class of the branch at the community" example:"12"`
	Lottery    int64             `json:"lottery" doc:"Number of the branch" example:"3"`
	LastBand   *int64            `json:"last_band,omitempty" doc:"Class of the last branch that the community got; absent while it has places" example:"15"`
	LastNumber *int64            `json:"last_number,omitempty" doc:"Its number" example:"9"`
}

// RoundPairReasonsOut answers a unit.
type RoundPairReasonsOut struct {
	Body struct {
		Org    OrgNameView           `json:"org" doc:"The unit that asks"`
		Side   string                `json:"side" enum:"CAMPUS,LOCAL" doc:"Its side" example:"CAMPUS"`
		Places int64                 `json:"places" doc:"How many partners it can work with, as the round took it" example:"2"`
		Data   []RoundPairReasonView `json:"data" doc:"All that it got, and the 20 nearest to it of those within reach that it did not get"`
	}
}

// PairReasons tells a unit why these, and why not the next.
func (a *RoundAPI) PairReasons(c *gin.Context, in *RoundPairReasonsIn) (*RoundPairReasonsOut, error) {
	ctx := c.Request.Context()
	why, err := a.Rounds.PairsWhy(ctx, access.From(ctx), int64(in.ID), int64(in.OrgID))
	if err != nil {
		return nil, err
	}
	out := &RoundPairReasonsOut{}
	out.Body.Org, out.Body.Side, out.Body.Places = newOrgNameView(why.Org), why.Side, why.Places
	out.Body.Data = Views(why.Answers, newRoundPairReasonView)
	return out, nil
}

func newRoundPairReasonView(a round.PairAnswer) RoundPairReasonView {
	v := RoundPairReasonView{
		Org: newOrgNameView(a.Other), Given: a.Reason.Given(), Reason: pairReason(a.Reason), DistanceM: int64(a.Metres), Score: int64(a.Score()),
		Parts: RoundPairPartView{Near: int64(a.Near), Skill: int64(a.Skill), Urgency: int64(a.Urgency), Stay: int64(a.Stay)},
		Band:  int64(a.Band), Lottery: int64(a.Lottery),
	}
	v.ReasonZH, v.ReasonEN = a.Words()
	if a.LastKey != 0 {
		band, number := int64(a.LastBand), int64(a.LastNumber)
		v.LastBand, v.LastNumber = &band, &number
	}
	return v
}

func pairReason(r pairing.Reason) string {
	return map[pairing.Reason]string{
		pairing.Renewed: "RENEWED", pairing.Drawn: "DRAWN", pairing.Refused: "REFUSED", pairing.BranchFull: "BRANCH_FULL",
		pairing.CommunityFull: "COMMUNITY_FULL", pairing.BranchGotBetter: "BRANCH_GOT_BETTER", pairing.CommunityGotOther: "COMMUNITY_GOT_OTHER",
		pairing.Unexplained: "UNEXPLAINED", pairing.TooFar: "TOO_FAR",
	}[r]
}
