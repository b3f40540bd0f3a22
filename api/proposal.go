package api

import (
	"github.com/gin-gonic/gin"

	"baodao/model"
	"baodao/service/access"
	"baodao/service/round"
)

// MatchProposalHead is what both sides read of a proposal.
type MatchProposalHead struct {
	ID            ID     `json:"id" doc:"The proposal"`
	RoundID       ID     `json:"round_id" doc:"The match round"`
	RoundName     string `json:"round_name" doc:"Its name" example:"秋季第一轮"`
	PositionID    ID     `json:"position_id" doc:"The position"`
	PositionTitle string `json:"position_title" doc:"Its title" example:"志愿者"`
	ActivityID    ID     `json:"activity_id" doc:"The activity"`
	ActivityTitle string `json:"activity_title" doc:"Its title" example:"社区清洁日"`
	HostOrgID     ID     `json:"host_org_id" doc:"The host"`
	HostName      string `json:"host_name" doc:"Its name" example:"戊社区"`
	StartsAt      Time   `json:"starts_at" doc:"Start of the first session"`
	EndsAt        Time   `json:"ends_at" doc:"End of the last session"`
	DistanceM     int32  `json:"distance_m" doc:"From the student to the position, in metres" example:"1001"`
	Blocks        int32  `json:"blocks" doc:"Blocks of two hours in which the student is free and there is work" example:"2"`
	Together      int32  `json:"together" doc:"How many friends are proposed together, 1 without friends; each of them answers alone" example:"1"`
	Status        string `json:"status" enum:"PROPOSED,CONFIRMED,REJECTED,LAPSED" doc:"CONFIRMED: both sides have said yes, and there is a signup" example:"PROPOSED"`
	AnswersUntil  *Time  `json:"answers_until,omitempty" doc:"It lapses then" example:"2026-10-20T01:00:00.000Z"`
	StudentYesAt  *Time  `json:"student_yes_at,omitempty" doc:"When the student said yes" example:"2026-10-18T01:00:00.000Z"`
	HostYesAt     *Time  `json:"host_yes_at,omitempty" doc:"When the host said yes" example:"2026-10-18T02:00:00.000Z"`
	RejectedBy    string `json:"rejected_by,omitempty" enum:"STUDENT,HOST,RULES" doc:"Of a REJECTED one. RULES: the rules of signing up do not allow it, nobody can have the place any more, or the account was suspended" example:"HOST"`
	ReasonCode    string `json:"reason_code,omitempty" doc:"HOST: of the programme's decline_reasons; RULES: the code of the refusal, for the student only" example:"TIME_CHANGED"`
	Reason        string `json:"reason,omitempty" doc:"In words" example:"场地装修"`
	SignupID      *ID    `json:"signup_id,omitempty" doc:"Of a CONFIRMED one"`
}

func newMatchProposalHead(p round.Proposal) MatchProposalHead {
	return MatchProposalHead{
		ID: ID(p.ID), RoundID: ID(p.RoundID), RoundName: p.RoundName, PositionID: ID(p.PositionID), PositionTitle: p.PositionTitle, ActivityID: ID(p.ActivityID),
		ActivityTitle: p.ActivityTitle, HostOrgID: ID(p.HostOrgID), HostName: p.HostName, StartsAt: At(p.StartsAt), EndsAt: At(p.EndsAt),
		DistanceM: p.Parts.Metres, Blocks: p.Parts.Overlap, Together: max(1, p.Parts.Seats), Status: string(p.Status), AnswersUntil: AtOrNil(p.AnswersUntil),
		StudentYesAt: AtOrNil(p.StudentOkAt), HostYesAt: AtOrNil(p.HostOkAt), RejectedBy: p.RejectedBy, ReasonCode: p.ReasonCode, Reason: p.Reason, SignupID: idPointer(p.SignupID),
	}
}

// MatchProposalView is a proposal as its student reads it.
type MatchProposalView struct {
	MatchProposalHead
	WishNo int64          `json:"wish_no" doc:"Which wish of the list it is, from 1; 0: none of them, I was open to others" example:"2"`
	Score  int64          `json:"score" doc:"0 to 10000: how well it suits me" example:"7649"`
	Parts  ScorePartsView `json:"parts" doc:"What the score is made of"`
}

func newMatchProposalView(p round.Proposal) MatchProposalView {
	return MatchProposalView{MatchProposalHead: newMatchProposalHead(p), WishNo: p.WishNo, Score: p.Score, Parts: ScorePartsView{
		Near: p.Parts.Near, Time: p.Parts.Time, Skill: p.Parts.Skill, Interest: p.Parts.Interest, Urgency: p.Parts.Urgency, Served: p.Parts.Served,
	}}
}

// HostProposalView is a proposal as the host reads it: nobody is named before there is a seat.
type HostProposalView struct {
	MatchProposalHead
	Student ParticipantView `json:"student" doc:"Name and number masked; the list of the activity's signups says more once there is a seat"`
	Points  int32           `json:"points" doc:"By which the seat was given, 0 to 10000: the rule is that of the round" example:"5100"`
}

func newHostProposalView(p round.Proposal) HostProposalView {
	return HostProposalView{MatchProposalHead: newMatchProposalHead(p), Student: newParticipantView(p.Student), Points: p.Parts.Points}
}

// MyProposalsIn pages my proposals.
type MyProposalsIn struct {
	PageIn
	Status string `query:"status" enum:"PROPOSED,CONFIRMED,REJECTED,LAPSED" doc:"Only this status" example:"PROPOSED"`
}

// MyProposals pages what rounds propose to me, newest first.
func (a *WishAPI) MyProposals(c *gin.Context, in *MyProposalsIn) (*PageOut[MatchProposalView], error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.MyProposals(ctx, access.From(ctx), model.ProposalStatus(in.Status), in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newMatchProposalView), nil
}

// ProposalIn names a proposal.
type ProposalIn struct {
	ID ID `path:"id" doc:"The proposal"`
}

// MatchProposalOut answers a proposal.
type MatchProposalOut struct{ Body MatchProposalView }

// Accept says yes for me.
func (a *WishAPI) Accept(c *gin.Context, in *ProposalIn) (*MatchProposalOut, error) {
	ctx := c.Request.Context()
	p, err := a.Rounds.Accept(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &MatchProposalOut{Body: newMatchProposalView(p)}, nil
}

// Decline says no for me.
func (a *WishAPI) Decline(c *gin.Context, in *ProposalIn) (*MatchProposalOut, error) {
	ctx := c.Request.Context()
	p, err := a.Rounds.Decline(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &MatchProposalOut{Body: newMatchProposalView(p)}, nil
}

// HostProposalsIn pages what is proposed to a host.
type HostProposalsIn struct {
	MyProposalsIn
	ID         ID `path:"id" doc:"The host"`
	RoundID    ID `query:"round_id" doc:"Only of this match round"`
	PositionID ID `query:"position_id" doc:"Only for this position"`
}

// HostProposals pages what rounds propose to a host.
func (a *WishAPI) HostProposals(c *gin.Context, in *HostProposalsIn) (*PageOut[HostProposalView], error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.HostProposals(ctx, access.From(ctx), int64(in.ID), round.HostFilter{
		RoundID: int64(in.RoundID), PositionID: int64(in.PositionID), Status: model.ProposalStatus(in.Status),
	}, in.Request())
	if err != nil {
		return nil, err
	}
	return NewPage(rows, newHostProposalView), nil
}

// AnswerProposalsIn is a host's answer to some proposals.
type AnswerProposalsIn struct {
	ID   ID `path:"id" doc:"The host"`
	Body struct {
		ProposalIDs []ID   `json:"proposal_ids" minItems:"1" maxItems:"100" uniqueItems:"true" doc:"Proposals to this host; each is answered by itself"`
		Answer      string `json:"answer" enum:"ACCEPT,DECLINE" doc:"Yes or no to all of them" example:"ACCEPT"`
		ReasonCode  string `json:"reason_code,omitempty" maxLength:"40" pattern:"^[A-Z][A-Z0-9_]{1,39}$" patternDescription:"a code" doc:"DECLINE: needed, one of the programme's decline_reasons" example:"TIME_CHANGED"`
		Reason      string `json:"reason,omitempty" maxLength:"200" doc:"In words, for the student; three times OTHER without a word is told to the committees" example:"场地装修"`
	}
}

// HostProposalsOut is what became of the proposals.
type HostProposalsOut struct {
	Body struct {
		Items []HostProposalView `json:"items" doc:"What became of each: those that were answered or have lapsed stay as they were"`
	}
}

// Answer says yes or no for a host.
func (a *WishAPI) Answer(c *gin.Context, in *AnswerProposalsIn) (*HostProposalsOut, error) {
	ctx := c.Request.Context()
	rows, err := a.Rounds.Answer(ctx, access.From(ctx), int64(in.ID), round.HostAnswer{
		ProposalIDs: Views(in.Body.ProposalIDs, func(id ID) int64 { return int64(id) }), Accept: in.Body.Answer == "ACCEPT", ReasonCode: in.Body.ReasonCode, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	out := &HostProposalsOut{}
	out.Body.Items = Views(rows, newHostProposalView)
	return out, nil
}
