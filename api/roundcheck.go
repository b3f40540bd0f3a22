package api

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/matching/explain"
	"baodao/service/matching/score"
	"baodao/service/round"
)

// Export hands out the directory of a round.
func (a *RoundAPI) Export(c *gin.Context, in *MatchRoundIn) (*File, error) {
	ctx := c.Request.Context()
	data, err := a.Rounds.Export(ctx, access.From(ctx), int64(in.ID))
	if err != nil {
		return nil, err
	}
	return &File{Name: fmt.Sprintf("match-round-%d.zip", int64(in.ID)), Cache: "no-store", Body: data}, nil
}

// MatchPositionIn names a position of a round.
type MatchPositionIn struct {
	ID         ID `path:"id" doc:"The round"`
	PositionID ID `path:"position_id" doc:"The position"`
}

// MatchKeyView is a place in the order of one position.
type MatchKeyView struct {
	Band    uint8  `json:"band" doc:"Class of priority, the higher first" example:"22"`
	Lottery uint32 `json:"lottery" doc:"Number in the lottery of the round, from 0, the lower first" example:"1204"`
}

// MatchPointsView are the points by which seats are given.
type MatchPointsView struct {
	Skill   int32 `json:"skill" doc:"Wanted skills" example:"2000"`
	Time    int32 `json:"time" doc:"Time that fits" example:"1500"`
	Near    int32 `json:"near" doc:"Nearness" example:"1800"`
	Served  int32 `json:"served" doc:"Served here before" example:"0"`
	Partner int32 `json:"partner" doc:"Of a paired branch" example:"500"`
	Waited  int32 `json:"waited" doc:"Earlier rounds without a place" example:"250"`
	Score   int32 `json:"score" doc:"By the rule score alone" example:"0"`
	Total   int32 `json:"total" doc:"All of it" example:"6050"`
}

// MatchWhyView is the answer to why not.
type MatchWhyView struct {
	Reason        string           `json:"reason" enum:"UNEXPLAINED,PLACED,NOT_ELIGIBLE,NOT_LISTED,GOT_BETTER,DECLINED,TEAM_TOO_SMALL,BELOW_CUTOFF,TOO_FEW_TOGETHER" doc:"The first that holds: docs/matching.md" example:"BELOW_CUTOFF"`
	Text          string           `json:"text" doc:"In Chinese" example:"您是第 18 档，最后一名是第 22 档。"`
	TextEN        string           `json:"text_en" doc:"In English" example:"You are in band 18; the last who got a seat is in band 22."`
	Number        int64            `json:"number" doc:"My number in the files of the round" example:"1204"`
	PositionNo    int64            `json:"position_no" doc:"Number of the position in the files of the round" example:"17"`
	Wish          int              `json:"wish" doc:"Which wish it was, from 1; 0: none" example:"3"`
	Got           int              `json:"got" doc:"Which wish I got, from 1; 0: none of them" example:"0"`
	DistanceM     int32            `json:"distance_m" doc:"Mine, in metres" example:"2300"`
	FarthestM     int32            `json:"farthest_m" doc:"The smaller of my limit and that of the round" example:"6000"`
	Blocks        int              `json:"blocks" doc:"Blocks of two hours in which I am free and there is work" example:"2"`
	NeedBlocks    int              `json:"need_blocks" doc:"How many it takes" example:"1"`
	MissingSkills []string         `json:"missing_skills" doc:"Names of required skills that are not there"`
	Mine          *MatchKeyView    `json:"mine,omitempty" doc:"Where I stood; absent when the rules do not let me go there, and for friends in a vacation round, whose mean would tell where the others live"`
	Last          *MatchKeyView    `json:"last,omitempty" doc:"Where the last who got a seat stood; absent while seats were free"`
	Points        *MatchPointsView `json:"points,omitempty" doc:"My points; absent when the rules do not let me go there"`
}

// reasonNames are the reasons in the contract.
func reasonName(r explain.Reason) string {
	return [...]string{"UNEXPLAINED", "PLACED", "NOT_ELIGIBLE", "NOT_LISTED", "GOT_BETTER", "DECLINED", "TEAM_TOO_SMALL", "BELOW_CUTOFF", "TOO_FEW_TOGETHER"}[r]
}

func newMatchWhyView(w round.Why) MatchWhyView {
	v := MatchWhyView{
		Reason: reasonName(w.Reason), Text: w.ZH, TextEN: w.EN, Number: w.Number, PositionNo: w.Place, Wish: listed(w.Wish), Got: listed(w.Got),
		DistanceM: w.Metres, FarthestM: min(w.MaxDist, w.Radius), Blocks: w.Overlap, NeedBlocks: w.Need, MissingSkills: append([]string{}, w.Missing...),
	}
	if w.Misfits == 0 {
		p := w.Points
		if !w.Silent {
			v.Mine = &MatchKeyView{Band: w.Band, Lottery: w.Lottery}
		}
		v.Points = &MatchPointsView{
			Skill: p.Skill, Time: p.Time, Near: p.Near, Served: p.Served, Partner: p.Partner, Waited: p.Waited, Score: p.Score, Total: p.Total(),
		}
	}
	if w.LastKey != 0 && w.LastKey != score.Nobody {
		v.Last = &MatchKeyView{Band: w.LastBand, Lottery: w.LastNumber}
	}
	return v
}

// listed is the number of a wish, 0 for what comes after a list.
func listed(wish int) int {
	if wish > score.MaxList {
		return 0
	}
	return wish
}

// MatchWhyOut answers why not.
type MatchWhyOut struct{ Body MatchWhyView }

// Why tells a student why not this position.
func (a *RoundAPI) Why(c *gin.Context, in *MatchPositionIn) (*MatchWhyOut, error) {
	ctx := c.Request.Context()
	w, err := a.Rounds.WhyNot(ctx, access.From(ctx), int64(in.ID), int64(in.PositionID))
	if err != nil {
		return nil, err
	}
	return &MatchWhyOut{Body: newMatchWhyView(w)}, nil
}

// MatchSeatView is one who is proposed for a position.
type MatchSeatView struct {
	ProposalID ID              `json:"proposal_id" doc:"The proposal"`
	Student    ParticipantView `json:"student" doc:"Name and number masked"`
	Status     string          `json:"status" enum:"PROPOSED,CONFIRMED,REJECTED,LAPSED" doc:"Of the proposal" example:"PROPOSED"`
	MatchKeyView
	Points    int32 `json:"points" doc:"By which the band follows from the rule" example:"6050"`
	DistanceM int32 `json:"distance_m" doc:"In metres" example:"2300"`
	Blocks    int32 `json:"blocks" doc:"Blocks of two hours in which the student is free and there is work" example:"2"`
	Together  int32 `json:"together" doc:"How many friends came together, 1 without friends" example:"1"`
}

// MatchTeamView is the answer to why these.
type MatchTeamView struct {
	Rule       string          `json:"rule" doc:"By which seats were given" example:"points-v2"`
	PositionNo int64           `json:"position_no" doc:"Number of the position in the files of the round" example:"17"`
	Seats      int64           `json:"seats" doc:"That the round had to give" example:"4"`
	Filled     int64           `json:"filled" doc:"That it gave" example:"4"`
	Closed     bool            `json:"closed" doc:"Nobody was proposed, because the team would have been too small" example:"false"`
	Listed     int64           `json:"listed" doc:"Students who listed it and whom the rules let go there" example:"21"`
	Better     int64           `json:"better" doc:"Of them, how many got what they ranked higher" example:"9"`
	Below      int64           `json:"below" doc:"Of them, how many the cut-off left out" example:"8"`
	Last       *MatchKeyView   `json:"last,omitempty" doc:"Where the last who got a seat stood; absent while seats were free"`
	LastPaired *MatchKeyView   `json:"last_paired,omitempty" doc:"The same of the paired branches, where seats are kept for them"`
	People     []MatchSeatView `json:"people" doc:"Who is proposed, in the order of their keys"`
}

func newMatchTeamView(t round.Team) MatchTeamView {
	return MatchTeamView{
		Rule: t.Rule, PositionNo: t.Place, Seats: t.Seats, Filled: t.Input.Filled, Closed: t.Input.Closed, Listed: t.Input.Listed, Better: t.Input.Better, Below: t.Input.Below,
		Last: newMatchKeyView(t.Last), LastPaired: newMatchKeyView(t.Own),
		People: Views(t.People, func(s round.Seat) MatchSeatView {
			return MatchSeatView{
				ProposalID: ID(s.ID), Student: newParticipantView(s.Student), Status: string(s.Status), MatchKeyView: MatchKeyView{Band: uint8(s.Band), Lottery: uint32(s.Lottery)}, //nolint:gosec // parts of a key
				Points: s.Parts.Points, DistanceM: s.Parts.Metres, Blocks: s.Parts.Overlap, Together: s.Parts.Seats,
			}
		}),
	}
}

func newMatchKeyView(k *round.Key) *MatchKeyView {
	if k == nil {
		return nil
	}
	return &MatchKeyView{Band: k.Band, Lottery: k.Lottery}
}

// MatchTeamOut answers why these.
type MatchTeamOut struct{ Body MatchTeamView }

// Seats tells a host why these.
func (a *RoundAPI) Seats(c *gin.Context, in *MatchPositionIn) (*MatchTeamOut, error) {
	ctx := c.Request.Context()
	t, err := a.Rounds.Seats(ctx, access.From(ctx), int64(in.ID), int64(in.PositionID))
	if err != nil {
		return nil, err
	}
	return &MatchTeamOut{Body: newMatchTeamView(t)}, nil
}
