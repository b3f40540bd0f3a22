package api

import (
	"github.com/gin-gonic/gin"

	"baodao/service/access"
	"baodao/service/round"
	"baodao/service/signup"
)

// WishAPI is what students and hosts do in a match round: lists, groups of friends, proposals and their answers.
type WishAPI struct{ Rounds *round.Service }

// MatchRoundIn names a match round.
type MatchRoundIn struct {
	ID ID `path:"id" doc:"The match round"`
}

// ScorePartsView is what a score is made of.
type ScorePartsView struct {
	Near     int32 `json:"near" doc:"Nearness, at most 3500" example:"3149"`
	Time     int32 `json:"time" doc:"Free time that fits, at most 2000" example:"2000"`
	Skill    int32 `json:"skill" doc:"Skills that are wanted, at most 2000; 1000 where none are" example:"1000"`
	Interest int32 `json:"interest" doc:"1500, 1000 or 500 for the first, second or third interest" example:"1500"`
	Urgency  int32 `json:"urgency" doc:"How urgently the host needs it, at most 700" example:"300"`
	Served   int32 `json:"served" doc:"300 for having served there before" example:"0"`
}

// WishView is a position on a list.
type WishView struct {
	PositionID    ID              `json:"position_id" doc:"The position"`
	ActivityID    ID              `json:"activity_id" doc:"Its activity"`
	PositionTitle string          `json:"position_title" doc:"Title of the position" example:"志愿者"`
	ActivityTitle string          `json:"activity_title" doc:"Title of the activity" example:"社区清洁日"`
	HostName      string          `json:"host_name" doc:"The host" example:"戊社区"`
	StartsAt      Time            `json:"starts_at" doc:"Start of the first session"`
	EndsAt        Time            `json:"ends_at" doc:"End of the last session"`
	Gone          bool            `json:"gone" doc:"No longer to be had: full, called off, or begun. Take it off the list" example:"false"`
	Unfit         string          `json:"unfit,omitempty" doc:"Why I, or one of my group, cannot have it, in the language asked for" example:"缺少必备技能急救"`
	Score         int32           `json:"score" doc:"0 to 10000: how well it suits me; 0 where gone or unfit" example:"7649"`
	Parts         *ScorePartsView `json:"parts,omitempty" doc:"What the score is made of"`
	DistanceM     int32           `json:"distance_m" doc:"How far it is, in metres" example:"1001"`
	Blocks        int             `json:"blocks" doc:"Blocks of two hours in which I am free and there is work" example:"2"`
	Chance        *int32          `json:"chance,omitempty" doc:"How likely I get a place if all comes as in the last round, in per mille; absent when it was not there" example:"900"`
	Class         string          `json:"class,omitempty" enum:"REACH,LIKELY,SAFE" doc:"冲, 稳 or 保: below 300, below 900, or from 900 on" example:"SAFE"`
}

func newWishView(w round.Wish, english bool) WishView {
	v := WishView{
		PositionID: ID(w.PositionID), ActivityID: ID(w.ActivityID), PositionTitle: w.PositionTitle, ActivityTitle: w.ActivityTitle, HostName: w.HostName,
		StartsAt: At(w.StartsAt), EndsAt: At(w.EndsAt), Gone: w.Gone, Unfit: w.UnfitZH, Score: w.Parts.Total(), DistanceM: w.Metres, Blocks: w.Overlap,
	}
	if english {
		v.Unfit = w.UnfitEN
	}
	if !w.Gone && w.UnfitZH == "" {
		v.Parts = &ScorePartsView{Near: w.Parts.Near, Time: w.Parts.Time, Skill: w.Parts.Skill, Interest: w.Parts.Interest, Urgency: w.Parts.Urgency, Served: w.Parts.Served}
	}
	if w.Known {
		v.Chance, v.Class = &w.Chance, [...]string{"REACH", "LIKELY", "SAFE"}[w.Class]
	}
	return v
}

// WishAdviceView is what a list should have.
type WishAdviceView struct {
	KeepAtLeast int  `json:"keep_at_least" doc:"A list should have so many wishes" example:"10"`
	SafeAtLeast int  `json:"safe_at_least" doc:"So many of them should be safe" example:"3"`
	Safe        int  `json:"safe" doc:"So many are, by the last round" example:"1"`
	Enough      bool `json:"enough" doc:"Whether the list has both" example:"false"`
}

// WishesView is a list.
type WishesView struct {
	RoundID   ID             `json:"round_id" doc:"The match round"`
	Open      bool           `json:"open" doc:"服从推荐: when the list is exhausted, others that suit me may be proposed" example:"true"`
	Mine      bool           `json:"mine" doc:"Whether the list is mine to change; that of a group is the lead's" example:"true"`
	Wishes    []WishView     `json:"wishes" doc:"Best first"`
	Advice    WishAdviceView `json:"advice" doc:"What a list should have"`
	UpdatedAt *Time          `json:"updated_at,omitempty" doc:"When the list was last written; absent when there is none"`
}

// WishesOut answers a list.
type WishesOut struct {
	ETag string `header:"ETag"`
	Body WishesView
}

func newWishesOut(c *gin.Context, w round.Wishes, err error) (*WishesOut, error) {
	if err != nil {
		return nil, err
	}
	english := speaksEnglish(c)
	view := func(x round.Wish) WishView { return newWishView(x, english) }
	return &WishesOut{ETag: ETag(w.Version), Body: WishesView{
		RoundID: ID(w.RoundID), Open: w.Open, Mine: w.Lead, Wishes: Views(w.Wishes, view), UpdatedAt: AtOrNil(w.UpdatedAt),
		Advice: WishAdviceView{
			KeepAtLeast: round.KeepAtLeast, SafeAtLeast: round.SafeAtLeast, Safe: w.Safe, Enough: len(w.Wishes) >= round.KeepAtLeast && w.Safe >= round.SafeAtLeast,
		},
	}}, nil
}

// Wishes reads my list.
func (a *WishAPI) Wishes(c *gin.Context, in *MatchRoundIn) (*WishesOut, error) {
	ctx := c.Request.Context()
	w, err := a.Rounds.MyWishes(ctx, access.From(ctx), int64(in.ID))
	return newWishesOut(c, w, err)
}

// PutWishesIn writes a list.
type PutWishesIn struct {
	IfMatchIn
	MatchRoundIn
	Body struct {
		Positions           []ID `json:"positions" maxItems:"50" uniqueItems:"true" doc:"Positions whose signup_mode is MATCHED, best first; empty: I want none"`
		Open                bool `json:"open,omitempty" doc:"服从推荐: when the list is exhausted, others that suit me may be proposed. Of a group, everybody says so for themselves" example:"true"`
		FromRecommendations bool `json:"from_recommendations,omitempty" doc:"Add a mix that reaches, is likely and is safe, until there are as many as the round shows" example:"true"`
	}
}

// PutWishes writes my list anew.
func (a *WishAPI) PutWishes(c *gin.Context, in *PutWishesIn) (*WishesOut, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	w, err := a.Rounds.PutWishes(ctx, access.From(ctx), int64(in.ID), version, round.List{
		Positions: Views(in.Body.Positions, func(id ID) int64 { return int64(id) }), Open: in.Body.Open, Fill: in.Body.FromRecommendations,
	})
	return newWishesOut(c, w, err)
}

// MatchFriendView is one of a group.
type MatchFriendView struct {
	StudentID ID     `json:"student_id" doc:"The student"`
	Name      string `json:"name" doc:"Masked" example:"王**"`
	Lead      bool   `json:"lead" doc:"Whether this one's list is the list of all" example:"true"`
}

// MatchGroupView is some friends who want the same position.
type MatchGroupView struct {
	Code    string            `json:"code" doc:"To join by; empty when I am in no group" example:"K7M2P9QX4T"`
	Members []MatchFriendView `json:"members" doc:"Who leads first; empty when I am in no group"`
}

// MatchGroupOut answers a group.
type MatchGroupOut struct{ Body MatchGroupView }

func newMatchGroupOut(g round.Group, err error) (*MatchGroupOut, error) {
	if err != nil {
		return nil, err
	}
	return &MatchGroupOut{Body: MatchGroupView{Code: g.Code, Members: Views(g.Members, func(s signup.Student) MatchFriendView {
		return MatchFriendView{StudentID: ID(s.ID), Name: s.Name, Lead: s.ID == g.Lead}
	})}}, nil
}

// Group reads my group.
func (a *WishAPI) Group(c *gin.Context, in *MatchRoundIn) (*MatchGroupOut, error) {
	ctx := c.Request.Context()
	return newMatchGroupOut(a.Rounds.MyGroup(ctx, access.From(ctx), int64(in.ID)))
}

// MakeGroupIn begins a group.
type MakeGroupIn struct {
	IdemIn
	MatchRoundIn
}

// MakeGroup begins a group.
func (a *WishAPI) MakeGroup(c *gin.Context, in *MakeGroupIn) (*MatchGroupOut, error) {
	ctx := c.Request.Context()
	return newMatchGroupOut(a.Rounds.MakeGroup(ctx, access.From(ctx), in.Key(), int64(in.ID)))
}

// JoinGroupIn names a group by its code.
type JoinGroupIn struct {
	MatchRoundIn
	Body struct {
		Code string `json:"code" minLength:"10" maxLength:"20" doc:"Of the group; case, blanks and hyphens do not matter" example:"K7M2P-9QX4T"`
	}
}

// JoinGroup enters a group.
func (a *WishAPI) JoinGroup(c *gin.Context, in *JoinGroupIn) (*MatchGroupOut, error) {
	ctx := c.Request.Context()
	return newMatchGroupOut(a.Rounds.JoinGroup(ctx, access.From(ctx), int64(in.ID), in.Body.Code))
}

// LeaveGroup leaves a group.
func (a *WishAPI) LeaveGroup(c *gin.Context, in *MatchRoundIn) (*None, error) {
	ctx := c.Request.Context()
	return nil, a.Rounds.LeaveGroup(ctx, access.From(ctx), int64(in.ID))
}
